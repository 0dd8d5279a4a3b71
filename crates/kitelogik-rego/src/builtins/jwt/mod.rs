//! `io.jwt.*`: JSON Web Tokens (RFC 7519) in the compact serialisation of signed objects (RFC 7515).

mod constraints;
mod jwk;
mod sign;
mod token;
mod verify;

use super::{
    keys::Hash,
    types::{ANY_OBJECT, BOOLEAN, STRING, def, def_of_context},
};
use crate::builtin::{BuiltinDef, Type};
use verify::{Scheme, with_key, with_secret};

const MEMBERS: Type = Type::Object(&[], Some((&STRING, &Type::Any)));

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("io.jwt.decode", &[STRING], Type::Tuple(&[ANY_OBJECT, ANY_OBJECT, STRING]), token::decode),
    def_of_context(
        "io.jwt.decode_verify",
        &[STRING, MEMBERS],
        Type::Tuple(&[BOOLEAN, ANY_OBJECT, ANY_OBJECT]),
        constraints::decode_verify,
    ),
    def_of_context("io.jwt.encode_sign", &[MEMBERS, MEMBERS, MEMBERS], STRING, sign::of_values),
    def_of_context("io.jwt.encode_sign_raw", &[STRING, STRING, STRING], STRING, sign::of_texts),
    def("io.jwt.verify_eddsa", &[STRING, STRING], BOOLEAN, |cx, args| with_key(cx, args, Scheme::Ed25519)),
    def("io.jwt.verify_es256", &[STRING, STRING], BOOLEAN, |cx, args| {
        with_key(cx, args, Scheme::Ecdsa(Hash::Sha256))
    }),
    def("io.jwt.verify_es384", &[STRING, STRING], BOOLEAN, |cx, args| {
        with_key(cx, args, Scheme::Ecdsa(Hash::Sha384))
    }),
    def("io.jwt.verify_es512", &[STRING, STRING], BOOLEAN, |cx, args| {
        with_key(cx, args, Scheme::Ecdsa(Hash::Sha512))
    }),
    def("io.jwt.verify_hs256", &[STRING, STRING], BOOLEAN, |cx, args| with_secret(cx, args, Hash::Sha256)),
    def("io.jwt.verify_hs384", &[STRING, STRING], BOOLEAN, |cx, args| with_secret(cx, args, Hash::Sha384)),
    def("io.jwt.verify_hs512", &[STRING, STRING], BOOLEAN, |cx, args| with_secret(cx, args, Hash::Sha512)),
    def("io.jwt.verify_ps256", &[STRING, STRING], BOOLEAN, |cx, args| {
        with_key(cx, args, Scheme::Pss(Hash::Sha256))
    }),
    def("io.jwt.verify_ps384", &[STRING, STRING], BOOLEAN, |cx, args| {
        with_key(cx, args, Scheme::Pss(Hash::Sha384))
    }),
    def("io.jwt.verify_ps512", &[STRING, STRING], BOOLEAN, |cx, args| {
        with_key(cx, args, Scheme::Pss(Hash::Sha512))
    }),
    def("io.jwt.verify_rs256", &[STRING, STRING], BOOLEAN, |cx, args| {
        with_key(cx, args, Scheme::Pkcs1(Hash::Sha256))
    }),
    def("io.jwt.verify_rs384", &[STRING, STRING], BOOLEAN, |cx, args| {
        with_key(cx, args, Scheme::Pkcs1(Hash::Sha384))
    }),
    def("io.jwt.verify_rs512", &[STRING, STRING], BOOLEAN, |cx, args| {
        with_key(cx, args, Scheme::Pkcs1(Hash::Sha512))
    }),
];
