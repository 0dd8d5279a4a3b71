//! The snippets of the specification's pages, cut out when a test runs. The text is no part of this
//! repository: a table says where each snippet stands and what it hashes to, so that an edited page is seen.

use sha2::{Digest as _, Sha256};
use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// A snippet and where it stands.
struct Place {
    /// The file that the page gives it
    name: &'static str,
    /// How the page's file name begins
    page: &'static str,
    /// Its first line, from 1
    line: usize,
    /// How many lines it has
    lines: usize,
    /// SHA-256 over its lines, each ended by `\n`
    sha256: &'static str,
}

/// The policies of the page about agents, in the page's order.
pub const POLICIES: [&str; 6] =
    ["files.rego", "spawn.rego", "finance.rego", "budget.rego", "mcp.rego", "plans.rego"];

/// The rule of the page about Tako.
pub const TAKO: [&str; 1] = ["my_rules.rego"];

const PLACES: [Place; 7] = [
    Place {
        name: "files.rego",
        page: "000_",
        line: 38,
        lines: 12,
        sha256: "4f5a070e8166f5686d4e244a682c19b432ed7b5816fc44a14551860c9460304d",
    },
    Place {
        name: "spawn.rego",
        page: "000_",
        line: 56,
        lines: 8,
        sha256: "bdcb0bfa87160e32410492b3ad0f7476d1349f330880c2b3bc62716ef1dabf5a",
    },
    Place {
        name: "finance.rego",
        page: "000_",
        line: 70,
        lines: 9,
        sha256: "2d95bce2f2869a15404e862782c82e0622e2ccfefc8910d776d423341c1d179d",
    },
    Place {
        name: "budget.rego",
        page: "000_",
        line: 85,
        lines: 7,
        sha256: "b7e5f78bb6c96552a931d2c9ef26d22b3a857f4aa4baec9892cdabad489ed50f",
    },
    Place {
        name: "mcp.rego",
        page: "000_",
        line: 98,
        lines: 15,
        sha256: "8dced6fdd9d094ac7bca0eca804d71dad7f2bfbe51c1852dbf367fcc58b16c45",
    },
    Place {
        name: "plans.rego",
        page: "000_",
        line: 121,
        lines: 15,
        sha256: "9cc0c8f65644065e02a4016b3e0d1fe371cce0d61eff4d68cdc0e8c067587dea",
    },
    Place {
        name: "my_rules.rego",
        page: "004_",
        line: 9,
        lines: 18,
        sha256: "deca2f1748721ef5ed5f98ccf4afc9824a7e366412ca74b53f525277ed70af7c",
    },
];

/// Why a snippet could not be cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoSnippet {
    /// The pages are not on this machine
    NoPages(PathBuf),
    /// The table has no such snippet
    Unknown(String),
    /// The page is another than the table was made for
    Changed(String),
}

/// One snippet, by the name that its page gives it.
pub fn snippet(name: &str) -> Result<String, NoSnippet> {
    let place =
        PLACES.iter().find(|place| place.name == name).ok_or_else(|| NoSnippet::Unknown(name.to_owned()))?;
    let folder = folder();
    let absent = || NoSnippet::NoPages(folder.clone());
    let pages = fs::read_dir(&folder).map_err(|_| absent())?;
    let page = pages
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().starts_with(place.page))
        .ok_or_else(absent)?;
    let text = fs::read_to_string(page.path()).map_err(|_| absent())?;
    let cut = text.lines().skip(place.line - 1).take(place.lines).fold(String::new(), |cut, line| {
        let mut cut = cut + line;
        cut.push('\n');
        cut
    });
    let hash: String = Sha256::digest(&cut).iter().map(|byte| format!("{byte:02x}")).collect();
    if hash == place.sha256 { Ok(cut) } else { Err(NoSnippet::Changed(name.to_owned())) }
}

/// These snippets, such as [`POLICIES`]: name and text. `None` where the pages are not at hand, which is said loudly.
///
/// # Panics
///
/// In continuous integration (`CI` is set) if they are not at hand, and everywhere if a page has changed: a
/// test that silently tested nothing would be worse.
#[expect(clippy::panic, reason = "a test must fail rather than test nothing")]
pub fn snippets(names: &[&'static str]) -> Option<Vec<(&'static str, String)>> {
    let cut = names.iter().copied().map(|name| snippet(name).map(|text| (name, text))).collect();
    match cut {
        Ok(all) => Some(all),
        Err(NoSnippet::NoPages(folder)) if env::var_os("CI").is_none() => {
            // Not by a macro: the test harness would keep it to itself.
            let _ = writeln!(
                io::stderr(),
                "SKIPPED: the specification's pages are not in {}; set KITELOGIK_SHARED",
                folder.display()
            );
            None
        }
        Err(error) => panic!("the specification's policies cannot be cut out: {error:?}"),
    }
}

/// `$KITELOGIK_SHARED/spec`, else `shared/spec` beside the repository.
fn folder() -> PathBuf {
    match env::var_os("KITELOGIK_SHARED") {
        Some(shared) => Path::new(&shared).join("spec"),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec"),
    }
}
