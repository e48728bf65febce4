//! Whether the process that wrote an entry still runs, as far as another one on the same machine can know.

use std::fs;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

/// A process of Linux, with all that distinguishes it from every other one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessFacts {
    /// The id that the kernel gave itself at its boot.
    boot: String,
    /// The namespace in which the process id counts: containers have their own.
    namespace: String,
    /// The process id.
    pid: i32,
    /// Its start, in the kernel's ticks since the boot: process ids are used again.
    started: u64,
}

/// What is known about a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is there.
    Runs,
    /// It has ended.
    Ended,
    /// It is of another machine or container, or hidden.
    Unknown,
}

impl ProcessFacts {
    /// This process. `None` without `/proc`, as on macOS, or in another namespace.
    pub fn own() -> Option<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?.to_str()?.to_owned();
        let stat = Stat::of("self")?;
        let pid = stat.pid;
        (u32::try_from(pid).ok()? == std::process::id()).then_some(Self { boot, namespace, pid, started: stat.started })
    }

    /// An earlier process with the same id.
    #[cfg(test)]
    pub fn of_another_start(self) -> Self {
        Self { started: self.started.wrapping_sub(1), ..self }
    }

    /// What has become of the process.
    pub fn fate(&self) -> Fate {
        let is_here = Self::own().is_some_and(|own| (&own.boot, &own.namespace) == (&self.boot, &self.namespace));
        let Some(pid) = Pid::from_raw(self.pid).filter(|_| is_here) else { return Fate::Unknown };
        match Stat::of(&self.pid.to_string()) {
            // A zombie has ended; its parent just has not asked for it.
            Some(stat) if stat.started != self.started || matches!(stat.state, 'Z' | 'X') => Fate::Ended,
            Some(_) => Fate::Runs,
            // `/proc` may hide the processes of other users.
            None if test_kill_process(pid) == Err(Errno::SRCH) => Fate::Ended,
            None => Fate::Unknown,
        }
    }
}

/// The used fields of `/proc/PID/stat`.
struct Stat {
    pid: i32,
    state: char,
    started: u64,
}

impl Stat {
    fn of(process: &str) -> Option<Self> {
        Self::read(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
    }

    /// `4711 (a name) S …`; the name may have blanks and parentheses.
    fn read(text: &str) -> Option<Self> {
        let (pid, rest) = text.split_once(" (")?;
        let mut fields = rest.rsplit_once(") ")?.1.split(' ');
        let state = fields.next()?.chars().next()?;
        // It is the 22nd of all; the state is the third.
        Some(Self { pid: pid.parse().ok()?, state, started: fields.nth(18)?.parse().ok()? })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Child, Command, Stdio};

    use super::*;

    fn facts(child: &Child) -> ProcessFacts {
        let stat = Stat::of(&child.id().to_string()).expect("it is there");
        ProcessFacts { pid: stat.pid, started: stat.started, ..ProcessFacts::own().expect("Linux has /proc") }
    }

    #[test]
    fn a_process_is_told_from_one_that_ended_and_from_the_next_of_its_number() {
        let own = ProcessFacts::own().expect("Linux has /proc");
        assert_eq!(own.fate(), Fate::Runs);
        assert_eq!(own.clone().of_another_start().fate(), Fate::Ended);

        let mut child = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().expect("a process");
        let facts = facts(&child);
        assert_eq!(facts.fate(), Fate::Runs);
        child.kill().expect("SIGKILL");
        while Stat::of(&child.id().to_string()).is_some_and(|stat| stat.state != 'Z') {}
        assert_eq!(facts.fate(), Fate::Ended, "nobody has waited for it yet");
        child.wait().expect("an end");
        assert_eq!(facts.fate(), Fate::Ended);
    }

    #[test]
    fn nothing_is_known_of_processes_elsewhere() {
        let own = ProcessFacts::own().expect("Linux has /proc");
        assert_eq!(ProcessFacts { boot: "another".to_owned(), ..own.clone() }.fate(), Fate::Unknown);
        assert_eq!(ProcessFacts { namespace: "pid:[1]".to_owned(), ..own }.fate(), Fate::Unknown);
    }

    #[test]
    fn a_name_with_blanks_and_parentheses_hides_nothing() {
        let text = "12 (a) b (c) S 1 12 12 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 2";
        let stat = Stat::read(text).expect("it is read");
        assert_eq!((stat.pid, stat.state, stat.started), (12, 'S', 98765));
    }
}
