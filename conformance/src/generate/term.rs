//! Writes terms.

use super::{
    dice::Dice,
    document, templates,
    ty::{Field, Ty},
    words,
};
use crate::question::read_json;
use kitelogik_value::{Value, json};

/// What is known while a module is written.
pub(crate) struct Writer {
    pub(crate) dice: Dice,
    pub(crate) v0: bool,
    /// String interpolation is known here
    pub(crate) interpolates: bool,
    /// `in` and `every` are keywords here
    pub(crate) with_in: bool,
    /// Now and then a term of another type than asked for
    pub(crate) careless: bool,
    pub(crate) fields: Vec<Field>,
    /// Rules that were written before this one, so that nothing recurses
    pub(crate) rules: Vec<Known>,
    pub(crate) scope: Vec<(String, Ty)>,
    pub(crate) fresh: usize,
    /// Terms that may still be written in this rule
    pub(crate) budget: usize,
    /// True where OPA computes what is written before anything looks into it
    pub(crate) computed: bool,
    /// Variables that an expression with a `with` binds
    pub(crate) under_with: Vec<String>,
}

/// A rule that others may refer to.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) package: &'static str,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Complete(Ty),
    Set(Ty),
    Object(Ty),
    Function(Vec<Ty>, Ty),
}

impl Writer {
    /// A term of this type; `depth` bounds the nesting.
    pub(crate) fn term(&mut self, ty: &Ty, depth: usize) -> String {
        self.budget = self.budget.saturating_sub(1);
        let depth = if self.budget == 0 { 0 } else { depth };
        if *ty == Ty::Any || (self.careless && self.dice.chance(4)) {
            let ty = self.some_type(depth);
            return self.term_of(&ty, depth);
        }
        self.term_of(ty, depth)
    }

    fn term_of(&mut self, ty: &Ty, depth: usize) -> String {
        let roll = self.dice.below(100);
        if roll < 32
            && let Some(name) = self.variable(ty)
        {
            return name;
        }
        if roll < 55
            && let Some(path) = self.field(ty)
        {
            return path;
        }
        if roll < 66
            && self.budget > 0
            && let Some(text) = self.rule_ref(ty, depth)
        {
            return text;
        }
        if depth > 0 && roll < 93 {
            if let (true, Some(item)) = (self.dice.chance(25), ty.item()) {
                let item = item.clone();
                return self.comprehension(ty, &item, depth - 1);
            }
            let all = templates::of(ty, self.with_in);
            if let Some(template) = self.dice.pick(&all) {
                let computed = self.computed;
                self.computed |= !template.starts_with(['[', '{']);
                let text = self.fill(template, depth - 1);
                self.computed = computed;
                return self.settled(text, ty);
            }
        }
        let text = self.literal(ty, depth);
        self.settled(text, ty)
    }

    /// A set is computed before it is looked into. OPA enumerates one that is written with variables as it is written: in
    /// another order than that of its members, and twice where two of them are equal.
    fn settled(&self, text: String, ty: &Ty) -> String {
        let items = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match (ty, items) {
            (Ty::Set(_), Some(items))
                if !self.computed && read_json(format!("[{items}]").as_bytes()).is_err() =>
            {
                format!("({text} | set())")
            }
            _ => text,
        }
    }

    /// A type that is not `Any`.
    pub(crate) fn some_type(&mut self, depth: usize) -> Ty {
        match self.dice.below(if depth == 0 { 8 } else { 15 }) {
            0 => Ty::Null,
            1 => Ty::Bool,
            2..=4 => Ty::Num,
            5..=7 => Ty::Str,
            8 => Ty::arr(Ty::Str),
            9 => Ty::arr(Ty::Num),
            10 => Ty::arr(Ty::Any),
            11 => Ty::set(Ty::Str),
            12 => Ty::set(Ty::Num),
            13 => Ty::obj(Ty::Num),
            _ => Ty::obj(Ty::Any),
        }
    }

    /// A collection type whose items can be iterated.
    pub(crate) fn collection(&mut self) -> Ty {
        let all = [
            Ty::arr(Ty::Str),
            Ty::arr(Ty::Num),
            Ty::set(Ty::Str),
            Ty::set(Ty::Num),
            Ty::obj(Ty::Num),
            Ty::arr(Ty::Any),
            Ty::obj(Ty::Any),
            Ty::set(Ty::Any),
        ];
        self.dice.pick(&all).cloned().unwrap_or(Ty::Any)
    }

