//! Questions of people to Sentinels: what is asked, and what was said, field by field.

use crate::spec::Group;

/// What a Sentinel can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// `INFO`: the Sentinel itself.
    Info,
    /// `SENTINEL MASTERS`: the masters of all groups.
    Masters,
    /// `SENTINEL MASTER`: the master of one group.
    Master(Group),
    /// `SENTINEL REPLICAS`: the replicas of a group.
    Replicas(Group),
    /// `SENTINEL SENTINELS`: the other Sentinels that watch a group.
    Sentinels(Group),
    /// `SENTINEL GET-MASTER-ADDR-BY-NAME`: where clients find the master of a group.
    MasterAddress(Group),
    /// `SENTINEL CKQUORUM`: whether enough Sentinels can be reached to replace the master of a group.
    Quorum(Group),
}

impl Question {
    /// The words of the command, without the group.
    pub const fn command(self) -> &'static [&'static str] {
        match self {
            Self::Info => &["INFO"],
            Self::Masters => &["SENTINEL", "MASTERS"],
            Self::Master(_) => &["SENTINEL", "MASTER"],
            Self::Replicas(_) => &["SENTINEL", "REPLICAS"],
            Self::Sentinels(_) => &["SENTINEL", "SENTINELS"],
            Self::MasterAddress(_) => &["SENTINEL", "GET-MASTER-ADDR-BY-NAME"],
            Self::Quorum(_) => &["SENTINEL", "CKQUORUM"],
        }
    }

    /// The group that it is about.
    pub const fn group(self) -> Option<Group> {
        match self {
            Self::Info | Self::Masters => None,
            Self::Master(group)
            | Self::Replicas(group)
            | Self::Sentinels(group)
            | Self::MasterAddress(group)
            | Self::Quorum(group) => Some(group),
        }
    }
}

/// One thing that a Sentinel describes: a master, a replica, a Sentinel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fieldset {
    /// Names and values, in the order of the answer.
    pub fields: Vec<(String, String)>,
}

impl Fieldset {
    /// The value of a field.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.fields.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }
}

/// What a Sentinel said to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Testimony {
    /// Its answer: one record for each thing that was asked for.
    Answer(Vec<Fieldset>),
    /// It refused, with these words. To [`Question::Quorum`] that is the answer no.
    Refusal(String),
}
