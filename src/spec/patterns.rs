//! The patterns that applications may subscribe to (`PSUBSCRIBE`).
//!
//! Redis compares the name of a channel with the patterns of an access control list. A pattern must be in the list word
//! for word. So no list allows every pattern except those that match Sentinel's channels: it is all of them, or a list.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::parse::ParseError;

/// The prefix of the channels on which Sentinels tell each other who is master.
pub const SENTINEL_CHANNELS: &str = "__sentinel__:";
/// All patterns, in a configuration.
const ANY: &str = "*";

/// The patterns of applications.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Patterns {
    /// All, also those that match Sentinel's channels.
    #[default]
    Any,
    /// These, none of which matches a Sentinel's channel.
    These(BTreeSet<String>),
}

impl TryFrom<String> for Patterns {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        if text.trim() == ANY {
            return Ok(Self::Any);
        }
        let patterns: BTreeSet<String> = text.split_whitespace().map(str::to_owned).collect();
        for pattern in &patterns {
            if pattern.contains(|c: char| c.is_control() || matches!(c, '(' | ')')) {
                return Err(ParseError::new(format!("'{pattern}' cannot be written in an access control list")));
            }
            if hears(pattern, SENTINEL_CHANNELS) {
                return Err(ParseError::new(format!(
                    "'{pattern}' matches the Sentinels' channels '{SENTINEL_CHANNELS}…'"
                )));
            }
        }
        Ok(Self::These(patterns))
    }
}

impl From<Patterns> for String {
    fn from(patterns: Patterns) -> Self {
        match patterns {
            Patterns::Any => ANY.to_owned(),
            Patterns::These(patterns) => patterns.into_iter().collect::<Vec<_>>().join(" "),
        }
    }
}

/// Patterns that allow every channel except those that begin with `reserved`.
///
/// Access control lists can only allow. So there is a pattern for each byte of `reserved`: what comes before it and
/// then ends, and what comes before it and then goes on with another byte.
pub fn all_channels_but(reserved: &str) -> String {
    let patterns = reserved.char_indices().flat_map(|(at, byte)| {
        let before = &reserved[..at];
        let ends = (!before.is_empty()).then(|| format!("&{before}"));
        ends.into_iter().chain([format!("&{before}[^{byte}]*")])
    });
    patterns.collect::<Vec<_>>().join(" ")
}

/// The texts that a part of a pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Any text, also the empty one.
    Text,
    /// Any single byte.
    Octet,
    /// This byte only.
    Exactly(u8),
}

/// Whether a pattern can match a text that begins with `prefix`. A class such as `[a-z]` counts as any byte, so a no is
/// always right.
fn hears(pattern: &str, prefix: &str) -> bool {
    let parts = parts(pattern);
    let beyond_texts = |mut at: usize| {
        let mut all = vec![at];
        while parts.get(at) == Some(&Part::Text) {
            at += 1;
            all.push(at);
        }
        all
    };
    let mut reached: BTreeSet<usize> = beyond_texts(0).into_iter().collect();
    for byte in prefix.bytes() {
        let further = reached.iter().filter_map(|at| match parts.get(*at)? {
            Part::Text => Some(*at),
            Part::Octet => Some(at + 1),
            Part::Exactly(wanted) => (*wanted == byte).then_some(at + 1),
        });
        reached = further.flat_map(beyond_texts).collect();
    }
    !reached.is_empty()
}

/// The parts of a pattern, as Redis reads it.
fn parts(pattern: &str) -> Vec<Part> {
    let mut bytes: VecDeque<u8> = pattern.bytes().collect();
    let mut parts = Vec::new();
    while let Some(byte) = bytes.pop_front() {
        parts.push(match byte {
            b'*' => Part::Text,
            b'?' => Part::Octet,
            b'\\' => Part::Exactly(bytes.pop_front().unwrap_or(byte)),
            b'[' => {
                skip_class(&mut bytes);
                Part::Octet
            }
            byte => Part::Exactly(byte),
        });
    }
    parts
}

/// Skips the rest of a class. An escaped byte, or the end of a range, does not end the class.
fn skip_class(bytes: &mut VecDeque<u8>) {
    if bytes.front() == Some(&b'^') {
        bytes.pop_front();
    }
    while let Some(within) = bytes.pop_front().filter(|within| *within != b']') {
        let further = match bytes.front() {
            _ if within == b'\\' => 1,
            Some(b'-') if bytes.len() > 1 => 2,
            _ => 0,
        };
        bytes.drain(..further.min(bytes.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_hear_sentinels_are_told_from_others() {
        for loud in [
            "__sentinel__:hello",
            "__sentinel__:*",
            "__sent*",
            "?_sentinel__:hello",
            "_*_:hello",
            "*:*",
            "**",
            "[_]*",
            "[^x]_sentinel__:hello",
            r"\__sentinel__:h?llo",
            "[a-]]*",
            "[^-]_*",
            r"[\]_]*",
            "*o",
        ] {
            assert!(hears(loud, SENTINEL_CHANNELS), "{loud}");
        }
        for deaf in [
            "news.*",
            "__key*__:*",
            "__sentinel__",
            "__sentinel__hello",
            "_",
            "",
            "n[a-z]ws*",
            r"\*",
            "a*:hello",
            "[_",
            "[]",
        ] {
            assert!(!hears(deaf, SENTINEL_CHANNELS), "{deaf}");
        }
    }

    #[test]
    fn patterns_are_read_from_one_text_and_written_as_one() {
        let read = |text: &str| Patterns::try_from(text.to_owned());
        assert_eq!(read("*"), Ok(Patterns::Any));
        let these = read(" news.*  __keyspace@0__:* news.* ").expect("good patterns");
        assert_eq!(String::from(these), "__keyspace@0__:* news.*");
        assert_eq!(read(""), Ok(Patterns::These(BTreeSet::new())));
        assert_eq!(read("news.* *"), Err(ParseError::new("'*' matches the Sentinels' channels '__sentinel__:…'")));
        assert!(read("a) +@all").is_err());
    }
}
