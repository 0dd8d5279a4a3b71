//! `with`: what changes in the world of one expression.

use super::{body::Lowering, error};
use crate::{
    ops::{Callee, Change, Op},
    syntax::ast::{Expr, TermKind, With},
};
use kitelogik_value::Value;

impl Lowering<'_, '_> {
    /// Lowers an expression with its `with`, if what stands on their right is bound.
    pub(super) fn with(&mut self, expr: &Expr, ops: &mut Vec<Op>) -> bool {
        if !expr.with.iter().all(|with| self.ground(&with.value)) {
            return false;
        }
        let before = self.bound.clone();
        let errors = self.cx.errors.len();
        let plain = Expr { with: Vec::new(), ..expr.clone() };
        let Ok(inner) = self.order(vec![plain]) else {
            for (at, place) in self.bound.iter_mut().enumerate() {
                *place = before.get(at).copied().unwrap_or(false);
            }
            self.cx.errors.truncate(errors);
            return false;
        };
        let changes: Vec<Change> = expr.with.iter().filter_map(|with| self.change(with)).collect();
        ops.push(Op::With(changes.into(), inner.into()));
        true
    }

    fn change(&mut self, with: &With) -> Option<Change> {
        let target = &with.target;
        if let Some(callee) = self.callee(target) {
            if let Callee::Builtin(def) = callee {
                self.cx.replaced.push(def.name);
            }
            return Some(match self.callee(&with.value) {
                Some(replacement) => Change::Call(callee, replacement),
                None => Change::Result(callee, self.term(&with.value)),
            });
        }
        let (root, steps) = match &target.kind {
            TermKind::Var(root) => (root, &[][..]),
            TermKind::Ref(head, steps) => match &head.kind {
                TermKind::Var(root) => (root, steps.as_slice()),
                _ => return None,
            },
            _ => return None,
        };
        let path: Option<Vec<Value>> = steps.iter().map(super::term::constant).collect();
        let value = self.term(&with.value);
        match (&**root, path) {
            ("input", Some(path)) => Some(Change::Input(path.into(), value)),
            ("data", Some(path)) => {
                let tree = self.cx.tree;
                let node = path.iter().try_fold(0, |at, key| tree.child(at, key.as_str()?));
                Some(Change::Data(path.into(), node, value))
            }
            _ => {
                let message = "with keyword target must reference existing input, data, or a function";
                self.cx.errors.push(error("rego_type_error", message.to_owned(), with.span));
                None
            }
        }
    }
}
