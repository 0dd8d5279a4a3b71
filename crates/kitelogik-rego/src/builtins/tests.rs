//! Direct calls, with OPA's results and wording.

mod documents;
mod features;
#[cfg(feature = "jwt")]
mod jwt;
mod net;
#[cfg(feature = "jsonschema")]
mod schema;
mod template;
#[cfg(feature = "time")]
mod time;
mod uris;
#[cfg(feature = "x509")]
mod x509;
#[cfg(feature = "yaml")]
mod yaml;

use super::lookup;
use crate::{
    Arena, Context, Limit,
    builtin::{BuiltinCx, BuiltinError, Call, Kept, Meter},
    val::Val,
};
use kitelogik_value::json;

/// Calls with JSON operands: the result as Rego text, `undefined`, or the error.
pub(super) fn call_with(name: &str, operands: &[&str], steps: u64) -> Result<String, BuiltinError> {
    let owned: Vec<_> =
        operands.iter().map(|o| json::parse(o.as_bytes(), &json::Limits::DATA).unwrap()).collect();
    let args: Vec<Val<'_>> = owned.iter().map(Val::from_value).collect();
    let arena = Arena::new(16 << 20, 1_000_000);
    // In an evaluation operands live as long as the arena; copied, they do here too.
    let context = Context::at(1_700_000_000_000_000_000);
    let (mut meter, mut kept) = (Meter::new(steps, None), Kept::default());
    let mut cx = BuiltinCx { arena: &arena, context: &context, meter: &mut meter, kept: &mut kept };
    let args: Vec<Val<'_>> =
        args.into_iter().map(|arg| super::json::into_arena(&mut cx, arg).unwrap()).collect();
    match lookup(name).unwrap_or_else(|| panic!("{name} is not there")).call {
        Call::Function(f) => f(&mut cx, &args).map(|v| v.map_or("undefined".to_owned(), Val::to_rego)),
        Call::Absent => panic!("{name} is absent"),
        Call::Relation(f) => {
            f(&mut cx, &args).map(|vs| vs.into_iter().map(Val::to_rego).collect::<Vec<_>>().join(" "))
        }
    }
}

pub(super) fn call(name: &str, operands: &[&str]) -> Result<String, BuiltinError> {
    call_with(name, operands, 1_000_000)
}

pub(super) fn gives(name: &str, operands: &[&str], wanted: &str) {
    assert_eq!(call(name, operands).as_deref(), Ok(wanted), "{name}({})", operands.join(", "));
}

pub(super) fn refuses(name: &str, operands: &[&str], wanted: &str) {
    match call(name, operands) {
        Err(BuiltinError::Operand(message) | BuiltinError::Failed(message)) => assert_eq!(message, wanted),
        other => panic!("{name}({}): {other:?}", operands.join(", ")),
    }
}

