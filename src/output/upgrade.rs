//! The output of `redos upgrade`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Ui, command_line};
use crate::spec::{API_VERSION, ClusterName, NodeId, UsedImages};

/// `kind: Upgrade`: an upgrade that was carried out, or was not needed.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeDocument {
    pub api_version: &'static str,
    /// Always `Upgrade`, the kind of document.
    pub kind: &'static str,
    /// The cluster's name.
    pub cluster: ClusterName,
    /// Whether anything was changed.
    pub changed: bool,
    /// The images that were recorded before.
    pub from: UsedImages,
    /// The images from then on.
    pub to: UsedImages,
    /// The replica that ran the new server first; `null` when none was tried.
    pub canary: Option<NodeId>,
    /// The keys of that replica in the last comparison with its master.
    pub keys_compared: Option<u64>,
    /// How long it took, in seconds.
    pub seconds: f64,
}

impl UpgradeDocument {
    /// The document of an upgrade that has changed nothing yet.
    pub fn new(cluster: &ClusterName, from: &UsedImages, to: &UsedImages) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "Upgrade",
            cluster: cluster.clone(),
            changed: false,
            from: from.clone(),
            to: to.clone(),
            canary: None,
            keys_compared: None,
            seconds: 0.0,
        }
    }

    /// Reports which images run now, and how to go back.
    pub fn remarks(&self, ui: &Ui) {
        let Self { cluster, from, to, seconds, .. } = self;
        let images = [&to.redis, &to.proxy].into_iter().flatten();
        let images = images.map(ToString::to_string).collect::<Vec<_>>().join(" and ");
        if !self.changed {
            ui.status(format_args!("{cluster} runs {images} already: nothing to do ({seconds:.2} s)"));
            return;
        }
        ui.status(format_args!("{cluster} runs {images} ({seconds:.2} s)"));
        let reads = from.redis.as_ref().zip(to.redis.as_ref());
        if reads.is_none_or(|(from, to)| from.release.reads_data_of(&to.release)) {
            ui.hint(format_args!("go back if you must: {}", command_line(cluster, "upgrade --to-previous")));
        }
    }
}
