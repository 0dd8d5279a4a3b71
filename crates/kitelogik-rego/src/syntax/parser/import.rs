//! What a module is made of: its package, imports, and rules.

use super::{Parsed, Parser};
use crate::syntax::{
    ast::{Import, Module, Span, Version},
    keywords::FUTURE,
    lexer::Kind,
};

impl Parser<'_> {
    /// `package a.b`
    pub(super) fn package(&mut self, module: &mut Module) -> Parsed<()> {
        if !matches!(&self.token.kind, Kind::Name(name) if **name == *"package") {
            return self.error(if self.token.kind == Kind::End {
                "empty module"
            } else {
                "package expected"
            });
        }
        module.package_keyword = self.span();
        self.advance()?;
        module.package_span = self.span();
        module.package = self.path()?.0;
        Ok(())
    }

    pub(super) fn statement(&mut self, module: &mut Module) -> Parsed<()> {
        self.keyword_as_rule_name()?;
        if self.at_keyword("import") {
            let import = self.import()?;
            module.imports.push(import);
            return Ok(());
        }
        if self.at_keyword("package") {
            return self.error("unexpected package");
        }
        let start = self.span();
        self.rule(&mut module.rules)?;
        if self.at_sign(";") {
            if module.rules.last().is_some_and(|rule| !rule.body.is_empty()) {
                return self.unexpected("");
            }
            return self.error_at(start, "multiple expressions cannot be used for rule head");
        }
        Ok(())
    }

    /// A keyword where its successor tells that it should have been the name of a rule.
    fn keyword_as_rule_name(&mut self) -> Parsed<()> {
        let Kind::Name(name) = self.token.kind.clone() else { return Ok(()) };
        let usual: &[&str] = &[":=", "=", "if", "contains", "("];
        let followers = match &*name {
            "every" | "if" | "in" | "some" | "as" => usual,
            "package" | "import" => &[":=", "=", "("],
            "not" | "and" | "or" => &[":=", "=", "if", "contains"],
            "contains" => &["if", "contains"],
            _ => return Ok(()),
        };
        if !self.at_keyword(&name) {
            return Ok(());
        }
        let span = self.span();
        let mark = self.mark();
        self.advance()?;
        let follows = followers.iter().any(|word| self.at_sign(word) || self.at_keyword(word));
        self.back_to(mark);
        if follows {
            return self.error_at(span, format!("{name} keyword cannot be used for rule name"));
        }
        Ok(())
    }

    /// `a.b["c"]`, and where its last part stands
    fn path(&mut self) -> Parsed<(Vec<Box<str>>, Span)> {
        let mut last = self.span();
        let mut path = vec![self.name()?];
        loop {
            if self.at_adjacent(".") {
                self.advance()?;
                last = self.span();
                path.push(self.name_after_dot()?);
            } else if self.at_adjacent("[") {
                self.advance()?;
                last = self.span();
                match self.token.kind.clone() {
                    Kind::String(name) => path.push(name),
                    Kind::Number(_) => return self.error("unexpected number token: expecting string"),
                    Kind::Name(_) => return self.error("unexpected var token: expecting string"),
                    _ => return self.unexpected("expecting string"),
                }
                self.advance()?;
                self.sign("]", "expected [")?;
            } else {
                return Ok((path, last));
            }
        }
    }

    fn import(&mut self) -> Parsed<Import> {
        let start = self.span();
        self.advance()?;
        let at = self.span();
        let (path, last) = self.path()?;
        let root = path.first().map(|root| root.to_string()).unwrap_or_default();
        if !matches!(root.as_str(), "data" | "input" | "future" | "rego") {
            let wanted = "unexpected import path, must begin with one of: {data, future, input, rego}";
            let hint = "hint: if this is unexpected, try updating OPA";
            return self.error_at(at, format!("{wanted}, got: {root} ({hint})"));
        }
        let (mut alias, mut alias_at) = (None, at);
        if self.eat_keyword("as")? {
            alias_at = self.span();
            match self.token.kind.clone() {
                Kind::Name(name) if matches!(&*name, "input" | "data") => {
                    let message = "unexpected import alias, must not be a reserved name, got: ";
                    return self.error(format!("{message}{name}"));
                }
                Kind::Name(name) if !self.keywords.is(&name) || *name == *"contains" => alias = Some(name),
                _ => return self.unexpected("expected var"),
            }
            self.advance()?;
        } else if let (true, Some(name)) = (root != "future", path.last())
            && self.keywords.is(name)
        {
            let wanted = "unexpected import path, must not end with a keyword";
            let hint = "hint: import a different path or use an alias";
            return self.error_at(last, format!("{wanted}, got: {name} ({hint})"));
        }
        let import = Import { path, alias, span: self.since(start) };
        match root.as_str() {
            "future" if import.alias.is_some() => {
                return self.error_at(alias_at, "`future` imports cannot be aliased");
            }
            "rego" if import.alias.is_some() => {
                return self.error_at(alias_at, "`rego` imports cannot be aliased");
            }
            "future" => self.import_keywords(&import, at)?,
            "rego" => self.import_version(&import, at)?,
            _ => {}
        }
        Ok(import)
    }

    fn import_keywords(&mut self, import: &Import, at: Span) -> Parsed<()> {
        let names: Vec<&str> = import.path.iter().map(|name| &**name).collect();
        match names.as_slice() {
            [_, "keywords"] => self.keywords.import_all(),
            [_, "keywords", name] if !self.keywords.import(name) => {
                let known = FUTURE.join(" ");
                return self.error_at(at, format!("unexpected keyword, must be one of [{known}]"));
            }
            [_, "keywords", ..] => {}
            _ => return self.error_at(at, "invalid import, must be `future.keywords`"),
        }
        Ok(())
    }

    fn import_version(&mut self, import: &Import, at: Span) -> Parsed<()> {
        let names: Vec<&str> = import.path.iter().map(|name| &**name).collect();
        match names.as_slice() {
            ["rego", "v1"] => self.keywords.import_v1(),
            ["rego", "v2"] => self.keywords.import_all(),
            path => {
                let path = path.join(".");
                let wanted = "must be one of: `rego.v1`, `rego.v2`";
                return self.error_at(at, format!("invalid import `{path}`, {wanted}"));
            }
        }
        self.version = Version::V1;
        Ok(())
    }
}
