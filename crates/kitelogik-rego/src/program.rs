//! Programs: sources and data, compiled once and evaluated many times.

use crate::{
    Context, Evaluator, Failure, Input, Limits, Outcome, Place, Run,
    builtin::BuiltinDef,
    compile::{metadata, negation, rules, strict},
    evaluator::Entry,
    lower,
    ops::{Code, Term as Op},
    source::{Diagnostic, Diagnostics, Dialect, Lines, Source, diagnostic, located, parse, place},
    syntax::{
        SyntaxError,
        annotations::Annotations,
        ast,
        ast::{ExprKind, Module, Span, Term, TermKind},
        parse_body,
    },
};
use kitelogik_value::Value;
use std::fmt;

/// The warning for a negation that is read leniently.
const LENIENT: &str = "var _ is unsafe: read as \"there is none such\"; OPA refuses this";

/// How many errors a program that does not compile is told.
const MAX_DIAGNOSTICS: usize = 10;

/// The warning for a source that is read in the lenient dialect.
const LENIENT_DIALECT: &str = "keywords are used that the file does not import; OPA refuses this";

/// How to compile.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Functions beside the builtins of OPA
    pub builtins: Vec<&'static BuiltinDef>,
    /// Paths below `input` of which [`Outcome::read`] tells whether they were read; at most 64
    pub watch: Vec<Vec<Box<str>>>,
    /// Read `not xs[_] == "a"`, which OPA refuses as unsafe, as "there is none such", with a warning
    pub lenient_negation: bool,
    /// Refuse what `opa check --strict` refuses: names that are imported, assigned or taken as arguments and
    /// not used, root documents shadowed, imports twice, deprecated functions
    pub strict: bool,
}

/// A METADATA block, where it stands and what it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotated<'p> {
    /// The rule's or package's path, such as `data.a.b`
    pub path: String,
    /// What the block says
    pub annotations: &'p Annotations,
    /// Where it begins
    pub place: Place,
}

/// A compiled program: never changes, and is shared by threads without any lock.
///
/// ```
/// use kitelogik_rego::{Context, Dialect, Evaluator, Input, Limits, Options, Program, Source};
/// use kitelogik_value::{Value, json};
///
/// let text = r#"package tools
///
/// default decision := {"allow": true}
///
/// decision := {"allow": false, "reason": $"{input.tool} is blocked"} if {
///     input.tool in data.blocked
/// }
/// "#;
/// let source = Source { path: "tools.rego".into(), text: text.into(), dialect: Dialect::V1 };
/// let data = json::parse(br#"{"blocked": ["shell"]}"#, &json::Limits::DATA)?;
/// let program = Program::compile(&[source], data, &Options::default()).map_err(|all| format!("{all:?}"))?;
///
/// let decision = program.entry("data.tools.decision").ok_or("no such rule")?;
/// let input = Value::object([("tool", "shell".into())]);
/// let mut evaluator = Evaluator::new();
/// let outcome =
///     evaluator.eval(&program, &decision, Input::Value(&input), &Context::at(0), &Limits::DEFAULT)?;
/// let value = outcome.value.ok_or("undefined")?;
/// assert_eq!(value.get("reason").and_then(Value::as_str), Some("shell is blocked"));
/// assert_eq!((&*outcome.fired[0].rule, outcome.fired[0].line), ("data.tools.decision", 5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Program {
    code: Code,
    modules: Vec<Module>,
    files: Vec<Lines>,
    options: Options,
    warnings: Diagnostics,
}

