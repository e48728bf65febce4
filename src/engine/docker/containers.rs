//! What faults do to containers, and their journal: an empty volume for each fault, with the entry in its label.

use std::collections::HashMap;

use bollard::models::{
    ContainerInspectResponse, ContainerSummary, ContainerUpdateBody, EndpointIpamConfig, EndpointSettings,
    NetworkConnectRequest, NetworkDisconnectRequest,
};
use bollard::query_parameters::{KillContainerOptions, StartContainerOptions, StatsOptions};
use futures_util::TryStreamExt;
use futures_util::future::try_join_all;

use super::{DockerEngine, calls, errors, helpers, labels, listing, nodes, volumes};
use crate::engine::Result;
use crate::engine::containers::{Attachment, ContainerFacts, Containers, Helper, JournalEntry, Limit};
use crate::spec::{ClusterName, Role};

/// The prefix of the journal's volumes.
const JOURNAL: &str = "redos-fault-";

impl Containers for DockerEngine {
    async fn container(&self, name: &str) -> Result<Option<ContainerFacts>> {
        Ok(calls::inspect(self, name).await?.map(facts))
    }

    async fn pause(&self, name: &str) -> Result<()> {
        calls::pause(self, name).await
    }

    async fn unpause(&self, name: &str) -> Result<()> {
        calls::unpause(self, name).await
    }

    async fn signal(&self, name: &str, signal: &str) -> Result<()> {
        let options = KillContainerOptions { signal: signal.to_owned() };
        let killed = self.docker.kill_container(name, Some(options)).await;
        killed.map_err(|error| self.failed(format!("send {signal} to {name}"), error))
    }

    async fn signal_role(&self, cluster: &ClusterName, role: Role, signal: &str) -> Result<()> {
        let nodes = listing::containers(self, &labels::filter_running(cluster, role)).await?;
        let send = async |node: ContainerSummary| {
            let options = KillContainerOptions { signal: signal.to_owned() };
            let id = node.id.unwrap_or_default();
            match self.docker.kill_container(&id, Some(options)).await {
                Ok(()) => Ok(()),
                // It has ended since it was listed.
                Err(error) if matches!(errors::status(&error), Some(errors::NOT_FOUND | errors::CONFLICT)) => Ok(()),
                Err(error) => Err(self.failed(format!("send {signal} to {id}"), error)),
            }
        };
        try_join_all(nodes.into_iter().map(send)).await.map(drop)
    }

    async fn stop(&self, name: &str) -> Result<()> {
        calls::stop(self, name).await
    }

    async fn start(&self, name: &str) -> Result<()> {
        let started = self.docker.start_container(name, None::<StartContainerOptions>).await;
        started.map_err(|error| self.failed(format!("start {name}"), error))
    }

    async fn limit(&self, name: &str, limit: Limit) -> Result<()> {
        // For the Engine a negative number is no limit; 0 changes nothing.
        let or_none = |number: i64| Some(if number > 0 { number } else { -1 });
        let body = match limit {
            Limit::CpuQuota(quota) => ContainerUpdateBody {
                cpu_period: Some(nodes::CPU_PERIOD),
                cpu_quota: or_none(quota),
                ..Default::default()
            },
            Limit::Pids(pids) => ContainerUpdateBody { pids_limit: or_none(pids), ..Default::default() },
            Limit::Memory(bytes) => {
                let bytes = match bytes {
                    Some(bytes) => i64::try_from(bytes).ok(),
                    None => self.memory().await?.and_then(|bytes| i64::try_from(bytes).ok()),
                };
                ContainerUpdateBody { memory: bytes, memory_swap: bytes, ..Default::default() }
            }
        };
        let updated = self.docker.update_container(name, body).await;
        updated.map_err(|error| self.failed(format!("change the limits of {name}"), error))
    }

