//! redos: highly available Redis on Docker, from one command, with a measured failover test.
//!
//! # The rooms
//!
//! A pure middle, effects at the edges. What a cluster should be ([`spec`]) and what it is ([`cluster`]) make a
//! [`plan::Plan`]; [`apply`] walks it through two effects, containers ([`engine`]) and servers ([`servers`]).
//!
//! ```text
//! commands ─▶ spec ──────▶ plan ──────▶ apply ─▶ engine  (containers)
//!    │                      ▲             └────▶ servers (Redis, Sentinel, HAProxy over RESP and HTTP)
//!    │                      └── cluster ◀── engine, servers
//!    └─▶ output ◀── events, values
//! ```
//!
//! [`doctor`] judges all that can be seen of a cluster, with the plan as one source: what is wrong, and what helps.
//!
//! [`metrics`] says the same to Prometheus and Grafana: what to ask, and which of doctor's findings are alerts.
//!
//! [`view`] holds the last minutes of a cluster, for what is looked at all the time. [`web`] serves it to a browser.
//!
//! [`chaos`] does faults to containers and measures what they do to clients. Faults of the network are held by an
//! [`agent`]: this same program, started beside a container.
//!
//! [`backup`] is a snapshot in a file: its framing, its checksums, and what it says of itself.
//!
//! [`s3`] reads and writes objects in buckets, where backups may be.
//!
//! [`deaths`] is what a guard does: it sees that a master's process has ended, and has it replaced at once.
//!
//! [`tls`] makes the certificates of a cluster, and connections that trust them or those of an Engine.
//!
//! [`trace`] is where [`engine`] and [`servers`] tell each call, for `-vv`.
//!
//! The arrows are checked by `tests/architecture`: `spec` uses nothing, `cluster` uses `spec`, `plan` uses both, `engine`
//! and `servers` use `spec` and `cluster` and never `plan`, `output` takes values only, `commands` uses all and nobody uses
//! `commands`.
//!
//! # Vocabulary
//!
//! A *cluster* has *master groups*; a group has one *master* and its *replicas*; *Sentinels* watch all groups; *proxies*
//! (HAProxy) give clients one address. A *node* is one container. A *failover* is what Sentinels do when a master is
//! down; a *switchover* is the planned one.

mod agent;
mod apply;
mod backup;
mod chaos;
mod cluster;
mod commands;
mod converge;
mod deaths;
mod dial;
mod doctor;
mod engine;
mod error;
mod interrupt;
#[cfg(test)]
mod messages;
mod metrics;
mod output;
mod plan;
mod s3;
mod servers;
mod spec;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;
mod trace;
mod update;
mod view;
mod web;

pub use commands::main;
