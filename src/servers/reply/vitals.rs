//! The parts of a server's vital signs that need more than `INFO`.

use std::collections::BTreeMap;

use redis::Value;

use super::parts::{Fields, fields, text};
use crate::cluster::vitals::SlowCommand;

/// Directives without those whose value is a password.
pub fn without_secrets(mut directives: Fields) -> Fields {
    let is_secret = |name: &str| name.ends_with("pass") || name.ends_with("auth");
    directives.retain(|name, _| !is_secret(name));
    directives
}

/// The slowest entry of a slow log.
///
/// An entry has an id, its time, its duration in microseconds, the words of the command, and more.
pub fn slowest(log: &Value) -> Option<SlowCommand> {
    let Value::Array(entries) = log else { return None };
    let entry = |entry: &Value| {
        let Value::Array(parts) = entry else { return None };
        let number = |place: usize| text(parts.get(place)?)?.parse().ok();
        let Value::Array(words) = parts.get(3)? else { return None };
        Some(SlowCommand { at: number(1)?, took: number(2)?, command: text(words.first()?)?.to_ascii_uppercase() })
    };
    entries.iter().filter_map(entry).max_by_key(|slow| slow.took)
}

/// How many commands were refused to each user, by an `ACL LOG`.
pub fn refused(log: &Value) -> BTreeMap<String, u64> {
    let Value::Array(entries) = log else { return BTreeMap::new() };
    let mut refused = BTreeMap::new();
    for entry in entries.iter().filter_map(fields::<Fields>) {
        let field = |name: &str| entry.get(name).map(String::as_str);
        if let (Some("command"), Some(user)) = (field("reason"), field("username")) {
            let count = field("count").and_then(|count| count.parse().ok()).unwrap_or(1);
            *refused.entry(user.to_owned()).or_default() += count;
        }
    }
    refused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_commands_are_counted_for_each_user() {
        let word = |word: &str| Value::BulkString(word.as_bytes().to_vec());
        let entry = |count, reason, user| {
            Value::Array(vec![
                word("count"),
                Value::Int(count),
                word("reason"),
                word(reason),
                word("username"),
                word(user),
                word("age-seconds"),
                Value::Double(0.5),
            ])
        };
        let log =
            [entry(70, "command", "a"), entry(2, "command", "b"), entry(1, "command", "a"), entry(9, "auth", "a")];
        let wanted = BTreeMap::from([("a".to_owned(), 71), ("b".to_owned(), 2)]);
        assert_eq!(refused(&Value::Array(log.to_vec())), wanted);
    }

    #[test]
    fn the_slowest_command_is_known_by_its_name_alone() {
        let words = |words: &[&str]| {
            Value::Array(words.iter().map(|word| Value::BulkString(word.as_bytes().to_vec())).collect())
        };
        let entry = |id, at, took, command: &[&str]| {
            Value::Array(vec![Value::Int(id), Value::Int(at), Value::Int(took), words(command), words(&[])])
        };
        let log = Value::Array(vec![
            entry(2, 1_795_810_226, 11_000, &["get", "a"]),
            entry(1, 1_795_810_220, 900_000, &["keys", "secret*"]),
            Value::Nil,
        ]);
        let wanted = SlowCommand { at: 1_795_810_220, took: 900_000, command: "KEYS".to_owned() };
        assert_eq!(slowest(&log), Some(wanted));
        assert_eq!(slowest(&Value::Array(Vec::new())), None);
    }

    #[test]
    fn directives_are_shown_without_passwords() {
        let all = ["masterauth", "requirepass", "tls-key-file-pass", "sentinel-pass", "tls-auth-clients", "maxmemory"];
        let all = all.iter().map(|name| ((*name).to_owned(), "value".to_owned())).collect();
        let shown: Vec<String> = without_secrets(all).into_keys().collect();
        assert_eq!(shown, ["maxmemory", "tls-auth-clients"]);
    }
}
