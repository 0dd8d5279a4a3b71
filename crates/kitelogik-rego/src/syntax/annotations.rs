//! METADATA: YAML in a block of comments that says something about the rule or package below it.

use super::{
    SyntaxError,
    ast::{Module, Span},
};
use crate::yaml;
use kitelogik_value::{Value, json};

/// What an annotation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The rule below
    Rule,
    /// All rules of the path of the rule below
    Document,
    /// The package
    Package,
    /// The package and those below it
    Subpackages,
}

impl Scope {
    /// The word for it in a METADATA block.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Document => "document",
            Self::Package => "package",
            Self::Subpackages => "subpackages",
        }
    }
}

/// Who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// May be empty
    pub name: String,
    /// May be empty
    pub email: String,
}

/// Where there is more to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedResource {
    /// A URL
    pub reference: String,
    /// May be empty
    pub description: String,
}

/// Which schema a document has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaOf {
    /// The document, such as `input.user`
    pub path: String,
    /// The name of a schema as a string, such as `schema.input`, or a JSON Schema as an object
    pub schema: Value,
}

/// One METADATA block.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotations {
    /// What it is about
    pub scope: Scope,
    /// Empty if absent, as the other texts
    pub title: String,
    /// What it is for
    pub description: String,
    /// True if the document is meant to be asked for
    pub entrypoint: bool,
    /// Who stands behind it
    pub organizations: Vec<String>,
    /// Who wrote it
    pub authors: Vec<Author>,
    /// Where there is more to read
    pub related_resources: Vec<RelatedResource>,
    /// Schemas of documents
    pub schemas: Vec<SchemaOf>,
    /// Whatever the author likes, an object; null if absent
    pub custom: Value,
    /// Labels, an object; null if absent
    pub labels: Value,
    /// The rule below it, by its place in the module; none for the package
    pub rule: Option<usize>,
    /// Where the block begins
    pub span: Span,
}

/// Reads the blocks among a module's comments and finds what each is about. `comments` are in order.
pub(super) fn attach(
    module: &mut Module,
    text: &str,
    comments: &[(usize, usize)],
    errors: &mut Vec<SyntaxError>,
) {
    let file = module.package_span.file;
    for (start, block) in blocks(text, comments) {
        let span = Span { file, start: start as u32, end: start as u32 + 1 };
        let wrong = |message: String, span: Span| SyntaxError { message, span };
        let source: String = block.iter().map(|(_, line)| format!("{line}\n")).collect();
        if source.trim().is_empty() {
            errors.push(wrong("expected METADATA block, found whitespace".to_owned(), span));
            continue;
        }
        let value = match yaml::parse(&source) {
            Ok(value) => value,
            Err(yaml::Error { message, line }) => {
                let at = block.get(line.saturating_sub(1)).or(block.last()).map_or(start, |(at, _)| *at);
                let span = Span { start: at as u32, end: at as u32 + 1, ..span };
                errors.push(wrong(format!("yaml: {message}"), span));
                continue;
            }
        };
        match annotations(&value, target(module, start), span) {
            Ok(found) => module.annotations.push(found),
            Err(message) => errors.push(wrong(message, span)),
        }
    }
}

