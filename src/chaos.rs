//! Faults, and what they do to a workload: `failover-test`, `chaos` and `verify`.
//!
//! ```text
//! scenario (pure) ─▶ driver ─▶ faults, workload, watchers ─▶ history (a file) ─▶ verdict (pure) ─▶ report
//! ```
//!
//! Everything that is measured goes to the history, and the verdict reads nothing else: the verdict after a test and the
//! one that `redos verify` gives from the file are the same computation.

pub mod clock;
pub mod connection;
pub mod driver;
pub mod fault;
pub mod history;
pub mod read_back;
pub mod report;
pub mod resp;
pub mod scenario;
pub mod settled;
pub mod subject;
pub mod target;
pub mod verdict;
pub mod watch;
pub mod watchdog;
pub mod workload;
