//! The end of an escalation.

use super::decide::{MAX_TRIES, Refusal};
use super::{Governor, Pending};
use crate::Reading;
use kitelogik_model::{Decision, Effect, ReasonCode, Verdict};

impl Governor {
    /// Ends an escalation with a verdict. Policy is asked again: what it now denies stays denied, and the
    /// verdict lifts only the requirements that it was given for.
    pub fn resolve(&self, pending: Pending, verdict: Verdict) -> Decision {
        let reading = Reading { at: self.now(), entropy: self.env.entropy() };
        let mut ground = self.ground(&pending.request.event, &pending.request.pep, reading);
        ground.facts.id = pending.decision.id;
        let request = &pending.request;
        let (by, refusal) = match verdict {
            Verdict::Approved { by } => (Some(by), None),
            Verdict::Rejected { by } => (Some(by), Some(ReasonCode::ApprovalRejected)),
            Verdict::Unavailable => (None, Some(ReasonCode::ApprovalUnavailable)),
            Verdict::Expired => (None, Some(ReasonCode::ApprovalExpired)),
            Verdict::Cancelled => (None, Some(ReasonCode::ApprovalCancelled)),
        };
        // One reviewer inside the program is one vote.
        let outvoted = pending.requirements.iter().any(|r| r.quorum > 1);
        let refusal = refusal.or(outvoted.then_some(ReasonCode::ApprovalUnavailable));
        if let Some(code) = refusal {
            let view = self.store.view(&request.session, false).ok().map(Box::new);
            return self.refused(request, &ground, Refusal { view, ..Refusal::new(code, "") });
        }
        for _ in 0..MAX_TRIES {
            let looked = match self.look(request, &ground, reading) {
                Ok(looked) => looked,
                Err(refusal) => return self.refused(request, &ground, refusal),
            };
            let mut decision = self.draft(&ground, &looked.combined);
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
                decision.approved_by = by.iter().map(|by| (by.clone(), "in_process")).collect();
            }
            if let Some(decision) = self.finish(request, &ground, &looked, decision) {
                return decision;
            }
        }
        let refusal = Refusal::new(ReasonCode::Unavailable, "the session's counters moved at every try");
        self.refused(request, &ground, refusal)
    }
}
