//! The files of the exporter, and the questions that it answers.
//!
//! The exporter asks any server that it is told to, for anybody who reaches its port. So the name of a target has a word in
//! it that only the proxies know: without it the exporter has no password for the target, and the target tells it nothing.
//! The proxies take questions from who knows the password of the statistics, by the name of a node.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::secret::{Secrets, user};
use super::super::{Spec, Subnet};
use super::slots::{redis_slots, sentinel_slots};
use super::{AUTHORITY_FILE, EXPORTER_PASSWORDS, RenderError, RenderedFile, START_SCRIPT, fill, read_only};
use crate::spec::names::NodeId;

/// The pipe through which the exporter logs.
const EXPORTER_LOG: &str = "/data/conf/log";
/// How long the exporter waits for a server. Those of a cluster answer within a millisecond.
const PATIENCE: &str = "1s";

/// The path on a proxy's statistics port of the metrics of a node.
pub fn exporter_path(node: NodeId) -> String {
    format!("/scrape/{node}")
}

#[derive(Serialize)]
struct ExporterStart<'a> {
    cluster: &'a str,
    node: NodeId,
    pipe: &'a str,
    user: &'a str,
    passwords: &'a str,
    patience: &'a str,
    /// The certificate of the authority that nodes must be certified by.
    authority: Option<&'a str>,
}

/// The nodes that it may be asked about: those with a slot in the proxies.
fn targets(spec: &Spec) -> impl Iterator<Item = NodeId> + use<> {
    let redis: Vec<NodeId> = spec.groups().flat_map(|group| redis_slots(spec, group)).collect();
    redis.into_iter().chain(sentinel_slots(spec))
}

/// The name by which the exporter finds its password for a node. Later versions than 1.45 look for it with the user.
fn target(spec: &Spec, subnet: Subnet, secrets: &Secrets, node: NodeId, user: &str) -> Option<String> {
    let server = spec.server(subnet, node)?;
    let scheme = if spec.encryption.is_tls() { "rediss" } else { "redis" };
    Some(format!("{scheme}://{user}{server}?key={}", secrets.exporter_key().expose()))
}

/// The metrics of one node: their path at the proxies, and at the exporter.
#[derive(Serialize)]
pub(super) struct ExporterQuestion {
    path: String,
    question: String,
}

/// The questions about each node, and about the exporter itself.
pub(super) fn exporter_questions(spec: &Spec, subnet: Subnet, secrets: &Secrets) -> Vec<ExporterQuestion> {
    let of_node = |node| {
        Some(ExporterQuestion { path: exporter_path(node), question: exporter_question(spec, subnet, secrets, node)? })
    };
    let own = ExporterQuestion { path: exporter_path(NodeId::Exporter), question: "/metrics".to_owned() };
    targets(spec).filter_map(of_node).chain([own]).collect()
}

/// The path on the exporter's port of the metrics of a node.
pub fn exporter_question(spec: &Spec, subnet: Subnet, secrets: &Secrets, node: NodeId) -> Option<String> {
    Some(format!("/scrape?target={}", target(spec, subnet, secrets, node, "")?))
}

/// The files of the exporter: its passwords by target, and its start script.
///
/// # Errors
/// The passwords cannot be written as JSON, or the template does not fit its values.
pub fn exporter_files(spec: &Spec, subnet: Subnet, secrets: &Secrets) -> Result<Vec<RenderedFile>, RenderError> {
    let users = [String::new(), format!("{}@", user::EXPORTER)];
    let names = targets(spec).flat_map(|node| users.each_ref().map(|user| target(spec, subnet, secrets, node, user)));
    let password = secrets.exporter();
    let passwords: BTreeMap<String, &str> = names.flatten().map(|name| (name, password.expose())).collect();
    let json = serde_json::to_string_pretty(&passwords).map_err(RenderError::Secrets)?;
    let start = ExporterStart {
        cluster: spec.name.as_str(),
        node: NodeId::Exporter,
        pipe: EXPORTER_LOG,
        user: user::EXPORTER,
        passwords: EXPORTER_PASSWORDS,
        patience: PATIENCE,
        authority: spec.encryption.is_tls().then_some(AUTHORITY_FILE),
    };
    let start = fill("start-exporter.sh", &start)?;
    Ok(vec![read_only(EXPORTER_PASSWORDS, json + "\n"), read_only(START_SCRIPT, start)])
}