#[test]
fn names_are_unique_and_what_must_be_absent_is() {
    let mut names: Vec<_> = super::all().map(|def| def.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for name in ["http.send", "net.lookup_ip_addr", "providers.aws.sign_req", "graphql.parse"] {
        assert!(lookup(name).is_none(), "{name}");
    }
    assert_eq!(lookup("io.jwt.decode").is_some(), cfg!(feature = "jwt"));
    assert_eq!(lookup("crypto.x509.parse_certificates").is_some(), cfg!(feature = "x509"));
}

#[test]
fn arithmetic_is_exact_on_integers_and_64_bits_wide_otherwise() {
    gives("plus", &["9223372036854775807", "1"], "9223372036854775808");
    gives("mul", &["1e30", "3"], "3000000000000000000000000000000");
    gives("plus", &["0.1", "0.2"], "0.3");
    gives("div", &["1", "3"], "0.33333333333333333334");
    gives("div", &["6", "3"], "2");
    gives("div", &["1", "3000000"], "3.3333333333333333333e-07");
    gives("plus", &["1000000.5", "1"], "1.0000015e+06");
    gives("minus", &["1.5", "2"], "-0.5");
    gives("rem", &["-7", "2"], "-1");
    refuses("div", &["1", "0.0"], "divide by zero");
    refuses("rem", &["1", "0"], "modulo by zero");
    refuses("rem", &["1.5", "2"], "modulo on floating-point number");
    refuses("minus", &["\"a\"", "2"], "operand 1 must be one of {number, set} but got string");
    gives("round", &["2.5"], "3");
    gives("round", &["-2.5"], "-3");
    gives("ceil", &["-1.5"], "-1");
    gives("floor", &["-1.5"], "-2");
    gives("abs", &["-1.5"], "1.5");
    gives("sum", &["[1, 2.5, 3]"], "6.5");
    gives("product", &["[2, 0.5]"], "1");
    gives("plus", &["1e400", "1"], &format!("1{}1", "0".repeat(399)));
    assert_eq!(call("plus", &["1e999999", "1"]), Err(BuiltinError::Limit(Limit::Memory)));
}

#[test]
fn bounds_end_what_would_not_end() {
    assert_eq!(call("numbers.range", &["1", "1000000000000"]), Err(BuiltinError::Limit(Limit::Steps)));
    assert_eq!(call("bits.lsh", &["1", "1000000000000"]), Err(BuiltinError::Limit(Limit::Memory)));
    assert_eq!(call("sprintf", &["\"%1000000000d\"", "[1]"]), Err(BuiltinError::Limit(Limit::Memory)));
    assert!(matches!(
        call("regex.match", &["\"((a{1000}){1000}){1000}\"", "\"a\""]),
        Err(BuiltinError::Failed(_))
    ));
    let dense: Vec<String> = (0..12)
        .map(|n| format!("\"{n}\": [{}]", (0..12).map(|m| format!("\"{m}\"")).collect::<Vec<_>>().join(",")))
        .collect();
    let graph = format!("{{{}}}", dense.join(","));
    assert_eq!(call("graph.reachable_paths", &[&graph, "[\"0\"]"]), Err(BuiltinError::Limit(Limit::Steps)));
}

#[test]
fn numbers_and_bits() {
    gives("numbers.range", &["3", "1"], "[3, 2, 1]");
    gives("numbers.range_step", &["0", "7", "3"], "[0, 3, 6]");
    refuses("numbers.range_step", &["0", "7", "0"], "numbers.range_step: step must be a positive integer");
    gives("format_int", &["15.9", "16"], "\"f\"");
    gives("format_int", &["-255", "2"], "\"-11111111\"");
    refuses("format_int", &["1", "7"], "operand 2 must be one of {2, 8, 10, 16}");
    gives("bits.xor", &["5", "1"], "4");
    gives("bits.negate", &["0"], "-1");
    gives("bits.rsh", &["-8", "1"], "-4");
    refuses("bits.and", &["1.5", "1"], "operand 1 must be integer number but got floating-point number");
}

#[test]
fn strings_count_characters() {
    gives("strings.count", &["\"\"", "\"\""], "1");
    gives("strings.count", &["\"abc\"", "\"\""], "4");
    gives("indexof", &["\"μx\"", "\"x\""], "1");
    refuses("indexof", &["\"a\"", "\"\""], "empty search character");
    gives("indexof_n", &["\"aaa\"", "\"aa\""], "[0, 1]");
    gives("substring", &["\"μxy\"", "1", "-1"], "\"xy\"");
    gives("substring", &["\"abc\"", "1", "9223372036854775807"], "\"bc\"");
    refuses("substring", &["\"abc\"", "-1", "1"], "negative offset");
    gives("replace", &["\"aaa\"", "\"a\"", "\"b\""], "\"bbb\"");
    gives("replace", &["\"ab\"", "\"\"", "\"-\""], "\"-a-b-\"");
    gives("strings.replace_n", &["{\"<\": \"&lt;\", \"b\": \"c\"}", "\"<b>\""], "\"&lt;c>\"");
    gives("split", &["\"a,b\"", "\",\""], "[\"a\", \"b\"]");
    gives("trim", &["\"--a--\"", "\"-\""], "\"a\"");
    gives("upper", &["\"straße\""], "\"STRAßE\"");
    gives("strings.any_prefix_match", &["[\"ab\", \"c\"]", "[\"x\", \"c\"]"], "true");
    gives("concat", &["\"-\"", "[\"a\", \"b\"]"], "\"a-b\"");
    refuses(
        "concat",
        &["\"-\"", "[1]"],
        "operand 2 must be array of strings but got array containing number",
    );
    refuses("lower", &["1"], "operand 1 must be string but got number");
}

#[test]
fn sprintf_prints_as_go_does() {
    gives("sprintf", &["\"%s %d %v\"", "[\"a\", 1, {\"k\": [1]}]"], r#""a 1 {\"k\": [1]}""#);
    gives("sprintf", &["\"%d\"", "[\"a\"]"], "\"%!d(string=a)\"");
    gives("sprintf", &["\"%s\"", "[1]"], "\"%!s(int64=1)\"");
    gives("sprintf", &["\"%d\"", "[]"], "\"%!d(MISSING)\"");
    gives("sprintf", &["\"a\"", "[1]"], "\"a%!(EXTRA int64=1)\"");
    gives("sprintf", &["\"%5.2f|%-4d|%04d|%x\"", "[3.14159, 7, 7, 255]"], "\" 3.14|7   |0007|ff\"");
    gives("sprintf", &["\"%v\"", "[12345678901234567890123]"], "\"12345678901234567890123\"");
    gives("sprintf", &["\"%s\"", "[12345678901234567890123]"], "\"12345678901234567890123\"");
    gives("sprintf", &["\"100%%\"", "[]"], "\"100%\"");
}

#[test]
fn collections() {
    gives("count", &["\"μx\""], "2");
    gives("array.slice", &["[1, 2, 3]", "-5", "2"], "[1, 2]");
    gives("array.flatten", &["[1, [2, [3]]]"], "[1, 2, [3]]");
    gives("max", &["[]"], "undefined");
    gives("sort", &["[3, \"a\", 1]"], "[1, 3, \"a\"]");
    gives("object.get", &["{\"a\": {\"b\": 1}}", "[\"a\", \"b\"]", "0"], "1");
    gives("object.get", &["{\"a\": 1}", "\"z\"", "0"], "0");
    gives("object.union", &["{\"a\": {\"b\": 1}}", "{\"a\": {\"c\": 2}}"], r#"{"a": {"b": 1, "c": 2}}"#);
    gives(
        "object.union_n",
        &["[{\"a\": {\"b\": 2}}, {\"a\": 4}, {\"a\": {\"c\": 3}}]"],
        r#"{"a": {"c": 3}}"#,
    );
    gives("object.remove", &["{\"a\": 1, \"b\": 2}", "[\"a\"]"], r#"{"b": 2}"#);
    gives("object.subset", &["[1, 1, 2]", "[1, 2]"], "true");
    gives("json.filter", &["{\"a\": {\"b\": 1, \"c\": 2}}", "[\"a/b\"]"], r#"{"a": {"b": 1}}"#);
    gives("json.remove", &["{\"a\": [1, 2]}", "[\"a/0\"]"], r#"{"a": [2]}"#);
    gives("walk", &["{\"a\": [1]}"], r#"[[], {"a": [1]}] [["a"], [1]] [["a", 0], 1]"#);
    gives("graph.reachable", &["{\"a\": [\"b\"], \"b\": [\"a\", \"z\"]}", "[\"a\"]"], r#"{"a", "b"}"#);
    gives("graph.reachable_paths", &["{\"a\": [\"b\"], \"b\": []}", "[\"a\"]"], r#"{["a", "b"]}"#);
}

#[test]
fn patterns() {
    gives("regex.match", &[r#""^\\d+$""#, "\"١\""], "false");
    gives("regex.split", &["\"a*\"", "\"baac\""], "[\"b\", \"c\"]");
    gives("regex.find_n", &["\"a.\"", "\"abac\"", "1"], "[\"ab\"]");
    gives("regex.replace", &["\"foo\"", "\"(o+)\"", "\"<$1>\""], "\"f<oo>\"");
    gives("regex.template_match", &["\"urn:{.*}:x\"", "\"urn:y:x\"", "\"{\"", "\"}\""], "true");
    gives("regex.is_valid", &["\"[\""], "false");
    for valid in ["a*?", "(a*)*", "a{2}b{3,}?", "[*+]+", "\\\\**", "a|*b{x", "a{1000}", "(?i)a+"] {
        gives("regex.is_valid", &[&format!("\"{valid}\"")], if valid == "a|*b{x" { "false" } else { "true" });
    }
    for stacked in ["a**", "a+?*", "a???", "a{2}{3}", "a*{2}", "a{1001}", "a{2,5000}", "a{99999999999}"] {
        gives("regex.is_valid", &[&format!("\"{stacked}\"")], "false");
    }
    let error = call("regex.match", &["\"xa**\"", "\"a\""]);
    let wanted = "error parsing regexp: invalid nested repetition operator: `**`";
    assert_eq!(error, Err(BuiltinError::failed(wanted)));
    gives("glob.match", &["\"*.com\"", "[]", "\"a.com\""], "true");
    gives("glob.match", &["\"*.com\"", "[]", "\"a.b.com\""], "false");
    gives("glob.match", &["\"**.com\"", "[]", "\"a.b.com\""], "true");
    gives("glob.match", &["\"{a,b[!x]}\"", "null", "\"bc\""], "true");
    gives("glob.quote_meta", &["\"*.com\""], r#""\\*.com""#);
    // An exclamation mark means something within brackets only, and these are quoted.
    gives("glob.quote_meta", &["\"[!a]\""], r#""\\[!a\\]""#);
}

#[test]
fn text_forms() {
    gives("base64.encode", &["\"hi\""], "\"aGk=\"");
    gives("base64url.decode", &["\"aGk\""], "\"hi\"");
    refuses("base64.decode", &["\"/w==\""], "decoded bytes are not UTF-8");
    refuses("hex.decode", &["\"abc\""], "encoding/hex: odd length hex string");
    refuses("hex.decode", &["\"abg\""], "encoding/hex: invalid byte: U+0067 'g'");
    refuses("hex.decode", &["\"aé\""], "encoding/hex: invalid byte: U+00C3 'Ã'");
    gives("urlquery.encode", &["\"a b&c\""], "\"a+b%26c\"");
    refuses("urlquery.decode", &["\"%zz\""], "invalid URL escape \"%zz\"");
    gives("json.marshal", &["{\"a\": \"<\"}"], r#""{\"a\":\"\\u003c\"}""#);
    gives("json.unmarshal", &["\"{}\""], "{}");
    gives("json.is_valid", &["\"{\""], "false");
    for text in ["9.98e30102", "1e-30103", "0.0e40000", "-0.0001E30105"] {
        gives("json.unmarshal", &[&format!("{text:?}")], text);
    }
    for text in ["1e30103", "-9.991e30102", "1e-30104", "[1.0e+40000]", "100000e30098"] {
        refuses("json.unmarshal", &[&format!("{text:?}")], "invalid number: number too big");
        gives("json.is_valid", &[&format!("{text:?}")], "true");
    }
    gives("units.parse", &["\"1.5Ki\""], "1536");
    gives("units.parse", &["\"100m\""], "0.1000000000");
    gives("units.parse_bytes", &["\"1.5MB\""], "1500000");
    refuses("units.parse", &["\"1x\""], "units.parse: unit x not recognized");
    gives("semver.compare", &["\"1.0.0-rc.1\"", "\"1.0.0\""], "-1");
    gives("semver.is_valid", &["\"1.0\""], "false");
    gives("semver.is_valid", &["\"1.0.0-0.0a+01\""], "true");
    for text in ["1.0.0-01", "1.0.0-a.00", "9223372036854775808.0.0"] {
        gives("semver.is_valid", &[&format!("{text:?}")], "false");
    }
    refuses(
        "semver.compare",
        &["\"1.0.0-01\"", "\"1\""],
        "operand 1: string \"1.0.0-01\" is not a valid SemVer",
    );
    gives("crypto.md5", &["\"\""], "\"d41d8cd98f00b204e9800998ecf8427e\"");
    gives("crypto.hmac.equal", &["\"a\"", "\"ab\""], "false");
    gives("to_number", &["\"1e2\""], "1e2");
    gives("to_number", &["\"1.7e308\""], "1.7e308");
    refuses("to_number", &["\"-1e400\""], "strconv.ParseFloat: parsing \"-1e400\": value out of range");
    refuses("to_number", &["\"nan\""], "operand 1 must be valid number string but got string");
}

#[test]
fn the_evaluation_itself() {
    gives("time.now_ns", &[], "1700000000000000000");
    gives("opa.runtime", &[], "{}");
    gives("internal.template_string", &["[\"a\", 1, \"b\"]"], "\"a1b\"");
    let id = call("uuid.rfc4122", &["\"k\""]).unwrap();
    assert_eq!((id.len(), id.get(15..16)), (38, Some("4")), "{id}");
    assert!(matches!(id.get(20..21), Some("8" | "9" | "a" | "b")), "{id}");
    assert_eq!(call("uuid.rfc4122", &["\"k\""]), Ok(id));
}
