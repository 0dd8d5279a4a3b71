//! `kitelogik audit schema`: the columns of the log, for readers that would guess them.

use crate::{
    exit::Exit,
    output::{Format, data},
};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use kitelogik::{
    audit::{Column, LINES, LineKind, Shape, Stands, columns},
    model::{EventKind, SCHEMA},
    value::{Value, json},
};

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    duckdb -c \"SELECT tool, decision.reason FROM read_json('audit.jsonl', format = 'newline_delimited',\n    \
    columns = $(kitelogik audit schema --format duckdb)) WHERE NOT decision.allow\"\n  \
    kitelogik audit schema --format jsonschema > audit.schema.json")]
pub(crate) struct Args {
    /// What to print: the `columns` of DuckDB's `read_json`, or a JSON Schema (2020-12) of one line
    // Stands in for the `--format` of every command, and so under its id and in its type: the text is the one
    // for DuckDB, the JSON is the JSON Schema.
    #[arg(long, default_value = "duckdb", value_parser = formats())]
    format: Format,
}

fn formats() -> impl TypedValueParser<Value = Format> {
    let duckdb = PossibleValue::new("duckdb").alias("text").help("For DuckDB");
    let schema = PossibleValue::new("jsonschema").alias("json").help("For programs that check a line");
    PossibleValuesParser::new([duckdb, schema]).map(|word| match word.as_str() {
        "jsonschema" | "json" => Format::Json,
        _ => Format::Text,
    })
}

pub(crate) fn run(args: &Args) -> Result<Exit, String> {
    let text = match args.format {
        Format::Text | Format::Csv => duckdb(&columns()),
        Format::Json => {
            let mut text = Vec::new();
            json::write_ascii(&schema(), &mut text);
            String::from_utf8_lossy(&text).into_owned()
        }
    };
    data(&format!("{text}\n")).map_err(|error| error.to_string())?;
    Ok(Exit::Done)
}

/// A DuckDB struct of names and types. No name holds a quote: they are the table's own.
fn duckdb(columns: &[Column]) -> String {
    let typed = columns.iter().map(|column| format!("'{}': '{}'", column.name, duckdb_type(column.shape)));
    format!("{{{}}}", typed.collect::<Vec<_>>().join(", "))
}

fn duckdb_type(shape: Shape) -> String {
    let fields = |columns: &[Column]| {
        let typed = columns.iter().map(|column| format!("\"{}\" {}", column.name, duckdb_type(column.shape)));
        format!("STRUCT({})", typed.collect::<Vec<_>>().join(", "))
    };
    match shape {
        Shape::Text => "VARCHAR".into(),
        // Without a zone, since what all lines have (UTC) need not be carried, and no client lacks the type.
        Shape::Time => "TIMESTAMP".into(),
        Shape::Flag => "BOOLEAN".into(),
        Shape::Whole => "UBIGINT".into(),
        Shape::Number => "DOUBLE".into(),
        // DuckDB's own objects take no two keys that differ in case alone, nor numbers beyond 128 bits.
        Shape::Open => "JSON".into(),
        Shape::Texts => "VARCHAR[]".into(),
        Shape::Object(columns) => fields(columns),
        Shape::Objects(columns) => format!("{}[]", fields(columns)),
    }
}

/// JSON Schema, draft 2020-12. It says what must stand in a line and forbids no further key, so that a log
/// with keys of a later version is not refused.
fn schema() -> Value {
    Value::object([
        ("$schema", Value::from("https://json-schema.org/draft/2020-12/schema")),
        ("title", "A line of a Kite Logik audit log, profile kitelogik".into()),
        ("oneOf", Value::array(LINES.iter().map(line))),
    ])
}

fn line(kind: &LineKind) -> Value {
    let words: Vec<&str> = match kind.events {
        [] => EventKind::ALL.iter().map(|event| event.as_str()).chain(["invalid"]).collect(),
        events => events.to_vec(),
    };
    let special = |column: &Column| match column.name {
        "schema" => Some(Value::object([("const", Value::from(SCHEMA))])),
        "event" => Some(Value::object([("enum", texts(&words))])),
        _ => None,
    };
    let mut pairs = object(kind.columns, special);
    pairs.push(("description", kind.about.into()));
    let more = kind.columns.iter().filter(|column| column.stands == Stands::InToolCalls);
    let more: Vec<&str> = more.map(|column| column.name).collect();
    if !more.is_empty() {
        let is_call = Value::object([("event", Value::object([("const", "tool_call".into())]))]);
        pairs.push(("if", Value::object([("properties", is_call)])));
        pairs.push(("then", Value::object([("required", texts(&more))])));
    }
    Value::object(pairs)
}

fn object(columns: &[Column], special: impl Fn(&Column) -> Option<Value>) -> Vec<(&'static str, Value)> {
    let properties = columns.iter().map(|column| {
        (Value::from(column.name), special(column).unwrap_or_else(|| Value::object(shape(column.shape))))
    });
    let required = columns.iter().filter(|column| column.stands == Stands::Always);
    let required: Vec<&str> = required.map(|column| column.name).collect();
    vec![("type", "object".into()), ("properties", Value::object(properties)), ("required", texts(&required))]
}

fn shape(shape: Shape) -> Vec<(&'static str, Value)> {
    let list = |items: Value| vec![("type", "array".into()), ("items", items)];
    match shape {
        Shape::Text => vec![("type", "string".into())],
        Shape::Time => vec![("type", "string".into()), ("format", "date-time".into())],
        Shape::Flag => vec![("type", "boolean".into())],
        Shape::Whole => vec![("type", "integer".into()), ("minimum", 0i64.into())],
        Shape::Number => vec![("type", "number".into())],
        Shape::Open => vec![("type", "object".into())],
        Shape::Texts => list(Value::object([("type", "string".into())])),
        Shape::Object(columns) => object(columns, |_| None),
        Shape::Objects(columns) => list(Value::object(object(columns, |_| None))),
    }
}

fn texts(words: &[&str]) -> Value {
    Value::array(words.iter().map(|word| Value::from(*word)))
}
