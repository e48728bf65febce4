//! The settings of the containers of each kind of node: memory, CPUs, limits of processes, logs and labels.
//!
//! Each setting is one line of words. A word is for all nodes, or behind `redis:`, `sentinel:`, `proxy:`, `exporter:` or `guard:`
//! for those of a kind, which wins: `512mb redis:4gb`.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::Role;
use super::parse::ParseError;

/// The lowest memory limit that Docker takes, in bytes.
const MEMORY_MIN: u64 = 6 << 20;
/// The prefixes of labels that other programs use.
const RESERVED_LABELS: [&str; 3] = ["dev.redos.", "com.docker.", "org.opencontainers."];
/// Docker's default log driver. redos sets how its files are rotated.
const LOG_DRIVER: &str = "json-file";
/// How logs are rotated: this size, this many files; 30 MB a node at most.
const LOG_OPTIONS: [(&str, &str); 2] = [("max-size", "10m"), ("max-file", "3")];
/// The limits of processes that Docker supports.
const ULIMITS: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// The settings of containers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContainerSettings {
    /// The memory limit of a node.
    pub memory: Words,
    /// The CPU limit of a node.
    pub cpus: Words,
    /// Limits of its processes.
    pub ulimits: Words,
    /// The log driver and its options.
    pub log: Words,
    /// Further labels of its container.
    pub labels: Words,
}

/// One of these settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// The memory limit: `512mb redis:4gb`.
    Memory,
    /// The CPU limit: `redis:1.5`.
    Cpus,
    /// Limits of processes: `nofile=65536 redis:memlock=0`.
    Ulimits,
    /// The log: `journald`, or `json-file max-size=50m`.
    Log,
    /// Further labels: `team=shop redis:tier=data`.
    Labels,
}

/// A line of words, each for all nodes or for those of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Words(String);

/// The limits that the Engine can change on a running container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resources {
    /// The memory limit in bytes; `null` for no limit.
    pub memory: Option<u64>,
    /// The CPU limit in thousandths; `null` for no limit.
    pub milli_cpus: Option<u64>,
}

/// The log of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The name of Docker's log driver.
    pub driver: String,
    /// The options of the driver, by name.
    pub options: BTreeMap<String, String>,
}

impl Words {
    /// Parses a line of words.
    ///
    /// # Errors
    /// The word that is wrong, as a sentence without its full stop.
    pub fn read(aspect: Aspect, text: &str) -> Result<Self, ParseError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        for word in &words {
            let (_, value) = kind_of(word);
            let wrong = || ParseError::new(format!("'{word}' is not {}", aspect.example()));
            let is_right = match aspect {
                Aspect::Memory => memory(value).is_some_and(|bytes| bytes >= MEMORY_MIN),
                Aspect::Cpus => milli_cpus(value).is_some(),
                Aspect::Ulimits => ulimit(value).is_some(),
                Aspect::Log => is_name(value.split_once('=').map_or(value, |(name, _)| name)),
                Aspect::Labels => value.split_once('=').is_some_and(|(name, _)| !name.is_empty()),
            };
            if !is_right {
                return Err(wrong());
            }
            if aspect == Aspect::Labels && RESERVED_LABELS.iter().any(|begin| value.starts_with(begin)) {
                return Err(ParseError::new(format!("the label '{value}' is not yours to give")));
            }
        }
        Ok(Self(words.join(" ")))
    }

    /// The line as the user wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The words for a kind: those for all first.
    fn of(&self, role: Role) -> impl Iterator<Item = &str> {
        let words = || self.0.split_whitespace().map(kind_of);
        let all = words().filter(|(kind, _)| kind.is_none());
        let own = words().filter(move |(kind, _)| *kind == Some(role));
        all.chain(own).map(|(_, value)| value)
    }

    fn pairs(&self, role: Role) -> BTreeMap<String, String> {
        self.of(role).filter_map(|word| word.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect()
    }
}

impl Aspect {
    /// A description of a word, with an example.
    const fn example(self) -> &'static str {
        match self {
            Self::Memory => "an amount of memory of 6 MB or more such as 512mb or redis:4gb",
            Self::Cpus => "a number of CPUs such as 1.5 or redis:2",
            Self::Ulimits => "a limit such as nofile=65536, redis:memlock=0 or nofile=1024:65536",
            Self::Log => "a driver or an option such as journald or max-size=50m",
            Self::Labels => "a label such as team=shop or redis:tier=data",
        }
    }
}

