//! The JSON schema of `redos.yaml`, from the table. Editors use it to complete and check the file.

use serde_json::{Map, Value, json};

use super::super::own_users::PRESETS;
use super::super::{API_VERSION, ClusterName, Spec};
use super::directives::MANAGED;
use super::file::KIND;
use super::table::{Key, SETTINGS, Setting, SettingKind};
use super::value::{ENCRYPTIONS, MODES, MODULES};
use super::view;

/// A time in the form that `humantime` reads.
const TIME_PATTERN: &str = r"^[0-9]+( *[a-z]+( *[0-9]+ *[a-z]+)*)?$";

/// The schema, JSON Schema of 2020-12.
pub fn schema() -> Value {
    let mut root = object("Settings of a cluster of redos");
    root["type"] = json!("object");
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["required"] = json!(["apiVersion"]);
    root["properties"]["apiVersion"] = json!({"const": API_VERSION, "description": "Version of the file"});
    root["properties"]["kind"] = json!({"const": KIND, "description": "What the file describes"});
    let defaults = Spec::with_defaults(ClusterName::default());
    for setting in &SETTINGS {
        let (section, key) = setting.path.split_once('.').unwrap_or(("", setting.path));
        let parent = match section {
            "" => &mut root,
            section => {
                let place = &mut root["properties"][section];
                if place.is_null() {
                    *place = object(&format!("Settings of {section}"));
                }
                place
            }
        };
        parent["properties"][key] = property(setting, &defaults);
    }
    root
}

/// A section. One without a key is null in YAML, as all its lines may be comments.
fn object(description: &str) -> Value {
    json!({"type": ["object", "null"], "description": description, "additionalProperties": false, "properties": {}})
}

fn property(setting: &Setting, defaults: &Spec) -> Value {
    let mut property = match setting.kind {
        SettingKind::Name => json!({"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$", "maxLength": 40}),
        SettingKind::Count(min, max, _) => json!({"type": "integer", "minimum": min, "maximum": max}),
        SettingKind::Port(_) => json!({"type": "integer", "minimum": 0, "maximum": u16::MAX}),
        SettingKind::Switch(_) => json!({"type": "boolean"}),
        SettingKind::Address(_) => json!({"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}),
        SettingKind::Subnet(_) => {
            json!({"type": "string", "pattern": "^(auto|[0-9]{1,3}(\\.[0-9]{1,3}){3}/[0-9]{1,2})$"})
        }
        SettingKind::Network(_) => json!({"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]*$"}),
        SettingKind::Time(min, max, _) => json!({"anyOf": [
            {"type": "integer", "minimum": min, "maximum": max},
            {"type": "string", "pattern": TIME_PATTERN},
        ]}),
        SettingKind::Mode => json!({"enum": MODES.map(|(word, _)| word)}),
        SettingKind::Encryption => json!({"enum": ENCRYPTIONS.map(|(word, _)| word)}),
        SettingKind::Modules => json!({"enum": MODULES.map(|(word, _)| word)}),
        SettingKind::FilePrefix(_) => json!({"type": "string", "pattern": "^([A-Za-z0-9_][A-Za-z0-9._-]*)?$"}),
        SettingKind::User(_) => json!({"type": "string", "pattern": "^[A-Za-z0-9._@-]+$"}),
        SettingKind::Follow(_) => json!({"type": "string", "pattern": "^[A-Za-z0-9._-]+(:[0-9]{1,5})?$"}),
        SettingKind::Users(_) => json!({
            "type": ["string", "array"],
            "items": {"anyOf": [{"type": "string"}, {
                "type": "object",
                "additionalProperties": false,
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$", "maxLength": 64},
                    "preset": {"enum": PRESETS.map(|(word, _)| word)},
                    "rules": {"type": ["string", "array"], "items": {"type": "string"}},
                },
            }]},
        }),
        SettingKind::Hosts(_) => {
            let name = json!({"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$", "maxLength": 63});
            json!({
                "type": ["string", "array"],
                "items": {"anyOf": [{"type": "string"}, {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["name", "docker"],
                    "properties": {
                        "name": name,
                        "docker": {"type": "string", "minLength": 1},
                        "address": {"type": "string", "format": "ipv4"},
                        "zone": name,
                        "roles": {"type": ["string", "array"], "items": {"enum": ["redis", "sentinel", "proxy"]}},
                        "drain": {"type": "boolean"},
                    },
                }]},
            })
        }
        SettingKind::Patterns(_)
        | SettingKind::ServerNames(_)
        | SettingKind::Recipients(_)
        | SettingKind::Words(..) => json!({"type": "string"}),
        SettingKind::Directory(_) | SettingKind::Image(_) | SettingKind::Conf | SettingKind::PasswordFile { .. } => {
            json!({"type": "string", "minLength": 1})
        }
        SettingKind::Directives => {
            let managed: Vec<&str> = MANAGED.iter().map(|(name, _)| *name).collect();
            json!({
                "type": ["object", "null"],
                "propertyNames": {"pattern": "^[A-Za-z0-9_-]+$", "not": {"enum": managed}},
                "additionalProperties": {"type": ["string", "number", "boolean", "array"]},
            })
        }
    };
    property["description"] = json!(setting.help);
    // The quorum follows the Sentinels; two ports follow a third, but editors may well show what they are by default.
    let default = view::value(setting, defaults);
    if setting.key != Key::Quorum && !default.is_null() && default != Value::Object(Map::new()) {
        property["default"] = default;
    }
    property
}
