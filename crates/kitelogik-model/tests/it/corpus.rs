//! The corpora of the fuzz targets, replayed.

#[path = "../../../../fuzz/properties/event.rs"]
mod event;
#[path = "../../../../fuzz/properties/corpus.rs"]
mod kept;

#[test]
fn event_holds() {
    kept::replay("event", event::hold);
}
