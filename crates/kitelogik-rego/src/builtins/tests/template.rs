//! Templates, with OPA 1.22.2's answers.

use super::{call, gives};
use crate::{Limit, builtin::BuiltinError};

fn text(text: &str) -> String {
    let mut out = Vec::new();
    kitelogik_value::json::write_string(text, &mut out);
    String::from_utf8(out).unwrap()
}

fn renders(template: &str, variables: &str, wanted: &str) {
    gives("strings.render_template", &[&text(template), variables], &text(wanted));
}

fn fails(template: &str, variables: &str, wanted: &str) {
    match call("strings.render_template", &[&text(template), variables]) {
        Err(BuiltinError::Failed(message)) => assert_eq!(message, format!("template: {wanted}")),
        other => panic!("{template}: {other:?}"),
    }
}

#[test]
fn values_are_written_as_go_writes_them() {
    renders("{{.}}", r#"{"b": {"c": 1.50}, "a": ["x", null]}"#, "map[a:[x <nil>] b:map[c:1.50]]");
    renders("{{.a.b.c}} {{.z}}", r#"{"z": null}"#, "<undefined> <undefined>");
    renders(
        "{{1.5}} {{0x10}} {{'a'}} {{true}} {{`r\\n`}} {{\"\\u00e9\"}} {{1e3}} {{1_000}}",
        "{}",
        "1.5 16 97 true r\\n é 1000 1000",
    );
    renders("a {{- 1 -}} b{{- /* c */ -}} c {{- \"}}\"}}", "{}", "a1bc}}");
    renders("{{$x := 1}}{{$x = .a}}{{$x}}{{$.a}}", r#"{"a": 2}"#, "22");
    renders("{{(index .l 0).k}}{{(.m).k}}", r#"{"l": [{"k": 5}], "m": {"k": 6}}"#, "56");
    fails("{{.a.b}}", r#"{"a": 1}"#, "can't evaluate field b in type interface {}");
    fails("{{.a.b}}", r#"{"a": null}"#, "nil pointer evaluating interface {}.b");
    fails("{{.a", "{}", "unclosed action");
    fails("{{$x}}", "{}", "undefined variable \"$x\"");
    fails("{{nil}}", "{}", "nil is not a command");
}

#[test]
fn blocks_choose_and_repeat() {
    renders("{{if .a}}1{{else if .b}}2{{else}}3{{end}}", r#"{"b": [0]}"#, "2");
    // A number of the data is text, which is not empty.
    renders("{{if .n}}y{{end}}{{if 0}}n{{end}}", r#"{"n": 0}"#, "y");
    renders("{{with .a}}[{{.}}{{$.b}}]{{else}}no{{end}}", r#"{"a": "x", "b": 2}"#, "[x2]");
    renders("{{range $k, $v := .m}}{{$k}}={{$v}};{{end}}", r#"{"m": {"b": 1, "a": 2}}"#, "a=2;b=1;");
    renders("{{range 3}}{{.}}{{end}}{{range .l}}x{{else}}none{{end}}", r#"{"l": []}"#, "012none");
    renders(
        "{{range .l}}{{if eq . \"2\"}}{{continue}}{{end}}{{if eq . \"4\"}}{{break}}{{end}}{{.}}{{end}}",
        r#"{"l": ["1", "2", "3", "4", "5"]}"#,
        "13",
    );
    fails("{{range .n}}{{end}}", r#"{"n": 3}"#, "range can't iterate over 3");
    fails("{{break}}", "{}", "{{break}} outside {{range}}");
    fails("{{if .a}}", "{}", "unexpected EOF");
    fails("{{end}}", "{}", "unexpected {{end}} or {{else}}");
    fails("{{define \"t\"}}{{end}}", "{}", "{{define}} is not supported");
}

#[test]
fn functions_compare_and_escape() {
    renders(
        "{{and 1 0}} {{or 0 2}} {{not 0}} {{eq 1 2 1}} {{lt 1 2}} {{ge \"b\" \"a\"}} {{eq .n nil}}",
        r#"{"n": null}"#,
        "0 2 true true true true true",
    );
    renders(
        "{{print 1 2 \"a\" \"b\" 3}}|{{.n | printf \"%s-%d\" \"x\"}}",
        r#"{"n": 3}"#,
        "1 2ab3|x-%!d(string=3)",
    );
    renders(
        "{{html .a}} {{js .a}} {{urlquery .a}}",
        r#"{"a": "<a='&"}"#,
        "&lt;a=&#39;&amp; \\u003Ca\\u003D\\'\\u0026 %3Ca%3D%27%26",
    );
    renders(
        "{{len .l}} {{len .t}} {{slice .t 1 2}} {{index .l 1}}",
        r#"{"l": [1, 2], "t": "abc"}"#,
        "2 3 b 2",
    );
    fails("{{eq .n 0}}", r#"{"n": 0}"#, "error calling eq: incompatible types for comparison");
    fails("{{index .l 9}}", r#"{"l": []}"#, "error calling index: index out of range");
    fails("{{nofunc .a}}", "{}", "function \"nofunc\" not defined");
    fails("{{.a 1}}", r#"{"a": 1}"#, "can't give argument to non-function");
}

#[test]
fn templates_have_bounds() {
    let limit = |template: &str, limit: Limit| {
        let found = call("strings.render_template", &[&text(template), "{}"]);
        assert_eq!(found, Err(BuiltinError::Limit(limit)), "{template}");
    };
    limit("{{range 1000000000}}{{end}}", Limit::Steps);
    limit(
        "{{range 1000}}{{range 1000}}{{print \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}}{{end}}{{end}}",
        Limit::Steps,
    );
    limit("{{printf \"%99999999d\" 1}}", Limit::Memory);
    fails(&"{{if 1}}".repeat(500), "{}", "blocks nest too deep");
    fails(&format!("{{{{{}1}}}}", "(".repeat(100_000)), "{}", "unclosed left paren");
    fails(&format!("{{{{{}1{}}}}}", "(".repeat(500), ")".repeat(500)), "{}", "parentheses nest too deep");
}
