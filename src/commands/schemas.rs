//! The JSON schemas of all documents, from their types. Tests write them to `schemas/` and compare real output with them.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::explain::{CheckDocument, ErrorCode};
use super::images::{Got, Saved};
use super::serve::ServeDocument;
use super::url::{ProxyUrl, UrlDocument};
use super::version::Version;
use crate::cluster::status::Status;
use crate::doctor::HealthCheck;
use crate::output::List;
use crate::output::backup::{BackupCheckDocument, BackupDocument, ListedBackup, RestoreDocument};
use crate::output::doctor::DoctorDocument;
use crate::output::failover::FailoverDocument;
use crate::output::faults::ActiveFault;
use crate::output::hosts::{HostCheckDocument, ListedHost};
use crate::output::images::Image;
use crate::output::lifecycle::LifecycleDocument;
use crate::output::list::{Cluster, ListedNode};
use crate::output::live_page::{ListedReport, LiveDocument};
use crate::output::logs::{EventDocument, LogDocument};
use crate::output::plan::{DownDocument, PlanDocument, UpDocument};
use crate::output::rotation::RotationDocument;
use crate::output::sentinels::Item;
use crate::output::stderr::{ErrorDocument, ProgressDocument, RemarkDocument};
use crate::output::upgrade::UpgradeDocument;
use crate::spec::API_VERSION;
use crate::spec::settings::ConfigDocument;
use crate::view::Sample;

/// The schema of each kind of document but `FailoverReport`, which is written by hand.
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        schema::<BackupDocument>("Backup"),
        schema::<BackupCheckDocument>("BackupCheck"),
        schema::<List<ListedBackup>>("BackupList"),
        schema::<List<Cluster>>("ClusterList"),
        schema::<ConfigDocument>("Config"),
        schema::<DoctorDocument>("Doctor"),
        schema::<DownDocument>("Down"),
        schema::<ErrorDocument<'_>>("Error"),
        schema::<ErrorCode>("ErrorCode"),
        schema::<EventDocument<'_>>("Event"),
        schema::<List<EventDocument<'_>>>("EventList"),
        schema::<FailoverDocument>("Failover"),
        schema::<List<ActiveFault>>("FaultList"),
        schema::<CheckDocument>("HealthCheck"),
        schema::<List<&HealthCheck>>("HealthCheckList"),
        schema::<HostCheckDocument>("HostCheck"),
        schema::<List<ListedHost>>("HostList"),
        schema::<List<Image>>("ImageList"),
        schema::<LiveDocument<'_>>("Live"),
        schema::<List<String>>("LoadedImageList"),
        schema::<LogDocument<'_>>("LogLine"),
        schema::<List<LogDocument<'_>>>("LogLineList"),
        schema::<List<Got>>("NewImageList"),
        schema::<List<ListedNode>>("NodeList"),
        schema::<RotationDocument>("PasswordRotation"),
        schema::<PlanDocument<'_>>("Plan"),
        schema::<ProgressDocument<'_>>("Progress"),
        schema::<RemarkDocument<'_>>("Remark"),
        schema::<List<ListedReport>>("ReportList"),
        schema::<LifecycleDocument>("Restart"),
        schema::<RestoreDocument>("Restore"),
        schema::<Sample>("Sample"),
        schema::<Saved>("SavedImages"),
        schema::<List<Item>>("SentinelAnswerList"),
        schema::<ServeDocument>("Serve"),
        schema::<LifecycleDocument>("Start"),
        schema::<Status>("Status"),
        schema::<LifecycleDocument>("Stop"),
        schema::<UpDocument<'_>>("Up"),
        schema::<UpgradeDocument>("Upgrade"),
        schema::<UrlDocument<'_>>("Url"),
        schema::<List<ProxyUrl>>("UrlList"),
        schema::<Version>("Version"),
    ]
}

/// The file of a kind's schema: `node-list.json` for `NodeList`.
pub fn file_name(kind: &str) -> String {
    let mut name = String::new();
    for letter in kind.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name + ".json"
}

fn schema<T: JsonSchema>(kind: &'static str) -> (&'static str, Value) {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(RecursiveTransform(open));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), json!(format!("https://redos.dev/schemas/v1/{}", file_name(kind))));
    schema.insert("title".to_owned(), json!(kind));
    let mut schema = schema.to_value();
    schema["properties"]["apiVersion"] = json!({"const": API_VERSION});
    schema["properties"]["kind"] = json!({"const": kind});
    (kind, schema)
}

/// Allows fields that are not known: a later redos may add some.
fn open(schema: &mut Schema) {
    for word in ["additionalProperties", "unevaluatedProperties"] {
        if schema.get(word) == Some(&Value::Bool(false)) {
            schema.remove(word);
        }
    }
}
