//! The parts of a token in the compact serialisation (RFC 7515, section 7.1) and what its header says.

use super::super::{
    encoding::{base64url, lossy},
    json,
    operands::{charge_bytes, string},
};
use crate::{
    builtin::{BuiltinCx, BuiltinError},
    val::Val,
};

/// Three texts, each still base64url.
#[derive(Clone, Copy)]
pub(super) struct Token<'t> {
    /// Header, `.` and payload: what is signed
    pub(super) signed: &'t str,
    header: &'t str,
    payload: &'t str,
    signature: &'t str,
}

impl<'t> Token<'t> {
    pub(super) fn split(text: &'t str) -> Result<Self, BuiltinError> {
        if !text.contains('.') {
            return Err(BuiltinError::failed("encoded JWT had no period separators"));
        }
        let found = text.split('.').count();
        let parts = text.rsplit_once('.').and_then(|(signed, signature)| {
            let (header, payload) = signed.split_once('.')?;
            Some(Self { signed, header, payload, signature })
        });
        match parts {
            Some(token) if found == 3 => Ok(token),
            _ => Err(BuiltinError::failed(format!("encoded JWT must have 3 sections, found {found}"))),
        }
    }

    /// The token of an operand.
    pub(super) fn read(
        cx: &mut BuiltinCx<'_, '_>,
        args: &[Val<'t>],
        position: usize,
    ) -> Result<Self, BuiltinError> {
        let text = string(args, position)?;
        charge_bytes(cx, text.len())?;
        Self::split(text)
    }

    /// The header, an object.
    pub(super) fn header<'a>(self, cx: &mut BuiltinCx<'a, '_>) -> Result<Val<'a>, BuiltinError> {
        let text = lossy(&base64url(self.header).map_err(within("JWT header had invalid encoding"))?);
        let header = object(cx, &text).map_err(within("bad JWT header"))?;
        if header.get_str("enc").is_some() {
            return Err(BuiltinError::failed("JWT is a JWE object, which is not supported"));
        }
        Ok(header)
    }

    /// The payload's text.
    pub(super) fn payload(self) -> Result<String, BuiltinError> {
        Ok(lossy(&base64url(self.payload).map_err(within("JWT payload had invalid encoding"))?))
    }

    pub(super) fn signature(self) -> Result<Vec<u8>, BuiltinError> {
        base64url(self.signature)
    }
}

/// Names what an error is about.
pub(super) fn within(what: &'static str) -> impl Fn(BuiltinError) -> BuiltinError {
    move |error| match error {
        BuiltinError::Operand(message) | BuiltinError::Failed(message) => {
            BuiltinError::Failed(format!("{what}: {message}"))
        }
        limit @ BuiltinError::Limit(_) => limit,
    }
}

/// A JSON object; of two members with one name the last counts.
pub(super) fn object<'a>(cx: &mut BuiltinCx<'a, '_>, text: &str) -> Result<Val<'a>, BuiltinError> {
    charge_bytes(cx, text.len())?;
    let value = json::read(text).map_err(|error| BuiltinError::failed(format!("invalid JSON: {error}")))?;
    match json::into_arena(cx, Val::from_value(&value))? {
        object @ Val::Object(_) => Ok(object),
        _ => Err(BuiltinError::failed("decoded JSON type was not an Object")),
    }
}

/// What a header says that matters to verification (RFC 7515, section 4.1).
#[derive(Clone, Copy, Default)]
pub(super) struct Header<'a> {
    pub(super) alg: &'a str,
    pub(super) kid: &'a str,
    pub(super) cty: &'a str,
    /// True if it names something critical that is not understood
    pub(super) critical: bool,
}

impl<'a> Header<'a> {
    pub(super) fn read(header: Val<'a>) -> Result<Self, BuiltinError> {
        let text = |name: &str| match header.get_str(name) {
            None => Ok(""),
            Some(Val::Str(text)) => Ok(text),
            Some(_) => Err(BuiltinError::failed(format!("{name}: must be a string"))),
        };
        let (alg, cty) = (text("alg")?, text("cty")?);
        let critical = match header.get_str("crit") {
            None => false,
            Some(list) => critical(header, list)?,
        };
        text("typ")?;
        Ok(Self { alg, cty, critical, kid: text("kid")? })
    }
}

const UNDERSTOOD: [&str; 5] = ["alg", "crit", "cty", "kid", "typ"];

/// True if a parameter is in the header, called critical and not understood (RFC 7515, section 4.1.11).
fn critical(header: Val<'_>, list: Val<'_>) -> Result<bool, BuiltinError> {
    let Val::Array(list) = list else { return Err(BuiltinError::failed("crit: must be a list")) };
    // Names after one that is no string are not looked at.
    let names: Vec<&str> = list.iter().map_while(Val::as_str).collect();
    if names.is_empty() {
        return Err(BuiltinError::failed("crit: must be a nonempty list"));
    }
    Ok(names.iter().any(|name| !UNDERSTOOD.contains(name) && header.get_str(name).is_some()))
}

/// `io.jwt.decode`: header, payload and signature as hex, nothing verified. A token within a token is opened.
pub(super) fn decode<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    args: &[Val<'a>],
) -> Result<Option<Val<'a>>, BuiltinError> {
    let mut token = Token::read(cx, args, 1)?;
    loop {
        let header = token.header(cx)?;
        let payload = token.payload()?;
        match header.get_str("cty") {
            // Quoted, as jwt.io has it.
            Some(Val::Str("JWT")) => {
                charge_bytes(cx, payload.len())?;
                token = Token::split(cx.arena().str(payload.trim_matches(['"', '\'']))?)?;
            }
            None | Some(Val::Str(_)) => {
                let payload = object(cx, &payload)?;
                let signature = token.signature().map_err(within("JWT signature had invalid encoding"))?;
                let signature = cx.arena().string(&hex::encode(signature))?;
                return Ok(Some(cx.arena().array(&[header, payload, signature])?));
            }
            Some(_) => return Err(BuiltinError::failed("cty: must be a string")),
        }
    }
}
