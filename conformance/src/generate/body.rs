//! Writes bodies: lists of expressions that bind variables, test and negate.

use super::{
    term::{Kind, Known, Writer},
    ty::Ty,
};

impl Writer {
    /// So many expressions, one string each. Variables that they bind stay in scope.
    pub(crate) fn body(&mut self, statements: usize, depth: usize) -> Vec<String> {
        let mut out = self.body_in_order(statements, depth);
        // OPA refuses a closure over what an argument of a call binds after it.
        if self.dice.chance(8) && !out.iter().any(|text| binds_output(text)) {
            self.dice.shuffle(&mut out);
        }
        out
    }

    fn body_in_order(&mut self, statements: usize, depth: usize) -> Vec<String> {
        let computed = std::mem::replace(&mut self.computed, false);
        let out = (0..statements).map(|_| self.statement(depth)).collect();
        self.computed = computed;
        out
    }

    /// Ends the scope that began at `mark`. OPA refuses what `some` and `every` declare and nobody uses, so most of the
    /// time the body gets a use of it.
    pub(crate) fn close(&mut self, mark: usize, body: &mut Vec<String>, head: &str) {
        let text = format!("{} {head} ", body.join(" "));
        let gone = self.scope.split_off(mark);
        for (name, _) in gone {
            let declared = text.contains(&format!("some {name}"))
                || text.contains(&format!("every {name}"))
                || text.contains(&format!(", {name} in"));
            if declared && uses(&text, &name) < 2 && !self.dice.chance(3) {
                body.push(format!("{name} == {name}"));
            }
        }
    }

    fn statement(&mut self, depth: usize) -> String {
        // What nests without end stops with the budget of the rule.
        let most = if self.budget == 0 { 44 } else { 100 };
        match self.dice.below(most) {
            0..=15 => self.assign(depth),
            16..=29 => self.iterate(depth),
            30..=35 => self.unify(depth),
            36..=43 => self.negation(depth),
            44..=49 => self.every(depth),
            50..=57 => self.with(depth),
            58..=64 => self.member(depth),
            65..=67 => self.bind_output(depth),
            68 if self.dice.chance(50) => self.fill("print({x}, {s})", depth),
            68 => "true".to_owned(),
            69..=71 => self.term(&Ty::Any, depth),
            _ => self.term(&Ty::Bool, depth),
        }
    }

    pub(crate) fn variable_name(&mut self) -> String {
        self.fresh += 1;
        format!("v{}", self.fresh)
    }

    fn declare(&mut self, ty: Ty) -> String {
        let name = self.variable_name();
        self.scope.push((name.clone(), ty));
        name
    }

    fn assign(&mut self, depth: usize) -> String {
        let ty = self.some_type(depth);
        let value = self.term(&ty, depth);
        let sign = self.dice.word(&[":=", ":=", "="]);
        format!("{} {sign} {value}", self.declare(ty))
    }

    fn iterate(&mut self, depth: usize) -> String {
        let ty = self.collection();
        let collection = self.term(&ty, depth.min(1));
        let item = ty.item().cloned().unwrap_or(Ty::Any);
        // A reference needs a name or a path in front of its brackets.
        let named = collection.starts_with(|c: char| c.is_ascii_alphabetic())
            && !collection.contains(['(', ' ', '|']);
        match self.dice.below(6) {
            0 | 1 if self.with_in => format!("some {} in {collection}", self.declare(item)),
            2 if self.with_in => {
                let key = self.declare(ty.key());
                format!("some {key}, {} in {collection}", self.declare(item))
            }
            3 if named => {
                let key = self.declare(ty.key());
                format!("some {key}; {} := {collection}[{key}]", self.declare(item))
            }
            4 if named => {
                let key = self.declare(ty.key());
                format!("{} = {collection}[{key}]", self.declare(item))
            }
            _ if named => format!("{} := {collection}[_]", self.declare(item)),
            _ => {
                let name = self.declare(ty);
                format!("{name} := {collection}; {} := {name}[_]", self.declare(item))
            }
        }
    }