impl Program {
    /// Compiles sources over base documents. All diagnostics of a phase are given, not just the first.
    pub fn compile(sources: &[Source], data: Value, options: &Options) -> Result<Self, Diagnostics> {
        let files: Vec<Lines> = sources.iter().map(Lines::new).collect();
        let mut modules = Vec::new();
        let mut wrong = Vec::new();
        for (file, source) in (0..).zip(sources) {
            let errors = match parse(source, file) {
                Ok(module) => {
                    let errors = rules::named_as_builtins(&module, &|name| builtin(name));
                    modules.push(module);
                    errors
                }
                Err(errors) => errors,
            };
            let told = |e: SyntaxError| diagnostic(&files, "rego_parse_error", e.message, e.span);
            wrong.extend(errors.into_iter().map(told));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let twice = metadata::resolve(&mut modules, &|span| located(&files, span));
        if !twice.is_empty() {
            return Err(diagnostics(&files, twice));
        }
        let mut warnings = Diagnostics::new();
        for module in modules.iter().filter(|module| module.version == ast::Version::V0Lenient) {
            let at = module.package_span;
            warnings.push(diagnostic(&files, "rego_parse_error", LENIENT_DIALECT.to_owned(), at));
        }
        if options.lenient_negation {
            let places = modules.iter_mut().flat_map(negation::accept_none_such);
            warnings.extend(
                places.map(|span| diagnostic(&files, "rego_unsafe_var_error", LENIENT.to_owned(), span)),
            );
        }
        let program = Self::link(modules, files, data, options.clone())?;
        Ok(Self { warnings, ..program })
    }

    /// The dialect in which each source was read, in the order of the sources; never [`Dialect::Auto`].
    pub fn dialects(&self) -> impl Iterator<Item = Dialect> {
        let sources = self.modules.iter().filter(|module| !is_query(module));
        sources.map(|module| match module.version {
            ast::Version::V0 => Dialect::V0,
            ast::Version::V0Lenient => Dialect::V0Lenient,
            ast::Version::V1 => Dialect::V1,
        })
    }

    /// The METADATA blocks of all sources, in order.
    pub fn annotations(&self) -> impl Iterator<Item = Annotated<'_>> {
        self.modules.iter().flat_map(move |module| {
            module.annotations.iter().map(move |annotations| {
                let rule = annotations.rule.and_then(|rule| module.rules.get(rule));
                let path = rule.map_or_else(
                    || module.package.clone(),
                    |rule| metadata::ground_path(&module.package, rule),
                );
                let path = path.iter().fold("data".to_owned(), |path, part| path + "." + part);
                Annotated { path, annotations, place: place(&self.files, annotations.span) }
            })
        })
    }

    /// Rules whose path leads to a base document or through one that is no object. `opa eval` and OPA's bundles
    /// refuse them; to an evaluation the rule hides the document, and they are no error here.
    pub fn conflicts_with_data(&self) -> Diagnostics {
        diagnostics(&self.files, rules::on_base_documents(&self.modules, &self.code.data))
    }

    /// What is accepted here although OPA refuses it.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    fn link(
        modules: Vec<Module>,
        files: Vec<Lines>,
        data: Value,
        options: Options,
    ) -> Result<Self, Diagnostics> {
        let builtins = |name: &str| {
            let own = options.builtins.iter().find(|def| def.name == name).copied();
            own.or_else(|| builtin(name))
        };
        let locate = |span| located(&files, span);
        let mut wrong: Vec<lower::Error> =
            modules.iter().flat_map(|module| strict::check(module, options.strict)).collect();
        // What is unused hides no other error.
        let unused: Vec<lower::Error> = match options.strict {
            true => modules.iter().filter(|module| !is_query(module)).flat_map(strict::unused).collect(),
            false => Vec::new(),
        };
        if wrong.is_empty() {
            match lower::lower(&modules, data, &builtins, &options.watch, &locate) {
                Ok((mut code, spans)) if unused.is_empty() => {
                    code.places = spans.iter().map(|span| place(&files, *span)).collect();
                    code.name_rules();
                    return Ok(Self { code, modules, files, options, warnings: Vec::new() });
                }
                Ok(_) => {}
                Err(errors) => wrong = errors,
            }
        }
        // What is declared too late is not unused.
        let late = |one: &lower::Error| one.message.starts_with("var ");
        let begin = |one: &lower::Error| (one.span.file, one.span.start);
        let late: Vec<(u32, u32)> = wrong.iter().filter(|one| late(one)).map(begin).collect();
        wrong.extend(unused.into_iter().filter(|one| !late.contains(&begin(one))));
        Err(diagnostics(&files, wrong))
    }

    /// The document at a path such as `data.a.b`; `None` if the path is none of that form.
    pub fn entry(&self, path: &str) -> Option<Entry> {
        let mut names = path.split('.');
        if names.next() != Some("data") {
            return None;
        }
        let (mut node, mut rest) = (0, Vec::new());
        for name in names {
            let children = self.code.nodes.get(node as usize).map(|node| &*node.children).unwrap_or_default();
            let child = children.iter().find(|(key, _)| rest.is_empty() && key.as_str() == Some(name));
            match child {
                Some((_, child)) => node = *child,
                None => rest.push(Op::Const(Value::from(name))),
            }
        }
        Some(Entry { node, rest: rest.into() })
    }

    /// A query such as `data.a.p = x`, compiled against this program. Evaluating its entry gives an array
    /// with one object of bindings for each solution; no solution is an empty array.
    pub fn query(&self, text: &str) -> Result<(Program, Entry), Diagnostics> {
        let file = self.files.len() as u32;
        let mut files = self.files.clone();
        files.push(Lines::new(&Source {
            path: "query".to_owned(),
            text: text.to_owned(),
            dialect: Dialect::V1,
        }));
        let body = parse_body(text, file, ast::Version::V1)
            .map_err(|e| vec![diagnostic(&files, "rego_parse_error", e.message, e.span)])?;
        let span = Span { file, start: 0, end: text.len() as u32 };
        let term = |kind| Term::new(kind, span);
        let mut names = Vec::new();
        body.iter().for_each(|expr| query_names(expr, &mut names));
        let bindings = names
            .into_iter()
            .map(|name| (term(TermKind::String(name.clone())), term(TermKind::Var(name))))
            .collect();
        let value = term(TermKind::ArrayOf(term(TermKind::Object(bindings)).into(), body.into()));
        let head = ast::Head {
            path: vec![term(TermKind::Var("result".into()))],
            args: None,
            member: None,
            value: Some(value),
            span,
        };
        let rule = ast::Rule { default: false, head, body: Vec::new(), otherwise: Vec::new(), span };
        let mut modules: Vec<Module> = self.modules.iter().filter(|m| !is_query(m)).cloned().collect();
        modules.push(Module {
            package: vec![lower::QUERY.into()],
            package_keyword: span,
            package_span: span,
            imports: Vec::new(),
            rules: vec![rule],
            annotations: Vec::new(),
            version: ast::Version::V1,
        });
        let program = Self::link(modules, files, self.code.data.clone(), self.options.clone())?;
        let result = format!("data.{}.result", lower::QUERY);
        let group = program.code.groups.iter().find(|group| *group.name == *result);
        let entry = Entry { node: group.map(|group| group.node).unwrap_or_default(), rest: Box::default() };
        Ok((program, entry))
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("modules", &self.modules.len()).finish_non_exhaustive()
    }
}

