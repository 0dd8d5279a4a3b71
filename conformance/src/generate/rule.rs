//! Writes rules in the syntax of the module's version.

use super::{
    term::{Kind, Known, Writer},
    ty::Ty,
};

impl Writer {
    /// A rule with all its definitions, and what others may know of it.
    pub(crate) fn rule(&mut self, package: &'static str, name: String) -> (String, Known) {
        self.budget = 60;
        let (text, kind) = match self.dice.below(100) {
            0..=9 => self.constant(&name),
            10..=29 => self.boolean(&name),
            30..=49 => self.complete(&name),
            50..=66 => self.partial_set(&name),
            67..=77 => self.partial_object(&name),
            78..=92 => self.function(&name),
            _ => self.branching(&name),
        };
        self.scope.clear();
        (text, Known { name, package, kind })
    }

    fn constant(&mut self, name: &str) -> (String, Kind) {
        let ty = self.some_type(1);
        (format!("{name} := {}\n", self.term(&ty, 1)), Kind::Complete(ty))
    }

    /// A head and a body on its own lines. `head` is written after the body, with its variables in scope.
    fn definition(&mut self, depth: usize, head: impl FnOnce(&mut Self) -> String) -> String {
        let mark = self.scope.len();
        let statements = 1 + self.dice.below(4);
        let mut body = self.body(statements, depth);
        let computed = std::mem::replace(&mut self.computed, true);
        let head = head(self);
        self.computed = computed;
        self.close(mark, &mut body, &head);
        format!("{head}{}{{\n\t{}\n}}", if self.v0 { " " } else { " if " }, body.join("\n\t"))
    }

    fn boolean(&mut self, name: &str) -> (String, Kind) {
        let mut out = String::new();
        if self.dice.chance(50) {
            out.push_str(&format!("default {name} := {}\n\n", self.dice.word(&["false", "true"])));
        }
        for _ in 0..=self.dice.below(2) {
            out.push_str(&self.definition(2, |_| name.to_owned()));
            self.otherwise(&Ty::Bool, &mut out);
            out.push('\n');
        }
        (out, Kind::Complete(Ty::Bool))
    }

    fn complete(&mut self, name: &str) -> (String, Kind) {
        let ty = self.some_type(1);
        let mut out = String::new();
        if self.dice.chance(50) {
            let value = match &ty {
                Ty::Num => "0",
                Ty::Str => "\"default\"",
                Ty::Bool => "false",
                Ty::Arr(_) => "[]",
                Ty::Obj(_) => "{\"allow\": true}",
                Ty::Set(_) => "set()",
                _ => "null",
            };
            out.push_str(&format!("default {name} := {value}\n\n"));
        }
        // More than one definition can conflict; that is wanted now and then.
        for _ in 0..=self.dice.below(5) / 4 {
            out.push_str(&self.definition(2, |w| format!("{name} := {}", w.term(&ty, 1))));
            self.otherwise(&ty, &mut out);
            out.push('\n');
        }
        (out, Kind::Complete(ty))
    }

    fn otherwise(&mut self, ty: &Ty, out: &mut String) {
        while self.dice.chance(25) {
            out.push(' ');
            let sign = if self.dice.chance(50) { ":=" } else { "=" };
            out.push_str(&self.definition(1, |w| format!("else {sign} {}", w.term(ty, 1))));
        }
    }

    fn partial_set(&mut self, name: &str) -> (String, Kind) {
        let ty = self.some_type(0);
        let mut out = String::new();
        for _ in 0..=self.dice.below(2) {
            let text = self.definition(2, |w| {
                let member = w.term(&ty, 1);
                if w.v0 { format!("{name}[{member}]") } else { format!("{name} contains {member}") }
            });
            out.push_str(&text);
            out.push('\n');
        }
        (out, Kind::Set(ty))
    }

    fn partial_object(&mut self, name: &str) -> (String, Kind) {
        let ty = self.some_type(0);
        let mut out = String::new();
        for _ in 0..=self.dice.below(2) {
            let text = self.definition(2, |w| {
                let sign = w.dice.word(&[":=", "="]);
                let key = if w.dice.chance(85) { Ty::Str } else { w.some_type(1) };
                format!("{name}[{}] {sign} {}", w.term(&key, 1), w.term(&ty, 1))
            });
            out.push_str(&text);
            out.push('\n');
        }
        (out, Kind::Object(ty))
    }

    fn function(&mut self, name: &str) -> (String, Kind) {
        let args: Vec<Ty> = (0..=self.dice.below(2)).map(|_| self.some_type(1)).collect();
        let result = if self.dice.chance(40) { Ty::Bool } else { self.some_type(1) };
        let mut out = String::new();
        if !self.v0 && self.dice.chance(10) {
            let blanks = vec!["_"; args.len()].join(", ");
            out.push_str(&format!(
                "default {name}({blanks}) := {}\n\n",
                self.dice.word(&["null", "0", "\"none\"", "[]"])
            ));
        }
        for _ in 0..=self.dice.below(2) {
            let mark = self.scope.len();
            let heads: Vec<String> = args.iter().map(|ty| self.parameter(ty)).collect();
            let text = self.definition(2, |w| {
                let head = format!("{name}({})", heads.join(", "));
                if result == Ty::Bool && w.dice.chance(60) {
                    head
                } else {
                    format!("{head} := {}", w.term(&result, 1))
                }
            });
            out.push_str(&text);
            self.otherwise(&result, &mut out);
            self.scope.truncate(mark);
            out.push('\n');
        }
        (out, Kind::Function(args, result))
    }

    fn parameter(&mut self, ty: &Ty) -> String {
        match (self.dice.below(10), ty) {
            (0, Ty::Str) => "\"a\"".to_owned(),
            (0, Ty::Num) => "1".to_owned(),
            (1, _) => "_".to_owned(),
            (2, Ty::Arr(item)) => {
                let item = (**item).clone();
                let (a, b) = (self.variable_name(), self.variable_name());
                self.scope.extend([(a.clone(), item.clone()), (b.clone(), item)]);
                format!("[{a}, {b}]")
            }
            _ => {
                let name = self.variable_name();
                self.scope.push((name.clone(), ty.clone()));
                name
            }
        }
    }

    /// Heads that are references: `name.a[k].b := v`, `name.a contains x`.
    fn branching(&mut self, name: &str) -> (String, Kind) {
        if self.v0 {
            return self.partial_set(name);
        }
        let ty = self.some_type(0);
        let mut out = String::new();
        let shape = self.dice.below(6);
        for at in 0..=self.dice.below(3) {
            let text = self.definition(1, |w| {
                let key = match w.term(&Ty::Str, 0) {
                    // OPA leaves an empty object behind under other constants, as text, where no rule defines anything.
                    text if matches!(&*text, "null" | "true" | "false") || text.parse::<f64>().is_ok() => {
                        "\"a\"".to_owned()
                    }
                    text => text,
                };
                let value = w.term(&ty, 1);
                match shape {
                    0 => format!("{name}.k{at}.b := {value}"),
                    1 => format!("{name}.a[{key}].b := {value}"),
                    2 => format!("{name}.a[{key}] contains {value}"),
                    3 => format!("{name}.if[{key}] := {value}"),
                    4 => format!("{name}[{key}].in contains {value}"),
                    _ => format!("{name}[{key}][{value}] := {at}"),
                }
            });
            out.push_str(&text);
            out.push('\n');
        }
        (out, Kind::Complete(Ty::obj(Ty::Any)))
    }
}
