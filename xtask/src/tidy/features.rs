//! Features that must stay off in the whole resolved graph, because they change what others' code means.

use super::graph::Graph;

const OFF: &[(&str, &[&str])] = &[("serde_json", &["arbitrary_precision", "preserve_order"])];

pub(super) fn broken(graph: &Graph) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, off) in OFF {
        for feature in graph.features_of(name).filter(|feature| off.contains(&feature.as_str())) {
            broken.push(format!("{name}: the feature {feature} is on: find who asks for it by `cargo tree -e features -i {name}`"));
        }
    }
    broken
}
