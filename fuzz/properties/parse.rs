//! What must hold of the parser, whatever the text.

use kitelogik_rego::syntax::{
    ast::{Span, Version},
    parse_body, parse_module,
};

/// Parsing ends without a panic in both versions; what it made lies within the text; a comment at the end
/// changes nothing.
pub(crate) fn hold(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let within = |span: Span| text.get(span.start as usize..span.end as usize).is_some() && span.file == 0;
    let longer = format!("{text}\n# the end\n");
    for version in [Version::V0, Version::V1] {
        let module = parse_module(text, 0, version);
        assert_eq!(module.is_ok(), parse_module(&longer, 0, version).is_ok(), "a comment at the end matters");
        if let Ok(module) = module {
            assert!(module.imports.iter().all(|import| within(import.span)));
            for rule in &module.rules {
                assert!(within(rule.span) && within(rule.head.span));
                assert!(rule.body.iter().all(|expr| within(expr.span)));
            }
        }
        if let Ok(body) = parse_body(text, 0, version) {
            assert!(body.iter().all(|expr| within(expr.span)));
        }
    }
}
