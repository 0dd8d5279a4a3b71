//! `io.jwt.*`. The RSA and P-256 keys are those of RFC 7515, appendices A.2 and A.3, the Ed25519 key and its
//! token those of RFC 8037, appendix A; the other two were made for these tests.

use super::{call, call_with, gives, refuses};
use crate::{Limit, builtin::BuiltinError};
use kitelogik_value::{Value, json};
use proptest::prelude::*;

const MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const PEM: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj
NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz
P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo
9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB
EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX
FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp
oQIDAQAB
-----END PUBLIC KEY-----
";
const P256: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
const P384: &str = r#"{"kty":"EC","crv":"P-384","x":"2K2mmK-ctWCbrHBBE_Rqf7Hz4kvF8UY97iRDAQJLVMOE43vae9bfS3lrUxspEfGz","y":"jYG_9ISP7ceCtaDxJ70ZCaJJJdmx5ZQHKcPYXKiumipFE-v1lWlHe_rDplQ8rOZe","d":"2WMryrvRbiVL3-viU0IJI34OQYcGYOt_RYx9aEo2-WqvjLK1A-fXCxaGYTxOJiSq"}"#;
const P521: &str = r#"{"kty":"EC","crv":"P-521","x":"AWHY_h3hizwO0xtN8jmi7Nih6cIGfti1Mz25HdzkxXQ9Q3fxJ9zZkiqigQzNWtxz_FBUHcfAZEYRXreCwOI4Kxbe","y":"AOmonPjTflNzZmJ3e2JQtrkQqFblGLtR_kohMKzrYEvNskl4A2yX5DHuJg-iuVXDOOklqe1DH2BWDfKcs8t-mgv3","d":"AdjBwLVYnwhvaDtHGaZQZVV1XrlI2yUzKGS59py7eQNL6yLqo3XakJfgtb8pSE64IAptUruh978aY9CIVNgsk1f7"}"#;
const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const SECRET: &str = r#"{"kty":"oct","k":"c2VjcmV0"}"#;

/// The private RSA key, as JSON.
fn rsa() -> String {
    format!(
        r#"{{"kty":"RSA","n":"{MODULUS}","e":"AQAB","d":"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ","p":"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc","q":"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc"}}"#
    )
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    json::to_string(&Value::from(text))
}

fn signed(header: &str, payload: &str, key: &str) -> String {
    let token = call("io.jwt.encode_sign", &[header, payload, key]).unwrap();
    token.trim_matches('"').to_owned()
}

fn verifies(function: &str, token: &str, key: &str) -> bool {
    let given = call(&format!("io.jwt.verify_{function}"), &[&quoted(token), &quoted(key)]);
    given.unwrap_or_else(|error| panic!("{function}: {error:?}")) == "true"
}

/// The first item of what `io.jwt.decode_verify` gives.
fn valid(token: &str, constraints: &str) -> bool {
    let given = call("io.jwt.decode_verify", &[&quoted(token), constraints]).unwrap();
    assert!(given.starts_with("[true, ") || given == "[false, {}, {}]", "{given}");
    given.starts_with("[true, ")
}

fn pairs() -> [(&'static str, &'static str, String); 13] {
    [
        ("HS256", "hs256", SECRET.to_owned()),
        ("HS384", "hs384", SECRET.to_owned()),
        ("HS512", "hs512", SECRET.to_owned()),
        ("RS256", "rs256", rsa()),
        ("RS384", "rs384", rsa()),
        ("RS512", "rs512", rsa()),
        ("PS256", "ps256", rsa()),
        ("PS384", "ps384", rsa()),
        ("PS512", "ps512", rsa()),
        ("ES256", "es256", P256.to_owned()),
        ("ES384", "es384", P384.to_owned()),
        ("ES512", "es512", P521.to_owned()),
        ("EdDSA", "eddsa", ED25519.to_owned()),
    ]
}

