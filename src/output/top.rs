//! `redos top`: a cluster on the whole terminal, and the keys that act on it.
//!
//! [`Board`] is what is shown and chosen, a pure value: keys go in, wishes come out. [`Console`] is the terminal.

mod board;
mod console;
mod draw;
#[cfg(test)]
mod tests;

pub use board::{Board, KeyAction};
pub use console::Console;
pub use draw::text;
