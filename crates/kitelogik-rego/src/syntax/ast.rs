//! The syntax tree: what a source says, before names are resolved. Plain data with spans.

use super::{annotations::Annotations, shared::Shared};
use crate::stack::with_room;

/// A stretch of a source, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Index of the source
    pub file: u32,
    /// First byte
    pub start: u32,
    /// Byte after the last one
    pub end: u32,
}

/// The dialect of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Before OPA 1.0: `if` and `contains` are optional, and must be imported like `in` and `every`
    V0,
    /// Version 0 with `in`, `every`, `if` and `contains` without import; OPA refuses such files
    V0Lenient,
    /// OPA 1.0 and after
    V1,
}

/// One source.
#[derive(Clone, Debug)]
pub struct Module {
    /// `package a.b`: the path, without `data`
    pub package: Vec<Box<str>>,
    /// Where the keyword `package` stands
    pub package_keyword: Span,
    /// Where the package's path stands
    pub package_span: Span,
    /// `import …`
    pub imports: Vec<Import>,
    /// Rules, in order
    pub rules: Vec<Rule>,
    /// METADATA blocks, in order
    pub annotations: Vec<Annotations>,
    /// The dialect
    pub version: Version,
}

/// `import data.a.b as c`
#[derive(Clone, Debug)]
pub struct Import {
    /// The path, its first part `data`, `input`, `future` or `rego`
    pub path: Vec<Box<str>>,
    /// The name after `as`
    pub alias: Option<Box<str>>,
    /// Where it stands
    pub span: Span,
}

/// One rule, default or function.
#[derive(Clone, Debug)]
pub struct Rule {
    /// True after the keyword `default`
    pub default: bool,
    /// What it defines
    pub head: Head,
    /// When; empty if always
    pub body: Body,
    /// `else := value if body`, in order; an absent value is `true`
    pub otherwise: Vec<Else>,
    /// Where the rule stands
    pub span: Span,
}

/// What a rule defines.
#[derive(Clone, Debug)]
pub struct Head {
    /// `p.q[x].r`: the first term is a variable, strings for names
    pub path: Vec<Term>,
    /// The parameters of a function
    pub args: Option<Vec<Term>>,
    /// `contains member`, or `p[member]` of version 0
    pub member: Option<Term>,
    /// `:= value`; an absent one is `true`
    pub value: Option<Term>,
    /// Where it stands
    pub span: Span,
}

/// `else := value if body`
#[derive(Clone, Debug)]
pub struct Else {
    /// An absent value is `true`
    pub value: Option<Term>,
    /// Empty if always
    pub body: Body,
    /// Where it stands
    pub span: Span,
}

/// Expressions that must all hold.
pub type Body = Vec<Expr>;

/// One expression of a body.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it says
    pub kind: ExprKind,
    /// `with target as value`, in order
    pub with: Vec<With>,
    /// Where it stands
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A term, mostly a call: operators are calls (`eq`, `assign`, `equal`, `plus`, `internal.member_2` …)
    Term(Term),
    /// `not …` of one expression: only the outermost call is negated, what it needs comes first
    Not(Body),
    /// `not …` where `import future.keywords.not` is: there is no solution of the operand
    NotWhole(Operand),
    /// `a and b`: there is a solution of each operand, of which nothing is seen outside
    And(Vec<Operand>),
    /// `a or b`: there is a solution of one operand, of which nothing is seen outside
    Or(Vec<Operand>),
    /// `some x, y`
    Some(Vec<(Box<str>, Span)>),
    /// `some key, value in domain`
    SomeIn {
        /// Absent in `some value in domain`
        key: Option<Term>,
        /// The member
        value: Term,
        /// The collection
        domain: Term,
    },
    /// `every key, value in domain { body }`
    Every {
        /// Absent in `every value in domain`
        key: Option<Term>,
        /// The member
        value: Term,
        /// The collection
        domain: Term,
        /// What must hold for each
        body: Shared<Body>,
    },
}

/// An operand of `and`, `or` and `not`
#[derive(Clone, Debug)]
pub struct Operand {
    /// What must hold; one expression unless in braces
    pub body: Shared<Body>,
    /// In braces: what it names is its own
    pub braced: bool,
}

/// Groups of the greatest depth are dropped on any thread's stack.
impl Drop for Operand {
    fn drop(&mut self) {
        with_room(|| drop(std::mem::take(&mut self.body)));
    }
}

/// `with target as value`
#[derive(Clone, Debug)]
pub struct With {
    /// A reference to input, data, a function or a builtin
    pub target: Term,
    /// What stands there instead
    pub value: Term,
    /// Where it stands
    pub span: Span,
}

/// A term and its place.
#[derive(Debug)]
pub struct Term {
    /// What it says
    pub kind: TermKind,
    /// Where it stands
    pub span: Span,
}

impl Term {
    /// What it says, without its place.
    pub fn into_kind(mut self) -> TermKind {
        std::mem::replace(&mut self.kind, TermKind::Null)
    }
}

/// A tree of the greatest depth is dropped on any thread's stack.
impl Drop for Term {
    fn drop(&mut self) {
        let leaf = matches!(
            self.kind,
            TermKind::Null
                | TermKind::Bool(_)
                | TermKind::Number(_)
                | TermKind::String(_)
                | TermKind::Var(_)
                | TermKind::Local(_)
        );
        if !leaf {
            with_room(|| drop(std::mem::replace(&mut self.kind, TermKind::Null)));
        }
    }
}

impl Clone for Term {
    fn clone(&self) -> Self {
        with_room(|| Self { kind: self.kind.clone(), span: self.span })
    }
}

impl Term {
    /// A term at a place.
    pub fn new(kind: TermKind, span: Span) -> Self {
        Self { kind, span }
    }
}

/// The kinds of terms.
#[derive(Clone, Debug)]
pub enum TermKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number's literal
    Number(Box<str>),
    /// A string, escapes resolved
    String(Box<str>),
    /// A name; `_` is one that is new each time
    Var(Box<str>),
    /// A local variable of the rule, numbered; made when names are resolved
    Local(u32),
    /// `head.a[b]`
    Ref(Box<Term>, Vec<Term>),
    /// `f(x)`; the function is a variable or a reference
    Call(Box<Term>, Vec<Term>),
    /// `[a, b]`
    Array(Vec<Term>),
    /// `{a, b}`
    Set(Vec<Term>),
    /// `{a: b}`
    Object(Vec<(Term, Term)>),
    /// `[head | body]`
    ArrayOf(Shared<Term>, Shared<Body>),
    /// `{head | body}`
    SetOf(Shared<Term>, Shared<Body>),
    /// `{key: value | body}`
    ObjectOf(Shared<(Term, Term)>, Shared<Body>),
    /// `$"text{term}"`
    Template(Vec<Part>),
}

/// A piece of a template string.
#[derive(Clone, Debug)]
pub enum Part {
    /// Text, escapes resolved
    Text(Box<str>),
    /// `{term}` or `{term with …}`
    Hole(Shared<Expr>),
}
