//! The Engine's host, as one of the nodes sees it: kernel, memory, disk, clock; and the Engine itself.

use std::str::FromStr;

use super::catalogue as check;
use super::{DoctorFinding, Examined, Measured};
use crate::spec::NodeId;

/// A script for a node that prints what it sees of its host, a fact on each line.
///
/// It uses `cat` and `df` where there are such. What a node cannot read it leaves out. The `read` of a shell takes one
/// byte at a time, and files below `/proc/sys` end after the first.
pub const SCRIPT: &str = r#"
say() { value=$(cat "$2" 2> /dev/null) && echo "$1 $value"; }
say overcommit_memory /proc/sys/vm/overcommit_memory
say transparent_hugepage /sys/kernel/mm/transparent_hugepage/enabled
say somaxconn /proc/sys/net/core/somaxconn
say clocksource /sys/devices/system/clocksource/clocksource0/current_clocksource
while read -r name value rest; do
    case $name in MemTotal: | MemAvailable:) echo "$name $value" ;; esac
done < /proc/meminfo
df -Pk /data 2> /dev/null | while read -r file total used free rest; do echo "disk $total $free"; done
exit 0
"#;

/// Percents of a disk that should be free.
const DISK_FREE: u64 = 10;
/// Milliseconds by which two clocks may differ.
const CLOCKS: i64 = 2000;
/// Clocks that cost a system call, by Redis's `syscheck.c`, or a trap into a hypervisor.
const SLOW_CLOCKS: [&str; 4] = ["xen", "hpet", "acpi_pm", "jiffies"];
/// The queue of new connections that Redis asks for, unless its configuration says otherwise.
const BACKLOG: u64 = 511;

/// Known bugs of the Engine, with the versions that repaired them.
///
/// The first version repaired the bug for all later ones. The second, where there is one, repaired it in an older series
/// that is still maintained.
const BUGS: [(EngineRelease, Option<EngineRelease>, &str); 2] = [
    (
        EngineRelease([25, 0, 2]),
        Some(EngineRelease([24, 0, 9])),
        "a container can leave its file system through a leaked descriptor of runc (CVE-2024-21626)",
    ),
    (
        EngineRelease([25, 0, 0]),
        None,
        "two programs that create a network at the same time both get one of the same name (moby/moby issue 33561)",
    ),
];

/// Three numbers of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct EngineRelease([u64; 3]);

impl FromStr for EngineRelease {
    type Err = ();

    /// Reads `20.10.24+dfsg1`, `27.3.1-rc.1`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let plain = text.split(['+', '-', '~']).next().unwrap_or_default();
        let numbers: Vec<u64> = plain.split('.').map_while(|number| number.parse().ok()).collect();
        let at = |place: usize| numbers.get(place).copied().unwrap_or_default();
        if numbers.is_empty() { Err(()) } else { Ok(Self([at(0), at(1), at(2)])) }
    }
}

impl std::fmt::Display for EngineRelease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self([major, minor, patch]) = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// What a node sees of its host. `None` where it sees nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostFacts {
    /// The kernel's setting `vm.overcommit_memory`.
    pub overcommit: Option<u64>,
    /// The mode of transparent huge pages: `always`, `madvise` or `never`.
    pub huge_pages: Option<String>,
    /// The longest queue of new connections, in the network namespace of a node.
    pub somaxconn: Option<u64>,
    pub clocksource: Option<String>,
    /// The memory of the host in bytes.
    pub memory: Option<u64>,
    /// The part of it that programs could still have, in bytes.
    pub available: Option<u64>,
    /// The size of the disk of the data, in bytes.
    pub disk: Option<u64>,
    /// The free part of that disk, in bytes.
    pub disk_free: Option<u64>,
}