    fn unify(&mut self, depth: usize) -> String {
        match self.dice.below(5) {
            0 => {
                let (a, b) = (self.term(&Ty::Num, depth), self.term(&Ty::Str, depth));
                let (x, y) = (self.declare(Ty::Num), self.declare(Ty::Str));
                format!("[{x}, {y}] = [{a}, {b}]")
            }
            1 => {
                let value = self.term(&Ty::Num, depth);
                format!("{{\"a\": {}}} = {{\"a\": {value}}}", self.declare(Ty::Num))
            }
            2 => {
                let list = self.list(&Ty::arr(Ty::Str), depth);
                format!("[{}, _] = {list}", self.declare(Ty::Str))
            }
            3 => {
                let list = self.list(&Ty::arr(Ty::Any), depth);
                let a = self.declare(Ty::Any);
                format!("[{a}, {}] := {list}", self.declare(Ty::Any))
            }
            _ => {
                let (a, b) = (self.term(&Ty::Str, depth), self.term(&Ty::Str, depth));
                format!("{a} = {b}")
            }
        }
    }

    /// An array that is computed: of one that is written out in another length than the pattern beside it, OPA says that
    /// the variables are unsafe, or does not, as what else is in it may close over something.
    fn list(&mut self, ty: &Ty, depth: usize) -> String {
        let list = self.term(ty, depth);
        if list.starts_with('[') { format!("array.concat({list}, [])") } else { list }
    }

    fn negation(&mut self, depth: usize) -> String {
        match self.dice.below(5) {
            0 => match self.field(&Ty::Any) {
                Some(path) => format!("not {path}"),
                None => "not input.absent".to_owned(),
            },
            1 if self.with_in => self.fill("not {s} in {as}", depth),
            2 => self.fill("not {s} == {s}", depth.min(1)),
            _ => match self.term(&Ty::Bool, depth) {
                // OPA takes the body `not true` for `true` where the head of the rule computes something.
                text if text == "true" => "not false".to_owned(),
                text => format!("not {text}"),
            },
        }
    }

    fn every(&mut self, depth: usize) -> String {
        if !self.with_in {
            return self.term(&Ty::Bool, depth);
        }
        let ty = self.collection();
        let collection = self.term(&ty, depth.min(1));
        let mark = self.scope.len();
        let names =
            if self.dice.chance(30) { format!("{}, ", self.declare(ty.key())) } else { String::new() };
        let item = self.declare(ty.item().cloned().unwrap_or(Ty::Any));
        let statements = 1 + self.dice.below(2);
        // In order: within `every`, and nowhere else, OPA lets a closure use what is declared after it.
        let mut body = self.body_in_order(statements, depth.min(1));
        self.close(mark, &mut body, &format!("every {names}{item} in"));
        format!("every {names}{item} in {collection} {{ {} }}", body.join("; "))
    }

