//! The `kitelogik` binary.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    kitelogik_cli::run(std::env::args_os()).into()
}
