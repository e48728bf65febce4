//! The door through which the tests in `tests/` see the rooms. It opens with the feature `testing`, which `cargo test` turns on.
//!
//! Without it nothing but [`main`](crate::main) can be reached from outside, so that the compiler finds what only lives in tests.

pub mod source_files;

macro_rules! open {
    ($($room:ident),* $(,)?) => { $(pub mod $room { pub use crate::$room::*; })* };
}

open!(
    apply, backup, chaos, cluster, commands, converge, dial, doctor, engine, error, output, plan, s3, servers, spec,
    tls, update
);