impl Evaluator {
    /// Evaluates a document of a program.
    pub fn eval(
        &mut self,
        program: &Program,
        entry: &Entry,
        input: Input<'_>,
        context: &Context<'_>,
        limits: &Limits,
    ) -> Result<Outcome, Failure> {
        self.run(&program.code, entry, input, context, limits)
    }

    /// Begins to ask a program for several documents over one input. Nothing is copied out.
    pub fn begin<'a>(
        &'a mut self,
        program: &'a Program,
        input: Input<'a>,
        context: &'a Context<'a>,
        limits: &Limits,
    ) -> Result<Run<'a>, Failure> {
        self.start(&program.code, input, context, limits)
    }
}

/// A function of OPA.
fn builtin(name: &str) -> Option<&'static BuiltinDef> {
    crate::builtins::lookup(name).or_else(|| crate::builtins::absent::lookup(name))
}

/// In the order of the sources, as many as OPA tells.
fn diagnostics(files: &[Lines], mut errors: Vec<lower::Error>) -> Diagnostics {
    errors.sort_by_key(|error| error.span);
    errors.truncate(MAX_DIAGNOSTICS);
    errors.into_iter().map(|e| diagnostic(files, e.code, e.message, e.span)).collect()
}

fn is_query(module: &Module) -> bool {
    module.package.first().is_some_and(|name| **name == *lower::QUERY)
}

/// The variables of a query, outside of comprehensions.
fn query_names(expr: &ast::Expr, names: &mut Vec<Box<str>>) {
    match &expr.kind {
        ExprKind::Term(term) => names_in(term, names),
        ExprKind::SomeIn { key, value, domain } => {
            key.iter().chain([value, domain]).for_each(|term| names_in(term, names));
        }
        ExprKind::Some(declared) => {
            names.extend(declared.iter().map(|(name, _)| name.clone()));
        }
        ExprKind::Not(_)
        | ExprKind::NotWhole(_)
        | ExprKind::And(_)
        | ExprKind::Or(_)
        | ExprKind::Every { .. } => {}
    }
}

fn names_in(term: &Term, names: &mut Vec<Box<str>>) {
    match &term.kind {
        TermKind::Var(name) => {
            let named = !matches!(&**name, "_" | "data" | "input");
            if named && !names.contains(name) {
                names.push(name.clone());
            }
        }
        TermKind::Ref(head, steps) => {
            names_in(head, names);
            steps.iter().for_each(|step| names_in(step, names));
        }
        TermKind::Call(_, args) | TermKind::Array(args) | TermKind::Set(args) => {
            args.iter().for_each(|arg| names_in(arg, names));
        }
        TermKind::Object(pairs) => {
            for (key, value) in pairs {
                names_in(key, names);
                names_in(value, names);
            }
        }
        _ => {}
    }
}
