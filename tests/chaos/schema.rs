//! The schemas in `schemas/`, and whether a document is what its kind's schema says.

use std::fs;
use std::path::Path;

use redos::testing::commands::schemas::file_name;
use serde_json::Value;

/// What is wrong with a document; nothing when it is what the schema of its kind says.
pub fn faults(document: &Value) -> Vec<String> {
    let kind = document["kind"].as_str().unwrap_or_else(|| panic!("a document without a kind: {document}"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(file_name(kind));
    let schema = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut schema: Value = serde_json::from_str(&schema).expect("JSON");
    // It is written by hand, not made from a type: a field that it does not name was forgotten.
    if kind == "FailoverReport" {
        close(&mut schema);
    }
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    validator.iter_errors(document).map(|error| format!("{kind}{}: {error}", error.instance_path())).collect()
}

/// Makes a schema refuse the fields that it does not name.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(words) => {
            words.values_mut().for_each(close);
            if words.contains_key("properties") {
                words.entry("additionalProperties").or_insert(Value::Bool(false));
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(close),
        _ => {}
    }
}