#[test]
fn what_is_signed_verifies_and_what_is_changed_does_not() {
    for (alg, function, key) in pairs() {
        let token = signed(&format!(r#"{{"alg":"{alg}"}}"#), r#"{"sub":"a"}"#, &key);
        // Only the public half may verify; a secret is given as it is.
        let private = json::parse(key.as_bytes(), &json::Limits::DATA).unwrap();
        let parts = private.as_object().unwrap().iter();
        let public = Value::object(
            parts
                .filter(|(name, _)| !matches!(name.as_str(), Some("d" | "p" | "q")))
                .map(|(name, part)| (name.clone(), part.clone())),
        );
        let public = if alg.starts_with("HS") { "secret".to_owned() } else { json::to_string(&public) };
        assert!(verifies(function, &token, &public), "{alg}");
        let constraints = if alg.starts_with("HS") { "secret" } else { "cert" };
        let constraints = format!(r#"{{"{constraints}": {}}}"#, quoted(&public));
        assert!(valid(&token, &constraints), "{alg}");

        let (message, signature) = token.rsplit_once('.').unwrap();
        let header = message.split_once('.').unwrap().0;
        let other = format!("{header}.eyJzdWIiOiJiIn0.{signature}");
        assert!(!verifies(function, &other, &public) && !valid(&other, &constraints), "{alg}");
        let bare = format!("{message}.");
        assert!(!verifies(function, &bare, &public) && !valid(&bare, &constraints), "{alg}");
    }
}

#[test]
fn the_token_of_rfc_8037_verifies() {
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert!(verifies(
        "eddsa",
        token,
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
    ));
}

#[test]
fn the_tokens_of_rfc_7515_are_made() {
    let payload =
        quoted("{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
    let claims =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let secret = r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#;
    gives(
        "io.jwt.encode_sign_raw",
        &[&quoted("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}"), &payload, &quoted(secret)],
        &format!(
            "\"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{claims}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\""
        ),
    );
    gives(
        "io.jwt.encode_sign_raw",
        &[&quoted(r#"{"alg":"RS256"}"#), &payload, &quoted(&rsa())],
        &format!(
            "\"eyJhbGciOiJSUzI1NiJ9.{claims}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw\""
        ),
    );
}

#[test]
fn keys_in_pem_are_found_as_go_finds_them() {
    let token = signed(r#"{"alg":"RS256"}"#, "{}", &rsa());
    assert!(verifies("rs256", &token, &format!("a key:\n{PEM}")));
    assert!(verifies("rs256", &token, &PEM.replace('\n', "\r\n")));
    assert!(verifies("rs256", &token, &PEM.replacen('\n', "\nOwner: a\n\n", 1)));
    let refused = |key: &str, message: &str| {
        refuses("io.jwt.verify_rs256", &[&quoted(&token), &quoted(key)], message);
    };
    refused(&format!("{PEM}{PEM}"), "extra data after a PEM certificate block");
    refused(&PEM.replace("PUBLIC", "PRIVATE"), "failed to extract a Key from the PEM certificate");
    // No block at all, so it is read as JSON.
    let json = "failed to parse a JWK key (set): not a JSON number, or out of range at line 1 column 1";
    refused(PEM.trim_end_matches(['-', '\n']), json);
}

#[test]
fn a_token_without_signature_never_verifies() {
    // {"alg":"none"} and {"alg":"nOnE"}, payload {}.
    for token in ["eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJuT25FIn0.e30."] {
        assert!(!valid(token, r#"{"secret": "secret"}"#));
        assert!(!valid(token, &format!(r#"{{"cert": {}}}"#, quoted(PEM))));
        for (_, function, _) in pairs() {
            let key = if function.starts_with("hs") { "secret" } else { PEM };
            assert!(!verifies(function, token, key), "{function}");
        }
    }
}

#[test]
fn a_public_key_is_no_secret() {
    let secret = format!(r#"{{"kty":"oct","k":"{}"}}"#, "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0");
    let token = signed(r#"{"alg":"HS256"}"#, "{}", &secret);
    assert!(verifies("hs256", &token, "-----BEGIN PUBLIC KEY-----"));
    assert!(!valid(&token, &format!(r#"{{"cert": {}}}"#, quoted(PEM))));
    // And a secret no public key.
    let token = signed(r#"{"alg":"RS256"}"#, "{}", &rsa());
    assert!(!valid(&token, &format!(r#"{{"secret": {}}}"#, quoted(PEM))));
    assert!(valid(&token, &format!(r#"{{"cert": {}}}"#, quoted(PEM))));
}

#[test]
fn the_key_that_the_header_names_is_the_only_one() {
    let other = MODULUS.replace("ofgW", "ofgX");
    let set = |first: &str, second: &str| {
        quoted(&format!(
            r#"{{"keys":[{{"kty":"RSA","kid":"1","n":"{first}","e":"AQAB"}},{{"kty":"RSA","kid":"2","n":"{second}","e":"AQAB"}}]}}"#
        ))
    };
    let named = signed(r#"{"alg":"RS256","kid":"1"}"#, "{}", &rsa());
    assert!(valid(&named, &format!(r#"{{"cert": {}}}"#, set(MODULUS, &other))));
    assert!(!valid(&named, &format!(r#"{{"cert": {}}}"#, set(&other, MODULUS))));
    let unnamed = signed(r#"{"alg":"RS256"}"#, "{}", &rsa());
    assert!(valid(&unnamed, &format!(r#"{{"cert": {}}}"#, set(&other, MODULUS))));
}

#[test]
fn time_is_the_evaluations() {
    // The tests stand at 1700000000 s.
    let at =
        |claims: &str, constraints: &str| valid(&signed(r#"{"alg":"HS256"}"#, claims, SECRET), constraints);
    let now = r#"{"secret": "secret"}"#;
    assert!(!at(r#"{"exp": 1700000000}"#, now));
    assert!(at(r#"{"exp": 1700000000.1}"#, now));
    assert!(at(r#"{"nbf": 1700000000}"#, now));
    assert!(!at(r#"{"nbf": 1700000000.1}"#, now));
    assert!(at(r#"{"exp": 1700000000}"#, r#"{"secret": "secret", "time": 1699999999000000000}"#));
}

#[test]
fn claims_must_meet_the_constraints() {
    let at = |claims: &str, constraints: &str| {
        let constraints = format!(r#"{{"secret": "secret"{constraints}}}"#);
        valid(&signed(r#"{"alg":"HS256"}"#, claims, SECRET), &constraints)
    };
    assert!(at(r#"{"iss": "a"}"#, r#", "iss": "a""#));
    assert!(!at(r#"{"iss": "b"}"#, r#", "iss": "a""#));
    // Where the claim is no text, OPA ends in a panic.
    assert!(!at(r#"{"iss": 1}"#, r#", "iss": "a""#));
    assert!(!at(r#"{"aud": "a"}"#, ""));
    assert!(at(r#"{"aud": ["b", "a"]}"#, r#", "aud": "a""#));
    assert!(!at("{}", r#", "aud": "a""#));
    assert!(!at("{}", r#", "alg": "HS512""#));
}

#[test]
fn critical_parameters_must_be_understood() {
    let at = |header: &str| valid(&signed(header, "{}", SECRET), r#"{"secret": "secret"}"#);
    assert!(!at(r#"{"alg":"HS256","crit":["x"],"x":1}"#));
    assert!(at(r#"{"alg":"HS256","crit":["x"]}"#));
    assert!(at(r#"{"alg":"HS256","crit":["alg"]}"#));
    let token = signed(r#"{"alg":"HS256","crit":[]}"#, "{}", SECRET);
    refuses(
        "io.jwt.decode_verify",
        &[&quoted(&token), r#"{"secret": "secret"}"#],
        "crit: must be a nonempty list",
    );
}

#[test]
fn constraints_that_say_nothing_sound_are_refused() {
    for (constraints, message) in [
        ("{}", "no key constraint"),
        (r#"{"secret": ""}"#, "no key constraint"),
        (r#"{"secret": "a", "cert": "{\"keys\":[]}"}"#, "duplicate key constraints"),
        (r#"{"secret": "a", "issuer": "b"}"#, "unknown token validation constraint: issuer"),
        (r#"{"secret": "a", "time": -1}"#, "token time constraint: must not be negative"),
        (r#"{"secret": "a", "time": "1"}"#, "token time constraint: must be a number"),
        (r#"{"secret": 1}"#, "secret constraint: must be a string"),
    ] {
        refuses("io.jwt.decode_verify", &["\"a.b.c\"", constraints], message);
    }
}

#[test]
fn signing_asks_for_a_key_that_fits() {
    let unfit = "the key cannot sign with the algorithm that the header names";
    refuses("io.jwt.encode_sign", &[r#"{"alg":"RS256"}"#, "{}", SECRET], unfit);
    refuses("io.jwt.encode_sign", &[r#"{"alg":"HS256"}"#, "{}", &rsa()], unfit);
    refuses("io.jwt.encode_sign", &[r#"{"alg":"none"}"#, "{}", SECRET], "unknown JWS algorithm: none");
    let no_primes = rsa().replace("\"p\"", "\"P\"");
    refuses("io.jwt.encode_sign", &[r#"{"alg":"RS256"}"#, "{}", &no_primes], "missing \"p\" or \"q\"");
}

#[test]
fn verification_is_charged() {
    let token = quoted(&signed(r#"{"alg":"RS256"}"#, "{}", &rsa()));
    let verify = |steps| call_with("io.jwt.verify_rs256", &[&token, &quoted(PEM)], steps);
    assert_eq!(verify(500), Err(BuiltinError::Limit(Limit::Steps)));
    assert_eq!(verify(5_000).as_deref(), Ok("true"));
}

#[test]
fn tokens_within_tokens_are_opened() {
    let inner = signed(r#"{"alg":"HS256"}"#, r#"{"sub":"a"}"#, SECRET);
    let outer = call(
        "io.jwt.encode_sign_raw",
        &[r#""{\"alg\":\"HS256\",\"cty\":\"JWT\",\"typ\":\"x\"}""#, &quoted(&inner), &quoted(SECRET)],
    )
    .unwrap();
    gives(
        "io.jwt.decode_verify",
        &[&outer, r#"{"secret": "secret"}"#],
        r#"[true, {"alg": "HS256"}, {"sub": "a"}]"#,
    );
    let decoded = call("io.jwt.decode", &[&outer]).unwrap();
    assert!(decoded.starts_with(r#"[{"alg": "HS256"}, {"sub": "a"}, "#), "{decoded}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_them_panic(
        token in "[A-Za-z0-9_.=-]{0,40}|\\PC{0,20}|eyJhbGciOiJSUzI1NiJ9\\.e30\\.[A-Za-z0-9_-]{0,8}",
        key in prop_oneof![
            "\\PC{0,60}",
            "-----BEGIN (PUBLIC KEY|CERTIFICATE)-----\n[A-Za-z0-9+/=\n:]{0,80}\n-----END (PUBLIC KEY|CERTIFICATE)-----\n?",
            "\\{\"kty\":\"(RSA|EC|OKP|oct)\",\"(n|k|crv)\":\"[A-Za-z0-9_-]{0,20}\",\"e\":\"[A-Za-z0-9_-]{0,12}\",\"x\":\"[A-Za-z0-9_-]{0,44}\"\\}",
        ],
    ) {
        let (token, key) = (quoted(&token), quoted(&key));
        let _ = call("io.jwt.decode", &[&token]);
        for function in ["rs256", "ps512", "es256", "eddsa", "hs384"] {
            let _ = call(&format!("io.jwt.verify_{function}"), &[&token, &key]);
        }
        let _ = call("io.jwt.decode_verify", &[&token, &format!("{{\"cert\": {key}}}")]);
        let _ = call("io.jwt.encode_sign_raw", &[r#""{\"alg\":\"ES256\"}""#, "\"{}\"", &key]);
    }
}
