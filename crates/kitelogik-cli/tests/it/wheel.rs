//! The command that the Python wheel carries is the same one.

use std::process::{Command, Output};

const LOG: &str = "crates/kitelogik-audit/tests/it/snapshots/it__lines__every_line.snap.jsonl";

fn run(program: &str, args: &[&str]) -> Output {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    Command::new(program).args(args).current_dir(folder).env("NO_COLOR", "1").output().unwrap()
}

#[test]
fn the_wheel_and_the_binary_say_the_same() {
    let Some(wheel) = std::env::var("KITELOGIK_WHEEL").ok().filter(|path| !path.is_empty()) else {
        assert!(std::env::var_os("CI").is_none(), "KITELOGIK_WHEEL names no installed wheel; run make test");
        eprintln!(
            "\n!!! SKIPPED, NOT TESTED: the command in the wheel (KITELOGIK_WHEEL is not set; run make test)\n"
        );
        return;
    };
    let binary = env!("CARGO_BIN_EXE_kitelogik");
    for (args, code) in [
        (&["--version"][..], 0),
        (&["--help"], 0),
        (&["check", "examples/policies"], 0),
        (&["check", "examples/policies", "--format", "json"], 0),
        (&["check", "examples/no_such_folder"], 3),
        (&["eval", "--policies", "examples/policies", "--event", "examples/no_such_event"], 3),
        (&["no_such_command"], 2),
        (&["audit", "schema"], 0),
        (&["audit", "schema", "--format", "jsonschema"], 0),
        (&["audit", "query", LOG, "--limit", "9"], 0),
        (&["audit", "query", LOG, "--format", "csv", "--effect", "deny"], 0),
        (&["audit", "query", LOG, "--format", "json"], 0),
        (&["audit", "query", "README.md"], 1),
        (&["audit", "query", "--limit", "0"], 2),
        (&["audit", "query", "examples/no_such_log"], 3),
        (&["rego", "eval", "1 + 1"], 0),
        (&["rego", "eval", "1 +"], 2),
        (&["completions", "bash"], 0),
    ] {
        let (ours, theirs) = (run(binary, args), run(&wheel, args));
        assert_eq!(ours.status.code(), Some(code), "{args:?}");
        assert_eq!(theirs.status.code(), Some(code), "{args:?}");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(&theirs.stdout), text(&ours.stdout), "{args:?}");
        assert_eq!(text(&theirs.stderr), text(&ours.stderr), "{args:?}");
    }
}
