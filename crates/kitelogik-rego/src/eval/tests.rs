//! The evaluator on operations written by hand: what a body, a rule, a world and a bound mean, without the
//! parser between.

use crate::{
    Context, Entry, Evaluator, Failure, Fired, Input, InputRoots, Limit, Limits, Outcome, Place, Val,
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Call, Type},
    ops::*,
};
use kitelogik_value::{Value, json};
use std::{cell::Cell, time::Duration};

fn value(text: &str) -> Value {
    json::parse(text.as_bytes(), &json::Limits::DATA).unwrap()
}

fn constant(text: &str) -> Term {
    Term::Const(value(text))
}

fn input(path: &[&str]) -> Term {
    Term::Input(path.iter().map(|key| Value::from(*key)).collect(), 0)
}

fn rule(line: u32, slots: u32, body: Vec<Op>, value: Term) -> Definition {
    Definition {
        slots,
        parameters: Box::new([]),
        body: body.into(),
        keys: Box::new([]),
        value,
        member: false,
        otherwise: Box::default(),
        at: line,
    }
}

fn each(from: Term, key: Pattern, member: Pattern) -> Op {
    Op::Walk(Walk { from: From::Term(from), steps: Box::new([Step::Each(key)]) }, member)
}

fn add(_: &mut BuiltinCx<'_, '_>, args: &[Val<'_>]) -> Result<Option<i64>, BuiltinError> {
    match args {
        [Val::Int(a), Val::Int(b)] => Ok(a.checked_add(*b)),
        [Val::Int(_), other] => Err(BuiltinError::type_of(2, *other, &["number"])),
        _ => Err(BuiltinError::failed("no numbers")),
    }
}

fn plus_call<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    Ok(add(cx, args)?.map(Val::Int))
}

static PLUS: BuiltinDef = BuiltinDef {
    name: "plus",
    args: &[Type::Number, Type::Number],
    result: Type::Number,
    nondeterministic: false,
    call: Call::Function(plus_call),
};

fn plus(a: Term, b: Term) -> Term {
    Term::Call(Callee::Builtin(&PLUS), Box::new([a, b]), 7)
}

/// A program with groups `data.t.g0`, `data.t.g1` … and lines 0 to 99 as places.
fn code(groups: Vec<(GroupKind, Vec<Definition>)>, data: &str) -> Code {
    let names: Vec<String> = (0..groups.len()).map(|at| format!("g{at}")).collect();
    let mut nodes = vec![
        Node { children: Box::new([("t".into(), 1)]), ..Node::default() },
        Node {
            parent: Some(0),
            path: Box::new(["t".into()]),
            children: names.iter().zip(2..).map(|(name, id)| (Value::from(name.as_str()), id)).collect(),
            group: None,
        },
    ];
    let groups = groups.into_iter().enumerate().map(|(at, (kind, definitions))| {
        let name = format!("g{at}");
        nodes.push(Node {
            parent: Some(1),
            path: Box::new(["t".into(), name.as_str().into()]),
            children: Box::new([]),
            group: Some(at as u32),
        });
        Group {
            name: format!("data.t.{name}").into(),
            kind,
            definitions: definitions.into(),
            defaults: Box::new([]),
            constant: false,
            reads_input: true,
            index: None,
            node: at as u32 + 2,
        }
    });
    let groups = groups.collect();
    let places = (0..100).map(|line| Place { file: "t.rego".into(), line, column: 1 }).collect();
    let mut code = Code { groups, nodes, places, rules: Vec::new(), data: value(data) };
    code.name_rules();
    code
}

fn entry(group: u32) -> Entry {
    Entry { node: group + 2, rest: Box::new([]) }
}

fn ask(code: &Code, group: u32, input: &str) -> Result<Outcome, Failure> {
    ask_within(code, group, input, &Limits::DEFAULT)
}

fn ask_within(code: &Code, group: u32, input: &str, limits: &Limits) -> Result<Outcome, Failure> {
    let input = value(input);
    Evaluator::new().run(code, &entry(group), Input::Value(&input), &Context::at(0), limits)
}

fn complete(definitions: Vec<Definition>) -> Code {
    code(vec![(GroupKind::Complete, definitions)], "{}")
}

