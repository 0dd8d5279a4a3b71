//! Writes questions: policies over the language that policies use, with documents that fit them. Every choice
//! follows from a seed and the number of the case.

mod body;
mod dice;
mod document;
mod faulty;
mod rule;
mod templates;
mod term;
mod ty;
mod words;

use crate::question::{Module, Question};
pub(crate) use dice::Dice;
use term::{Known, Writer};

/// The package that queries are about.
pub(crate) const PACKAGE: &str = "gen";
const LIBRARY: &str = "lib.helpers";

/// The question of this number under this seed.
pub fn question(seed: u64, number: u64) -> Question {
    let mut dice = Dice::of_case(seed, number);
    let careless = dice.chance(8);
    let faulty = dice.chance(8);
    let strict = dice.chance(25);
    let fields = ty::fields();
    let data = document::document(&mut dice, "data", &fields);
    let input = (!dice.chance(4)).then(|| document::document(&mut dice, "input", &fields));

    let mut writer = Writer {
        dice,
        v0: false,
        interpolates: true,
        with_in: true,
        careless,
        fields,
        rules: Vec::new(),
        scope: Vec::new(),
        fresh: 0,
        budget: 0,
        computed: false,
        under_with: Vec::new(),
    };
    let mut modules = Vec::new();
    if writer.dice.chance(20) {
        modules.push(module(&mut writer, LIBRARY, "lib/helpers.rego", 3));
    }
    modules.push(module(&mut writer, PACKAGE, "gen.rego", 6));
    if faulty && let Some(last) = modules.last_mut() {
        let line = faulty::line(&mut writer.dice, last.v0);
        last.text.push_str(&line);
    }
    let query = query(&mut writer);
    Question { modules, data, input, input_term: None, query, strict_builtin_errors: strict }
}

fn module(writer: &mut Writer, package: &'static str, path: &str, most: usize) -> Module {
    writer.v0 = writer.dice.chance(30);
    let imports = if writer.v0 {
        writer.dice.word(&[
            "",
            "import future.keywords.in\nimport future.keywords.every\n",
            "import future.keywords\n",
        ])
    } else {
        writer.dice.word(&["", "", "import rego.v1\n"])
    };
    // With all future keywords a v0 module may, and here does, use the syntax of v1.
    let all = writer.v0 && imports == "import future.keywords\n" && writer.dice.chance(50);
    let syntax = writer.v0;
    writer.v0 = syntax && !all;
    writer.interpolates = !syntax;
    writer.with_in = !syntax || !imports.is_empty();
    let mut text = format!("package {package}\n\n{imports}");
    let known = writer.fields.len();
    if writer.dice.chance(25) {
        text.push_str("import input.args as args\nimport data.limits\n");
        writer.fields.extend(ty::imported());
    }
    text.push('\n');
    for _ in 0..=writer.dice.below(most) {
        let name = format!(
            "{}{}",
            writer.dice.word(&["allow", "deny", "p", "q", "helper", "decision"]),
            writer.rules.len()
        );
        let (definitions, rule) = writer.rule(package, name);
        text.push_str(&definitions);
        text.push('\n');
        writer.rules.push(rule);
    }
    writer.fields.truncate(known);
    Module { path: path.to_owned(), text, v0: syntax }
}

fn query(writer: &mut Writer) -> String {
    let own: Vec<Known> =
        writer.rules.iter().filter(|r| r.package == PACKAGE && !r.is_function()).cloned().collect();
    let whole = format!("data.{PACKAGE} = x");
    let Some(rule) = writer.dice.pick(&own).cloned() else { return whole };
    let path = format!("data.{PACKAGE}.{}", rule.name);
    match writer.dice.below(10) {
        0..=4 => whole,
        5..=7 => format!("{path} = x"),
        8 if rule.is_partial() => format!("{path}[k] = x"),
        _ => format!("x := {path}; not x == 1"),
    }
}

impl Known {
    fn is_partial(&self) -> bool {
        matches!(self.kind, term::Kind::Set(_) | term::Kind::Object(_))
    }

    fn is_function(&self) -> bool {
        matches!(self.kind, term::Kind::Function(..))
    }
}
