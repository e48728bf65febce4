//! Verbs from their arguments to their output, on the engine in memory: what goes to stdout, what to stderr, and how they
//! end.

#[path = "../pages/commands.rs"]
mod page_commands;
#[path = "../chaos/schema.rs"]
mod schema;

mod changing;
mod companions;
mod documents;
mod hosts;
mod looking;
mod measuring;
mod memory;
mod moving;
mod pages;
mod upgrading;
