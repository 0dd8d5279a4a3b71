//! Sources that are no Rego: every error with its place. Texts and places are OPA's where not said otherwise.

use super::value;
use kitelogik_rego::{Dialect, Options, Program, Source};

fn errors(text: &str, dialect: Dialect) -> String {
    let source = Source { path: "t.rego".into(), text: format!("package t\n{text}"), dialect };
    match Program::compile(&[source], value("{}"), &Options::default()) {
        Ok(_) => "none".to_owned(),
        Err(all) => {
            let one = |d: &kitelogik_rego::Diagnostic| {
                let code = d.code.strip_prefix("rego_").unwrap_or(d.code);
                format!("{}:{} {code}: {}", d.place.line, d.place.column, d.message)
            };
            all.iter().map(one).collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn version_1() {
    for (text, wanted) in [
        ("p := 1; q := 2", "2:1 parse_error: multiple expressions cannot be used for rule head"),
        ("p { true }", "2:1 parse_error: `if` keyword is required before rule body"),
        ("f(x) { true }", "2:1 parse_error: `if` keyword is required before function body"),
        (
            "p[x] { x := 1 }",
            "2:1 parse_error: `if` keyword is required before rule body\n\
             2:1 parse_error: `contains` keyword is required for partial set rules",
        ),
        ("p if { x := 1 y := 2 }", "2:15 parse_error: unexpected identifier token: expected \\n or ; or }"),
        ("p if { x := 1; y := 2 ; }", "2:25 parse_error: unexpected } token"),
        ("p if { ; x := 1 }", "2:8 parse_error: unexpected ; token"),
        ("p := {1,,2}", "2:9 parse_error: unexpected , token"),
        ("p", "2:1 parse_error: var cannot be used for rule name"),
        ("p.q.r", "2:1 parse_error: rule must have value assignment and/or body declaration"),
        ("p[1]", "2:1 parse_error: `contains` keyword is required for partial set rules"),
        ("1", "2:1 parse_error: number cannot be used for rule name"),
        ("true := 1", "2:1 parse_error: boolean cannot be used for rule name"),
        ("some x", "2:1 parse_error: 'some' declarations cannot be used for rule head"),
        ("if := 1", "2:1 parse_error: if keyword cannot be used for rule name"),
        ("every := 1", "2:1 parse_error: every keyword cannot be used for rule name"),
        ("contains := 1", "2:1 parse_error: contains keyword cannot be used for rule name"),
        ("package := 1", "2:1 parse_error: package keyword cannot be used for rule name"),
        ("else := 1", "2:1 parse_error: unexpected else keyword"),
        ("p if true else := 3 else := 4", "2:21 parse_error: unexpected else keyword"),
        ("package b", "2:1 parse_error: unexpected package"),
        ("f()", "2:1 parse_error: rule argument list must take at least one argument"),
        ("count(x)", "2:1 parse_error: rule name conflicts with built-in function"),
        ("json.patch(x, y)", "2:1 parse_error: rule name conflicts with built-in function"),
        ("p := \"a", "2:6 parse_error: non-terminated string"),
        ("p := `a", "2:6 parse_error: non-terminated string"),
        ("p := \"\\q\"", "2:6 parse_error: illegal escape sequence"),
        ("p := \"\\}\"", "2:6 parse_error: illegal escape sequence"),
        ("p := $\"\\}\"", "2:6 parse_error: illegal escape sequence"),
        ("p := \u{1}", "2:6 parse_error: illegal token"),
        ("p := $x", "2:6 parse_error: illegal $ character"),
        ("p := !x", "2:6 parse_error: illegal ! character"),
        ("p := 01", "2:6 parse_error: unexpected number token: expected number without leading zero"),
        ("p := 1.", "2:6 parse_error: expected fraction"),
        ("p := 1e+", "2:6 parse_error: expected exponent"),
        ("p := 0x1", "2:6 parse_error: illegal number format"),
        ("p := 1e9999999999", "2:6 parse_error: unexpected number token: invalid float"),
        // The place is the character's own, not its token's.
        ("p := \"a\0b\"", "2:8 parse_error: illegal null character"),
        ("p := 1 # a\0b", "2:11 parse_error: illegal null character"),
        ("p := \"\u{feff}\"", "2:7 parse_error: illegal byte-order mark"),
        ("p := input. s", "2:12 parse_error: unexpected whitespace token: expected identifier"),
        ("p. q := 1", "2:3 parse_error: unexpected whitespace token: expected identifier"),
        ("import data. x", "2:13 parse_error: unexpected whitespace token: expected identifier"),
        ("p := [1 2]", "2:9 parse_error: unexpected number token: expected \",\" or \"]\""),
        ("p := f(1 2)", "2:10 parse_error: unexpected number token: expected \",\" or \")\""),
        ("p := {1 2}", "2:9 parse_error: unexpected number token: non-terminated set"),
        ("p := {\"a\": 1, 2}", "2:16 parse_error: unexpected } token: expected \":\""),
        ("p := [x | ]", "2:11 parse_error: found empty body"),
        ("p if every x in [1] {}", "2:22 parse_error: found empty body"),
        (
            "p if every [x] in [1] { x }",
            "2:23 parse_error: unexpected { token: expected value to be a variable",
        ),
        (
            "p if every input in [1] { input }",
            "2:25 parse_error: unexpected { token: expected value to be a variable",
        ),
        ("p if not some x in [1]", "2:10 parse_error: unexpected some keyword: illegal negation of 'some'"),
        ("p if x with 1 as 1", "2:13 parse_error: unexpected number token: expected ident"),
        ("p if 1 := 1 := 2", "2:13 parse_error: unexpected assign token"),
        ("p if { x = 1 = 2 }", "2:14 parse_error: unexpected eq token: expected \\n or ; or }"),
        ("p if not {1 == 1; 2 == 2}", "2:17 parse_error: unexpected ; token: non-terminated set"),
        ("p := \"a\"[0]", "2:6 parse_error: illegal ref (head cannot be string)"),
        ("p := true.x", "2:6 parse_error: illegal ref (head cannot be boolean)"),
        ("p if x == null[0]", "2:11 parse_error: illegal ref (head cannot be null)"),
        ("p := [not.a]", "2:7 parse_error: unexpected not keyword"),
        ("default p := x", "2:1 parse_error: illegal default rule (value cannot contain var)"),
        ("default p := [f(1)]", "2:1 parse_error: illegal default rule (value cannot contain call)"),
        ("default p contains 1", "2:1 parse_error: illegal default rule (must have a value)"),
        ("default f(x, x) := 1", "2:1 parse_error: illegal default rule (arguments cannot be repeated x)"),
        ("default f(1) := 1", "2:1 parse_error: illegal default rule (arguments cannot contain number)"),
        ("default p := 1 if true", "2:16 parse_error: unexpected if keyword"),
        (
            "p contains 1 if true else := 2",
            "2:22 parse_error: else keyword cannot be used on multi-value rules",
        ),
        (
            "p[x] := 1 if x := 1 else := 2",
            "2:21 parse_error: else keyword cannot be used on rules with variables in head",
        ),
        (
            "f(x) contains 1 if true",
            "2:6 parse_error: unexpected contains keyword: the contains keyword can only be used with \
             multi-value rule definitions (e.g., f contains <VALUE> { ... })",
        ),
        (
            "import foo.bar",
            "2:8 parse_error: unexpected import path, must begin with one of: {data, future, input, rego}, \
             got: foo (hint: if this is unexpected, try updating OPA)",
        ),
        ("import future.bar", "2:8 parse_error: invalid import, must be `future.keywords`"),
        (
            "import future.keywords.foo",
            "2:8 parse_error: unexpected keyword, must be one of [and contains every if in not or]",
        ),
        ("import future.keywords as x", "2:27 parse_error: `future` imports cannot be aliased"),
        ("import data.foo as if", "2:20 parse_error: unexpected if keyword: expected var"),
        (
            "import data.a as input",
            "2:18 parse_error: unexpected import alias, must not be a reserved name, got: input",
        ),
        (
            "import data.a.if",
            "2:15 parse_error: unexpected import path, must not end with a keyword, got: if (hint: import a \
             different path or use an alias)",
        ),
        ("import data[x]", "2:13 parse_error: unexpected var token: expecting string"),
        ("import rego.v3", "2:8 parse_error: invalid import `rego.v3`, must be one of: `rego.v1`, `rego.v2`"),
    ] {
        assert_eq!(errors(text, Dialect::V1), wanted, "{text}");
    }
}

#[test]
fn operands() {
    for (text, wanted) in [
        ("true or {}", "3:17: found empty body"),
        ("{} or true", "3:8: found empty body"),
        ("(true or true", "3:22: expected ) to close parenthesized group"),
        ("some x in [1] and x", "3:22: unexpected and keyword: expected \\n or ; or }"),
        ("or := 1", "3:8: unexpected or keyword"),
        ("not not true", "3:12: unexpected not keyword"),
        (
            "true with input as 1 or true",
            "3:13: `with` modifier is not allowed on operand of `or` (hint: Wrap the operand in `(...)` or `{...}` \
             to scope, or move `with` after the `or` expression to apply it to the whole expression)",
        ),
        (
            "true and {1, 2} == {2}",
            "3:17: operand of `and` cannot begin with `{` unless the braces hold a body (hint: wrap the operand to \
             keep the value: `({1, 2} == {2}) and ...`)",
        ),
        (
            "{1} == {2} and true",
            "3:8: operand of `and` cannot begin with `{` unless the braces hold a body (hint: wrap the operand to \
             keep the value: `({1} == {2}) and ...`)",
        ),
        (
            "not {1, 2}",
            "3:12: `{...}` in an operand position must contain expression(s), got: set (hint: write `not ({1, 2})` \
             to negate the value, or `not {{1, 2}}` for a body holding it)",
        ),
        (
            "{input.x | input.y} or true",
            "3:8: ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, not as a \
             comprehension (hint: write `({input.x | input.y})` for the comprehension, or \
             `{(input.x | input.y)}` for the set union)",
        ),
        (
            "print(1) or true",
            "3:8: operand of `or` cannot consist only of calls to `print` (hint: `print` produces no value and \
             always succeeds, so the operand can never fail; move it out of the operand, or add an expression that \
             can fail)",
        ),
    ] {
        let found = errors(&format!("import rego.v2\np if {{ {text} }}"), Dialect::V1);
        assert_eq!(found.replace(" parse_error", ""), wanted, "{text}");
    }
    // Each keyword is one only where it is imported.
    let text = "import future.keywords.and\np if { true and true or true }";
    assert_eq!(
        errors(text, Dialect::V1),
        "3:22 parse_error: unexpected identifier token: expected \\n or ; or } (hint: `import \
         future.keywords.or` for `x or y` expressions)"
    );
    assert_eq!(errors("import rego.v2\np if { x or true; x = 1 }", Dialect::V0), "none");
}

#[test]
fn version_0() {
    for (text, wanted) in [
        (
            "p { x in [1] }",
            "2:7 parse_error: unexpected identifier token: expected \\n or ; or } (hint: `import \
             future.keywords.in` for `x in xs` expressions)",
        ),
        (
            "p { some x in [1] }",
            "2:12 parse_error: unexpected identifier token: expected \\n or ; or } (hint: `import \
             future.keywords.in` for `some x in xs` expressions)",
        ),
        (
            "p { x, y in [1] }",
            "2:6 parse_error: unexpected , token: expected \\n or ; or } (hint: `import future.keywords.in` for \
             `x in xs` expressions)",
        ),
        (
            "p { every x in [1] { x } }",
            "2:11 parse_error: unexpected identifier token: expected \\n or ; or } (hint: `import \
             future.keywords.every` for `every x in xs { ... }` expressions)",
        ),
        (
            "p if { true }",
            "2:1 parse_error: var cannot be used for rule name (hint: `import future.keywords.if` for \
             `p if { ... }` rules)",
        ),
        (
            "p contains 1",
            "2:1 parse_error: var cannot be used for rule name (hint: `import future.keywords.contains` for \
             `p contains x` rules)",
        ),
        ("p { true } else = 2 { true } { true }", "2:30 parse_error: expected else keyword"),
        ("import rego.v1\np { true }", "3:1 parse_error: `if` keyword is required before rule body"),
    ] {
        let all = errors(text, Dialect::V0);
        assert_eq!(all.lines().next(), Some(wanted), "{text}");
    }
    // One line, one error: what follows a keyword that is none here is no news.
    let text = "p contains x if {\n\tsome x in [1]\n}\n\nq if true\n\nr { true }";
    let all = errors(text, Dialect::V0);
    let places: Vec<&str> = all.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(places, ["2:1", "6:1"], "{all}");
    for text in [
        "import future.keywords.in\np { 1 in [1] }",
        "import future.keywords.every\nimport future.keywords.in\np { every x in [1] { x in [2] } }",
        "import future.keywords.if\np if true",
        "import future.keywords.contains\np contains 1",
        "import future.keywords.every\np { every x in [1] { x in [1] } }",
        "import rego.v1\np if 1 in [1]",
        "import future.keywords\np { not { some x in [1]; x == 2 } }",
        "p = 1 { true } { false }",
    ] {
        assert_eq!(errors(text, Dialect::V0), "none", "{text}");
    }
}

#[test]
fn the_lenient_dialect_has_keywords_without_imports() {
    for text in
        ["p { 1 in [1] }", "p contains 1 { true }", "p { every x in [1] { x > 0 } }", "p if true { true }"]
    {
        let first = errors(text, Dialect::V0);
        assert!(first.contains("parse_error"), "{text}: {first}");
    }
    for text in ["p { 1 in [1] }", "p contains x { some x in [1] }", "p { every x in [1] { x > 0 } }"] {
        assert_eq!(errors(text, Dialect::V0Lenient), "none", "{text}");
    }
}

#[test]
fn auto_takes_the_first_dialect_that_reads_the_source() {
    for (text, taken, warned) in [
        ("p if true", Dialect::V1, false),
        ("p := 1", Dialect::V1, false),
        ("p { true }", Dialect::V0, false),
        ("p { 1 in [1] }", Dialect::V0Lenient, true),
    ] {
        let text = format!("package t\n{text}");
        let source = Source { path: "t.rego".into(), text: text.clone(), dialect: Dialect::Auto };
        let program = Program::compile(&[source], value("{}"), &Options::default()).unwrap();
        assert_eq!(program.dialects().collect::<Vec<_>>(), [taken], "{text}");
        assert_eq!(program.warnings().len(), usize::from(warned), "{text}");
    }
    // What no dialect reads is told as version 1 sees it.
    assert_eq!(errors("p { 1 in [1 }", Dialect::Auto), errors("p { 1 in [1 }", Dialect::V1));
}

#[test]
fn a_file_yields_all_its_errors() {
    let text = "p := [1\nq := 1 2\nr { true }\n  s := ]\nt := \"\\q\"\n# fine\nu := 1\nv := {1:}\n";
    let wanted = "3:1 parse_error: unexpected identifier token: expected \",\" or \"]\"\n\
         3:8 parse_error: number cannot be used for rule name\n\
         4:1 parse_error: `if` keyword is required before rule body\n\
         5:8 parse_error: unexpected ] token\n\
         6:6 parse_error: illegal escape sequence\n\
         9:9 parse_error: unexpected } token";
    assert_eq!(errors(text, Dialect::V1), wanted);
    let many = "p := ]\n".repeat(30);
    assert_eq!(errors(&many, Dialect::V1).lines().count(), 10);
}

#[test]
fn a_file_may_begin_with_a_byte_order_mark() {
    let text = "\u{feff}package t\np := 1\n".to_owned();
    for dialect in [Dialect::V0, Dialect::V1, Dialect::Auto] {
        let source = Source { path: "t.rego".into(), text: text.clone(), dialect };
        assert!(Program::compile(&[source], value("{}"), &Options::default()).is_ok());
    }
}
