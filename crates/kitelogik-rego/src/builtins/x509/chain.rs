//! A chain from a certificate to the one that is trusted (RFC 5280, section 6), built and checked as Go's
//! `x509.Certificate.Verify` does it. Policies are not followed: a chain in which one must be explicit does not
//! hold.

use super::super::keys::spki::Numbers;
use super::{
    certificate::Certificate,
    constraints,
    usage::{self, ANY},
};
use crate::builtin::{BuiltinCx, BuiltinError};

/// What is asked of a chain.
pub(super) struct Asked<'o> {
    /// Empty asks for no host
    pub(super) host: &'o str,
    /// Nanoseconds since the Unix epoch
    pub(super) now_ns: i64,
    /// One of these will do; none means a server
    pub(super) usages: Vec<i64>,
}

/// Signatures tried before giving up.
const MAX_CHECKS: u32 = 100;

const CERT_SIGN: u16 = 1 << 5;

struct Search<'s, 'd> {
    root: &'s Certificate<'d>,
    others: Vec<&'s Certificate<'d>>,
    now_ns: i64,
    checks: u32,
    found: Vec<Vec<&'s Certificate<'d>>>,
}

/// The first certificate is trusted, the last is the one in question, those between may help. The chain from
/// the last to the first; `None` if there is none that holds.
pub(super) fn find<'s, 'd>(
    cx: &mut BuiltinCx<'_, '_>,
    certificates: &'s [Certificate<'d>],
    asked: &Asked<'_>,
) -> Result<Option<Vec<&'s Certificate<'d>>>, BuiltinError> {
    let [root, others @ .., leaf] = certificates else { return Ok(None) };
    let mut search = Search { root, others: Vec::new(), now_ns: asked.now_ns, checks: 0, found: Vec::new() };
    for other in others {
        cx.step(1 + search.others.len() as u64)?;
        if !search.others.iter().any(|earlier| earlier.raw == other.raw) {
            search.others.push(other);
        }
    }
    if !search.is_valid(leaf, &[], false) {
        return Ok(None);
    }
    if !asked.host.is_empty() && !constraints::is_host(&leaf.known.names, asked.host) {
        return Ok(None);
    }
    if leaf.raw == root.raw {
        search.found.push(vec![leaf]);
    } else {
        search.extend(cx, &[leaf])?;
    }
    Ok(search
        .found
        .into_iter()
        .find(|chain| needs_no_policy(chain) && serves(chain, &asked.usages) && names_are_allowed(chain)))
}

impl<'s, 'd> Search<'s, 'd> {
    /// Adds every chain that begins so and ends in the root. The depth is bounded by the checks.
    fn extend(
        &mut self,
        cx: &mut BuiltinCx<'_, '_>,
        chain: &[&'s Certificate<'d>],
    ) -> Result<(), BuiltinError> {
        let Some(child) = chain.last().copied() else { return Ok(()) };
        if self.root.raw_subject == child.raw_issuer && self.may_follow(cx, chain, self.root, false)? {
            let mut whole = chain.to_vec();
            whole.push(self.root);
            self.found.push(whole);
        }
        let parents: Vec<&'s Certificate<'d>> =
            self.others.iter().copied().filter(|one| one.raw_subject == child.raw_issuer).collect();
        // Those whose key is named come first, those that name another last.
        for rank in 0..3 {
            for parent in parents.iter().filter(|parent| rank_of(parent, child) == rank) {
                if self.may_follow(cx, chain, parent, true)? {
                    let mut longer = chain.to_vec();
                    longer.push(parent);
                    self.extend(cx, &longer)?;
                }
            }
        }
        Ok(())
    }

    fn may_follow(
        &mut self,
        cx: &mut BuiltinCx<'_, '_>,
        chain: &[&Certificate<'d>],
        parent: &Certificate<'d>,
        between: bool,
    ) -> Result<bool, BuiltinError> {
        self.checks += 1;
        if self.checks > MAX_CHECKS || parent.key == Numbers::Unknown || stands_in(chain, parent) {
            return Ok(false);
        }
        let Some(child) = chain.last() else { return Ok(false) };
        Ok(signed_by(cx, child, parent)? && self.is_valid(parent, chain, between))
    }

    /// `between`: neither the first nor the last of a chain.
    fn is_valid(&self, one: &Certificate<'d>, below: &[&Certificate<'d>], between: bool) -> bool {
        let (now, second) = (i128::from(self.now_ns), 1_000_000_000_i128);
        let in_time = now >= i128::from(one.not_before) * second && now <= i128::from(one.not_after) * second;
        let authority = one.known.basic.is_some_and(|(authority, _)| authority);
        let fits = match one.known.basic {
            Some((_, Some(longest))) => {
                i64::try_from(below.len()).is_ok_and(|below| below.saturating_sub(1) <= longest)
            }
            _ => true,
        };
        one.known.unhandled.is_empty() && in_time && (authority || !between) && fits
    }
}

