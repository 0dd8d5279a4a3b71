//! OPA as a child process: the Go program in `oracle/`, built by the machine's Go.

use crate::{
    question::{Answer, Fault, Question, Stage, flag_of, read_json, text_of},
    tagged,
};
use anyhow::{Context as _, bail};
use kitelogik_value::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// The running oracle.
pub struct Opa {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    next: i64,
}

/// How OPA is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// Leave type inference out
    pub skip_type_check: bool,
    /// Evaluate rules that the index would skip, too
    pub no_index: bool,
    /// Evaluate on where the value is known already
    pub no_early_exit: bool,
}

/// The code of a question that OPA did not answer in time.
pub const TIMEOUT: &str = "oracle_timeout";

/// What `go` says it is; `None` without one.
pub fn go_version() -> Option<String> {
    let out = Command::new("go").arg("version").output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// Builds a package of the oracle's module (`.` or OPA's own path) and returns the binary's path.
pub fn build(root: &Path, package: &str, name: &str) -> anyhow::Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    std::fs::create_dir_all(&target)?;
    let binary = std::path::absolute(target.join(name))?;
    let status = Command::new("go")
        .args(["build", "-o"])
        .arg(&binary)
        .arg(package)
        .current_dir(root.join("conformance/oracle"))
        .status()
        .context("go build")?;
    if !status.success() {
        bail!("go build {package} ended with {status}");
    }
    Ok(binary)
}

impl Opa {
    /// Builds and starts the oracle.
    pub fn start(root: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(build(root, ".", "rego-oracle")?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("start the oracle")?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("the oracle has no pipes");
        };
        Ok(Self { child, to, from: BufReader::new(from), next: 0 })
    }

    /// Asks and waits for the answer.
    pub fn ask(&mut self, question: &Question, manner: Manner) -> anyhow::Result<Answer> {
        self.send(question, manner)?;
        self.receive()
    }

    /// Sends a question; answers come back in order. A handful may be under way at a time.
    pub fn send(&mut self, question: &Question, manner: Manner) -> anyhow::Result<()> {
        let mut line = Vec::new();
        json::write(&request(question, manner, self.next), &mut line);
        line.push(b'\n');
        self.next += 1;
        self.to.write_all(&line)?;
        Ok(self.to.flush()?)
    }

    /// Waits for the next answer.
    pub fn receive(&mut self) -> anyhow::Result<Answer> {
        let mut line = Vec::new();
        if self.from.read_until(b'\n', &mut line)? == 0 {
            bail!("the oracle ended: {}", self.child.wait()?);
        }
        answer(&read_json(&line)?)
    }
}

impl Drop for Opa {
    fn drop(&mut self) {
        // Nothing to do about a child that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn request(question: &Question, manner: Manner, id: i64) -> Value {
    let modules = question.modules.iter().map(|m| {
        let version = if m.v0 { "v0" } else { "v1" };
        Value::object([
            ("path", m.path.as_str().into()),
            ("text", m.text.as_str().into()),
            ("version", version.into()),
        ])
    });
    let mut pairs: Vec<(&str, Value)> = vec![
        ("id", Value::from(id)),
        ("modules", Value::array(modules)),
        ("data", question.data.clone()),
        ("query", question.query.as_str().into()),
        ("strict_builtin_errors", question.strict_builtin_errors.into()),
        ("skip_type_check", manner.skip_type_check.into()),
        ("no_index", manner.no_index.into()),
        ("no_early_exit", manner.no_early_exit.into()),
        ("time_ns", Value::from(crate::NOW_NS)),
        ("timeout_ms", Value::from(2_000i64)),
    ];
    pairs.extend(question.input.clone().map(|input| ("input", input)));
    pairs.extend(question.input_term.as_deref().map(|term| ("input_term", term.into())));
    Value::object(pairs)
}

fn answer(line: &Value) -> anyhow::Result<Answer> {
    if flag_of(line, "ok") {
        let rows = line.get("result").and_then(Value::as_array).unwrap_or_default();
        return Ok(Answer::Rows(rows.iter().map(tagged::untag).collect()));
    }
    let faults = faults(line);
    let late = faults.first().is_some_and(|f| f.code == TIMEOUT);
    let stage = if late { Some(Stage::Eval) } else { Stage::of_name(&text_of(line, "stage")) };
    let Some(stage) = stage else {
        let first = faults.first().map(|f| format!("{}: {}", f.code, f.message));
        bail!("the oracle refused: {}", first.unwrap_or_default());
    };
    Ok(Answer::Failed { stage, faults })
}

/// The `errors` of an answer.
pub(crate) fn faults(line: &Value) -> Vec<Fault> {
    let number = |e: &Value, key| {
        e.get(key).and_then(Value::as_i64).and_then(|n| u64::try_from(n).ok()).unwrap_or_default()
    };
    let errors = line.get("errors").and_then(Value::as_array).unwrap_or_default();
    let one = |e: &Value| Fault {
        code: text_of(e, "code"),
        message: text_of(e, "message"),
        file: text_of(e, "file"),
        row: number(e, "row"),
        col: number(e, "col"),
    };
    errors.iter().map(one).collect()
}
