//! The program, as benchmarks run it.

use std::process::{Command, Stdio};

/// Runs redos for a cluster, and returns what it printed. It must succeed.
pub fn redos(cluster: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redos"));
    let output = command.args(["--project", cluster, "--quiet"]).args(arguments).stdin(Stdio::null()).output();
    let output = output.expect("redos runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}
