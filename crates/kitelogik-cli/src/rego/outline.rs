//! A syntax tree for people, as `opa parse` prints it: a line a node, indented, without comments. It is read off
//! the JSON document, so that the two never differ.

use super::document::Document;
use kitelogik_value::json::to_string;

/// The lines of a module's document.
pub(super) fn outline(module: &Document) -> String {
    let mut out = Outline { lines: String::from("module\n") };
    out.line(1, "package");
    out.line(2, "ref");
    out.each(3, module.get("package").and_then(|package| package.get("path")));
    for import in module.list("imports") {
        out.line(1, "import");
        out.node(2, import.get("path"));
        out.line(2, import.get("alias").and_then(Document::as_str).unwrap_or_default());
    }
    for rule in module.list("rules") {
        out.rule(1, rule);
    }
    out.lines
}

struct Outline {
    lines: String,
}

impl Outline {
    fn line(&mut self, indent: usize, text: &str) {
        self.lines.push_str(&" ".repeat(indent));
        self.lines.push_str(text);
        self.lines.push('\n');
    }

    fn rule(&mut self, indent: usize, rule: &Document) {
        self.line(indent, "rule");
        if let Some(head) = rule.get("head") {
            self.line(indent + 1, "head");
            self.line(indent + 2, "ref");
            self.each(indent + 3, head.get("ref"));
            if let Some(args) = head.get("args") {
                self.line(indent + 2, "args");
                self.each(indent + 3, Some(args));
            }
            self.node(indent + 2, head.get("value"));
        }
        self.body(indent + 1, rule);
        if let Some(otherwise) = rule.get("else") {
            self.rule(indent + 1, otherwise);
        }
    }

    /// The body of a rule, of `every`, of `not` or of a comprehension.
    fn body(&mut self, indent: usize, of: &Document) {
        self.body_of(indent, of.list("body"));
    }

    fn body_of(&mut self, indent: usize, exprs: &[Document]) {
        self.line(indent, "body");
        for expr in exprs {
            let negated = if expr.get("negated").is_some() { "negated " } else { "" };
            let index = expr.get("index").map(scalar).unwrap_or_default();
            self.line(indent + 1, &format!("expr {negated}index={index}"));
            let terms = expr.get("terms");
            match terms {
                Some(Document::List(_)) => self.each(indent + 2, terms),
                Some(some) if some.get("symbols").is_some() => {
                    self.line(indent + 2, "somedecl");
                    self.each(indent + 3, some.get("symbols"));
                }
                Some(every) if every.get("domain").is_some() => {
                    self.line(indent + 2, "every");
                    for part in ["key", "value", "domain"] {
                        self.node(indent + 3, every.get(part));
                    }
                    self.body(indent + 3, every);
                }
                term => self.node(indent + 2, term),
            }
            for with in expr.list("with") {
                self.line(indent + 2, "with");
                self.node(indent + 3, with.get("target"));
                self.node(indent + 3, with.get("value"));
            }
        }
    }

    fn each(&mut self, indent: usize, nodes: Option<&Document>) {
        if let Some(Document::List(nodes)) = nodes {
            for node in nodes {
                self.node(indent, Some(node));
            }
        }
    }

    fn node(&mut self, indent: usize, node: Option<&Document>) {
        let Some(node) = node else { return };
        let Some(kind) = node.get("type").and_then(Document::as_str) else {
            // A pair of an object.
            return self.each(indent, Some(node));
        };
        let value = node.get("value");
        match kind {
            "null" => self.line(indent, "null"),
            "var" => {
                let name = value.and_then(Document::as_str).unwrap_or_default();
                self.line(indent, if name.starts_with('$') { "_" } else { name });
            }
            "boolean" | "number" | "string" => {
                self.line(indent, &value.map(scalar).unwrap_or_default());
            }
            "not" => {
                self.line(indent, kind);
                self.body(indent + 1, node);
            }
            "and" | "or" => {
                self.line(indent, &format!("logical{kind}"));
                for side in ["lhs", "rhs"] {
                    self.body_of(indent + 1, node.list(side));
                }
            }
            "templatestring" => self.line(indent, kind),
            "arraycomprehension" | "setcomprehension" | "objectcomprehension" => {
                self.line(indent, kind);
                for part in ["term", "key", "value"] {
                    self.node(indent + 1, value.and_then(|value| value.get(part)));
                }
                if let Some(value) = value {
                    self.body(indent + 1, value);
                }
            }
            _ => {
                self.line(indent, kind);
                self.each(indent + 1, value);
            }
        }
    }
}

fn scalar(document: &Document) -> String {
    match document {
        Document::Value(value) => to_string(value),
        _ => String::new(),
    }
}