impl ContainerSettings {
    /// The memory and CPUs of a node of this kind.
    pub fn resources(&self, role: Role) -> Resources {
        Resources {
            memory: self.memory.of(role).last().and_then(memory),
            milli_cpus: self.cpus.of(role).last().and_then(milli_cpus),
        }
    }

    /// The limits of processes: soft and hard by name.
    pub fn ulimits(&self, role: Role) -> BTreeMap<String, (i64, i64)> {
        self.ulimits.of(role).filter_map(ulimit).map(|(name, soft, hard)| (name.to_owned(), (soft, hard))).collect()
    }

    /// The log of nodes of this kind.
    pub fn log(&self, role: Role) -> Log {
        let driver = self.log.of(role).filter(|word| !word.contains('=')).last().unwrap_or(LOG_DRIVER).to_owned();
        let ours = LOG_OPTIONS.iter().filter(|_| driver == LOG_DRIVER);
        let ours = ours.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Log { options: ours.chain(self.log.pairs(role)).collect(), driver }
    }

    /// The further labels.
    pub fn labels(&self, role: Role) -> BTreeMap<String, String> {
        self.labels.pairs(role)
    }

    /// What a container of this kind must be recreated for when it changes; `None` while nothing of it is set.
    pub fn fixed(&self, role: Role) -> Option<String> {
        let words = [&self.ulimits, &self.log, &self.labels].map(|words| words.of(role).collect::<Vec<_>>().join(" "));
        words.iter().any(|words| !words.is_empty()).then(|| words.join("\n"))
    }
}

impl Resources {
    /// The limits of `self` that are set and differ in `now`.
    pub fn missing_in(self, now: Self) -> Self {
        Self {
            memory: self.memory.filter(|_| self.memory != now.memory),
            milli_cpus: self.milli_cpus.filter(|_| self.milli_cpus != now.milli_cpus),
        }
    }

    /// The limits of `self` that the configuration does not mention.
    pub fn beyond(self, wanted: Self) -> Self {
        Self {
            memory: self.memory.filter(|_| wanted.memory.is_none()),
            milli_cpus: self.milli_cpus.filter(|_| wanted.milli_cpus.is_none()),
        }
    }

    /// Whether there is no limit.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let memory = self.memory.map(|bytes| format!("memory {}", in_bytes(bytes)));
        let cpus = self.milli_cpus.map(|milli| format!("CPUs {}", in_cpus(milli)));
        let parts: Vec<String> = memory.into_iter().chain(cpus).collect();
        f.write_str(if parts.is_empty() { "no limit".to_owned() } else { parts.join(" and ") }.as_str())
    }
}

/// The flags that give a kind of node these resources.
pub fn flags(role: Role, resources: Resources) -> String {
    let memory = resources.memory.map(|bytes| format!("--memory {role}:{}", in_bytes(bytes)));
    let cpus = resources.milli_cpus.map(|milli| format!("--cpus {role}:{}", in_cpus(milli)));
    memory.into_iter().chain(cpus).collect::<Vec<_>>().join(" ")
}

/// Whether a text can be the name of a driver, which may come from a registry, or of an option.
fn is_name(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':');
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(legal)
}

/// The kind that a word is for, and the word without it.
fn kind_of(word: &str) -> (Option<Role>, &str) {
    let kind = word.split_once(':').and_then(|(kind, rest)| Some((kind.parse().ok()?, rest)));
    kind.map_or((None, word), |(kind, rest)| (Some(kind), rest))
}

/// Parses memory in bytes: `512mb`, `4g`, `1073741824`. k, m and g are powers of 1024, as in Docker and Redis.
fn memory(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let number = lower.trim_end_matches('b');
    let (number, shift) = match number.chars().last()? {
        'k' => (&number[..number.len() - 1], 10),
        'm' => (&number[..number.len() - 1], 20),
        'g' => (&number[..number.len() - 1], 30),
        _ => (number, 0),
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift).filter(|bytes| i64::try_from(*bytes).is_ok())
}

