//! The trait [`Servers`] on real servers.

use std::collections::BTreeSet;
use std::net::SocketAddrV4;
use std::time::Duration;

use futures_util::future::join_all;
use redis::{Value, pipe};

use super::{Client, Monitored, set};
use crate::cluster::inquiry::{Question, Testimony};
use crate::cluster::observed::{Answer, Inventory, NodeState, RedisView, Topology};
use crate::cluster::vitals::Vitals;
use crate::servers::error::unexpected;
use crate::servers::reply;
use crate::servers::switchover::{succession, switch_over};
use crate::servers::take_over::{TakenOver, take_over};
use crate::servers::{Command, Depth, Knock, NotReplaced, Office, ServerError, Servers, Succeeded, Switched};
use crate::spec::{Group, NodeId, render};

impl Servers for Client {
    async fn topology_at(&self, inventory: &Inventory, depth: Depth) -> Topology {
        let running = || inventory.nodes.iter().filter(|(_, facts)| facts.state == NodeState::Running);
        let redis = running().filter(|(node, _)| matches!(node, NodeId::Redis { .. })).map(|(node, _)| async {
            let asked = async { self.redis(inventory, self.peer(inventory, *node)?).await };
            (*node, self.redis_answer(*node, asked.await))
        });
        let sentinels = running().filter(|(node, _)| matches!(node, NodeId::Sentinel(_))).map(|(node, _)| async {
            let asked = async { self.sentinel(inventory, self.peer(inventory, *node)?).await };
            (*node, answer(asked.await))
        });
        let proxies = running()
            .filter(|(node, _)| matches!(node, NodeId::Proxy(_)))
            .map(|(node, facts)| async { (*node, answer(self.proxy(*node, facts, inventory, depth).await)) });
        let exporter = running().find(|(node, _)| **node == NodeId::Exporter);
        let exporter = async { Some(answer(self.exporter_at(exporter?.1, inventory, depth).await)) };
        let guards = running()
            .filter(|(node, _)| matches!(node, NodeId::Guard(_)))
            .map(|(node, facts)| async { (*node, answer(self.guard_at(*node, facts).await)) });
        let (redis, sentinels, proxies, exporter, guards) =
            tokio::join!(join_all(redis), join_all(sentinels), join_all(proxies), exporter, join_all(guards));
        Topology {
            redis: redis.into_iter().collect(),
            sentinels: sentinels.into_iter().collect(),
            proxies: proxies.into_iter().collect(),
            exporter,
            guards: guards.into_iter().collect(),
        }
    }

    async fn ask_sentinel(
        &self,
        inventory: &Inventory,
        sentinel: NodeId,
        question: Question,
    ) -> Result<Testimony, ServerError> {
        let mut pipeline = pipe();
        // The first command begins the pipeline, the others are its arguments.
        for (index, word) in question.command().iter().enumerate() {
            if index == 0 {
                pipeline.cmd(word)
            } else {
                pipeline.arg(*word)
            };
        }
        if let Some(group) = question.group() {
            pipeline.arg(group.to_string());
        }
        let command = question.command().join(" ");
        let peer = self.peer(inventory, sentinel)?;
        let replies = self.send(peer, &command, &pipeline, self.patience(sentinel)).await?;
        match replies.as_slice() {
            [Value::ServerError(refusal)] => Ok(Testimony::Refusal(refusal.to_string())),
            [reply] => match reply::records(question, reply) {
                Some(records) => Ok(Testimony::Answer(records)),
                None => Err(unexpected(sentinel, &command, format!("{reply:?}"))),
            },
            _ => Err(unexpected(sentinel, &command, "no reply")),
        }
    }

    async fn vitals(&self, inventory: &Inventory, node: NodeId) -> Result<Vitals, ServerError> {
        self.ask_vitals(inventory, node).await
    }

