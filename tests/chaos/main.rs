//! The failover test without a cluster: the verdict passes what is good and nothing bad gets past it, and the workload
//! says of each operation what is true.

mod model;
mod mutants;
mod report;
mod schema;
mod server;
mod verdict;
mod workload;
