//! The texts that users see, in two tables to review them by: every variant of the types that speak, and every sentence in the
//! sources.
//!
//! Both are snapshots. A new variant without an example does not compile; a new or changed sentence changes the second table.

mod sentences;
mod variants;
