//! The closed list of reason codes (contract, section 5) and the text that a model sees for each.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Why a decision is what it is; the list is closed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ReasonCode { $($(#[$doc])* $name,)* }

        impl ReasonCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code as it stands in decisions and records.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// A policy allowed it
    Allowed = "allowed",
    /// Escalated, and every requirement was met
    Approved = "approved",
    /// No unit applies to this kind of event, which is not refused for it
    Ungoverned = "ungoverned",
    /// Escalated, and not yet answered
    ApprovalRequired = "approval_required",
    /// A policy denied it
    Policy = "policy",
    /// A policy failed: error, conflict or a limit
    PolicyError = "policy_error",
    /// A policy gave no answer, or one of no known shape
    PolicyUndefined = "policy_undefined",
    /// The loaded policies are older than `max_age`
    PolicyStale = "policy_stale",
    /// No unit applies to a tool call
    NoPolicy = "no_policy",
    /// A session is required and there is none
    NoSession = "no_session",
    /// The session, its agent or its tenant was stopped
    SessionKilled = "session_killed",
    /// The session is closed
    SessionClosed = "session_closed",
    /// A child asked for more scope than its parent has
    ScopeExceeded = "scope_exceeded",
    /// The event is no valid event
    InvalidEvent = "invalid_event",
    /// The arguments are no JSON object, or not what the tool declares
    InvalidArgs = "invalid_args",
    /// A wire name looks like a policy name and nobody said that it is
    ToolNameUnmapped = "tool_name_unmapped",
    /// A provider-run tool was declared without a rule that allows it
    HostedTool = "hosted_tool",
    /// The arguments name the policy, key, store or log files
    SelfProtection = "self_protection",
    /// The enforcement point cannot honour what was decided
    CannotEnforce = "cannot_enforce",
    /// The store or a remote evaluator did not answer
    Unavailable = "unavailable",
    /// The decision could not be recorded
    AuditUnavailable = "audit_unavailable",
    /// The permit of this decision was used before
    PermitUsed = "permit_used",
    /// Nobody can approve
    ApprovalUnavailable = "approval_unavailable",
    /// A reviewer said no
    ApprovalRejected = "approval_rejected",
    /// Nobody answered in time
    ApprovalExpired = "approval_expired",
    /// The approval was used before
    ApprovalConsumed = "approval_consumed",
    /// The approval was taken back
    ApprovalRevoked = "approval_revoked",
    /// The request was given up
    ApprovalCancelled = "approval_cancelled",
    /// The approval belongs to another call
    ApprovalMismatch = "approval_mismatch",
}

impl ReasonCode {
    /// The fixed text that stands for a decision which no policy worded. It names no operand, file or line,
    /// because a model reads it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Allowed | Self::Approved => "allowed",
            Self::Ungoverned => "no policy covers this action",
            Self::ApprovalRequired => "this action needs approval",
            Self::Policy => "denied by policy",
            Self::PolicyError => "the policy could not be evaluated",
            Self::PolicyUndefined => "the policy gave no decision",
            Self::PolicyStale => "the policies are out of date",
            Self::NoPolicy => "no policy covers this tool",
            Self::NoSession => "this action needs a session",
            Self::SessionKilled => "the session was stopped",
            Self::SessionClosed => "the session is closed",
            Self::ScopeExceeded => "the requested scope exceeds the parent's",
            Self::InvalidEvent => "the request is not valid",
            Self::InvalidArgs => "the arguments are not valid",
            Self::ToolNameUnmapped => "the tool has no policy name",
            Self::HostedTool => "this hosted tool is not allowed",
            Self::SelfProtection => "the arguments name protected files",
            Self::CannotEnforce => "the decision cannot be enforced here",
            Self::Unavailable => "the decision service is unavailable",
            Self::AuditUnavailable => "the decision could not be recorded",
            Self::PermitUsed => "this permit was already used",
            Self::ApprovalUnavailable => "nobody can approve this action",
            Self::ApprovalRejected => "the reviewer rejected this action",
            Self::ApprovalExpired => "nobody approved this action in time",
            Self::ApprovalConsumed => "the approval was already used",
            Self::ApprovalRevoked => "the approval was revoked",
            Self::ApprovalCancelled => "the approval request was cancelled",
            Self::ApprovalMismatch => "the approval belongs to another action",
        }
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
