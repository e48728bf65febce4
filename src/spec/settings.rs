//! Settings: flags, environment, file and what a cluster was made with become a [`Spec`].
//!
//! [`table::SETTINGS`] is the one list of all settings. [`Sources::read`] checks what was given, [`AskedSettings::resolve`]
//! lays it over what the cluster was made with: flag > `REDOS_*` > file > existing cluster > variables of the compose
//! project > default. All that is wrong is reported at once ([`Problems`]), with the place and the remedy, before anything
//! is touched.
//!
//! Nothing is read here: the caller hands in the text of the file, the environment and a way to read password files.

mod borrowed;
mod check;
mod conf;
mod directives;
mod file;
mod given;
mod layers;
mod passwords;
mod problem;
mod resolve;
mod schema;
pub mod table;
#[cfg(test)]
mod tests;
mod value;
mod view;
mod wiring;

use std::collections::BTreeMap;

use super::Spec;

pub use file::SourceFile;
pub use layers::{FlagLayer, Sources};
pub use passwords::GivenSecrets;
pub use problem::{Origin, Problem, Problems};
pub use resolve::AskedSettings;
pub use schema::schema;
pub use table::{Key, Setting};
pub use view::{ConfigDocument, default};

/// A commented `redos.yaml` with the defaults.
pub const SAMPLE: &str = include_str!("../../templates/redos.yaml");

/// The settings of one run: what the cluster should be, and who said so.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the cluster should be.
    pub spec: Spec,
    /// Passwords that were given. A cluster that has others is left as it is.
    pub secrets: GivenSecrets,
    /// Those that a new cluster gets: what borrowed variables say counts as well.
    pub for_new_cluster: GivenSecrets,
    /// Who won each setting.
    pub origins: BTreeMap<Key, Origin>,
    /// Who won each directive of `redis.conf`.
    pub directives: BTreeMap<String, Origin>,
    /// What changes of a cluster that is there, each with who said so, in words.
    pub changes: Vec<String>,
    /// What is unwise, or was meant for redos and is not read.
    pub warnings: Vec<Problem>,
}