/// Parses CPUs in thousandths: from `0.01`, the lowest that Docker takes, to `1000`.
fn milli_cpus(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 3 || !part.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let part: u64 = format!("{part:0<3}").parse().ok()?;
    let milli = whole.parse::<u64>().ok()?.checked_mul(1000)? + part;
    (10..=1_000_000).contains(&milli).then_some(milli)
}

/// Parses a limit of processes: its name, soft and hard.
fn ulimit(text: &str) -> Option<(&str, i64, i64)> {
    let (name, value) = text.split_once('=')?;
    let (soft, hard) = value.split_once(':').unwrap_or((value, value));
    let (soft, hard) = (soft.parse().ok()?, hard.parse().ok()?);
    (ULIMITS.contains(&name) && (hard == -1 || soft <= hard)).then_some((name, soft, hard))
}

fn in_bytes(bytes: u64) -> String {
    let units = [(30, "gb"), (20, "mb"), (10, "kb")];
    let unit = units.into_iter().find(|(shift, _)| bytes > 0 && bytes.is_multiple_of(1 << shift));
    unit.map_or_else(|| bytes.to_string(), |(shift, unit)| format!("{}{unit}", bytes >> shift))
}

fn in_cpus(milli: u64) -> String {
    let text = format!("{}.{:03}", milli / 1000, milli % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn containers() -> ContainerSettings {
        let read = |aspect, text| Words::read(aspect, text).expect("words");
        ContainerSettings {
            memory: read(Aspect::Memory, "redis:4GB  512mb"),
            cpus: read(Aspect::Cpus, "redis:1.5"),
            ulimits: read(Aspect::Ulimits, "nofile=1024:65536 proxy:core=0"),
            log: read(Aspect::Log, "max-size=50m proxy:journald"),
            labels: read(Aspect::Labels, "team=shop redis:tier=a=b"),
        }
    }

    #[test]
    fn words_for_a_kind_win_over_those_for_all() {
        let containers = containers();
        assert_eq!(containers.memory.as_str(), "redis:4GB 512mb");
        let redis = Resources { memory: Some(4 << 30), milli_cpus: Some(1500) };
        assert_eq!(containers.resources(Role::Redis), redis);
        assert_eq!(containers.resources(Role::Proxy), Resources { memory: Some(512 << 20), milli_cpus: None });
        assert_eq!(flags(Role::Redis, redis), "--memory redis:4gb --cpus redis:1.5");
        let proxy = [("core".to_owned(), (0, 0)), ("nofile".to_owned(), (1024, 65536))];
        assert_eq!(containers.ulimits(Role::Proxy), proxy.into());
        let log = containers.log(Role::Redis);
        assert_eq!(
            (log.driver.as_str(), log.options["max-size"].as_str(), log.options["max-file"].as_str()),
            ("json-file", "50m", "3")
        );
        assert_eq!(containers.log(Role::Proxy).driver, "journald");
        assert!(!containers.log(Role::Proxy).options.contains_key("max-file"), "that is an option of another driver");
        assert_eq!(containers.labels(Role::Redis)["tier"], "a=b");
        assert_eq!(containers.labels(Role::Sentinel).len(), 1);
        assert_eq!(ContainerSettings::default().fixed(Role::Redis), None, "containers made before stay as they are");
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for (aspect, text) in [
            (Aspect::Memory, "much"),
            (Aspect::Memory, "5mb"),
            (Aspect::Memory, "redis:"),
            (Aspect::Memory, "99999999999gb"),
            (Aspect::Cpus, "0"),
            (Aspect::Cpus, "1.2345"),
            (Aspect::Cpus, "-1"),
            (Aspect::Ulimits, "nofile"),
            (Aspect::Ulimits, "files=9"),
            (Aspect::Ulimits, "nofile=9:8"),
            (Aspect::Log, "=x"),
            (Aspect::Log, "~("),
            (Aspect::Labels, "team"),
            (Aspect::Labels, "dev.redos.cluster=x"),
        ] {
            assert!(Words::read(aspect, text).is_err(), "{text}");
        }
        assert_eq!(Words::read(Aspect::Cpus, " "), Ok(Words::default()), "an empty text takes it back");
    }
}
