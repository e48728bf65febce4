//! Verbs from their arguments to their output, on the engine in memory: what goes to stdout, what to stderr, and how they
//! end. `failover-test` is not among them: its workload needs servers that can be dialled.

#[path = "../pages/commands.rs"]
mod page_commands;
#[path = "../chaos/schema.rs"]
mod schema;

mod changing;
mod documents;
mod looking;
mod memory;
mod pages;
mod upgrading;
