//! `net.cidr_*`: IP addresses and networks (RFC 4632, RFC 4291, section 2.3). An IPv4 address that is mapped into
//! IPv6 (`::ffff:1.2.3.4`) is that IPv4 address. Names are never looked up.

use super::{
    operands::{any, string},
    types::{ANY, BOOLEAN, STRING, STRING_SET, def},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    val::Val,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const CIDR_OR_TUPLE: Type = Type::Union(&[STRING, Type::Array(&ANY)]);
const CIDRS: Type = Type::Union(&[
    STRING,
    Type::Array(&CIDR_OR_TUPLE),
    Type::Set(&CIDR_OR_TUPLE),
    Type::Object(&[], Some((&STRING, &CIDR_OR_TUPLE))),
]);
const ADDRESSES: Type = Type::Union(&[Type::Array(&Type::Union(&[STRING])), STRING_SET]);

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("net.cidr_contains", &[STRING, STRING], BOOLEAN, |_, args| {
        contains(any(args, 1), any(args, 2)).map(|inside| Some(Val::Bool(inside)))
    }),
    def("net.cidr_contains_matches", &[CIDRS, CIDRS], Type::Set(&Type::Tuple(&[ANY, ANY])), contains_matches),
    def("net.cidr_expand", &[STRING], STRING_SET, expand),
    def("net.cidr_intersects", &[STRING, STRING], BOOLEAN, |_, args| intersects(args)),
    def("net.cidr_is_valid", &[STRING], BOOLEAN, |_, args| {
        Ok(Some(Val::Bool(any(args, 1).as_str().is_some_and(|text| Net::parse(text).is_some()))))
    }),
    def("net.cidr_merge", &[ADDRESSES], STRING_SET, merge),
    // The name that `net.cidr_contains` had.
    def("net.cidr_overlap", &[STRING, STRING], BOOLEAN, |_, args| {
        contains(any(args, 1), any(args, 2)).map(|inside| Some(Val::Bool(inside)))
    }),
];

/// A network: an address of it and how many bits all its addresses share with it.
#[derive(Clone, Copy)]
struct Net {
    address: IpAddr,
    prefix: u32,
}

impl Net {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let prefix: u32 = prefix.parse().ok()?;
        if prefix > width(address) {
            return None;
        }
        // A network of mapped addresses alone is one of IPv4.
        Some(
            match (address.to_canonical(), prefix.checked_sub(96)) {
                (mapped @ IpAddr::V4(_), Some(prefix)) if address.is_ipv6() => {
                    Self { address: mapped, prefix }
                }
                _ => Self { address, prefix },
            }
            .masked(),
        )
    }

    fn read(text: &str) -> Result<Self, BuiltinError> {
        Self::parse(text).ok_or_else(|| BuiltinError::failed(format!("invalid CIDR address: {text}")))
    }

    fn host_bits(self) -> u128 {
        let width = width(self.address);
        let ones = if width == 32 { u128::from(u32::MAX) } else { u128::MAX };
        ones.checked_shr(self.prefix).unwrap_or(0)
    }

    fn masked(self) -> Self {
        let bits = bits(self.address) & !self.host_bits();
        Self { address: address_of(self.address.is_ipv4(), bits), ..self }
    }

    fn holds(self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4()
            && (bits(self.address) ^ bits(address)) & !self.host_bits() == 0
    }

    /// The first and the last address, IPv4 mapped into IPv6, so that all stand in one order.
    fn range(self) -> Range {
        let mapped = if self.address.is_ipv4() { MAPPED } else { 0 };
        let first = bits(self.address) & !self.host_bits() | mapped;
        Range { first, last: first | self.host_bits() }
    }
}

impl std::fmt::Display for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// `::ffff:0:0`, where IPv4 lies in IPv6.
const MAPPED: u128 = 0xffff << 32;

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

fn address_of(v4: bool, bits: u128) -> IpAddr {
    if v4 { IpAddr::V4(Ipv4Addr::from(bits as u32)) } else { IpAddr::V6(Ipv6Addr::from(bits)) }
}

fn contains(network: Val<'_>, inner: Val<'_>) -> Result<bool, BuiltinError> {
    let network = Net::read(string(&[network], 1)?)?;
    let inner = string(&[inner], 1)?;
    if let Ok(address) = inner.parse::<IpAddr>() {
        return Ok(network.holds(address.to_canonical()));
    }
    let Some(inner) = Net::parse(inner) else {
        return Err(BuiltinError::failed(format!(
            "not a valid textual representation of an IP address or CIDR: {inner}"
        )));
    };
    Ok(network.prefix <= inner.prefix && network.holds(inner.address))
}

fn intersects<'a>(args: &[Val<'a>]) -> BuiltinResult<'a> {
    let x = Net::read(string(args, 1)?)?;
    // Sic: OPA calls the second operand the first.
    let y = Net::read(string(&[any(args, 2)], 1)?)?;
    Ok(Some(Val::Bool(x.holds(y.address) || y.holds(x.address))))
}

