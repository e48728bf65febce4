//! The binary. All of it is in the library, which its tests can see.

use std::process::ExitCode;

fn main() -> ExitCode {
    redos::main()
}