    fn variable(&mut self, ty: &Ty) -> Option<String> {
        let fitting: Vec<&String> =
            self.scope.iter().filter(|(_, t)| t.fits(ty)).map(|(name, _)| name).collect();
        self.dice.pick(&fitting).map(|name| (*name).clone())
    }

    pub(crate) fn field(&mut self, ty: &Ty) -> Option<String> {
        let fitting: Vec<&str> = self.fields.iter().filter(|f| f.ty.fits(ty)).map(|f| f.path).collect();
        self.dice.pick(&fitting).map(|path| (*path).to_owned())
    }

    fn rule_ref(&mut self, ty: &Ty, depth: usize) -> Option<String> {
        let fitting: Vec<Known> = self.rules.iter().filter(|r| r.value().fits(ty)).cloned().collect();
        let rule = self.dice.pick(&fitting)?.clone();
        let name = self.name_of(&rule);
        Some(match &rule.kind {
            Kind::Function(args, _) => {
                let computed = std::mem::replace(&mut self.computed, false);
                let args: Vec<String> = args.iter().map(|t| self.term(t, depth.saturating_sub(1))).collect();
                self.computed = computed;
                format!("{name}({})", args.join(", "))
            }
            _ => name,
        })
    }

    /// The name of a rule as this place may spell it.
    pub(crate) fn name_of(&mut self, rule: &Known) -> String {
        if rule.package != super::PACKAGE || self.dice.chance(15) {
            return format!("data.{}.{}", rule.package, rule.name);
        }
        rule.name.clone()
    }

    /// `[head | body]` and its like for sets and objects.
    fn comprehension(&mut self, ty: &Ty, item: &Ty, depth: usize) -> String {
        let mark = self.scope.len();
        let statements = 1 + self.dice.below(3);
        let mut body = self.body(statements, depth);
        let computed = std::mem::replace(&mut self.computed, true);
        let head = self.term(item, depth.min(1));
        let key = self.term(&Ty::Str, 0);
        self.computed = computed;
        let head = if matches!(ty, Ty::Obj(_)) { format!("{key}: {head}") } else { head };
        self.close(mark, &mut body, &head);
        let body = body.join("; ");
        match ty {
            Ty::Arr(_) => format!("[{head} | {body}]"),
            _ => format!("{{{head} | {body}}}"),
        }
    }

    fn literal(&mut self, ty: &Ty, depth: usize) -> String {
        match ty {
            Ty::Null => "null".to_owned(),
            Ty::Bool => self.dice.word(&["true", "false"]).to_owned(),
            Ty::Num if self.dice.chance(70) => self.dice.below(12).to_string(),
            Ty::Num => self.dice.word(document::NUMBERS).to_owned(),
            Ty::Str => self.string(),
            Ty::Any => self.dice.below(12).to_string(),
            Ty::Arr(item) => format!("[{}]", self.items(item, depth)),
            Ty::Set(item) => {
                let items = self.items(item, depth);
                if items.is_empty() { "set()".to_owned() } else { format!("{{{items}}}") }
            }
            Ty::Obj(item) => {
                let many = self.dice.below(3);
                let pairs: Vec<String> = ["\"a\"", "\"b\"", "\"odd key\""]
                    .iter()
                    .take(many)
                    .map(|k| format!("{k}: {}", self.term(item, depth.min(1))))
                    .collect();
                format!("{{{}}}", pairs.join(", "))
            }
        }
    }

    fn items(&mut self, item: &Ty, depth: usize) -> String {
        let many = self.dice.below(4);
        (0..many).map(|_| self.term(item, depth.min(1))).collect::<Vec<_>>().join(", ")
    }

    fn string(&mut self) -> String {
        let text = self.dice.word(document::STRINGS);
        if self.dice.chance(10) && !text.contains('`') {
            return format!("`{text}`");
        }
        json::to_string(&Value::from(text))
    }

