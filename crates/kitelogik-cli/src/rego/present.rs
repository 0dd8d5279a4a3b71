//! The solutions of a query in each format.

use super::{
    document::{Document, compact},
    query::{Expression, Row},
    table::table,
};
use kitelogik_value::Value;

/// What to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Everything, as one JSON document
    Json,
    /// For each solution the values of the expressions, as a JSON array
    Values,
    /// For each solution the variables, as a JSON object
    Bindings,
    /// For people: the value, or a table
    Pretty,
    /// For each solution a line with the values; strings without quotes
    Raw,
}

/// The text of the solutions.
pub(super) fn present(format: Format, expressions: &[Expression], rows: &[Row]) -> String {
    match format {
        Format::Json => format!("{}\n", document(expressions, rows).indented()),
        Format::Values => rows
            .iter()
            .map(|row| {
                let values = row.values.iter().cloned().map(Document::Value).collect();
                format!("{}\n", Document::List(values).indented())
            })
            .collect(),
        Format::Bindings => {
            rows.iter().map(|row| format!("{}\n", Document::Value(bindings(row)).indented())).collect()
        }
        Format::Pretty => pretty(expressions, rows),
        Format::Raw => rows
            .iter()
            .map(|row| {
                let values: Vec<String> = row.values.iter().map(raw).collect();
                format!("{}\n", values.join(" "))
            })
            .collect(),
    }
}

fn document(expressions: &[Expression], rows: &[Row]) -> Document {
    if rows.is_empty() {
        return Document::Object(Vec::new());
    }
    let rows = rows.iter().map(|row| {
        let expressions = expressions.iter().zip(&row.values).map(|(expression, value)| {
            let location =
                vec![("row", u64::from(expression.row).into()), ("col", u64::from(expression.column).into())];
            Document::Object(vec![
                ("value", value.clone().into()),
                ("text", expression.text.as_str().into()),
                ("location", Document::Object(location)),
            ])
        });
        let mut pairs = vec![("expressions", Document::List(expressions.collect()))];
        if !row.bindings.is_empty() {
            pairs.push(("bindings", bindings(row).into()));
        }
        Document::Object(pairs)
    });
    Document::Object(vec![("result", Document::List(rows.collect()))])
}

fn bindings(row: &Row) -> Value {
    Value::object(row.bindings.iter().map(|(name, value)| (name.as_str(), value.clone())))
}

fn raw(value: &Value) -> String {
    value.as_str().map_or_else(|| compact(value), str::to_owned)
}

/// One value is written out; else a table of the variables and of the values that are no mere `true`.
fn pretty(expressions: &[Expression], rows: &[Row]) -> String {
    let Some(first) = rows.first() else { return "undefined\n".to_owned() };
    if let ([only], [value], []) = (rows, first.values.as_slice(), first.bindings.as_slice()) {
        debug_assert_eq!(only.values.len(), 1);
        return format!("{}\n", Document::Value(value.clone()).indented());
    }
    let told = |row: &Row| -> Vec<(String, String)> {
        let values = expressions.iter().zip(&row.values).filter(|(_, value)| value.as_bool().is_none());
        let values = values.map(|(expression, value)| (expression.text.clone(), compact(value)));
        let bindings = row.bindings.iter().map(|(name, value)| (name.clone(), compact(value)));
        values.chain(bindings).collect()
    };
    let headings: Vec<String> = told(first).into_iter().map(|(heading, _)| heading).collect();
    if headings.is_empty() {
        return "true\n".to_owned();
    }
    let cells = |row: &Row| {
        let told = told(row);
        let cell = |heading: &String| told.iter().find(|(name, _)| name == heading);
        headings
            .iter()
            .map(|heading| cell(heading).map(|(_, text)| text.clone()).unwrap_or_default())
            .collect()
    };
    table(&headings, &rows.iter().map(cells).collect::<Vec<Vec<String>>>())
}
