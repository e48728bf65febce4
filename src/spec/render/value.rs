//! Whether two texts of a Redis directive mean the same: the user's text and the answer of `CONFIG GET`.

use std::collections::{BTreeMap, BTreeSet};

/// Whether a directive has the wanted value when `CONFIG GET` answers `have`.
///
/// It knows memory units (`100mb` is `104857600`), numbers and words in other spelling (`Yes`, `noeviction`), quotes,
/// white space, the flags of `notify-keyspace-events` in any order, and the classes of `client-output-buffer-limit`, of
/// which `want` may name some only.
pub fn same_value(name: &str, want: &str, have: &str) -> bool {
    let (want, have) = (unquoted(want), unquoted(have));
    match name {
        "notify-keyspace-events" => event_flags(want) == event_flags(have),
        "client-output-buffer-limit" => {
            let have = buffer_limits(have);
            buffer_limits(want).iter().all(|(class, limits)| have.get(class) == Some(limits))
        }
        _ => words(want) == words(have),
    }
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = |quote| text.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(word).collect()
}

/// A number of bytes in digits, anything else in lower case.
fn word(text: &str) -> String {
    bytes(text).map_or_else(|| text.to_ascii_lowercase(), |bytes| bytes.to_string())
}

/// Parses `100`, `100b`, `1k`, `1kb`, `1m`, `1mb`, `1g`, `1gb` in any case, as in `redis.conf`.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// The bytes beyond which a server with these directives refuses writes. `None` if it takes what the host has, or makes
/// room by itself because it may remove keys of any kind.
pub fn memory_limit(directives: &BTreeMap<String, String>) -> Option<u64> {
    let limit = bytes(unquoted(directives.get("maxmemory")?)).filter(|limit| *limit > 0)?;
    let policy = directives.get("maxmemory-policy").map(|policy| unquoted(policy).to_ascii_lowercase());
    let makes_room = policy.is_some_and(|policy| policy.starts_with("allkeys"));
    (!makes_room).then_some(limit)
}

/// The flags, with `A` written out: all kinds of events except `m` (missed keys) and `n` (new keys).
///
/// Newer servers have more kinds than these; one that is in neither text does no harm.
fn event_flags(text: &str) -> BTreeSet<char> {
    text.replace('A', "g$lshzxetd").chars().collect()
}

/// By class (`slave` is the old name of `replica`): hard limit, soft limit, seconds.
fn buffer_limits(text: &str) -> BTreeMap<String, Vec<String>> {
    let words = words(text);
    let class = |name: &str| if name == "slave" { "replica".to_owned() } else { name.to_owned() };
    words
        .chunks(4)
        .filter_map(|chunk| chunk.split_first().map(|(name, limits)| (class(name), limits.to_vec())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_what_the_server_answers() {
        let same = [
            ("maxmemory", "100mb", "104857600"),
            ("maxmemory", "1G", "1000000000"),
            ("repl-backlog-size", "64MB", "67108864"),
            ("appendonly", "Yes", "yes"),
            ("save", "\"\"", ""),
            ("save", "900 1  300 10", "900 1 300 10"),
            ("maxmemory-policy", "AllKeys-LRU", "allkeys-lru"),
            ("notify-keyspace-events", "Ex", "xE"),
            ("notify-keyspace-events", "KEA", "AKE"),
            ("notify-keyspace-events", "Kg$lshzxetd", "AK"),
            (
                "client-output-buffer-limit",
                "replica 256mb 64mb 60",
                "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
            ),
        ];
        for (name, want, have) in same {
            assert!(same_value(name, want, have), "{name}: {want} is {have}");
        }
    }

    #[test]
    fn other_values_are_other_values() {
        let different = [
            ("maxmemory", "100mb", "100000000"),
            ("maxmemory", "0", ""),
            ("save", "900 1", "900 1 300 10"),
            ("save", "", "3600 1"),
            ("notify-keyspace-events", "Ex", "E"),
            ("client-output-buffer-limit", "pubsub 1mb 1mb 60", "normal 0 0 0 slave 0 0 0 pubsub 33554432 8388608 60"),
        ];
        for (name, want, have) in different {
            assert!(!same_value(name, want, have), "{name}: {want} is not {have}");
        }
    }

    #[test]
    fn a_limit_counts_only_where_the_server_would_refuse_writes() {
        let of = |given: &[(&str, &str)]| {
            memory_limit(&given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        assert_eq!(of(&[("maxmemory", "10mb")]), Some(10 << 20));
        // It removes only keys that expire, and there may be none.
        assert_eq!(of(&[("maxmemory", "\"10mb\""), ("maxmemory-policy", "volatile-lru")]), Some(10 << 20));
        assert_eq!(of(&[("maxmemory", "10mb"), ("maxmemory-policy", "AllKeys-LFU")]), None);
        assert_eq!(of(&[("maxmemory", "0")]), None);
        assert_eq!(of(&[]), None);
    }
}
