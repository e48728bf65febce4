//! `redos host check`: whether a cluster can be on its hosts.

use std::collections::BTreeMap;

use clap::Args;

use crate::cluster::hosts::SurveyedHost;
use crate::commands::options::SettingsArgs;
use crate::commands::session::{Call, Session, World, hosts, reach};
use crate::doctor::Unseen;
use crate::doctor::hosts::{HostFault, HostFinding, of_engines};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::hosts::HostCheckDocument;
use crate::spec::HostName;
use crate::spec::settings::AskedSettings;

/// Arguments of `host check`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It tells all that is wrong at once: Engines that do not answer or are one and the
same, other types of machines, ports and addresses that nodes cannot have, hosts that
do not get to each other, clocks and disks. For that it starts temporary containers,
and gives the hosts the image of Redis nodes, as 'up' does. It changes no cluster.
The exit code is 1 when a finding is critical.

Examples:
  redos host check
  redos -f shop.yaml host check
  redos host check -o json | jq -r '.findings[] | \"\\(.host): \\(.finding)\"'")]
pub struct HostCheckArgs {
    /// The settings of the command line.
    #[command(flatten)]
    pub settings: SettingsArgs,
}

/// Checks the hosts. The answer is yes when no finding is critical.
///
/// # Errors
/// The settings are impossible or name no hosts, it was interrupted, or the output is closed.
pub async fn run<W: World>(args: HostCheckArgs, call: Call<W>) -> Result<Exit, Failure> {
    let request = call.request(&args.settings)?;
    let cluster = request.name().clone();
    let session = call.unasked()?;
    let checked = session.cancel.run_until_cancelled(check(&session, request)).await;
    let interrupted = || Failure::message(FailureKind::Interrupted, "interrupted; no cluster was changed");
    let (surveyed, findings, unseen) = checked.ok_or_else(interrupted)??;
    let names = surveyed.into_iter().map(|surveyed| surveyed.host.name).collect();
    let document = HostCheckDocument::new(&cluster, names, findings, unseen);
    session.ui.document(&document, |ui| document.text(ui))?;
    Ok(Exit::answer(document.passed))
}

/// The hosts, what is wrong with them, and what could not be tried.
async fn check<W: World>(
    session: &Session<W>,
    request: AskedSettings,
) -> Result<(Vec<SurveyedHost>, Vec<HostFinding>, Vec<Unseen>), Failure> {
    let (surveyed, inventory) = hosts::look(session, request.name()).await?;
    let settings = request.forgiving().resolve(inventory.recorded.as_ref(), None)?;
    for warning in &settings.warnings {
        session.ui.warn(warning);
    }
    let mut findings = of_engines(&surveyed);
    // On an Engine that is two hosts, nodes would be in each other's way.
    let is_barred = |finding: &&HostFinding| finding.fault.is_prohibitive();
    let barred: BTreeMap<&HostName, &HostFault> =
        findings.iter().filter(is_barred).map(|finding| (&finding.host, &finding.fault)).collect();
    let able = surveyed.iter().filter(|surveyed| surveyed.engine.is_ok()).map(|surveyed| &surveyed.host.name);
    let able = able.filter(|host| !barred.contains_key(host)).collect();
    let mut tried = reach::tried(session, &settings.spec, &inventory, &able).await;
    let left_out = |(host, why): (&&HostName, &&HostFault)| Unseen {
        what: format!("ports of {host} and connections with it"),
        why: why.to_string(),
    };
    tried.unseen.extend(barred.iter().map(left_out));
    findings.extend(tried.findings);
    let place = |finding: &HostFinding| surveyed.iter().position(|surveyed| surveyed.host.name == finding.host);
    findings.sort_by_key(|finding| (place(finding), finding.fault.severity()));
    Ok((surveyed, findings, tried.unseen))
}