#[test]
fn a_complete_rule_has_one_value_or_a_conflict() {
    let members = || vec![each(input(&["xs"]), Pattern::Any, Pattern::Bind(0))];
    let code = complete(vec![rule(3, 1, members(), Term::Slot(0)), rule(4, 0, vec![], constant("1"))]);
    let same = ask(&code, 0, r#"{"xs": [1, 1.0]}"#).unwrap();
    assert_eq!(same.value, Some(Value::from(1i64)));
    let lines: Vec<u32> = same.fired.iter().map(|Fired { line, .. }| *line).collect();
    assert_eq!(lines, [3, 4]);
    let conflict = ask(&code, 0, r#"{"xs": [1, 2]}"#).unwrap_err();
    assert_eq!(conflict.code(), "eval_conflict_error");
    assert_eq!(
        conflict.to_string(),
        "t.rego:3:1: eval_conflict_error: rule data.t.g0 produced conflicting values"
    );
}

#[test]
fn otherwise_is_tried_only_without_a_solution() {
    let mut first = rule(1, 0, vec![Op::Test(input(&["a"]))], constant("\"a\""));
    let second = rule(2, 0, vec![Op::Test(input(&["b"]))], constant("\"b\""));
    first.otherwise = Box::new([second, rule(3, 0, vec![], constant("\"c\""))]);
    let code = complete(vec![first]);
    for (input, wanted, line) in
        [(r#"{"a":1,"b":1}"#, "a", 1), (r#"{"a":false,"b":0}"#, "b", 2), ("{}", "c", 3)]
    {
        let outcome = ask(&code, 0, input).unwrap();
        assert_eq!(outcome.value, Some(Value::from(wanted)));
        let fired = Fired { rule: "data.t.g0".into(), file: "t.rego".into(), line, default: false };
        assert_eq!(outcome.fired, [fired]);
    }
}

#[test]
fn sets_and_objects_collect_and_objects_conflict() {
    let mut keyed = rule(2, 2, vec![each(input(&["o"]), Pattern::Bind(0), Pattern::Bind(1))], Term::Slot(0));
    keyed.keys = Box::new([Term::Slot(1), constant("\"k\"")]);
    let set = rule(1, 1, vec![each(input(&["o"]), Pattern::Any, Pattern::Bind(0))], Term::Slot(0));
    let code = code(vec![(GroupKind::Set, vec![set]), (GroupKind::Object, vec![keyed])], "{}");
    let members = ask(&code, 0, r#"{"o": {"a": 2, "b": 2, "c": 1}}"#).unwrap().value;
    assert_eq!(members, Some(Value::set([1i64.into(), 2i64.into()])));
    let nested = ask(&code, 1, r#"{"o": {"a": "x", "b": "y"}}"#).unwrap().value;
    assert_eq!(nested, Some(value(r#"{"x": {"k": "a"}, "y": {"k": "b"}}"#)));
    let clash = ask(&code, 1, r#"{"o": {"a": "x", "b": "x"}}"#).unwrap_err();
    assert_eq!(clash.message(), "object keys must be unique");
    assert_eq!(ask(&code, 1, "{}").unwrap().value, Some(value("{}")));
}

#[test]
fn patterns_bind_parts_and_compare_the_rest() {
    let pattern = Pattern::Array(Box::new([
        Pattern::Is(constant("1")),
        Pattern::Object(Box::new([(constant("\"k\""), Pattern::Bind(0))])),
    ]));
    let code = complete(vec![rule(1, 1, vec![Op::Match(pattern, input(&["v"]))], Term::Slot(0))]);
    assert_eq!(ask(&code, 0, r#"{"v": [1.0, {"k": 5}]}"#).unwrap().value, Some(Value::from(5i64)));
    for other in [r#"[2, {"k": 5}]"#, r#"[1, {"k": 5, "l": 6}]"#, r#"[1, {"l": 5}]"#, r#"[1]"#, "3"] {
        assert_eq!(ask(&code, 0, &format!("{{\"v\": {other}}}")).unwrap().value, None, "{other}");
    }
}

#[test]
fn not_every_and_undefined() {
    let positive = Op::Test(Term::Compare(Comparison::Greater, Box::new((Term::Slot(0), constant("0")))));
    let every = Op::Every {
        key: Pattern::Any,
        value: Pattern::Bind(0),
        domain: input(&["xs"]),
        body: Box::new([positive]),
    };
    let not = Op::Not(Box::new([Op::Test(input(&["off"]))]));
    let code = complete(vec![rule(1, 1, vec![every, not], constant("true"))]);
    for (input, holds) in [
        (r#"{"xs": [1, 2]}"#, true),
        (r#"{"xs": []}"#, true),
        (r#"{"xs": [1, 0]}"#, false),
        ("{}", false),
        (r#"{"xs": 1}"#, false),
        (r#"{"xs": [], "off": true}"#, false),
        (r#"{"xs": [], "off": false}"#, true),
    ] {
        assert_eq!(ask(&code, 0, input).unwrap().value.is_some(), holds, "{input}");
    }
}

#[test]
fn with_changes_the_world_for_one_expression_only() {
    let changes: Box<[Change]> = Box::new([Change::Input(Box::new(["n".into()]), constant("5"))]);
    let inner = Op::With(changes, Box::new([Op::Bind(0, Term::Rule(1, Box::new([])))]));
    let body =
        vec![Op::Bind(1, Term::Rule(1, Box::new([]))), inner, Op::Bind(2, Term::Rule(1, Box::new([])))];
    let all = Term::Array(Box::new([Term::Slot(1), Term::Slot(0), Term::Slot(2)]));
    let code = code(
        vec![
            (GroupKind::Complete, vec![rule(1, 3, body, all)]),
            (GroupKind::Complete, vec![rule(2, 0, vec![], input(&["n"]))]),
        ],
        "{}",
    );
    assert_eq!(ask(&code, 0, r#"{"n": 1}"#).unwrap().value, Some(value("[1, 5, 1]")));
    let conflict = ask(&code, 0, r#"3"#);
    assert_eq!(conflict.unwrap().value, None, "`input.n` is undefined before the change is tried");
}

#[test]
fn with_data_hides_rules_and_functions_can_be_replaced() {
    let changes: Box<[Change]> = Box::new([
        Change::Data(Box::new(["t".into(), "g1".into()]), Some(3), constant("\"base\"")),
        Change::Result(Callee::Builtin(&PLUS), constant("\"mocked\"")),
    ]);
    let both = || Term::Array(Box::new([Term::Rule(1, Box::new([])), plus(constant("1"), constant("2"))]));
    let body = vec![Op::Bind(0, both()), Op::With(changes, Box::new([Op::Bind(1, both())]))];
    let pair = Term::Array(Box::new([Term::Slot(0), Term::Slot(1)]));
    let code = code(
        vec![
            (GroupKind::Complete, vec![rule(1, 2, body, pair)]),
            (GroupKind::Complete, vec![rule(2, 0, vec![], constant("\"rule\""))]),
        ],
        "{}",
    );
    let wanted = value(r#"[["rule", 3], ["base", "mocked"]]"#);
    assert_eq!(ask(&code, 0, "{}").unwrap().value, Some(wanted));
}

#[test]
fn the_tree_shows_rules_over_base_documents() {
    let rules = (GroupKind::Complete, vec![rule(2, 0, vec![], constant("\"rule\""))]);
    let undefined = (GroupKind::Complete, vec![rule(3, 0, vec![Op::Test(constant("false"))], constant("1"))]);
    let code = code(vec![rules, undefined], r#"{"t": {"g0": "hidden", "g1": "hidden", "b": 1}, "u": 2}"#);
    let root = Entry { node: 0, rest: Box::new([]) };
    let run = |entry: &Entry| {
        Evaluator::new().run(&code, entry, Input::None, &Context::at(0), &Limits::DEFAULT).unwrap().value
    };
    // Seen from above, what the base document has stays; by its own path a rule goes before.
    let whole = r#"{"t": {"b": 1, "g0": "hidden", "g1": "hidden"}, "u": 2}"#;
    assert_eq!(run(&root), Some(value(whole)));
    let named = Entry { node: 0, rest: Box::new([constant("\"t\""), constant("\"g0\"")]) };
    assert_eq!(run(&named), Some(value("\"rule\"")));
    let below = Entry { node: 0, rest: Box::new([constant("\"t\""), constant("\"b\"")]) };
    assert_eq!(run(&below), Some(Value::from(1i64)));
}

#[test]
fn builtin_errors_end_the_evaluation_or_are_undefined() {
    let wrong = complete(vec![rule(1, 0, vec![], plus(constant("1"), constant("\"x\"")))]);
    let strict = ask(&wrong, 0, "{}").unwrap_err();
    assert_eq!(
        strict.to_string(),
        "t.rego:7:1: eval_type_error: plus: operand 2 must be number but got string"
    );
    let lenient = Limits { strict_builtin_errors: false, ..Limits::DEFAULT };
    assert_eq!(ask_within(&wrong, 0, "{}", &lenient).unwrap().value, None);
}

#[test]
fn each_limit_is_reached() {
    let many = |n: usize| format!("{{\"xs\": [{}]}}", vec!["1"; n].join(","));
    let visit = || each(input(&["xs"]), Pattern::Any, Pattern::Any);
    let squares = complete(vec![rule(1, 0, vec![visit(), visit(), visit()], constant("true"))]);
    let failed = |code: &Code, input: &str, limits: Limits| match ask_within(code, 0, input, &limits) {
        Err(Failure::Limit(limit)) => limit,
        other => panic!("{other:?}"),
    };
    assert_eq!(failed(&squares, &many(100), Limits { steps: 10_000, ..Limits::DEFAULT }), Limit::Steps);

    let copy = Term::ArrayOf(Box::new((input(&["xs"]), Box::new([visit(), visit()]))));
    let copies = complete(vec![rule(1, 0, vec![], copy)]);
    assert_eq!(failed(&copies, &many(100), Limits { memory: 4_096, ..Limits::DEFAULT }), Limit::Memory);
    assert_eq!(failed(&copies, &many(100), Limits { items: 9_999, ..Limits::DEFAULT }), Limit::Items);

    let itself = Term::Call(Callee::Rule(0), Box::new([plus(Term::Slot(0), constant("1"))]), 1);
    let mut endless = rule(1, 1, vec![], itself);
    endless.parameters = Box::new([Pattern::Bind(0)]);
    let start = Term::Call(Callee::Rule(0), Box::new([constant("0")]), 1);
    let endless = code(
        vec![(GroupKind::Function, vec![endless]), (GroupKind::Complete, vec![rule(2, 0, vec![], start)])],
        "{}",
    );
    let deep = Limits { depth: 20_000, ..Limits::DEFAULT };
    assert_eq!(ask_within(&endless, 1, "{}", &deep), Err(Failure::Limit(Limit::Depth)));

    let ticks = Cell::new(0);
    let clock = || {
        ticks.set(ticks.get() + 1);
        Duration::from_secs(ticks.get())
    };
    let context = Context { clock: Some(&clock), ..Context::at(0) };
    let limits = Limits { deadline: Some(Duration::from_secs(3)), ..Limits::DEFAULT };
    let input = value(&many(100));
    let late = Evaluator::new().run(&squares, &entry(0), Input::Value(&input), &context, &limits);
    assert_eq!(late, Err(Failure::Limit(Limit::Deadline)));
    assert_eq!(ticks.get(), 4, "read at the start and then every 4,096 steps");
}

#[test]
fn deeply_nested_terms_and_values_fit_a_small_stack() {
    let mut term = constant("1");
    for _ in 0..2_000 {
        term = Term::Array(Box::new([term]));
    }
    let code = complete(vec![rule(1, 0, vec![Op::Equal(input(&[]), input(&[]))], term)]);
    let text = format!("{}1{}", "[".repeat(2_000), "]".repeat(2_000));
    let outcome = ask(&code, 0, &text).unwrap();
    assert_eq!(outcome.value, Some(value(&text)));
    assert_eq!(Val::from_value(&value(&text)).to_rego().len(), 4_001);
}

#[test]
fn inputs_of_every_kind_read_the_same() {
    struct Parts(Value);
    impl InputRoots for Parts {
        fn get(&self, name: &str) -> Option<&Value> {
            (name == "a").then_some(&self.0)
        }
        fn names(&self) -> &[&str] {
            &["a"]
        }
    }
    let both = Term::Array(Box::new([input(&["a", "b"]), Term::Input(Box::new([]), 2)]));
    let code = complete(vec![rule(1, 0, vec![], both)]);
    let text = r#"{"a": {"b": "x\n"}}"#;
    let whole = value(text);
    let parts = Parts(whole.get("a").cloned().unwrap());
    let mut evaluator = Evaluator::new();
    for input in [Input::Value(&whole), Input::Json(text.as_bytes()), Input::Roots(&parts)] {
        let outcome = evaluator.run(&code, &entry(0), input, &Context::at(0), &Limits::DEFAULT).unwrap();
        assert_eq!(outcome.value, Some(Value::array(["x\n".into(), whole.clone()])));
        assert_eq!(outcome.read, 2);
    }
    let twice = evaluator.run(
        &code,
        &entry(0),
        Input::Json(br#"{"a": 1, "a": 2}"#),
        &Context::at(0),
        &Limits::DEFAULT,
    );
    assert!(matches!(twice, Err(Failure::Input(_))), "{twice:?}");
}

#[test]
fn threads_share_one_program() {
    let body = vec![each(input(&["xs"]), Pattern::Any, Pattern::Bind(0))];
    let code = code(vec![(GroupKind::Set, vec![rule(1, 1, body, plus(Term::Slot(0), constant("1")))])], "{}");
    std::thread::scope(|scope| {
        for n in 0..8i64 {
            let code = &code;
            scope.spawn(move || {
                let mut evaluator = Evaluator::new();
                let input = value(&format!("{{\"xs\": [{n}]}}"));
                for _ in 0..50 {
                    let outcome = evaluator
                        .run(code, &entry(0), Input::Value(&input), &Context::at(0), &Limits::DEFAULT)
                        .unwrap();
                    assert_eq!(outcome.value, Some(Value::set([(n + 1).into()])));
                }
            });
        }
    });
}