/// The networks of an operand, each with what stands for it in the result.
fn named<'a>(position: usize, operand: Val<'a>) -> Vec<(Result<Val<'a>, BuiltinError>, Val<'a>)> {
    let network = |item: Val<'a>| {
        let refused =
            || BuiltinError::failed(format!("operand {position}: element must be string or non-empty array"));
        match item {
            Val::Str(_) => Ok(item),
            Val::Array(tuple) => tuple.get(0).ok_or_else(refused),
            _ => Err(refused()),
        }
    };
    match operand {
        Val::Str(_) => vec![(Ok(operand), operand)],
        Val::Array(array) => (0..).zip(array.iter()).map(|(at, v)| (network(v), Val::Int(at))).collect(),
        Val::Set(set) => set.iter().map(|v| (network(v), v)).collect(),
        Val::Object(object) => object.iter().map(|(k, v)| (network(v), k)).collect(),
        _ => Vec::new(),
    }
}

fn contains_matches<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let inner = named(2, any(args, 2));
    let mut found = Vec::new();
    for (network, name) in named(1, any(args, 1)) {
        cx.step(1)?;
        let network = network?;
        for (other, other_name) in &inner {
            cx.step(1)?;
            if contains(network, other.clone()?)? {
                found.push(cx.arena().array(&[name, *other_name])?);
            }
        }
    }
    Ok(Some(cx.arena().set(found)?))
}

/// One step for each address, so the step limit bounds it.
fn expand<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let net = Net::read(string(args, 1)?)?;
    let (first, mut found) = (bits(net.address), Vec::new());
    for host in 0..=net.host_bits() {
        cx.step(1)?;
        let address = address_of(net.address.is_ipv4(), first | host);
        found.push(cx.arena().string(&address.to_string())?);
    }
    Ok(Some(cx.arena().set(found)?))
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    first: u128,
    last: u128,
}

/// What an address without prefix stands for: the network of its class (RFC 791, section 3.2), the address as
/// it was written.
fn of_class(address: Ipv4Addr) -> Net {
    let prefix = match address.octets() {
        [..0x80, ..] => 8,
        [..0xc0, ..] => 16,
        _ => 24,
    };
    Net { address: IpAddr::V4(address), prefix }
}

fn merge<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let items: Vec<Val<'a>> = match any(args, 1) {
        Val::Array(array) => array.iter().collect(),
        Val::Set(set) => set.iter().collect(),
        _ => return Err(BuiltinError::failed("operand must be an array")),
    };
    let mut nets = Vec::with_capacity(items.len());
    for item in items {
        cx.step(1)?;
        let text = item.as_str().ok_or_else(|| BuiltinError::failed("element must be string"))?;
        let net = match text.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(IpAddr::V4(address)) => of_class(address),
            Ok(IpAddr::V6(_)) => return Err(BuiltinError::failed("IPv6 invalid: needs prefix length")),
            Err(_) => Net::read(text)?,
        };
        nets.push((net.range(), net));
    }
    nets.sort_by_key(|(range, _)| (range.last, range.first));
    let mut found = Vec::with_capacity(nets.len());
    while let Some((mut range, net)) = nets.pop() {
        let mut alone = true;
        // The one before reaches up to this one: they are one.
        while let Some((before, _)) = nets.pop_if(|(before, _)| before_first(range.first) <= before.last) {
            range.first = range.first.min(before.first);
            alone = false;
        }
        if alone {
            found.push(cx.arena().string(&net.to_string())?);
        } else {
            for net in networks_of(range) {
                cx.step(1)?;
                found.push(cx.arena().string(&net.to_string())?);
            }
        }
    }
    Ok(Some(cx.arena().set(found)?))
}

/// The address before; the first of a family has none.
fn before_first(address: u128) -> u128 {
    if address == MAPPED { address } else { address.saturating_sub(1) }
}

/// The fewest networks that make up a range, at most 254.
fn networks_of(mut range: Range) -> Vec<Net> {
    let v4 = range.first >= MAPPED && range.last <= MAPPED | u128::from(u32::MAX);
    let width: u32 = if v4 { 32 } else { 128 };
    let mut found = Vec::new();
    loop {
        // As many free bits as the first address leaves and the range has room for.
        let span = range.last - range.first;
        let room = if span == u128::MAX { 128 } else { (span + 1).ilog2() };
        let free = range.first.trailing_zeros().min(room).min(width);
        let address =
            if v4 { address_of(true, range.first & !MAPPED) } else { address_of(false, range.first) };
        found.push(Net { address, prefix: width - free });
        let size_less_one = if free == 128 { u128::MAX } else { (1 << free) - 1 };
        let last = range.first | size_less_one;
        if last >= range.last {
            return found;
        }
        range.first = last + 1;
    }
}
