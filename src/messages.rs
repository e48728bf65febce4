//! All texts that users see, in two tables for review.
//!
//! The tables are snapshots: every variant of the types that speak, and every sentence in the sources. A new variant
//! without an example does not compile; a new or changed sentence changes the second table.

mod sentences;
mod variants;