/// Each block: where its first line begins, and the lines below that one, without their mark.
fn blocks<'t>(text: &'t str, comments: &[(usize, usize)]) -> Vec<(usize, Vec<(usize, &'t str)>)> {
    let first_column = |at: usize| at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n');
    let mut found: Vec<(usize, Vec<(usize, &str)>)> = Vec::new();
    let mut open = None;
    for (start, end) in comments.iter().copied() {
        let line = text.get(start + 1..end).unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        if !first_column(start) {
            open = None;
        } else if line.trim().starts_with("METADATA") {
            found.push((start, Vec::new()));
            open = Some(end + 1);
        } else if open == Some(start) {
            if let Some((_, lines)) = found.last_mut() {
                lines.push((start, line.strip_prefix(' ').unwrap_or(line)));
            }
            open = Some(end + 1);
        } else {
            open = None;
        }
    }
    found
}

/// What stands below a block.
enum Target {
    Package,
    Rule(usize),
    Import,
    Nothing,
}

fn target(module: &Module, block: usize) -> Target {
    let below = |span: Span| span.start as usize > block;
    if below(module.package_span) {
        return Target::Package;
    }
    let import = module.imports.iter().map(|import| import.span).find(|span| below(*span));
    let rule = module.rules.iter().enumerate().find(|(_, rule)| below(rule.span));
    match (import, rule) {
        (Some(import), Some((_, rule))) if import.start < rule.span.start => Target::Import,
        (_, Some((at, _))) => Target::Rule(at),
        (Some(_), None) => Target::Import,
        (None, None) => Target::Nothing,
    }
}

fn annotations(value: &Value, target: Target, span: Span) -> Result<Annotations, String> {
    if value.as_object().is_none() && *value != Value::Null {
        return Err("yaml: a METADATA block must be an object".to_owned());
    }
    let entrypoint = match value.get("entrypoint") {
        None | Some(Value::Null) => false,
        Some(flag) => flag.as_bool().ok_or("yaml: entrypoint must be true or false")?,
    };
    let named = text(value, "scope")?;
    let (scope, rule) = match (&*named, target) {
        ("", Target::Rule(at)) if entrypoint => (Scope::Document, Some(at)),
        ("" | "rule", Target::Rule(at)) => (Scope::Rule, Some(at)),
        ("document", Target::Rule(at)) => (Scope::Document, Some(at)),
        ("" | "package", Target::Package) => (Scope::Package, None),
        ("subpackages", Target::Package) => (Scope::Subpackages, None),
        ("rule" | "document" | "package" | "subpackages", target) => {
            let wanted = if matches!(&*named, "rule" | "document") { "rule" } else { "package" };
            let have = match target {
                Target::Package => " (have package)",
                Target::Rule(_) => " (have rule)",
                Target::Import => " (have import)",
                Target::Nothing => "",
            };
            return Err(format!("annotation scope '{named}' must be applied to {wanted}{have}"));
        }
        (_, target) => {
            let named = if named.is_empty() && matches!(target, Target::Import) { "import" } else { &named };
            let known = "Use one of 'rule', 'document', 'package', or 'subpackages'";
            return Err(format!("invalid annotation scope '{named}'. {known}"));
        }
    };
    if entrypoint && !matches!(scope, Scope::Document | Scope::Package) {
        let scope = scope.as_str();
        return Err(format!("annotation entrypoint applied to non-document or package scope '{scope}'"));
    }
    let organizations = list(value, "organizations")?.iter().map(|item| plain(item, "organizations"));
    Ok(Annotations {
        scope,
        title: text(value, "title")?,
        description: text(value, "description")?,
        entrypoint,
        organizations: organizations.collect::<Result<_, _>>()?,
        authors: list(value, "authors")?.iter().map(author).collect::<Result<_, _>>()?,
        related_resources: list(value, "related_resources")?
            .iter()
            .map(resource)
            .collect::<Result<_, _>>()?,
        schemas: list(value, "schemas")?.iter().map(schema).collect::<Result<_, _>>()?,
        custom: object(value, "custom")?,
        labels: object(value, "labels")?,
        rule,
        span,
    })
}

/// A scalar as text.
fn plain(value: &Value, key: &str) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Bool(_) | Value::Number(_) => Ok(json::to_string(value)),
        _ => value.as_str().map(str::to_owned).ok_or_else(|| format!("yaml: {key} must hold text")),
    }
}

fn text(value: &Value, key: &str) -> Result<String, String> {
    value.get(key).map_or_else(|| Ok(String::new()), |value| plain(value, key))
}

fn list<'v>(value: &'v Value, key: &str) -> Result<&'v [Value], String> {
    match value.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(value) => value.as_array().ok_or_else(|| format!("yaml: {key} must be a list")),
    }
}

fn object(value: &Value, key: &str) -> Result<Value, String> {
    match value.get(key) {
        None | Some(Value::Null) => Ok(Value::Null),
        Some(value) if value.as_object() == Some(&[]) => Ok(Value::Null),
        Some(value) if value.as_object().is_some() => Ok(value.clone()),
        Some(_) => Err(format!("yaml: {key} must be an object")),
    }
}

