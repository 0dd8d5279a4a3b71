//! `kitelogik init`.

use crate::{
    exit::Exit,
    output::{Format, print},
};
use kitelogik::value::{Value, json};
use std::{fs, io, io::Write as _, path::PathBuf};

/// What a policy directory begins with.
const FILES: [(&str, &str); 2] = [
    ("tools.rego", include_str!("starter/tools.rego")),
    ("tools_test.rego", include_str!("starter/tools_test.rego")),
];

#[derive(clap::Args)]
#[command(
    about = "Write a policy directory to begin with",
    after_help = "Examples:\n  kitelogik init policies\n  kitelogik check policies\n\n\
    Exit codes: 0 written, 3 the directory holds something, or cannot be written."
)]
pub(crate) struct Args {
    /// The directory; it is made if it is missing, and must be empty if not
    dir: PathBuf,
}

pub(crate) fn run(args: &Args, format: Format) -> Result<Exit, String> {
    let dir = &args.dir;
    let failed = |error: io::Error| format!("cannot write {}: {error}", dir.display());
    fs::create_dir_all(dir).map_err(failed)?;
    if fs::read_dir(dir).map_err(failed)?.next().is_some() {
        return Err(format!("{} holds something already; name a new directory", dir.display()));
    }
    for (name, text) in FILES {
        // Never over a file that came in between.
        let mut file = fs::File::create_new(dir.join(name)).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
    }
    let written: Vec<String> = FILES.iter().map(|(name, _)| dir.join(name).display().to_string()).collect();
    let text = match format {
        Format::Json => {
            let files = written.iter().map(|path| Value::from(path.as_str()));
            json::to_string(&Value::object([("written", Value::array(files))])) + "\n"
        }
        Format::Text | Format::Csv => {
            let files = written.iter().map(|path| format!("wrote {path}\n")).collect::<String>();
            format!("{files}\nnext: kitelogik check {}\n", dir.display())
        }
    };
    print(&text).map_err(|error| error.to_string())?;
    Ok(Exit::Done)
}
