//! redos killed in the middle of its work, at moments that differ from run to run.

use std::ops::Range;
use std::process::Stdio;
use std::time::Duration;

use crate::support::{Cluster, abandoned_by};

/// The variable with the number of times that all rounds of kills are done. Without it they are done once.
const TIMES: &str = "REDOS_TEST_KILLS";

/// A redos that was killed.
#[must_use = "assert what it left"]
pub struct Killed {
    pid: Option<u32>,
    /// Whether it still worked when it was killed.
    pub was_at_work: bool,
}

impl Killed {
    /// Asserts that it has left no temporary container.
    pub async fn has_left_nothing(&self) {
        assert_eq!(abandoned_by(self.pid).await, [""; 0]);
    }
}

impl Cluster {
    /// Runs redos and kills it with SIGKILL after so many milliseconds, unless it has ended by then.
    pub async fn killed_after(&self, arguments: &[&str], milliseconds: u64) -> Killed {
        let mut command = self.command(arguments);
        let mut redos = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("redos runs");
        let pid = redos.id();
        let was_at_work = tokio::time::timeout(Duration::from_millis(milliseconds), redos.wait()).await.is_err();
        if was_at_work {
            redos.kill().await.expect("a SIGKILL");
        }
        Killed { pid, was_at_work }
    }
}

/// Random moments in milliseconds, one in each of `rounds` equal parts of a span of time.
///
/// They are printed, so that a failure tells when redos was killed.
#[expect(clippy::print_stdout, reason = "a failure shows it")]
pub fn moments(rounds: u64, span: Range<u64>) -> Vec<u64> {
    let times: u64 = std::env::var(TIMES).map_or(1, |times| times.parse().expect("a number of times"));
    let rounds = rounds * times;
    let begin = |part: u64| span.start + (span.end - span.start) * part / rounds;
    let moments: Vec<u64> = (0..rounds).map(|part| rand::random_range(begin(part)..begin(part + 1))).collect();
    println!("redos is killed after {moments:?} ms");
    moments
}
