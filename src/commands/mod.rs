//! One short file per verb: settings, ask the rooms, hand a value to output.

pub mod sources;