    fn with(&mut self, depth: usize) -> String {
        let mark = self.scope.len();
        let mut expression =
            if self.dice.chance(40) { self.assign(depth) } else { self.term(&Ty::Bool, depth) };
        // OPA forgets the `with` of a body `true` where the head of the rule computes something.
        if expression == "true" {
            expression = "input.flags.a".to_owned();
        }
        let made = self.scope.split_off(mark);
        let mut out = expression;
        for _ in 0..=self.dice.below(2) {
            if let (true, Some(rule)) = (self.dice.chance(15), self.dice.pick(&self.rules).cloned()) {
                out = format!("{out} with {} as {}", self.name_of(&rule), self.stand_in(&rule));
                continue;
            }
            let target = self.dice.word(&[
                "input",
                "input.args.path",
                "input.args.amount",
                "input.principal.roles",
                "input.tool",
                "data.limits",
                "data.names",
                "data.table.a",
                "input.session",
                "data.new.path",
                "startswith",
                "concat",
                "count",
                "time.now_ns",
                "data.roles.admin",
            ]);
            let value = match target {
                "input.args.path" | "input.tool" => self.term(&Ty::Str, depth.min(1)),
                "input.args.amount" => self.term(&Ty::Num, depth.min(1)),
                "input.principal.roles" | "data.names" | "data.roles.admin" => {
                    self.term(&Ty::arr(Ty::Str), depth.min(1))
                }
                "startswith" => self.dice.word(&["endswith", "contains", "true"]).to_owned(),
                "concat" => "\"text\"".to_owned(),
                "count" | "time.now_ns" => "7".to_owned(),
                _ => match self.term(&Ty::obj(Ty::Num), depth.min(1)) {
                    // OPA writes what the next `with` changes below `input` into the document itself.
                    text if target == "input" && !text.starts_with('{') => "{\"a\": 1}".to_owned(),
                    text => text,
                },
            };
            out = format!("{out} with {target} as {value}");
        }
        self.under_with.extend(made.iter().map(|(name, _)| name.clone()));
        self.scope.extend(made);
        out
    }

    /// What may stand for a rule.
    fn stand_in(&mut self, rule: &Known) -> String {
        let ty = match &rule.kind {
            Kind::Function(_, ty) | Kind::Complete(ty) => ty.clone(),
            Kind::Set(ty) => Ty::set(ty.clone()),
            Kind::Object(ty) => Ty::obj(ty.clone()),
        };
        self.term(&ty, 1)
    }

    /// Looks into a partial rule that was written before.
    fn member(&mut self, depth: usize) -> String {
        let partial: Vec<Known> =
            self.rules.iter().filter(|r| matches!(r.kind, Kind::Set(_) | Kind::Object(_))).cloned().collect();
        let Some(rule) = self.dice.pick(&partial).cloned() else { return self.term(&Ty::Bool, depth) };
        let name = self.name_of(&rule);
        match rule.kind {
            Kind::Set(ty) => match self.dice.below(3) {
                0 => format!("{name}[{}]", self.declare(ty)),
                1 => format!("{name}[{}]", self.term(&ty, depth.min(1))),
                _ => format!("{} := {name}[_]", self.declare(ty)),
            },
            Kind::Object(ty) => match self.dice.below(3) {
                0 => {
                    let value = self.declare(ty);
                    format!("{value} := {name}[{}]", self.declare(Ty::Str))
                }
                1 => format!("{} := {name}[{}]", self.declare(ty), self.term(&Ty::Str, 0)),
                _ => format!("{} = {name}.a", self.declare(ty)),
            },
            _ => "true".to_owned(),
        }
    }

    /// A builtin whose last argument takes the result, as old policies write it, and `walk`.
    fn bind_output(&mut self, depth: usize) -> String {
        match self.dice.below(4) {
            0 => {
                let list = self.term(&Ty::arr(Ty::Num), depth);
                format!("count({list}, {})", self.declare(Ty::Num))
            }
            1 => {
                let text = self.fill("concat({s}, {as}", depth);
                format!("{text}, {})", self.declare(Ty::Str))
            }
            _ => {
                let what = self.term(&Ty::obj(Ty::Any), depth);
                let path = self.declare(Ty::arr(Ty::Any));
                format!("walk({what}, [{path}, {}])", self.declare(Ty::Any))
            }
        }
    }
}

/// True for a call whose last argument takes its result.
fn binds_output(text: &str) -> bool {
    ["count(", "concat(", "walk("].iter().any(|call| text.starts_with(call))
}

/// How often a variable stands in a text.
fn uses(text: &str, name: &str) -> usize {
    let after = text.split(name).skip(1);
    after.filter(|rest| !rest.starts_with(|c: char| c.is_ascii_digit())).count()
}
