//! Scenarios on a real Docker Engine. Without one they fail; they never skip.
//!
//! Each scenario has its own cluster name ([`support::Cluster`]), and everything with that name is removed at its end,
//! also when it panics. A scenario fails if something of it cannot be removed.

mod abandoned;
mod asked;
mod backup;
mod busy;
mod certificates;
mod changed;
mod chaos;
mod classic;
mod clients;
mod compose;
mod conflicts;
mod daemon;
mod damaged;
mod dial;
mod doctor;
mod engine;
mod everyday;
mod failover_test;
mod follow;
mod guard;
mod hold;
mod images;
mod imitations;
mod kills;
mod lifecycle;
mod load;
mod loading;
mod lock;
mod lost_data;
mod metrics;
mod modules;
mod networks;
mod own_engine;
mod programs;
mod pruned;
mod registry;
mod releases;
mod remote;
mod resources;
mod restore;
mod rotation;
mod scale;
#[path = "../chaos/schema.rs"]
mod schema;
mod security;
mod serve;
mod servers;
mod settings;
mod settling;
mod strangers;
mod stuck;
mod support;
mod survive;
mod tls;
mod top;
mod trouble;
mod unready;
mod up;
mod upgrade;
mod used_images;
mod users;
mod writers;
mod wrong_image;
