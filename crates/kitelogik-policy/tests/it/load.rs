//! Directories and files that must not load, and the version of those that do.

use crate::{file, refused};
use kitelogik_policy::{File, Limits, LoadOptions, Policies, inspect, read, version};
use std::fs;

const GOOD: &str = "package kitelogik.tool_call\n\ndefault decision := {\"allow\": false}\n";

#[test]
fn the_version_is_the_contract_formula_and_free_of_order() {
    let (a, b) = (file("a.rego", "x"), file("b/data.json", "{}"));
    // sha256 of 0000000000000006 "a.rego" 0000000000000001 "x" 000000000000000b "b/data.json" 0000000000000002 "{}"
    let expected = "sha256:d8c381ba005650ec92a07612509026f4fd282bffc144ced983896d195608b5ab";
    assert_eq!(version(&[a.clone(), b.clone()]), expected);
    assert_eq!(version(&[b, a]), expected);
}

/// Code, line and column.
type Told = (&'static str, u32, u32);

/// Each diagnostic of one file.
fn places(text: &str) -> Vec<Told> {
    let error = Policies::new(&[file("p.rego", text)]).expect_err(text);
    error.0.iter().map(|d| (d.code, d.line, d.column)).collect()
}

#[test]
fn each_bad_file_is_refused_with_its_code_and_place() {
    let cases: [(&str, &[Told]); 18] = [
        ("", &[("empty_file", 0, 0)]),
        (" \n\t\n", &[("empty_file", 0, 0)]),
        ("package kitelogik.toolcall\ndefault decision := {}\n", &[("unknown_package", 1, 9)]),
        ("# first\npackage kitelogik\ndefault decision := {}\n", &[("unknown_package", 2, 9)]),
        ("package tako.policies\ndefault allow := true\n", &[("unknown_package", 1, 9)]),
        ("package kitelogik.tool_call\nhelper := 1\n", &[("no_entry_rule", 1, 9)]),
        ("package lib\nx := 1\n", &[("no_entry_rule", 1, 9)]),
        ("package kitelogik.tool_call\ndecision := {\n", &[("rego_parse_error", 3, 1)]),
        ("package kitelogik.tool_call\n\ndeny contains x if x := nosuch(1)\n", &[("rego_type_error", 3, 25)]),
        (
            "package kitelogik.tool_call\n\ndeny contains \"a\" if http.send({}).status_code == 1\n",
            &[("reaches_out", 3, 22)],
        ),
        (
            "package kitelogik.tool_call\ndeny contains \"a\" if a\na if b\nb if a\n",
            &[("rego_recursion_error", 3, 1), ("rego_recursion_error", 4, 1)],
        ),
        (
            "package kitelogik.tool_call\ndeny contains \"a\" if not input.xs[i] == i\n",
            &[("rego_unsafe_var_error", 2, 22)],
        ),
        (
            "package kitelogik.tool_call\ndefault decision := {}\ndefault decision := {}\n",
            &[("rego_type_error", 1, 1)],
        ),
        ("package kitelogik.tool_call\ndeny if input.tool == \"a\"\n", &[("entry_shape", 2, 1)]),
        ("package kitelogik.tool_call\n\ndeny { input.tool == \"a\" }\n", &[("entry_shape", 3, 1)]),
        ("package kitelogik.tool_call\n\ndeny := \"no\" if input.a\n", &[("entry_shape", 3, 1)]),
        ("package kitelogik.tool_call\n\ndecision(x) := {\"allow\": x}\n", &[("entry_shape", 3, 1)]),
        ("package kitelogik.tool_call\ndeny contains x if true\n", &[("rego_unsafe_var_error", 2, 15)]),
    ];
    for (text, want) in cases {
        let got = places(text);
        assert_eq!(
            got.iter().map(|p| p.0).collect::<Vec<_>>(),
            want.iter().map(|p| p.0).collect::<Vec<_>>(),
            "{text}"
        );
        assert_eq!(got, want, "{text}");
    }
}

#[test]
fn a_file_without_default_cannot_stand_beside_two_with_one() {
    let third = "package kitelogik.tool_call\ndecision := {\"allow\": true} if { input.tool == \"a\" }\n";
    let files = [file("a.rego", GOOD), file("b.rego", GOOD), file("c.rego", third)];
    assert_eq!(refused(&files), "mixed_defaults");
    assert!(Policies::new(&files[1..]).is_ok());
}

#[test]
fn data_files_must_agree_and_be_read_whole() {
    let good = file("p.rego", GOOD);
    let with = |path: &str, text: &str| {
        let error = Policies::new(&[good.clone(), file(path, text)]).expect_err(text).0.remove(0);
        (error.code, error.line, error.column)
    };
    assert_eq!(with("data.json", "[]"), ("invalid_data", 0, 0));
    assert_eq!(with("data.yaml", "- 1"), ("invalid_data", 0, 0));
    assert_eq!(with("data.json", "{\"a\": 1,\n \"a\": 2}"), ("invalid_data", 2, 9));
    assert_eq!(with("x/data.yml", "a: 1\nb: on\n"), ("invalid_data", 2, 4));
    let two = [good.clone(), file("data.json", "{\"a\":{\"b\":1}}"), file("a/data.yaml", "b: 2")];
    assert_eq!(refused(&two), "data_conflict");
}

#[test]
fn a_rule_and_a_document_cannot_share_a_path() {
    let lib = "package lib\n\nlimit := 1\n";
    let user =
        "package kitelogik.tool_call\n\ndeny contains \"a\" if { data.lib.limit > 2; data.lib.other }\n";
    let with = |path: &str, data: &str| {
        let files = [file("lib.rego", lib), file("p.rego", user), file(path, data)];
        Policies::new(&files)
            .map_err(|e| e.0.iter().map(|d| (d.code, d.file.clone(), d.line)).collect::<Vec<_>>())
    };
    let clash = vec![("data_conflict", "lib.rego".to_owned(), 3)];
    assert_eq!(with("data.json", "{\"lib\": {\"limit\": 3}}").expect_err("same path"), clash);
    assert_eq!(with("data.json", "{\"lib\": 3}").expect_err("above"), clash);
    assert_eq!(with("lib/limit/data.yaml", "x: 1\n").expect_err("below"), clash);
    assert!(with("lib/data.json", "{\"other\": 3}").is_ok());
    // A rule below an object is a member more of it; where the object has that member already, one is lost.
    let files = |data: &str| {
        let deny =
            "package kitelogik.tool_call\n\ndeny contains \"a\" if data.kitelogik.tool_call.most.day > 2\n";
        let most = "package kitelogik.tool_call\n\nmost.day := 3\n\nmost.day := 3\n\nmost.hour := 1\n";
        [file("a.rego", deny), file("b.rego", most), file("kitelogik/tool_call/data.yaml", data)]
    };
    assert!(Policies::new(&files("most:\n  week: 9\n")).is_ok());
    let told = Policies::new(&files("most:\n  day: 9\n  hour: 9\n")).expect_err("same members").to_string();
    let help = "(a data file says it too: rename the rule or the document)";
    let conflict = |line: u32, name: &str| {
        let path = format!("kitelogik/tool_call/most/{name}");
        format!("b.rego:{line}:1: data_conflict: conflicting rule for data path {path} found {help}")
    };
    assert_eq!(told, format!("{}\n{}", conflict(3, "day"), conflict(7, "hour")));
}

#[test]
fn what_no_decision_reaches_is_refused() {
    let decides = |body: &str| file("p.rego", &format!("package kitelogik.tool_call\n\n{body}\n"));
    let lib = |name: &str, body: &str| file(&format!("{name}.rego"), &format!("package {name}\n\n{body}\n"));
    let codes = |files: &[File]| -> Vec<(&'static str, String)> {
        Policies::new(files)
            .map(|_| vec![])
            .unwrap_or_else(|e| e.0.into_iter().map(|d| (d.code, d.file)).collect())
    };
    let inert = |name: &str| ("no_entry_rule", format!("{name}.rego"));
    let plain = decides("deny contains \"a\" if input.a == \"data.a\" # data.a");
    assert_eq!(codes(&[plain.clone(), lib("a", "x := 1")]), [inert("a")], "text is no reference");
    let ring = [plain, lib("a", "x := data.b.y"), lib("b", "y := 1 if not data.a.z")];
    assert_eq!(codes(&ring), [inert("a"), inert("b")], "two that refer to each other alone");
    for body in [
        "deny contains \"a\" if data.a.x",
        "import data.a as lib\n\ndeny contains \"a\" if lib.x",
        "deny contains \"a\" if data.a.f(1)",
        "deny contains \"a\" if data[input.b].x",
        "deny contains \"a\" if count([1 | data.a.x]) > 0",
    ] {
        let chain = [decides(body), lib("a", "x := data.b.y\nf(v) := v"), lib("b", "y := 1")];
        assert_eq!(codes(&chain), [], "{body}");
    }
    let plan =
        file("q.rego", "package kitelogik.agent_plan\n\ndeny contains \"a\" if data.kitelogik.tool_call.x\n");
    let error = Policies::new(&[decides("deny contains \"a\" if x\nx := true"), plan]).expect_err("refers");
    assert_eq!(
        (error.0[0].code, error.0[0].file.as_str(), error.0[0].line),
        ("refers_to_decision", "q.rego", 3)
    );
}

#[test]
fn every_bad_file_is_named() {
    let root = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| fs::write(root.path().join(name), text).unwrap();
    write("good.rego", GOOD.as_bytes());
    write("a.rego", b"package kitelogik.tool_call\n\ndecision := {\n");
    write("b.rego", b"package kitelogik.tool_call\n# \xff\n");
    write("c.rego", b"");
    write("d.rego", b"package x\n\np := [\n");
    write("data.json", b"{");
    write("f.rego", b"package kitelogik.tool");
    std::os::unix::fs::symlink("nowhere", root.path().join("e.rego")).unwrap();
    std::os::unix::fs::symlink("nowhere", root.path().join("passed_over")).unwrap();
    let wrong = Policies::load(root.path()).expect_err("seven bad files").0;
    let told: Vec<(&str, &str, u32)> = wrong.iter().map(|d| (d.file.as_str(), d.code, d.line)).collect();
    assert_eq!(
        told,
        [
            ("a.rego", "rego_parse_error", 4),
            ("b.rego", "not_utf8", 2),
            ("c.rego", "empty_file", 0),
            ("d.rego", "rego_parse_error", 4),
            ("data.json", "invalid_data", 1),
            ("e.rego", "unreadable", 0),
            ("f.rego", "unknown_package", 1),
        ]
    );
}

#[test]
fn directories_are_loaded_as_one() {
    let roots = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    fs::write(roots[0].path().join("a.rego"), GOOD).unwrap();
    fs::write(roots[1].path().join("b.rego"), GOOD).unwrap();
    let policies = Policies::load_all(&[roots[0].path(), roots[1].path()]).unwrap();
    assert_eq!(policies.units().count(), 2);
    fs::rename(roots[1].path().join("b.rego"), roots[1].path().join("a.rego")).unwrap();
    let error = Policies::load_all(&[roots[0].path(), roots[1].path()]).expect_err("one name twice");
    assert_eq!((error.0[0].file.as_str(), error.0[0].code), ("a.rego", "duplicate_path"));
}

#[test]
fn strict_refuses_what_opa_refuses() {
    let strict = |text: &str| {
        let options = LoadOptions { opa_strict: true, ..LoadOptions::DEFAULT };
        Policies::with_options(&[file("p.rego", text)], &options).map_err(|e| e.0[0].code)
    };
    assert!(strict(GOOD).is_ok());
    let old = "package kitelogik.tool_call\n\ndeny[x] { x := input.tool }\n";
    let lenient = "package kitelogik.tool_call\n\ndeny[x] { x := input.tool; \"a\" in input.tags }\n";
    let negation = "package kitelogik.tool_call\n\ndeny contains \"a\" if not input.roles[_] == \"admin\"\n";
    for text in [old, lenient, negation] {
        assert!(Policies::new(&[file("p.rego", text)]).is_ok(), "{text}");
    }
    assert_eq!(strict(old).expect_err("v0"), "rego_parse_error");
    assert_eq!(strict(lenient).expect_err("no import"), "rego_parse_error");
    assert_eq!(strict(negation).expect_err("unsafe"), "rego_unsafe_var_error");
    let options = LoadOptions { opa_strict: true, ..LoadOptions::DEFAULT };
    let two = Policies::with_options(&[file("a.rego", GOOD), file("b.rego", GOOD)], &options);
    assert_eq!(two.expect_err("two defaults").0[0].code, "rego_type_error");
}

#[test]
fn what_may_not_be_meant_is_warned_of() {
    let warned = |files: &[File]| -> Vec<(&'static str, String, u32)> {
        let policies = Policies::new(files).unwrap();
        policies.warnings().iter().map(|d| (d.code, d.file.clone(), d.line)).collect()
    };
    assert_eq!(warned(&[file("p.rego", GOOD)]), []);
    let plan = "package kitelogik.agent_plan\n\ndeny contains \"a\" if input.plan.steps[30]\n";
    assert_eq!(warned(&[file("p.rego", plan)]), [("no_tool_call_unit", String::new(), 0)]);
    let lenient = "package kitelogik.tool_call\n\ndeny[x] {\n\tx := input.tool\n\tnot input.roles[_] == \"a\"\n\tx in input.tags\n}\n";
    assert_eq!(
        warned(&[file("p.rego", lenient)]),
        [("rego_parse_error", "p.rego".to_owned(), 1), ("rego_unsafe_var_error", "p.rego".to_owned(), 5)]
    );
}

#[test]
fn a_directory_is_read_within_its_bounds() {
    let root = tempfile::tempdir().unwrap();
    let code = |limits: &Limits| read(&[root.path()], limits).expect_err("must not be read").0[0].code;
    assert_eq!(code(&Limits::DEFAULT), "no_policies");
    fs::write(root.path().join("b.rego"), GOOD).unwrap();
    fs::write(root.path().join("b_test.rego"), "not read").unwrap();
    fs::create_dir(root.path().join("a")).unwrap();
    fs::write(root.path().join("a/data.json"), "{}").unwrap();
    let files = read(&[root.path()], &Limits::DEFAULT).unwrap();
    assert_eq!(files.iter().map(|f| &*f.path).collect::<Vec<_>>(), ["a/data.json", "b.rego"]);
    assert_eq!(code(&Limits { files: 1, ..Limits::DEFAULT }), "too_large");
    assert_eq!(code(&Limits { names: 1, ..Limits::DEFAULT }), "too_large");
    assert_eq!(code(&Limits { depth: 0, ..Limits::DEFAULT }), "too_large");
    assert_eq!(code(&Limits { bytes: 4, ..Limits::DEFAULT }), "too_large");
    fs::write(root.path().join("c.rego"), [0xff]).unwrap();
    assert_eq!(code(&Limits::DEFAULT), "not_utf8");
    assert_eq!(
        read(&[root.path().join("none")], &Limits::DEFAULT).expect_err("absent").0[0].code,
        "no_directory"
    );
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_ends() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a.rego"), GOOD).unwrap();
    std::os::unix::fs::symlink(root.path(), root.path().join("again")).unwrap();
    assert_eq!(read(&[root.path()], &Limits::DEFAULT).expect_err("loops").0[0].code, "too_large");
}

#[test]
fn a_constant_that_can_be_no_decision_is_refused_with_its_remedy() {
    let errors = |package: &str, rules: &str| {
        let text = format!("package {package}\n\n{rules}\n");
        Policies::new(&[file("p.rego", &text)]).err().map_or(vec![], |error| error.0)
    };
    for rules in [
        r#"decision := "allow""#,
        r#"decision := {"alow": true}"#,
        r#"decision := {"allow": "yes"} if input.tool == "t""#,
        r#"default decision := true"#,
        r#"decision if input.tool == "t""#,
        r#"decision := {"allow": true, "deny": "x"}"#,
        r#"decision := {"allow": true, "escalate": true}"#,
        r#"decision := {"reason": "x"}"#,
        r#"decision := {"escalate": true, "quorum": 0}"#,
        r#"decision := {"escalate": true, "reviewers": "ana"}"#,
        r#"decision := ["allow"]"#,
        r#"decision contains "allow" if input.tool == "t""#,
        r#"decision := {"allow": true} if input.a else := "deny""#,
        r#"decision := {"allow": true} if input.a else if input.b"#,
    ] {
        let found = errors("kitelogik.tool_call", rules);
        let [error] = found.as_slice() else { panic!("{rules}: {found:?}") };
        assert_eq!((error.code, error.line), ("entry_shape", 3), "{rules}");
        assert!(
            error.message.contains("`decision`")
                || error.message.contains("`escalate`")
                || error.message.contains("`quorum`")
                || error.message.contains("`reviewers`"),
            "{}",
            error.message
        );
        assert!(error.help.contains("decision := {\"allow\": true}"), "{}", error.help);
    }
    let [error] = &*errors("kitelogik.tool_call", r#"decision := {"alow": true}"#) else { panic!() };
    assert_eq!(error.message, "`decision` has the unknown key \"alow\"");
    for rules in [r#"allow := "yes""#, "default allow := 1", r#"allow contains "x" if input.tool == "t""#] {
        let found = errors("tako.policy", rules);
        let [error] = found.as_slice() else { panic!("{rules}: {found:?}") };
        assert_eq!(error.code, "entry_shape", "{rules}");
        assert!(error.message.contains("`allow`") && error.help.contains("allow := true"), "{error}");
    }
    // What is computed is judged when it is known, and what is a decision is none of this.
    for rules in [
        r#"decision := input.args.decision"#,
        "default decision := {}",
        r#"decision := {"allow": input.args.ok}"#,
        r#"decision := {input.args.key: true}"#,
        r#"decision := {"alow": input.args.ok}"#,
        "decision := d\n\nd := \"allow\"",
        r#"decision.allow := true"#,
        r#"decision := {"allow": false, "reason": "x"}"#,
        r#"decision := {"escalate": true, "reviewers": {"ana"}, "quorum": 2, "reason": "x"}"#,
        r#"decision := {"allow": true} if input.a else := {"allow": false}"#,
    ] {
        assert_eq!(errors("kitelogik.tool_call", rules), [], "{rules}");
    }
    for rules in ["allow := input.args.ok", "allow if input.tool == \"t\"", "default allow := false"] {
        assert_eq!(errors("tako.policy", rules), [], "{rules}");
    }
}

#[test]
fn the_network_is_refused_in_our_own_name_and_not_in_opas() {
    for (call, code) in [
        ("http.send({\"url\": \"http://x\", \"method\": \"get\"}).body == 1", "reaches_out"),
        ("net.lookup_ip_addr(\"x\") == set()", "reaches_out"),
        ("graphql.schema_is_valid(\"\")", "not_offered"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let text = format!("package kitelogik.tool_call\n\ndeny contains \"a\" if {call}\n");
        fs::write(dir.path().join("p.rego"), text).unwrap();
        let found = inspect(&[dir.path()], &LoadOptions::DEFAULT).unwrap();
        let [error] = found.errors.as_slice() else { panic!("{:?}", found.errors) };
        assert_eq!(error.code, code, "{call}");
        assert_eq!(error.help.contains("data.json"), code == "reaches_out", "{}", error.help);
        assert!(found.files[0].rego.as_ref().unwrap().opa_v1.is_empty(), "OPA takes it: {call}");
    }
}

#[test]
fn what_the_documentation_shows_loads_and_its_codes_are_ours() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../../docs/policies.md")).unwrap();
    let snippets: Vec<&str> =
        page.split("```rego\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(snippets.len(), 4);
    for text in snippets {
        let options = LoadOptions { opa_strict: true, ..LoadOptions::DEFAULT };
        Policies::with_options(&[file("p.rego", text)], &options).expect(text);
    }
    let sources = fs::read_dir(root.join("src")).unwrap().map(|entry| entry.unwrap().path());
    let ours: String = sources.filter_map(|path| fs::read_to_string(path).ok()).collect();
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let codes: Vec<&str> = rows
        .flat_map(|row| row.split('|').nth(1).unwrap().split_whitespace().map(|code| code.trim_matches('`')))
        .collect();
    assert!(codes.len() > 10);
    for code in codes {
        assert!(ours.contains(&format!("\"{code}\"")), "{code}");
    }
}
