//! What is shown and chosen.

use std::collections::VecDeque;
use std::time::Duration;

use crate::cluster::status::{MISSING, RoleWord, Status};
use crate::output::logs::LogLine;
use crate::spec::{Group, NodeId};
use crate::view::History;

/// Lines of a log that are kept.
const LOG_LINES_KEPT: usize = 500;

/// A key that the board understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPress {
    Up,
    Down,
    /// Escape, which goes back or quits.
    Escape,
    /// Ctrl-C, which quits everywhere.
    Interrupt,
    /// A letter or sign.
    Char(char),
    /// A key without a meaning. It answers a question with no.
    Other,
}

/// What a key asks for, once it is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAction {
    /// Make this replica the master of its group.
    Failover(Group, NodeId),
    /// Pause this node for some time.
    Pause(NodeId),
    /// Unpause this node.
    Unpause(NodeId),
    /// Follow the log of this node.
    Logs(NodeId),
    /// End following the log.
    CloseLogs,
    /// Leave the view.
    Quit,
}

impl KeyAction {
    /// The question before it is done; `None` where it changes nothing.
    fn question(self, pause: Duration) -> Option<String> {
        match self {
            Self::Failover(group, node) => Some(format!("make {node} the master of {group}?")),
            Self::Pause(node) => Some(format!("pause {node} for {} s, or until p is pressed again?", pause.as_secs())),
            Self::Unpause(node) => Some(format!("unpause {node}?")),
            Self::Logs(_) | Self::CloseLogs | Self::Quit => None,
        }
    }
}

/// What the board shows beside the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Pane {
    #[default]
    None,
    /// The keys and their meanings.
    Help,
    /// The log of a node.
    Logs(NodeId, VecDeque<String>),
}

/// A line about what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub text: String,
    /// Whether it tells of a failure.
    pub is_failure: bool,
}

/// A live view of one cluster.
#[derive(Clone, Debug)]
pub struct Board {
    /// The last minutes of the cluster.
    pub history: History,
    /// How long a pause lasts.
    pause: Duration,
    chosen: Option<NodeId>,
    pub(super) pane: Pane,
    pub(super) question: Option<(KeyAction, String)>,
    pub(super) note: Option<Note>,
}

impl Board {
    /// A view of this history, in which a pause lasts this long.
    pub const fn new(history: History, pause: Duration) -> Self {
        Self { history, pause, chosen: None, pane: Pane::None, question: None, note: None }
    }

    /// The node that keys act on: the first one unless another was chosen.
    pub fn chosen(&self) -> Option<NodeId> {
        let nodes = self.nodes();
        self.chosen.filter(|node| nodes.contains(node)).or_else(|| nodes.first().copied())
    }

    /// Shows how far something is that was asked for, or how it ended.
    pub fn tell(&mut self, text: impl Into<String>) {
        self.note = Some(Note { text: text.into(), is_failure: false });
    }

