//! The types by which the generator keeps most of what it writes meaningful.

/// The type of a term, as far as the generator cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    Null,
    Bool,
    Num,
    Str,
    Arr(Box<Ty>),
    Set(Box<Ty>),
    /// String keys
    Obj(Box<Ty>),
    Any,
}

impl Ty {
    pub(crate) fn arr(item: Ty) -> Ty {
        Ty::Arr(Box::new(item))
    }

    pub(crate) fn set(member: Ty) -> Ty {
        Ty::Set(Box::new(member))
    }

    pub(crate) fn obj(value: Ty) -> Ty {
        Ty::Obj(Box::new(value))
    }

    /// What a collection holds; `None` for others.
    pub(crate) fn item(&self) -> Option<&Ty> {
        match self {
            Ty::Arr(t) | Ty::Set(t) | Ty::Obj(t) => Some(t),
            _ => None,
        }
    }

    /// The type of the keys that iteration gives.
    pub(crate) fn key(&self) -> Ty {
        match self {
            Ty::Arr(_) => Ty::Num,
            Ty::Obj(_) => Ty::Str,
            Ty::Set(t) => (**t).clone(),
            _ => Ty::Any,
        }
    }

    /// Whether a term of type `self` may stand where `wanted` is asked for.
    pub(crate) fn fits(&self, wanted: &Ty) -> bool {
        match (self, wanted) {
            (_, Ty::Any) => true,
            (Ty::Arr(a), Ty::Arr(b)) | (Ty::Set(a), Ty::Set(b)) | (Ty::Obj(a), Ty::Obj(b)) => a.fits(b),
            (a, b) => a == b,
        }
    }
}

/// A place in the documents and what stands there, most of the time.
pub(crate) struct Field {
    pub(crate) path: &'static str,
    pub(crate) ty: Ty,
}

/// Places by the names that a module imports them under.
pub(crate) fn imported() -> Vec<Field> {
    let f = |path, ty| Field { path, ty };
    vec![
        f("args.path", Ty::Str),
        f("args.amount", Ty::Num),
        f("args.to", Ty::arr(Ty::Str)),
        f("limits", Ty::obj(Ty::Num)),
    ]
}

/// The documents that policies of this project are about, and a few odd ones.
pub(crate) fn fields() -> Vec<Field> {
    let f = |path, ty| Field { path, ty };
    vec![
        f("input.tool", Ty::Str),
        f("input.transport", Ty::Str),
        f("input.tool_tags", Ty::arr(Ty::Str)),
        f("input.args.path", Ty::Str),
        f("input.args.url", Ty::Str),
        f("input.args.amount", Ty::Num),
        f("input.args.count", Ty::Num),
        f("input.args.to", Ty::arr(Ty::Str)),
        f("input.args.force", Ty::Bool),
        f("input.args.opts", Ty::obj(Ty::Num)),
        f("input.session.tokens_spent", Ty::Num),
        f("input.session.user", Ty::Str),
        f("input.session.agent_role", Ty::Str),
        f("input.session.tool_call_count", Ty::obj(Ty::Num)),
        f("input.parent.depth", Ty::Num),
        f("input.principal.roles", Ty::arr(Ty::Str)),
        f("input.principal.tenant_id", Ty::Str),
        f("input.plan.steps", Ty::arr(Ty::obj(Ty::Any))),
        f("input.plan.steps[0].type", Ty::Any),
        f("input.mixed", Ty::arr(Ty::Any)),
        f("input[\"odd key\"]", Ty::Any),
        f("input.flags", Ty::obj(Ty::Bool)),
        f("input", Ty::obj(Ty::Any)),
        f("input.if", Ty::Num),
        f("input.with.default", Ty::Str),
        f("data.limits", Ty::obj(Ty::Num)),
        f("data.roles", Ty::obj(Ty::arr(Ty::Str))),
        f("data.users", Ty::arr(Ty::obj(Ty::Any))),
        f("data.users[1].name", Ty::Any),
        f("data.matrix", Ty::arr(Ty::arr(Ty::Num))),
        f("data.matrix[0][1]", Ty::Num),
        f("data.names", Ty::arr(Ty::Str)),
        f("data.table", Ty::obj(Ty::obj(Ty::Num))),
        f("data.table.a.x", Ty::Num),
    ]
}
