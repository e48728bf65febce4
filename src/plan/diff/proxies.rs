//! Running proxies: the nodes that they check, and their published ports.

use std::collections::BTreeSet;

use super::Planner;
use crate::cluster::gate::is_published;
use crate::cluster::observed::Answer;
use crate::plan::step::{Action, StepId};
use crate::spec::{NodeId, Role};

impl Planner<'_> {
    /// Makes proxies check the nodes that should exist, and a master that is about to leave.
    ///
    /// New nodes are started first: a check of an address without a node hangs for a second.
    pub(super) fn set_proxies_right(&mut self) {
        if self.is_taking_over() {
            return;
        }
        let wanted =
            self.spec.nodes().into_iter().filter(|node| node.role() != Role::Proxy && !node.role().is_optional());
        let nodes: BTreeSet<NodeId> = wanted.chain(self.masters.values().copied()).collect();
        for proxy in self.spec.proxy_nodes().collect::<Vec<_>>() {
            let Some(view) = self.observed.topology.proxies.get(&proxy).and_then(Answer::said) else { continue };
            let is_stale = self.facts(proxy).is_some_and(|facts| self.is_outdated(proxy, facts));
            if let Err(why) = is_published(proxy, self.observed)
                && !is_stale
                && !self.past.started.contains(&proxy)
            {
                let why = format!("{why}; a restart publishes it again and closes all connections through it");
                self.step(proxy, Action::StopNode { node: proxy }, &why, []);
                self.start(proxy, &why, &[]);
                continue;
            }
            let follows = view.existing.is_some();
            let why = match self.standby_of {
                Some(existing) if !follows => format!("it is not configured for {existing}"),
                None if follows => "it still leads out of the cluster".to_owned(),
                _ => "it does not check the nodes that there should be".to_owned(),
            };
            if (view.checked != nodes || follows != self.standby_of.is_some()) && !is_stale {
                let new: BTreeSet<NodeId> = nodes.difference(&view.checked).copied().collect();
                let started: Vec<StepId> = new.iter().filter_map(|node| self.last.get(node).copied()).collect();
                // The file changes as well: the proxy reads it when it restarts. Not before the new nodes have started:
                // Docker 20.10 starts a program of its own for a file, which would slow them down.
                self.write_config_after(proxy, &why, started);
                self.step(proxy, Action::ProxyCheck { proxy, nodes: nodes.clone() }, why, []);
            }
        }
    }
}