impl HostFacts {
    /// Reads the output of [`SCRIPT`]. Lines that it does not know are skipped.
    pub fn parse(text: &str) -> Self {
        let mut facts = Self::default();
        let kilobytes = |text: Option<&str>| text?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024);
        for line in text.lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("overcommit_memory") => facts.overcommit = words.next().and_then(|word| word.parse().ok()),
                Some("transparent_hugepage") => {
                    let chosen = words.find_map(|word| word.strip_prefix('[')?.strip_suffix(']'));
                    facts.huge_pages = chosen.map(str::to_owned);
                }
                Some("somaxconn") => facts.somaxconn = words.next().and_then(|word| word.parse().ok()),
                Some("clocksource") => facts.clocksource = words.next().map(str::to_owned),
                Some("MemTotal:") => facts.memory = kilobytes(words.next()),
                Some("MemAvailable:") => facts.available = kilobytes(words.next()),
                // The heading of the table has no numbers.
                Some("disk") => {
                    if let (Some(total), Some(free)) = (kilobytes(words.next()), kilobytes(words.next())) {
                        (facts.disk, facts.disk_free) = (Some(total), Some(free));
                    }
                }
                _ => {}
            }
        }
        facts
    }
}

/// What can be said of the host and of the Engine.
pub(super) fn findings(examined: &Examined<'_>) -> Vec<DoctorFinding> {
    let mut found = Vec::new();
    if let Ok(host) = &examined.host {
        kernel(host, examined, &mut found);
        room(host, examined, &mut found);
    }
    found.extend(clock(examined));
    found.extend(examined.engine.as_deref().into_iter().flat_map(bugs));
    found.into_iter().map(|finding| finding.of_cluster(examined.spec)).collect()
}

fn kernel(host: &HostFacts, examined: &Examined<'_>, found: &mut Vec<DoctorFinding>) {
    let mut tell = |row, text: &str, measured: Measured| found.push(DoctorFinding::new(row, None, text, [measured]));
    if host.overcommit == Some(0) {
        let measured = Measured::of_host("/proc/sys/vm/overcommit_memory", "value", 0).against("expected: 1");
        tell(&check::HOST_OVERCOMMIT, "vm.overcommit_memory of the Docker host is 0", measured);
    }
    let leaves_them_on =
        |(_, vitals): (NodeId, &crate::cluster::vitals::Vitals)| vitals.directive("disable-thp") == Some("no");
    if host.huge_pages.as_deref() == Some("always") && examined.seen_vitals().any(leaves_them_on) {
        let measured = Measured::of_host("/sys/kernel/mm/transparent_hugepage/enabled", "value", "always")
            .against("expected: madvise or never, or disable-thp yes");
        tell(&check::HOST_HUGE_PAGES, "transparent huge pages are on for Redis", measured);
    }
    let queue = examined.spec.redis.get("tcp-backlog").and_then(|length| length.parse().ok()).unwrap_or(BACKLOG);
    if let Some(most) = host.somaxconn.filter(|most| *most < queue) {
        let measured = Measured::of_host("/proc/sys/net/core/somaxconn", "value", most)
            .against(format!("at least tcp-backlog {queue}"));
        tell(&check::HOST_SOMAXCONN, "the kernel queues fewer new connections than Redis asks for", measured);
    }
    if let Some(source) = host.clocksource.as_deref().filter(|source| SLOW_CLOCKS.contains(source)) {
        let measured =
            Measured::of_host("/sys/devices/system/clocksource/clocksource0/current_clocksource", "value", source)
                .against("expected: tsc or kvm-clock");
        tell(&check::HOST_CLOCKSOURCE, &format!("the clock of the Docker host is {source}"), measured);
    }
}

