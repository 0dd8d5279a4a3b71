//! `uuid.parse`: what a UUID tells (RFC 4122). `uuid.rfc4122` is with what asks the context.

use super::{
    operands::string,
    types::{ANY, STRING, def},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinResult, Type},
    val::Val,
};

const RESULT: Type = Type::Object(&[], Some((&STRING, &ANY)));

pub(super) const FAMILY: &[BuiltinDef] = &[def("uuid.parse", &[STRING], RESULT, parse)];

/// The 16 bytes of `x{8}-x{4}-x{4}-x{4}-x{12}`, also after `urn:uuid:`, between any two characters, or
/// without dashes.
fn bytes_of(text: &str) -> Option<[u8; 16]> {
    let text = text.as_bytes();
    let digits: Vec<u8> = match text.len() {
        32 => text.to_vec(),
        36 | 38 | 45 => {
            let dashed = match text.len() {
                45 if !text.get(..9)?.eq_ignore_ascii_case(b"urn:uuid:") => return None,
                45 => text.get(9..)?,
                38 => text.get(1..37)?,
                _ => text,
            };
            let dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
            if dashed.iter().enumerate().any(|(at, byte)| dash(at) && *byte != b'-') {
                return None;
            }
            dashed.iter().enumerate().filter(|(at, _)| !dash(*at)).map(|(_, byte)| *byte).collect()
        }
        _ => return None,
    };
    let mut out = [0; 16];
    hex::decode_to_slice(digits, &mut out).ok()?;
    Some(out)
}

/// 100-nanosecond steps from the start of the Gregorian calendar to the Unix epoch.
const GREGORIAN: i64 = 122_192_928_000_000_000;

fn parse<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let Some(bytes) = bytes_of(string(args, 1)?) else { return Ok(None) };
    let [time0, time1, time2, time3, time4, time5, time6, time7, clock0, clock1, node @ ..] = bytes;
    let variant = match clock0 >> 5 {
        0b100 | 0b101 => "RFC4122",
        0b110 => "Microsoft",
        0b111 => "Future",
        _ => "Reserved",
    };
    let version = time6 >> 4;
    let mut pairs =
        vec![(Val::Str("version"), Val::Int(version.into())), (Val::Str("variant"), Val::Str(variant))];
    if matches!(version, 1 | 2) {
        let time = i64::from_be_bytes([time6 & 0x0f, time7, time4, time5, time0, time1, time2, time3]);
        // As OPA's sum of seconds and nanoseconds, which wraps around.
        let time = time.wrapping_sub(GREGORIAN).wrapping_mul(100);
        let hex: Vec<String> = node.iter().map(|byte| format!("{byte:02x}")).collect();
        let kind = match node[0] & 0b11 {
            0b11 => "local:multicast",
            0b01 => "global:multicast",
            0b10 => "local:unicast",
            _ => "global:unicast",
        };
        let clock = u16::from_be_bytes([clock0, clock1]) & 0x3fff;
        pairs.extend([
            (Val::Str("time"), Val::Int(time)),
            (Val::Str("nodeid"), cx.arena().string(&hex.join("-"))?),
            (Val::Str("macvariables"), Val::Str(kind)),
            (Val::Str("clocksequence"), Val::Int(clock.into())),
        ]);
        if version == 2 {
            let domain = match clock1 {
                0 => Val::Str("Person"),
                1 => Val::Str("Group"),
                2 => Val::Str("Org"),
                other => cx.arena().string(&format!("Domain{other}"))?,
            };
            let id = u32::from_be_bytes([time0, time1, time2, time3]);
            pairs.extend([(Val::Str("domain"), domain), (Val::Str("id"), Val::Int(id.into()))]);
        }
    }
    Ok(Some(cx.arena().object(pairs)?))
}
