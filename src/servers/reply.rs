//! Parsers of servers' answers, pure.
//!
//! Redis and Valkey write `slave` or `replica`, `master` or `primary`, by version and by command; both words are read
//! everywhere. Offsets are read as `i64`: a replica whose link never came up reports -1, which the redis crate's own
//! `Role` type turns into 2^64 - 1.

mod info;
mod parts;
mod sentinel;
mod vitals;

pub use info::{Info, redis_view};
pub use parts::{Fields, ListedClient, address, fields, list, listed_clients, modules, own_address, text};
pub use sentinel::{records, sentinel_view, watched_master, watched_peer, watched_replica};
pub use vitals::{refused, slowest, without_secrets};
