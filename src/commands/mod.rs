//! One short file per verb: settings, ask the rooms, hand a value to output.

mod existing;
pub mod ls;
pub mod ps;
pub mod sources;
pub mod status;
pub mod url;
