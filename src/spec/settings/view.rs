//! Settings for output: the value of each, as in `redos.yaml`, and its origin.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::time::shown as time;
use super::super::{API_VERSION, ClusterName, Spec};
use super::problem::Origin;
use super::table::{SETTINGS, Setting, SettingKind};
use super::value::{AUTO, NO_SERVER, mode_word};
use super::{Key, Settings};

/// All settings of one run as a document. It holds no password.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigDocument {
    pub api_version: &'static str,
    /// Always `Config`, the kind of document.
    pub kind: &'static str,
    pub cluster: ClusterName,
    /// Every setting, in the order of the table; every directive of `redis.conf` has its own row.
    pub settings: Vec<SettingRow>,
}

/// One setting with its value and origin.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingRow {
    /// Its place in `redos.yaml`, dotted.
    pub path: String,
    /// Its value, as in `redos.yaml`; `(set)` for a given password, null if it is not set.
    pub value: Value,
    /// The image that was found for it, and its server; null if none was looked for.
    pub found: Option<String>,
    /// The layer of the value: `flag`, `environment`, `file`, `cluster`, `derived` or `default`.
    pub layer: &'static str,
    /// The place in the layer: the flag, the variable, `file:line:column`, or the setting that it follows from.
    pub origin: String,
    /// The name of the flag.
    pub flag: &'static str,
    /// Its environment variables, the strongest first.
    pub variables: Vec<&'static str>,
}

impl Settings {
    /// The document that `redos config` prints.
    pub fn document(&self) -> ConfigDocument {
        let mut rows = Vec::new();
        for setting in &SETTINGS {
            if matches!(setting.kind, SettingKind::Directives) {
                let directives = self.spec.redis.iter().map(|(name, value)| {
                    let origin = self.directives.get(name).unwrap_or(&Origin::Default);
                    row(setting, format!("{}.{name}", setting.path), json!(value), origin)
                });
                rows.extend(directives);
                continue;
            }
            let origin = &self.origins[&setting.key];
            let value = match setting.kind {
                SettingKind::PasswordFile { place, .. } => {
                    let set = place(&mut self.for_new_cluster.clone()).is_some() && origin.is_given();
                    if set { json!("(set)") } else { Value::Null }
                }
                _ => value(setting, &self.spec),
            };
            let found = match setting.key {
                Key::RedisImage => self.spec.used.redis.as_ref(),
                Key::ProxyImage => self.spec.used.proxy.as_ref(),
                Key::ExporterImage => self.spec.used.exporter.as_ref(),
                _ => None,
            };
            let row = row(setting, setting.path.to_owned(), value, origin);
            rows.push(SettingRow { found: found.map(ToString::to_string), ..row });
        }
        ConfigDocument { api_version: API_VERSION, kind: "Config", cluster: self.spec.name.clone(), settings: rows }
    }
}

fn row(setting: &Setting, path: String, value: Value, origin: &Origin) -> SettingRow {
    let layer = match origin {
        Origin::Flag(_) => "flag",
        Origin::Environment(_) => "environment",
        Origin::File { .. } => "file",
        Origin::Recorded => "cluster",
        Origin::Derived(_) => "derived",
        Origin::Default => "default",
    };
    let variables = setting.all_variables().collect();
    SettingRow { path, value, found: None, layer, origin: origin.to_string(), flag: setting.flag, variables }
}

