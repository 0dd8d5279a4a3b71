//! Results as a table, as `opa` draws it.

/// Rows under their headings; every row has as many cells as there are headings.
pub(super) fn table(headings: &[String], rows: &[Vec<String>]) -> String {
    let width = |text: &String| text.chars().count();
    let widths: Vec<usize> = headings
        .iter()
        .enumerate()
        .map(|(at, heading)| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(width);
            cells.chain([width(heading)]).max().unwrap_or_default()
        })
        .collect();
    let rule = |[left, middle, right]: [&str; 3]| {
        let lines: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
        format!("{left}{}{right}\n", lines.join(middle))
    };
    let line = |cells: &[String]| format!("│ {} │\n", cells.join(" │ "));
    let mut out = rule(["┌", "┬", "┐"]);
    let centred: Vec<String> =
        headings.iter().zip(&widths).map(|(heading, width)| format!("{heading:^width$}")).collect();
    out.push_str(&line(&centred));
    out.push_str(&rule(["├", "┼", "┤"]));
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        out.push_str(&line(&cells));
    }
    out.push_str(&rule(["└", "┴", "┘"]));
    out
}
