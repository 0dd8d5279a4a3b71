//! `kitelogik._native`: the calls under the Python package, and the data that they take and give.
//!
//! Converting, deciding and appending hold the GIL: together they take microseconds, and a thread that gives
//! the GIL up beside a busy one waits for milliseconds to get it back. No Rust lock is held while Python
//! code runs, so that a process which forks under the GIL forks with every lock free. Loading policies
//! detaches.

mod convert;
mod decision;
mod errors;
mod event;
mod governor;
mod openai;
mod pep;
mod piece;
mod redact;
mod session;
mod skim;

use pyo3::prelude::*;
use std::{ffi::OsString, io::Write};

/// Runs the command line; gives the exit code. Detached: a command may run for long.
#[pyfunction]
fn run_command(py: Python<'_>, words: Vec<OsString>) -> u8 {
    py.detach(|| {
        let code = kitelogik_cli::run(words);
        // The binary's runtime does this as it ends.
        let _ = std::io::stdout().flush();
        code
    })
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<governor::Governor>()?;
    module.add_class::<pep::Pep>()?;
    module.add_class::<decision::Decision>()?;
    module.add_class::<decision::Match>()?;
    module.add_class::<decision::Pending>()?;
    module.add_class::<session::SessionKey>()?;
    module.add_class::<event::ReadEvent>()?;
    module.add_class::<openai::WireReader>()?;
    module.add_class::<piece::Form>()?;
    module.add_function(wrap_pyfunction!(run_command, module)?)?;
    module.add_function(wrap_pyfunction!(redact::redact, module)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    let codes: Vec<&str> = kitelogik::model::ReasonCode::ALL.iter().map(|code| code.as_str()).collect();
    module.add("REASON_CODES", codes)
}
