//! What the user sees: tables, documents, progress, remarks, errors. Only this room names the crates for it, and only
//! it writes to the process's streams. It gets values and asks nobody.
//!
//! **stdout is data, stderr is everything else.** [`Ui`] decides once, from the options and the terminal, who gets what:
//!
//! | stderr | progress | remarks (`status`, `warn`, `hint`) | errors |
//! |---|---|---|---|
//! | a terminal | live display | text | text |
//! | a terminal, `-v` | a line per step, then a table of phases | text | text |
//! | a file or pipe | a line per phase | text | text |
//! | a file or pipe, `-o json`, `-o ndjson` | a JSON object per line | a JSON object per line | a JSON object per line |
//! | any, `--progress json` | a JSON object per line | a JSON object per line | a JSON object per line |
//! | any, `--progress plain` | a line per phase | text | text |
//! | `--quiet` | none | none | as above |
//!
//! With `-vv` each call to Docker and to a server is a remark as well.
//!
//! So a program that asks for JSON and reads both streams gets JSON on both, and a person at a terminal gets sentences
//! whatever goes to stdout. Nothing needs colour to be understood. Colour is for terminals; `NO_COLOR` (non-empty),
//! `TERM=dumb` and `--color never` take it away, `--color always` gives it to pipes.

pub mod backup;
pub mod compose;
pub mod config;
pub mod doctor;
mod document;
pub mod env;
pub mod failover;
pub mod faults;
pub mod hook;
pub mod hosts;
pub mod images;
pub mod lifecycle;
pub mod list;
mod live;
pub mod live_page;
pub mod logs;
mod options;
pub(crate) mod phase;
pub mod plan;
mod progress;
pub mod report;
pub mod rotation;
mod screen;
pub mod sentinels;
pub mod status;
pub mod stderr;
mod terminal;
pub mod text_table;
pub mod top;
mod ui;
pub mod units;
pub mod upgrade;
pub mod urls;

pub use document::{List, Named};
pub use options::{Color, Format, Options, ProgressFormat};
pub use phase::Timings;
pub use screen::Screen;
pub use terminal::{RawMode, Terminal, terminal_size};
#[cfg(any(test, feature = "testing"))]
pub use ui::testing;
pub use ui::{Caught, Ui};

use crate::spec::{ClusterName, DEFAULT_CLUSTER};

/// A command line of redos for a cluster, to be copied: `redos -p NAME VERB`.
pub fn command_line(cluster: &ClusterName, verb: &str) -> String {
    if cluster.as_str() == DEFAULT_CLUSTER { format!("redos {verb}") } else { format!("redos -p {cluster} {verb}") }
}