    /// Shows why something that was asked for was not done.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.note = Some(Note { text: text.into(), is_failure: true });
    }

    /// Adds lines to the log that is shown, if it is this node's.
    pub fn log(&mut self, lines: impl IntoIterator<Item = LogLine>) {
        let Pane::Logs(node, shown) = &mut self.pane else { return };
        shown.extend(lines.into_iter().filter(|line| line.node == *node).map(|line| line.text));
        let surplus = shown.len().saturating_sub(LOG_LINES_KEPT);
        shown.drain(..surplus);
    }

    /// Takes a key, and returns what is to be done now.
    pub fn press(&mut self, key: KeyPress) -> Option<KeyAction> {
        if key == KeyPress::Interrupt {
            return Some(KeyAction::Quit);
        }
        if let Some((action, _)) = self.question.take() {
            let agreed = matches!(key, KeyPress::Char('y' | 'Y'));
            if !agreed {
                self.tell("nothing was done");
            }
            return Some(action).filter(|_| agreed);
        }
        self.note = None;
        let leaves = matches!(key, KeyPress::Escape | KeyPress::Char('q'));
        match &self.pane {
            Pane::Help => {
                self.pane = Pane::None;
                return None;
            }
            Pane::Logs(..) => {
                if leaves || key == KeyPress::Char('l') {
                    self.pane = Pane::None;
                    return Some(KeyAction::CloseLogs);
                }
                return None;
            }
            Pane::None => {}
        }
        match key {
            KeyPress::Up | KeyPress::Char('k') => self.step(false),
            KeyPress::Down | KeyPress::Char('j') => self.step(true),
            KeyPress::Char('?' | 'h') => self.pane = Pane::Help,
            KeyPress::Char('f') => self.ask(Self::failover),
            KeyPress::Char('p') => self.ask(Self::pause),
            KeyPress::Char('l') => {
                let node = self.chosen()?;
                self.pane = Pane::Logs(node, VecDeque::new());
                return Some(KeyAction::Logs(node));
            }
            _ if leaves => return Some(KeyAction::Quit),
            _ => {}
        }
        None
    }

    /// The nodes in the order in which they are shown.
    fn nodes(&self) -> Vec<NodeId> {
        self.history.status().into_iter().flat_map(states).map(|(node, _)| node).collect()
    }

    /// Chooses the next or the previous node.
    fn step(&mut self, is_down: bool) {
        let nodes = self.nodes();
        let at = nodes.iter().position(|node| Some(*node) == self.chosen()).unwrap_or_default();
        let at = if is_down { at + 1 } else { at.saturating_sub(1) };
        self.chosen = nodes.get(at).copied().or(self.chosen);
    }

    /// Asks whether an action is meant, or says why it cannot be.
    fn ask(&mut self, action: impl FnOnce(&Self) -> Result<KeyAction, String>) {
        match action(self) {
            Ok(action) => self.question = action.question(self.pause).map(|question| (action, question)),
            Err(why) => self.complain(why),
        }
    }

    fn failover(&self) -> Result<KeyAction, String> {
        let node = self.chosen().ok_or("no node is shown")?;
        let group = node.group().ok_or_else(|| format!("{node} is not a Redis node: choose a replica"))?;
        let groups = self.history.status().map(|status| status.groups.as_slice()).unwrap_or_default();
        let shown = groups.iter().flat_map(|group| &group.nodes).find(|shown| shown.node == node);
        match shown.and_then(|shown| shown.role) {
            Some(RoleWord::Master) => Err(format!("{node} is the master of {group} already: choose a replica")),
            Some(RoleWord::Replica) => Ok(KeyAction::Failover(group, node)),
            None => Err(format!("{node} does not answer: choose another replica")),
        }
    }

    fn pause(&self) -> Result<KeyAction, String> {
        let node = self.chosen().ok_or("no node is shown")?;
        let status = self.history.status();
        match status.map(|status| states(status).find(|(shown, _)| *shown == node).map_or(MISSING, |(_, state)| state))
        {
            Some("running") => Ok(KeyAction::Pause(node)),
            Some("paused") => Ok(KeyAction::Unpause(node)),
            Some(other) => Err(format!("{node} cannot be paused: it is {other}")),
            None => Err("the cluster was not seen yet".to_owned()),
        }
    }
}

/// The nodes in the order in which they are shown, with the states of their containers.
fn states(status: &Status) -> impl Iterator<Item = (NodeId, &'static str)> + '_ {
    let redis = status.groups.iter().flat_map(|group| &group.nodes).map(|node| (node.node, node.state));
    let sentinels = status.sentinels.iter().map(|sentinel| (sentinel.node, sentinel.state));
    let proxies = status.proxies.iter().map(|proxy| (proxy.node, proxy.state));
    let exporter = status.exporter.iter().map(|exporter| (exporter.node, exporter.state));
    let guards = status.guards.iter().map(|guard| (guard.node, guard.state));
    redis.chain(sentinels).chain(proxies).chain(exporter).chain(guards)
}