    async fn memory_kept(&self, name: &str) -> Result<u64> {
        let options = StatsOptions { stream: false, one_shot: true };
        let stats = self.docker.stats(name, Some(options)).try_next().await;
        let stats = stats.map_err(|error| self.failed(format!("ask how much memory {name} has"), error))?;
        let memory = stats.and_then(|stats| stats.memory_stats).unwrap_or_default();
        let details = memory.stats.unwrap_or_default();
        // The names in cgroups of version 1, and of version 2.
        let cached = ["cache", "file"].iter().find_map(|key| details.get(*key)).copied().unwrap_or_default();
        Ok(memory.usage.unwrap_or_default().saturating_sub(cached))
    }

    async fn disconnect(&self, name: &str, network: &str) -> Result<()> {
        let request = NetworkDisconnectRequest { container: name.to_owned(), force: Some(true) };
        let done = self.docker.disconnect_network(network, request).await;
        done.map_err(|error| self.failed(format!("disconnect {name} from its network"), error))
    }

    async fn reconnect(&self, name: &str, attachment: &Attachment) -> Result<()> {
        let ipam = attachment
            .address
            .filter(|_| attachment.pinned)
            .map(|address| EndpointIpamConfig { ipv4_address: Some(address.to_string()), ..Default::default() });
        let endpoint =
            EndpointSettings { ipam_config: ipam, aliases: Some(attachment.aliases.clone()), ..Default::default() };
        let request = NetworkConnectRequest { container: name.to_owned(), endpoint_config: Some(endpoint) };
        let done = self.docker.connect_network(&attachment.network, request).await;
        done.map_err(|error| self.failed(format!("connect {name} to its network"), error))
    }

    async fn assist(&self, helper: &Helper) -> Result<()> {
        helpers::start(self, helper).await
    }

    async fn heard(&self, id: &str) -> Result<Option<String>> {
        helpers::heard(self, id).await
    }

    async fn dismiss(&self, id: &str) -> Result<Option<String>> {
        helpers::dismiss(self, id).await
    }

    async fn journal(&self, entry: &JournalEntry) -> Result<()> {
        let name = format!("{JOURNAL}{}", entry.id);
        let labels = HashMap::from([(labels::FAULT.to_owned(), entry.text.clone())]);
        let made = self.docker.create_volume(volumes::of_labels(&name, labels)).await;
        made.map(drop).map_err(|error| self.failed(format!("create volume {name}"), error))
    }

    async fn journalled(&self) -> Result<Vec<JournalEntry>> {
        let filter = HashMap::from([("label".to_owned(), vec![labels::FAULT.to_owned()])]);
        let found = listing::volumes(self, &filter).await?;
        let entry = |volume: bollard::models::Volume| {
            let id = volume.name.strip_prefix(JOURNAL)?.to_owned();
            Some(JournalEntry { id, text: volume.labels.get(labels::FAULT)?.clone() })
        };
        Ok(found.into_iter().filter_map(entry).collect())
    }

    async fn strike(&self, id: &str) -> Result<()> {
        volumes::remove(self, &format!("{JOURNAL}{id}")).await
    }
}

fn facts(container: ContainerInspectResponse) -> ContainerFacts {
    let state = container.state.unwrap_or_default();
    let limits = container.host_config.unwrap_or_default();
    let networks = container.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
    let attachment = |endpoint: EndpointSettings| {
        let pinned = endpoint.ipam_config.and_then(|ipam| ipam.ipv4_address).filter(|address| !address.is_empty());
        let address = pinned.as_ref().or(endpoint.ip_address.as_ref()).and_then(|address| address.parse().ok());
        Some(Attachment {
            network: endpoint.network_id.filter(|id| !id.is_empty())?,
            address,
            pinned: pinned.is_some(),
            aliases: endpoint.aliases.unwrap_or_default(),
        })
    };
    ContainerFacts {
        name: container.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        running: state.running.unwrap_or_default(),
        paused: state.paused.unwrap_or_default(),
        started_at: state.started_at.unwrap_or_default(),
        networks: networks.into_values().filter_map(attachment).collect(),
        cpu_quota: limits.cpu_quota.unwrap_or_default().max(0),
        pids_limit: limits.pids_limit.unwrap_or_default().max(0),
        memory: limits.memory.unwrap_or_default().max(0),
    }
}
