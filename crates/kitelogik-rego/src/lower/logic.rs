//! `and`, `or` and `not` of whole operands. Of an operand it is only asked whether it has a solution, so both are made of negations.

use super::{body::Lowering, vars};
use crate::{
    ops::Op,
    stack::with_room,
    syntax::ast::{Operand, Span},
};

impl Lowering<'_, '_> {
    /// `not a` as a whole, if all that the operand needs is bound.
    pub(super) fn not_whole(&mut self, operand: &Operand, span: Span, ops: &mut Vec<Op>) -> bool {
        let Some(none) = self.negated(std::slice::from_ref(operand), span) else { return false };
        ops.extend(none);
        true
    }

    /// `a and b` as `not not a; not not b`, if all that the operands need is bound.
    pub(super) fn and(&mut self, operands: &[Operand], span: Span, ops: &mut Vec<Op>) -> bool {
        let Some(none) = self.negated(operands, span) else { return false };
        ops.extend(none.into_iter().map(|none| Op::Not(Box::new([none]))));
        true
    }

    /// `a or b` as `not (not a; not b)`, if all that the operands need is bound.
    pub(super) fn or(&mut self, operands: &[Operand], span: Span, ops: &mut Vec<Op>) -> bool {
        let Some(none) = self.negated(operands, span) else { return false };
        ops.push(Op::Not(none.into()));
        true
    }

    fn negated(&mut self, operands: &[Operand], span: Span) -> Option<Vec<Op>> {
        let mut ready = true;
        for operand in operands {
            vars::in_operand(operand, false, &mut |local, closed| {
                ready &= self.is_bound(local) || (closed && !self.is_visible(local));
            });
        }
        let negated = operands.iter().map(|operand| {
            let (body, _) = with_room(|| self.body_with_heads(&operand.body, &[], span));
            Op::Not(body)
        });
        ready.then(|| negated.collect())
    }
}