impl SettingRow {
    /// The value for people: without a value, what that means.
    pub fn text(&self) -> String {
        if let Some(found) = &self.found {
            return found.clone();
        }
        match &self.value {
            Value::Null if self.path == Key::DataDir.setting().path => "(named volumes)".to_owned(),
            Value::Null if self.path == Key::RedisConf.setting().path => "(none)".to_owned(),
            Value::Null if self.layer == "cluster" => "(kept)".to_owned(),
            Value::Null => "(random)".to_owned(),
            Value::String(text) if text.is_empty() => "\"\"".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// How a spec differs from the one that a cluster was created with.
///
/// There is a sentence for each setting and directive, with its origin.
pub fn changes(
    recorded: &Spec,
    spec: &Spec,
    origins: &BTreeMap<Key, Origin>,
    directives: &BTreeMap<String, Origin>,
) -> Vec<String> {
    let mut changes = Vec::new();
    for setting in SETTINGS.iter().filter(|setting| setting.key != Key::Redis) {
        let (have, want) = (value(setting, recorded), value(setting, spec));
        if have != want {
            let by = origins.get(&setting.key).unwrap_or(&Origin::Default);
            changes.push(format!("{} changes from {} to {} ({by})", setting.path, shown(&have), shown(&want)));
        }
    }
    let names: BTreeSet<&String> = recorded.redis.keys().chain(spec.redis.keys()).collect();
    for name in names {
        let text = |spec: &Spec| spec.redis.get(name).map(|value| value.replace('\n', ", "));
        let path = Key::Redis.setting().path;
        match (text(recorded), text(spec)) {
            (have, want) if have == want => {}
            (_, None) => changes.push(format!("{path}.{name} is taken back")),
            (have, Some(want)) => {
                let from = have.map(|have| format!(" from {have}")).unwrap_or_default();
                let by = directives.get(name).unwrap_or(&Origin::Default);
                changes.push(format!("{path}.{name} changes{from} to {want} ({by})"));
            }
        }
    }
    changes
}

/// The flags that give back the recorded values, in place of those that a user gave.
///
/// A setting that redos derives from others needs no flag. `None` if the user gave nothing that differs from the recorded
/// values, or if a recorded value cannot be typed as a flag.
pub fn way_back(
    recorded: &Spec,
    spec: &Spec,
    origins: &BTreeMap<Key, Origin>,
    directives: &BTreeMap<String, Origin>,
) -> Option<String> {
    let mut flags = Vec::new();
    let is_given = |key| origins.get(&key).is_some_and(Origin::is_given);
    for setting in SETTINGS.iter().filter(|setting| setting.key != Key::Redis && is_given(setting.key)) {
        let have = value(setting, recorded);
        if have != value(setting, spec) {
            flags.push(format!("{}={}", setting.flag, typed(&have)?));
        }
    }
    let names: BTreeSet<&String> = recorded.redis.keys().chain(directives.keys()).collect();
    for name in names.into_iter().filter(|name| recorded.redis.get(*name) != spec.redis.get(*name)) {
        let have = recorded.redis.get(name).map_or("", String::as_str);
        flags.push(format!("{} {}", Key::Redis.setting().flag, typed(&json!(format!("{name}={have}")))?));
    }
    (!flags.is_empty()).then(|| flags.join(" "))
}

/// A value as a word of a shell; `None` where it is no single word.
fn typed(value: &Value) -> Option<String> {
    let is_plain =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "=.,:/@%+-_".contains(c));
    match value {
        Value::String(text) if text.contains('\n') => None,
        Value::String(text) if is_plain(text) => Some(text.clone()),
        Value::String(text) => Some(format!("'{}'", text.replace('\'', "'\\''"))),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A value in a sentence.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The default of a setting; `None` where that is nothing, a random password, or given by the help.
pub fn default(setting: &Setting) -> Option<String> {
    if setting.help.contains("[default: ") {
        return None;
    }
    match value(setting, &Spec::with_defaults(ClusterName::default())) {
        Value::Null | Value::Object(_) => None,
        Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        other => Some(other.to_string()),
    }
}

/// The value of a setting in a spec, as it would be in `redos.yaml`; null if there is none.
pub fn value(setting: &Setting, spec: &Spec) -> Value {
    // The table's places are for writing, so that one function serves both ways; a copy is read through them.
    let spec = &mut spec.clone();
    match setting.kind {
        SettingKind::Name => json!(spec.name),
        SettingKind::Count(_, _, place) | SettingKind::Port(place) => json!(place(spec)),
        SettingKind::Switch(place) => json!(place(spec)),
        SettingKind::Address(place) => json!(place(spec)),
        SettingKind::Subnet(place) => json!(place(spec).map_or_else(|| AUTO.to_owned(), String::from)),
        SettingKind::Network(place) => json!(place(spec).as_deref().unwrap_or(AUTO)),
        SettingKind::Words(_, place) => json!(place(spec).as_str()),
        SettingKind::Time(_, _, place) => json!(time(*place(spec))),
        SettingKind::Encryption => json!(spec.encryption),
        SettingKind::ServerNames(place) => json!(place(spec)),
        SettingKind::Recipients(place) => json!(place(spec)),
        SettingKind::Modules => json!(spec.images.modules),
        SettingKind::Mode => json!(mode_word(spec.persistence.mode)),
        SettingKind::Directory(place) => json!(place(spec)),
        SettingKind::FilePrefix(place) | SettingKind::User(place) => json!(place(spec)),
        SettingKind::Image(place) => json!(place(spec)),
        SettingKind::Patterns(place) => json!(place(spec)),
        SettingKind::Users(place) => json!(place(spec)),
        SettingKind::Hosts(place) => json!(place(spec)),
        SettingKind::Follow(place) => {
            json!(place(spec).existing().map_or_else(|| NO_SERVER.to_owned(), |at| at.to_string()))
        }
        SettingKind::Directives => json!(spec.redis),
        SettingKind::PasswordFile { .. } | SettingKind::Conf => Value::Null,
    }
}