    async fn execute(&self, inventory: &Inventory, node: NodeId, command: &Command) -> Result<(), ServerError> {
        let peer = || self.peer(inventory, node);
        let mut pipeline = pipe();
        match command {
            Command::ReplicaOf(master) => self.replicate(peer()?, *master).await,
            Command::ConfigSet(directives) if directives.is_empty() => Ok(()),
            Command::ConfigSet(directives) => {
                pipeline.cmd("CONFIG").arg("SET");
                for (name, value) in directives {
                    pipeline.arg(name).arg(value);
                }
                pipeline.cmd("CONFIG").arg("REWRITE");
                self.change(peer()?, "CONFIG SET", &pipeline).await
            }
            Command::SetReplicationLogin => {
                self.set_replication_login(&mut pipeline);
                pipeline.cmd("CONFIG").arg("REWRITE");
                self.change(peer()?, "CONFIG SET masterauth", &pipeline).await
            }
            Command::SetSentinelLogins => self.set_sentinel_logins(peer()?).await,
            Command::LoadCertificate => self.load_certificate(peer()?).await,
            Command::SetEncryption(encryption) => self.set_encryption(peer()?, *encryption).await,
            Command::EndScript => self.end_script(peer()?).await,
            Command::SetUsers(users) => self.set_users(inventory, self.peer(inventory, node)?, users).await,
            Command::RemoveUsers(users) => self.remove_users(self.peer(inventory, node)?, users).await,
            Command::SentinelMonitor { group, master, quorum, settings, peers } => {
                let monitored = Monitored { group: *group, master: *master, quorum: *quorum, settings };
                self.monitor(inventory, peer()?, &monitored, peers).await
            }
            Command::SentinelDiscover { group, replicas } => self.discover(peer()?, *group, replicas).await,
            Command::SentinelSet { settings, .. } if settings.is_empty() => Ok(()),
            Command::SentinelSet { group, settings } => {
                pipeline.cmd("SENTINEL").arg("SET").arg(group.to_string());
                set(&mut pipeline, settings);
                self.change(peer()?, "SENTINEL SET", &pipeline).await
            }
            Command::SentinelFailover { group, down_after } => {
                let group = group.to_string();
                pipeline.cmd("SENTINEL").arg("SET").arg(&group).arg("down-after-milliseconds").arg(*down_after);
                pipeline.cmd("SENTINEL").arg("FAILOVER").arg(&group);
                match self.change(peer()?, "SENTINEL FAILOVER", &pipeline).await {
                    // It is replacing the master already.
                    Err(error) if error.is_refusal("INPROG") => Ok(()),
                    other => other,
                }
            }
            Command::SentinelRemove(group) => {
                let peer = peer()?;
                if self.watched(peer, *group).await?.is_none() {
                    return Ok(());
                }
                pipeline.cmd("SENTINEL").arg("REMOVE").arg(group.to_string());
                self.change(peer, "SENTINEL REMOVE", &pipeline).await
            }
        }
    }

    async fn proxy_check(
        &self,
        inventory: &Inventory,
        proxy: NodeId,
        nodes: &BTreeSet<NodeId>,
    ) -> Result<(), ServerError> {
        self.runtime_api(inventory, proxy)?.check_only(nodes, self.spec.follow.existing().is_some()).await
    }

    async fn proxy_logins(&self, inventory: &Inventory, proxy: NodeId) -> Result<(), ServerError> {
        let logins: BTreeSet<String> = render::stats_logins(&self.spec, &self.secrets).collect();
        self.runtime_api(inventory, proxy)?.accept_only(&logins).await
    }

    async fn switchover(&self, inventory: &Inventory, group: Group, to: NodeId) -> Result<Switched, ServerError> {
        switch_over(self, inventory, group, to).await
    }

    async fn office(&self, inventory: &Inventory, group: Group) -> Option<Office> {
        succession::office(self, inventory, group).await
    }

    async fn knock(&self, office: &Office) -> Knock {
        succession::knock(self, office).await
    }

    async fn succeed(
        &self,
        inventory: &Inventory,
        office: &Office,
        within: Duration,
    ) -> Result<Succeeded, NotReplaced> {
        succession::succeed(self, inventory, office, within).await
    }

    async fn take_over(
        &self,
        inventory: &Inventory,
        node: NodeId,
        existing: SocketAddrV4,
    ) -> Result<TakenOver, ServerError> {
        take_over(self, inventory, node, existing).await
    }

    async fn verify_write(&self, inventory: &Inventory, proxy: NodeId, group: Group) -> Result<(), ServerError> {
        self.writes_in_a_row(inventory, proxy, group).await
    }
}

impl Client {
    /// What a Redis node that was asked has said.
    fn redis_answer(&self, node: NodeId, asked: Result<RedisView, ServerError>) -> Answer<RedisView> {
        let mut kept = self.kept();
        let kept = kept.entry(node).or_default();
        match asked {
            Err(error) if error.is_busy_with_script() => Answer::Busy { is_unkillable: kept.is_unkillable },
            other => {
                kept.is_unkillable &= other.is_err();
                answer(other)
            }
        }
    }
}

fn answer<T>(asked: Result<T, ServerError>) -> Answer<T> {
    match asked {
        Ok(view) => Answer::Says(view),
        Err(error) => Answer::Silent(error.reason()),
    }
}