fn rank_of(parent: &Certificate<'_>, child: &Certificate<'_>) -> u8 {
    let of = |id: Option<&[u8]>| id.unwrap_or_default().to_vec();
    let (parent, child) = (of(parent.known.subject_key), of(child.known.authority_key));
    match (parent == child, parent.is_empty() != child.is_empty()) {
        (true, _) => 0,
        (_, true) => 1,
        _ => 2,
    }
}

/// The same subject, key and names: a loop of authorities that signed each other.
fn stands_in(chain: &[&Certificate<'_>], candidate: &Certificate<'_>) -> bool {
    let names = |one: &Certificate<'_>| {
        one.extensions
            .iter()
            .find(|extension| extension.id == [2, 5, 29, 17])
            .map(|names| names.value.to_vec())
    };
    chain.iter().any(|one| {
        one.raw_subject == candidate.raw_subject
            && one.raw_key == candidate.raw_key
            && names(one) == names(candidate)
    })
}

fn signed_by(
    cx: &mut BuiltinCx<'_, '_>,
    child: &Certificate<'_>,
    parent: &Certificate<'_>,
) -> Result<bool, BuiltinError> {
    let may_sign = match parent.known.basic {
        Some((authority, _)) => authority,
        None => parent.version < 3,
    };
    let usage = parent.known.key_usage.unwrap_or_default();
    if !may_sign || (usage != 0 && usage & CERT_SIGN == 0) {
        return Ok(false);
    }
    let key = parent.key.key();
    cx.step(key.cost().saturating_add(child.raw_inner.len() as u64 / 64))?;
    Ok(child.algorithm.verifies(&key, child.raw_inner, &child.signature))
}

/// True if a usage that is asked for is allowed all the way down.
fn serves(chain: &[&Certificate<'_>], asked: &[i64]) -> bool {
    let mut left = if asked.is_empty() { vec![usage::SERVER] } else { asked.to_vec() };
    if left.contains(&ANY) {
        return true;
    }
    for one in chain.iter().rev() {
        let given: Vec<i64> = one.known.usages.iter().filter_map(|given| usage::number(given)).collect();
        if !one.known.usages.is_empty() && !given.contains(&ANY) {
            left.retain(|asked| given.contains(asked));
        }
    }
    !left.is_empty()
}

const ANY_POLICY: &str = "2.5.29.32.0";

/// True if no certificate's policy needs to be explicit (section 6.1): how many more certificates may go
/// without is counted from the root, whose own extensions do not matter.
fn needs_no_policy(chain: &[&Certificate<'_>]) -> bool {
    let Some((_, below_root)) = chain.split_last() else { return false };
    let mut left = below_root.len() + 1;
    for (at, one) in below_root.iter().enumerate().rev() {
        let of_any = |(issuer, subject): &(String, String)| issuer == ANY_POLICY || subject == ANY_POLICY;
        if left == 0 || (at > 0 && one.known.mappings.iter().any(of_any)) {
            return false;
        }
        if at == 0 || one.raw_issuer != one.raw_subject {
            left -= 1;
        }
        left = match one.known.require_policy {
            Some(0) => 0,
            Some(skipped) if at > 0 => left.min(usize::try_from(skipped).unwrap_or(usize::MAX)),
            _ => left,
        };
    }
    left > 0 || below_root.is_empty()
}

/// The names of each certificate, as far as those above it say something of names.
fn names_are_allowed(chain: &[&Certificate<'_>]) -> bool {
    chain.iter().enumerate().all(|(at, authority)| match &authority.known.constraints {
        Some(constraints) => {
            chain.iter().take(at).all(|below| constraints::allow(constraints, &below.known.names))
        }
        None => true,
    })
}