/// Memory and disk for what Redis may need beside its data.
fn room(host: &HostFacts, examined: &Examined<'_>, found: &mut Vec<DoctorFinding>) {
    let redis = || examined.seen_vitals().filter(|(node, _)| node.group().is_some());
    let number = |field: &'static str| redis().filter_map(move |(_, vitals)| vitals.number::<u64>(field));
    let proposed = |bytes: u64| ("VALUE", format!("{}mb", (bytes >> 20).max(1)));
    // One node saves at a time, most often: the largest.
    let largest = number("used_memory").max().unwrap_or_default();
    if let Some(available) = host.available.filter(|available| *available < largest) {
        let measured = Measured::of_host("/proc/meminfo", "MemAvailable", available)
            .against(format!("at least {largest}, the memory of the largest node"));
        let text = "the Docker host has less free memory than a save of the largest node may need";
        found.push(DoctorFinding::new(&check::HOST_MEMORY, None, text, [measured]).with([proposed(largest / 2)]));
    }
    let booked: u64 = number("maxmemory").sum();
    if let Some(memory) = host.memory.filter(|memory| *memory < booked) {
        let measured = Measured::of_host("INFO memory", "maxmemory of all nodes", booked)
            .against(format!("at most the memory of the host, {memory}"));
        let text = "the nodes may take more memory than the Docker host has";
        let nodes = u64::try_from(redis().count()).unwrap_or(1).max(1);
        found.push(
            DoctorFinding::new(&check::HOST_OVERBOOKED, None, text, [measured])
                .with([proposed(memory * 2 / 3 / nodes)]),
        );
    }
    let (Some(disk), Some(free)) = (host.disk.filter(|disk| *disk > 0), host.disk_free) else { return };
    let needed: u64 = number("used_memory").sum::<u64>() + number("aof_current_size").sum::<u64>();
    let share = free.saturating_mul(100) / disk;
    if share < DISK_FREE {
        let measured =
            Measured::of_host("df /data", "available", free).against(format!("at least {DISK_FREE} % of {disk}"));
        found.push(DoctorFinding::new(
            &check::HOST_DISK_FULL,
            None,
            format!("{share} % of the disk of the data are free"),
            [measured],
        ));
    } else if free < needed {
        let measured = Measured::of_host("df /data", "available", free)
            .against(format!("at least {needed}, the data of all nodes once more"));
        let text = "the disk of the data has no room to write all data once more";
        found.push(DoctorFinding::new(&check::HOST_DISK, None, text, [measured]));
    }
}

/// The difference between the clocks of this machine and of the nodes, which have the one of their host.
fn clock(examined: &Examined<'_>) -> Option<DoctorFinding> {
    let ahead = examined.seen_vitals().filter_map(|(node, vitals)| Some((node, vitals.clock_ahead?)));
    let (node, ahead) = ahead.min_by_key(|(_, ahead)| ahead.abs()).filter(|(_, ahead)| ahead.abs() > CLOCKS)?;
    let measured = Measured::of(node, "INFO server", "server_time_usec, ahead of this machine in ms", ahead)
        .against(format!("at most {CLOCKS} either way"));
    let text = format!("the clocks of this machine and of the Docker host differ by {} s", ahead.abs() / 1000);
    Some(DoctorFinding::new(&check::HOST_CLOCK, None, text, [measured]))
}

/// The known bugs of a version of the Engine.
fn bugs(version: &str) -> Vec<DoctorFinding> {
    let Ok(have) = version.parse::<EngineRelease>() else { return Vec::new() };
    let has = |(repaired, also, _): &&(EngineRelease, Option<EngineRelease>, &str)| {
        let is_repaired_in_its_line = also.is_some_and(|also| have >= also && have.0[0] == also.0[0]);
        have < *repaired && !is_repaired_in_its_line
    };
    let tell = |(repaired, _, bug): &(EngineRelease, Option<EngineRelease>, &str)| {
        let measured =
            Measured::of_host("docker version", "Server Version", version).against(format!("{repaired} or newer"));
        DoctorFinding::new(&check::ENGINE_BUGS, None, *bug, [measured]).with([("VALUE", repaired.to_string())])
    };
    BUGS.iter().filter(has).map(tell).collect()
}
