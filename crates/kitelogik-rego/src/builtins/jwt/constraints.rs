//! `io.jwt.decode_verify`: signature, critical parameters, issuer, audience and time at once (RFC 7519,
//! section 7.2).

use super::super::operands::{charge_bytes, object};
use super::{
    token::{self, Header, Token},
    verify::{Form, Key, Scheme, VerificationKey, any_verifies, keys, verifies},
};
use crate::{
    builtin::{BuiltinCx, BuiltinError, BuiltinResult},
    val::{Object, Val},
};
use std::sync::Arc;

/// What the caller asks of a token; an empty text asks nothing.
struct Constraints<'a> {
    trusted: Trusted,
    alg: &'a str,
    iss: &'a str,
    aud: &'a str,
    /// Seconds since the Unix epoch
    now: Val<'a>,
}

enum Trusted {
    Keys(Arc<Vec<VerificationKey>>),
    Secret(Key),
}

impl<'a> Constraints<'a> {
    fn read(cx: &mut BuiltinCx<'a, '_>, given: Object<'a>) -> Result<Self, BuiltinError> {
        let text = |name: &str, value: Val<'a>| {
            value.as_str().ok_or_else(|| BuiltinError::failed(format!("{name} constraint: must be a string")))
        };
        let (mut certificate, mut secret, mut time) = (None, "", None);
        let (mut alg, mut iss, mut aud) = ("", "", "");
        for (name, value) in given.iter() {
            match name {
                Val::Str("cert") => certificate = Some(keys(cx, text("cert", value)?)?),
                Val::Str("secret") => secret = text("secret", value)?,
                Val::Str("alg") => alg = text("alg", value)?,
                Val::Str("iss") => iss = text("iss", value)?,
                Val::Str("aud") => aud = text("aud", value)?,
                Val::Str("time") => time = Some(nanoseconds(value)?),
                unknown => {
                    let shown = unknown.as_str().map_or_else(|| unknown.to_rego(), str::to_owned);
                    return Err(BuiltinError::failed(format!(
                        "unknown token validation constraint: {shown}"
                    )));
                }
            }
        }
        let trusted = match (certificate, secret) {
            (Some(_), secret) if !secret.is_empty() => {
                return Err(BuiltinError::failed("duplicate key constraints"));
            }
            (Some(keys), _) => Trusted::Keys(keys),
            (None, "") => return Err(BuiltinError::failed("no key constraint")),
            (None, secret) => Trusted::Secret(Key::Secret(secret.as_bytes().to_vec())),
        };
        let nanoseconds = match time {
            Some(time) => time,
            None => nanoseconds(Val::Int(cx.now_ns()))?,
        };
        let now = cx.arena().number(&format!("{}", nanoseconds / 1e9))?;
        Ok(Self { trusted, alg, iss, aud, now })
    }

    /// True if the audience is asked for; a token for somebody else is for nobody here.
    fn allows_audience(&self, claim: Option<Val<'a>>) -> bool {
        match claim {
            None => self.aud.is_empty(),
            Some(Val::Str(one)) => one == self.aud,
            Some(Val::Array(several)) => several.iter().any(|one| one.as_str() == Some(self.aud)),
            Some(_) => false,
        }
    }

    /// Valid from `nbf` on and before `exp`.
    fn allows_time(&self, claims: Val<'a>) -> Result<bool, BuiltinError> {
        let claim = |name: &str| match claims.get_str(name) {
            claim @ (None | Some(Val::Int(_) | Val::Num(_))) => Ok(claim),
            Some(_) => Err(BuiltinError::failed(format!("{name} value must be a number"))),
        };
        if claim("exp")?.is_some_and(|end| self.now >= end) {
            return Ok(false);
        }
        Ok(claim("nbf")?.is_none_or(|start| self.now >= start))
    }
}

/// A time that the caller gives, not before 1970.
fn nanoseconds(value: Val<'_>) -> Result<f64, BuiltinError> {
    let mut buffer = itoa::Buffer::new();
    let Some(literal) = value.number_text(&mut buffer) else {
        return Err(BuiltinError::failed("token time constraint: must be a number"));
    };
    match literal.parse::<f64>() {
        Ok(time) if time < 0.0 => Err(BuiltinError::failed("token time constraint: must not be negative")),
        Ok(time) if time.is_finite() => Ok(time),
        _ => Err(BuiltinError::failed("token time constraint: unvalid float64")),
    }
}

/// `[true, header, payload]`, or `[false, {}, {}]` for a token that does not meet the constraints.
pub(super) fn decode_verify<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let given = object(args, 2)?;
    let constraints = Constraints::read(cx, given)?;
    let [valid, header, payload] = match verified(cx, args, &constraints)? {
        Some([header, payload]) => [Val::Bool(true), header, payload],
        None => [Val::Bool(false), Val::EMPTY_OBJECT, Val::EMPTY_OBJECT],
    };
    Ok(Some(cx.arena().array(&[valid, header, payload])?))
}

/// Header and payload of the innermost token, if every signature and its claims hold.
fn verified<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    args: &[Val<'a>],
    constraints: &Constraints<'a>,
) -> Result<Option<[Val<'a>; 2]>, BuiltinError> {
    let mut token = Token::read(cx, args, 1)?;
    let (header, payload) = loop {
        let header = token.header(cx)?;
        let said = Header::read(header)?;
        let wanted = constraints.alg.is_empty() || constraints.alg == said.alg;
        if said.alg.is_empty() || said.critical || !wanted {
            return Ok(None);
        }
        let signature = token.signature()?;
        // `none`, and whatever else is unknown, verifies nothing.
        let Some(scheme) = Scheme::of_name(said.alg) else { return Ok(None) };
        let valid = match &constraints.trusted {
            Trusted::Keys(keys) => {
                any_verifies(cx, keys, said, scheme, Form::Exact, token.signed, &signature)?
            }
            Trusted::Secret(secret) => verifies(cx, secret, scheme, Form::Exact, token.signed, &signature)?,
        };
        if !valid {
            return Ok(None);
        }
        let payload = token.payload()?;
        if !said.cty.eq_ignore_ascii_case("JWT") {
            break (header, payload);
        }
        charge_bytes(cx, payload.len())?;
        token = Token::split(cx.arena().str(&payload)?)?;
    };
    let claims = token::object(cx, &payload)?;
    let issued =
        constraints.iss.is_empty() || claims.get_str("iss").and_then(Val::as_str) == Some(constraints.iss);
    let holds =
        issued && constraints.allows_audience(claims.get_str("aud")) && constraints.allows_time(claims)?;
    Ok(holds.then_some([header, claims]))
}