    /// A template with every place filled.
    pub(crate) fn fill(&mut self, template: &str, depth: usize) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            // OPA does not resolve the names in a template string between the brackets of a reference.
            let interpolates = self.interpolates;
            self.interpolates &= !is_key(&out);
            let filled =
                after.split_once('}').and_then(|(name, tail)| Some((self.place(name, depth)?, tail)));
            self.interpolates = interpolates;
            match filled {
                Some((text, tail)) => {
                    // OPA takes what cannot be the head of a reference for a variable.
                    let literal = tail.starts_with('[') && matches!(&*text, "null" | "true" | "false");
                    // OPA finds nothing at an index that is a constant with an exponent, and finds it at a computed one.
                    let exponent = is_key(&out) && text.contains(['e', 'E']) && text.parse::<f64>().is_ok();
                    out.push_str(if literal { "input.mixed" } else { &text });
                    out.push_str(if exponent { " + 0" } else { "" });
                    rest = tail;
                }
                None => {
                    out.push('{');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        out
    }

    fn place(&mut self, name: &str, depth: usize) -> Option<String> {
        let ty = match name {
            "n" => Ty::Num,
            "s" => Ty::Str,
            "b" => Ty::Bool,
            "x" => Ty::Any,
            "a" => Ty::arr(Ty::Any),
            "an" => Ty::arr(Ty::Num),
            "as" => Ty::arr(Ty::Str),
            "t" => Ty::set(Ty::Any),
            "tn" => Ty::set(Ty::Num),
            "ts" => Ty::set(Ty::Str),
            "o" => Ty::obj(Ty::Any),
            "on" => Ty::obj(Ty::Num),
            "c" => self.collection(),
            "i" if self.dice.chance(30) => Ty::Num,
            "i" | "k" => return Some(self.dice.word(&["0", "1", "2", "3", "5", "-1", "8"]).to_owned()),
            "STRTPL" => return Some(self.interpolation()),
            "FORMAT" => return Some(self.format()),
            _ => return words::words(name).map(|words| self.dice.word(words).to_owned()),
        };
        Some(self.term(&ty, depth))
    }

    /// A format of one or two operands, with flags, width and precision.
    fn format(&mut self) -> String {
        let mut out = String::new();
        for _ in 0..=self.dice.below(2) {
            let flags = self.dice.word(&["", "", "-", "+", "#", " ", "0", "+0", "#0"]);
            let width = self.dice.word(&["", "", "5", "12", "*", "[2]"]);
            let precision = self.dice.word(&["", "", ".0", ".3", ".12", "."]);
            let verb = self.dice.word(&[
                "v", "s", "d", "q", "x", "X", "f", "e", "E", "g", "G", "b", "t", "c", "o", "O", "U", "T", "z",
            ]);
            out.push_str(&format!("<%{flags}{width}{precision}{verb}>"));
        }
        format!("\"{out}\"")
    }

    fn interpolation(&mut self) -> String {
        if !self.interpolates {
            return "\"plain\"".to_owned();
        }
        // OPA takes these for undeclared where they are more than the whole of a hole.
        let scope = self.scope.clone();
        self.scope.retain(|(name, _)| !self.under_with.contains(name));
        let text = self.template();
        self.scope = scope;
        text
    }

    fn template(&mut self) -> String {
        let ty = self.some_type(0);
        let inner = self.variable(&ty).or_else(|| self.field(&ty)).unwrap_or_else(|| "1.50".to_owned());
        let other = self.term(&Ty::Num, 1);
        match self.dice.below(3) {
            0 => format!("$`raw {{{inner}}}\\{{{other}}}`"),
            1 => format!("$\"{{{inner}}}{{[{inner}, {other}]}}\\n\""),
            _ => format!("$\"v={{{inner}}} n={{{other}}} \\{{}}\""),
        }
    }
}

/// True after a bracket that a reference opens.
fn is_key(text: &str) -> bool {
    text.strip_suffix('[')
        .is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric() || "])}".contains(c)))
}

impl Known {
    fn value(&self) -> Ty {
        match &self.kind {
            Kind::Complete(t) | Kind::Function(_, t) => t.clone(),
            Kind::Set(t) => Ty::set(t.clone()),
            Kind::Object(t) => Ty::obj(t.clone()),
        }
    }
}
