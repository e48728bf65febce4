//! `redos host ls`: the hosts of a cluster.

use crate::commands::session::{Call, World, hosts};
use crate::error::{Exit, Failure};
use crate::output::List;
use crate::output::hosts::{ListedHost, hosts_text};

/// Lists the hosts, also those that do not answer.
///
/// # Errors
/// No hosts are named, or the output is closed.
pub async fn run<W: World>(call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let session = call.unasked()?;
    let (surveyed, inventory) = hosts::look(&session, &cluster).await?;
    let rows = surveyed.into_iter().map(|host| ListedHost::new(host, &inventory)).collect();
    let list = List::new("HostList", rows);
    session.ui.list(&list, |ui| hosts_text(&list.items, ui))?;
    Ok(Exit::Done)
}