fn author(value: &Value) -> Result<Author, String> {
    let wrong = |why: &str| Err(format!("invalid author definition {}: {why}", json::to_string(value)));
    if let Some(line) = value.as_str() {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let email = words.last().and_then(|last| last.strip_prefix('<')?.strip_suffix('>'));
        let email = email.unwrap_or_default().to_owned();
        if words.is_empty() {
            return wrong("author is an empty string");
        }
        if words.last().is_some_and(|last| last.starts_with('<') && last.ends_with('>')) {
            words.pop();
        }
        return Ok(Author { name: words.join(" "), email });
    }
    if value.as_object().is_none() {
        return wrong("invalid value type, must be string or map");
    }
    let part = |key| value.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let author = Author { name: part("name"), email: part("email") };
    if author.name.is_empty() && author.email.is_empty() {
        return wrong("'name' and/or 'email' values required in object");
    }
    Ok(author)
}

fn resource(value: &Value) -> Result<RelatedResource, String> {
    let wrong =
        |why: &str| Err(format!("invalid related-resource definition {}: {why}", json::to_string(value)));
    let part = |key| value.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    match value.as_str() {
        Some("") => wrong("ref URL may not be empty string"),
        Some(reference) => {
            Ok(RelatedResource { reference: reference.to_owned(), description: String::new() })
        }
        None if value.as_object().is_none() => wrong("invalid value type, must be string or map"),
        None if part("ref").is_empty() => wrong("'ref' value required in object"),
        None => Ok(RelatedResource { reference: part("ref"), description: part("description") }),
    }
}

fn schema(value: &Value) -> Result<SchemaOf, String> {
    let [(path, schema)] = value.as_object().unwrap_or_default() else {
        return Err("invalid document reference".to_owned());
    };
    let path = path.as_str().unwrap_or_default().to_owned();
    if schema.as_str().is_none() && schema.as_object().is_none() {
        return Err(format!("invalid schema declaration for path {path:?}"));
    }
    Ok(SchemaOf { path, schema: schema.clone() })
}

impl Annotations {
    /// What `rego.metadata.rule()` gives: only what is said.
    pub fn to_value(&self) -> Value {
        let mut pairs: Vec<(&str, Value)> = vec![("scope", self.scope.as_str().into())];
        let texts = [("title", &self.title), ("description", &self.description)];
        pairs.extend(texts.into_iter().filter(|(_, s)| !s.is_empty()).map(|(k, s)| (k, s.as_str().into())));
        if self.entrypoint {
            pairs.push(("entrypoint", true.into()));
        }
        let organizations = self.organizations.iter().map(|name| name.as_str().into()).collect();
        let authors = self.authors.iter().map(|a| said([("name", &a.name), ("email", &a.email)])).collect();
        let resources = self.related_resources.iter();
        let resources =
            resources.map(|r| said([("ref", &r.reference), ("description", &r.description)])).collect();
        let schemas = self.schemas.iter().map(schema_value).collect();
        let lists: [(&str, Vec<Value>); 4] = [
            ("organizations", organizations),
            ("authors", authors),
            ("related_resources", resources),
            ("schemas", schemas),
        ];
        pairs.extend(lists.into_iter().filter(|(_, l)| !l.is_empty()).map(|(k, l)| (k, Value::array(l))));
        let objects = [("custom", &self.custom), ("labels", &self.labels)];
        pairs.extend(objects.into_iter().filter(|(_, v)| **v != Value::Null).map(|(k, v)| (k, v.clone())));
        Value::object(pairs)
    }
}

fn said(pairs: [(&str, &String); 2]) -> Value {
    let pairs = pairs.into_iter().filter(|(_, text)| !text.is_empty());
    Value::object(pairs.map(|(key, text)| (key, Value::from(text.as_str()))))
}

fn schema_value(schema: &SchemaOf) -> Value {
    let path = |text: &str| Value::array(text.split('.').map(Value::from));
    let given = match schema.schema.as_str() {
        Some(name) => ("schema", path(name)),
        None => ("definition", schema.schema.clone()),
    };
    Value::object([("path", path(&schema.path)), given])
}
