//! Which names are keywords: some always, some from a version on or by `import future.keywords`.

use super::ast::Version;

/// Keywords of every version.
const ALWAYS: [&str; 11] =
    ["as", "default", "else", "false", "import", "not", "null", "package", "some", "true", "with"];

/// The names that `import future.keywords.…` knows, in the order in which OPA lists them.
pub(super) const FUTURE: [&str; 7] = ["and", "contains", "every", "if", "in", "not", "or"];

/// The keywords that are in force at a place of a source.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Keywords {
    pub(super) member: bool,
    pub(super) every: bool,
    pub(super) if_: bool,
    pub(super) contains: bool,
    /// `not { … }` holds a body
    pub(super) not_body: bool,
    /// `a and b`
    pub(super) and: bool,
    /// `a or b`
    pub(super) or: bool,
}

impl Keywords {
    pub(super) fn of(version: Version) -> Self {
        let all = version != Version::V0;
        Self { member: all, every: all, if_: all, contains: all, ..Self::default() }
    }

    /// What `import rego.v1` brings.
    pub(super) fn import_v1(&mut self) {
        let Self { not_body, and, or, .. } = *self;
        *self = Self { not_body, and, or, ..Self::of(Version::V1) };
    }

    /// What `import rego.v2` brings, as `import future.keywords` does.
    pub(super) fn import_all(&mut self) {
        *self = Self { not_body: true, and: true, or: true, ..Self::of(Version::V1) };
    }

    /// What `import future.keywords.name` brings; false for an unknown name.
    pub(super) fn import(&mut self, name: &str) -> bool {
        match name {
            "in" => self.member = true,
            // OPA lets `every` bring what stands within it.
            "every" => (self.every, self.member) = (true, true),
            "if" => self.if_ = true,
            "contains" => self.contains = true,
            "not" => self.not_body = true,
            "and" => self.and = true,
            "or" => self.or = true,
            _ => return false,
        }
        true
    }

    pub(super) fn is(&self, name: &str) -> bool {
        match name {
            "in" => self.member,
            "every" => self.every,
            "if" => self.if_,
            "contains" => self.contains,
            "and" => self.and,
            "or" => self.or,
            _ => ALWAYS.contains(&name),
        }
    }
}
