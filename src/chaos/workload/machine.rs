//! What the generator needs from the operating system.
//!
//! It must be woken in time, and it must hold as many connections as an outage leaves open.

use std::fs::File;
use std::sync::Once;

use rustix::io::fcntl_dupfd_cloexec;
use rustix::process::{Resource, getrlimit, setrlimit};
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

/// Gives the calling thread a real-time policy, so that it runs as soon as it is woken.
///
/// A generator that waits for its turn on a busy machine measures its own waiting. It needs root or `CAP_SYS_NICE`.
/// Without them the thread stays as it is, and the audit of lateness shows whether that was good enough.
pub(super) fn go_first() {
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
    if let Ok(rank) = ThreadPriorityValue::try_from(1) {
        let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(rank), policy);
    }
}

/// Raises the limit of open files, and makes room for this many now.
///
/// In an outage every request holds a connection until its deadline, and many systems allow only 1024 by default.
///
/// Linux doubles the table of a process's files whenever it is full. Where several threads share the table it waits for
/// all processors before it goes on (`synchronize_rcu` in `expand_fdtable`): some 8 ms each, in the middle of an
/// outage. The table never shrinks.
pub(super) fn open_many_files(room: usize) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // Requests that find no room are recorded as TooManyInFlight.
        let _ = setrlimit(Resource::Nofile, limit);
    });
    let last = getrlimit(Resource::Nofile).current.map_or(u64::MAX, |limit| limit.saturating_sub(1));
    let number = last.min(room as u64);
    // It opens a file with a high number and closes it. Without it the table grows when it must.
    if let (Ok(file), Ok(number)) = (File::open("/dev/null"), number.try_into()) {
        drop(fcntl_dupfd_cloexec(&file, number));
    }
}
