//! A function of one's own: `shop.price("tea")`, with declared types. Policies that call it wrongly are refused or
//! fail with an error that names it.

use kitelogik_rego::{
    Context, Dialect, Evaluator, Input, Limits, Options, Program, Source, Val,
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Call, Type},
};
use std::{error::Error, io::Write};

static PRICE: BuiltinDef = BuiltinDef {
    name: "shop.price",
    args: &[Type::String],
    result: Type::Number,
    nondeterministic: false,
    call: Call::Function(price),
};

/// Prices are pennies; what is not sold is undefined.
fn price<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let item = args.first().copied().unwrap_or(Val::Null);
    let Some(name) = item.as_str() else { return Err(BuiltinError::type_of(1, item, &["string"])) };
    // Work beyond the call itself is charged, so that limits hold for it too.
    cx.step(1)?;
    Ok(match name {
        "tea" => Some(cx.arena().number("250")?),
        "cake" => Some(cx.arena().number("420")?),
        _ => None,
    })
}

const POLICY: &str = r#"package order

total := sum([shop.price(item) | some item in input.items])

unknown contains item if {
    some item in input.items
    not shop.price(item)
}
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let compile = |text: &str| {
        let source = Source { path: "order.rego".into(), text: text.into(), dialect: Dialect::V1 };
        let options = Options { builtins: vec![&PRICE], ..Options::default() };
        Program::compile(&[source], Default::default(), &options)
    };
    let program = compile(POLICY).map_err(|all| format!("{all:?}"))?;
    let mut evaluator = Evaluator::new();
    let mut ask = |path: &str, input: &[u8]| -> Result<_, Box<dyn Error>> {
        let entry = program.entry(path).ok_or("not a path below data")?;
        Ok(evaluator.eval(&program, &entry, Input::Json(input), &Context::at(0), &Limits::DEFAULT)?.value)
    };
    let order = br#"{"items": ["tea", "cake", "gold"]}"#;
    assert_eq!(ask("data.order.total", order)?, Some(670_i64.into()));
    let unknown = ask("data.order.unknown", order)?.ok_or("undefined")?;
    assert_eq!(unknown.as_set(), Some(&["gold".into()][..]));

    let failure = ask("data.order.total", br#"{"items": [1]}"#).err().ok_or("a number has no price")?;
    assert!(failure.to_string().ends_with("shop.price: operand 1 must be string but got number"));
    let wrong =
        compile("package order\n\np := shop.price(\"tea\", \"cake\", 1)\n").err().ok_or("accepted")?;
    let wrong = wrong.first().ok_or("refused without a word")?;
    writeln!(std::io::stdout(), "total: 670, not sold: gold\n{failure}\n{wrong}")?;
    Ok(())
}

#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    main()
}
