//! Packages that decide, each in a dialect of its own (design, section 4).

use kitelogik_model::EventKind;

/// A package that decides, which says how its rules are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Package {
    /// `kitelogik.<event>`: the rules `decision` and `deny`
    Event(EventKind),
    /// `tako.policy`: `allow`, `deny` and what an allowed event obliges to, for three kinds of event
    Tako,
}

impl Package {
    /// Reads a package's name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name.split_once('.')? {
            ("kitelogik", word) => EventKind::parse(word).map(Self::Event),
            ("tako", "policy") => Some(Self::Tako),
            _ => None,
        }
    }

    /// Its name, such as `kitelogik.tool_call`.
    pub fn name(self) -> String {
        match self {
            Self::Event(kind) => format!("kitelogik.{}", kind.as_str()),
            Self::Tako => "tako.policy".to_owned(),
        }
    }

    /// The dialect of its rules: `kitelogik` or `tako`.
    pub fn dialect(self) -> &'static str {
        match self {
            Self::Event(_) => "kitelogik",
            Self::Tako => "tako",
        }
    }

    /// True if it is named after this kind of event.
    pub fn decides(self, kind: EventKind) -> bool {
        match self {
            Self::Event(own) => own == kind,
            Self::Tako => kind.stage().is_some(),
        }
    }

    /// The kinds of event that it is named after.
    pub fn kinds(self) -> impl Iterator<Item = EventKind> {
        EventKind::ALL.into_iter().filter(move |kind| self.decides(*kind))
    }

    /// True if its units are asked for this kind of event: those of resources for all that start something.
    pub(crate) fn asked_for(self, kind: EventKind) -> bool {
        self.decides(kind) || (self == Self::Event(EventKind::AgentResource) && kind.starts_something())
    }

    /// The rules that are asked for.
    pub(crate) fn entry_rules(self) -> &'static [EntryName] {
        match self {
            Self::Event(_) => &[EntryName { name: "decision", members: None }, DENY],
            Self::Tako => &[
                EntryName { name: "allow", members: None },
                DENY,
                EntryName { name: "require_approval", members: Some("reasons") },
                EntryName { name: "force_model", members: Some("models") },
                EntryName { name: "redact_messages", members: Some("patterns") },
                EntryName { name: "redact_response", members: Some("patterns") },
            ],
        }
    }

    /// The entry rule that a unit may have a default of: `decision`, or Tako's `allow`.
    pub(crate) fn main_rule(self) -> &'static str {
        match self {
            Self::Event(_) => "decision",
            Self::Tako => "allow",
        }
    }

    /// How its main rule is written.
    pub(crate) fn main_help(self) -> &'static str {
        match self {
            Self::Event(_) => {
                "write `decision := {\"allow\": true}`, or `false` and a `reason`, or `decision := {\"escalate\": true}` \
                 with `reviewers`, `reason` and `quorum` as wanted"
            }
            Self::Tako => "write `allow := true` or `allow := false`; reasons go into `deny`",
        }
    }
}

/// An entry rule.
pub(crate) struct EntryName {
    pub(crate) name: &'static str,
    /// What it is a set of, if it is one
    pub(crate) members: Option<&'static str>,
}

const DENY: EntryName = EntryName { name: "deny", members: Some("reasons") };
