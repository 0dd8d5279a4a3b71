//! The end of an escalation.

use super::decide::{MAX_TRIES, Refusal};
use super::{Governor, Pending};
use crate::{Reading, Reads};
use kitelogik_model::{Decision, Effect, ReasonCode, Verdict};
use std::sync::Arc;

/// What an operator reads where one vote is not enough.
const QUORUM: &str = "the policy asks for more than one reviewer; an approver in the program is one";

impl Governor {
    /// Ends an escalation with a verdict. Policy is asked again: what it now denies stays denied, and the
    /// verdict lifts only the requirements that it was given for.
    pub fn resolve(&self, pending: Pending, verdict: Verdict) -> Decision {
        let reading = Reading { at: self.now(), entropy: self.env.entropy() };
        let mut ground = self.ground(&pending.request.event, &pending.request.pep, reading);
        ground.facts.id = pending.decision.id;
        let request = &pending.request;
        // One reviewer inside the program is one vote.
        let outvoted = pending.requirements.iter().any(|r| r.quorum > 1);
        let by = match verdict {
            Verdict::Approved { by } if !outvoted => Ok(by),
            Verdict::Approved { .. } => Err((ReasonCode::ApprovalUnavailable, QUORUM.to_owned())),
            Verdict::Rejected { .. } => Err((ReasonCode::ApprovalRejected, String::new())),
            Verdict::Unavailable { help } => Err((ReasonCode::ApprovalUnavailable, help)),
            Verdict::Expired => Err((ReasonCode::ApprovalExpired, String::new())),
            Verdict::Cancelled => Err((ReasonCode::ApprovalCancelled, String::new())),
        };
        let by = match by {
            Ok(by) => by,
            Err((code, help)) => {
                let view = self.store.view(&request.session, Reads::NONE).ok().map(Box::new);
                return self.refused(request, &ground, Refusal { view, ..Refusal::new(code, help) });
            }
        };
        for _ in 0..MAX_TRIES {
            let mut looked = match self.look(request, &ground, reading) {
                Ok(looked) => looked,
                Err(refusal) => return self.refused(request, &ground, refusal),
            };
            let mut decision = self.draft(&ground, &mut looked.combined);
            if looked.combined.effect == Effect::Escalate {
                let granted = looked.combined.requirements.iter().all(|r| pending.requirements.contains(r));
                if !granted {
                    let help = "the policies changed what they ask approval for; ask again";
                    let refusal = Refusal::new(ReasonCode::ApprovalMismatch, help);
                    return self.refused(
                        request,
                        &ground,
                        Refusal { view: Some(looked.view.into()), ..refusal },
                    );
                }
                decision.effect = Effect::Allow;
                decision.code = ReasonCode::Approved;
                decision.reasons.clear();
                decision.reviewers.clear();
                decision.approved_by = vec![(Arc::clone(&by), "in_process")];
            }
            if let Some(decision) = self.finish(request, &ground, &looked, decision) {
                return decision;
            }
        }
        let refusal = Refusal::new(ReasonCode::Unavailable, "the session's counters moved at every try");
        self.refused(request, &ground, refusal)
    }
}
