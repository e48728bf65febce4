//! What the generator asks of the operating system: to be woken in time, and to hold as many connections as an outage
//! leaves open.

use std::sync::Once;

use rustix::process::{Resource, getrlimit, setrlimit};
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

/// Who goes before whom, and both before everything that shares the machine by turns.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rank {
    /// The thread that sends and receives.
    Workload = 1,
    /// The thread that hands out the tickets. It runs for microseconds.
    Pacer = 2,
}

/// Has the calling thread run as soon as it is woken, with a real-time policy. A generator that waits for its turn on a
/// busy machine measures its own waiting.
///
/// It needs root or `CAP_SYS_NICE`. Without them the thread stays as it is, and the audit of lateness says whether that was
/// good enough.
pub(super) fn go_first(rank: Rank) {
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
    if let Ok(rank) = ThreadPriorityValue::try_from(rank as u8) {
        let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(rank), policy);
    }
}

/// Lets this process have as many files open as it may. In an outage every request holds a connection until its deadline,
/// and many systems allow 1024 unless more is asked for.
pub(super) fn open_many_files() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // What is missing then is written down as TooManyInFlight.
        let _ = setrlimit(Resource::Nofile, limit);
    });
}
