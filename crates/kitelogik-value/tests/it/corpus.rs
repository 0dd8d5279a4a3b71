//! The corpora of the fuzz targets, replayed.

#[path = "../../../../fuzz/properties/json.rs"]
mod json;
#[path = "../../../../fuzz/properties/corpus.rs"]
mod kept;

#[test]
fn json_holds() {
    kept::replay("json", json::hold);
}
