//! Settings: flags, environment, file and the record of the cluster become a [`Spec`].
//!
//! [`table::SETTINGS`] is the one list of all settings. [`Sources::read`] checks what was given, [`AskedSettings::resolve`]
//! lays it over what the cluster was made with: flag > `REDOS_*` > file > existing cluster > variables of the compose
//! project > default. All that is wrong is reported at once ([`Problems`]), with the place and the remedy, before anything
//! is touched.
//!
//! Nothing is read here: the caller passes the text of the file, the environment and a way to read password files.

mod borrowed;
mod check;
mod conf;
mod directives;
mod file;
mod given;
mod hosts;
mod layers;
mod passwords;
mod problem;
mod resolve;
mod sample;
mod schema;
pub mod table;
#[cfg(test)]
mod tests;
mod value;
mod view;
mod wiring;

use std::collections::BTreeMap;

use super::Spec;

pub use check::{UnwiseSetting, unwise};
pub use directives::is_managed;
pub use file::SourceFile;
pub use hosts::clash_of_hosts;
pub use layers::{FlagLayer, Sources};
pub use passwords::GivenSecrets;
pub use problem::{Origin, Problem, Problems};
pub use resolve::AskedSettings;
pub use sample::sample;
pub use schema::schema;
pub use table::{Key, Setting};
pub use view::{ConfigDocument, default};

/// The settings of one run: the specification, and the origin of each value.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the cluster should be.
    pub spec: Spec,
    /// The passwords the user supplied. If the cluster uses other ones, the command fails before it changes anything.
    pub secrets: GivenSecrets,
    /// The passwords for a new cluster, with those of borrowed variables.
    pub for_new_cluster: GivenSecrets,
    /// The origin of each setting.
    pub origins: BTreeMap<Key, Origin>,
    /// The origin of each directive of `redis.conf`.
    pub directives: BTreeMap<String, Origin>,
    /// The changes to an existing cluster, in words, each with its origin.
    pub changes: Vec<String>,
    /// The flags that take these changes back, if there are any.
    pub way_back: Option<String>,
    /// Unwise values, and variables that look like redos's own and are not read.
    pub warnings: Vec<Problem>,
}
