//! The schema of the report, and whether a document is what it says.

use serde_json::Value;

/// What is wrong with a document of `failover-test`; nothing when it is what its schema says.
pub fn faults(document: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(include_str!("../../schemas/failover-report.json")).expect("JSON");
    let mut wrong = Vec::new();
    validate(&schema, &schema, document, "report", &mut wrong);
    wrong
}

/// The part of JSON Schema that our schema uses.
fn validate(root: &Value, schema: &Value, value: &Value, path: &str, wrong: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).expect("a definition");
        return validate(root, target, value, path, wrong);
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        wrong.push(format!("{path}: {value} is not one of {allowed:?}"));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{path}: the type {other} is not known here"),
    };
    if !types.is_empty() && !types.iter().any(|kind| is(kind)) {
        wrong.push(format!("{path}: {value} is not {types:?}"));
        return;
    }
    if let Some(object) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                wrong.push(format!("{path}: {name} is missing"));
            }
        }
        for (name, value) in object {
            let path = format!("{path}.{name}");
            match (&schema["properties"][name], &schema["additionalProperties"]) {
                (Value::Null, Value::Bool(false)) => wrong.push(format!("{path} is not in the schema")),
                (Value::Null, additional) if additional.is_object() => validate(root, additional, value, &path, wrong),
                (Value::Null, _) => {}
                (property, _) => validate(root, property, value, &path, wrong),
            }
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        validate(root, &schema["items"], item, &format!("{path}[{index}]"), wrong);
    }
}
