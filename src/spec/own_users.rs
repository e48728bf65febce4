//! Users of the user's own on Redis nodes: presets, rules, and how both are merged with the denials of redos.
//!
//! Redis applies rules in their order, so the denials come last: whatever was given before them, they hold. What a user
//! may give is a list of known forms. Everything else is refused by name, before anything changes.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::parse::ParseError;
use super::patterns::{Patterns, SENTINEL_CHANNELS, all_channels_but};
use super::secret::{RotatedUser, user};

/// The longest name of a user, in bytes.
const NAME_MAX: usize = 64;

/// Names that redos needs, or that mean something else in its commands.
const RESERVED: [&str; 10] = [
    user::APPLICATION,
    user::ADMIN,
    user::REPLICATION,
    user::SENTINEL,
    user::PROBE,
    user::EXPORTER,
    "exporter",
    "proxy",
    "admin",
    "none",
];

/// Commands that no user gets, with what they would open.
const DENIED: [(&str, &str); 22] = [
    ("acl", USERS),
    ("bgrewriteaof", SAVING),
    ("bgsave", SAVING),
    ("client|kill", CONNECTIONS),
    ("client|no-evict", CONNECTIONS),
    ("client|pause", CONNECTIONS),
    ("client|unpause", CONNECTIONS),
    ("cluster", TOPOLOGY),
    ("config", SETTINGS),
    ("debug", SETTINGS),
    ("failover", TOPOLOGY),
    ("module", SETTINGS),
    ("monitor", "it shows what Sentinels tell each other, and the data of all users"),
    ("psync", COPIES),
    ("replconf", COPIES),
    ("replicaof", TOPOLOGY),
    ("save", SAVING),
    ("sentinel", TOPOLOGY),
    ("shutdown", TOPOLOGY),
    ("slaveof", TOPOLOGY),
    ("sync", COPIES),
    ("@admin", "it is the administration, which is the business of redos"),
];
const USERS: &str = "it shows and changes the users and passwords of others";
const SAVING: &str = "redos and Redis decide what is saved and when";
const CONNECTIONS: &str = "it holds or ends the connections of others, of replicas and Sentinels too";
const TOPOLOGY: &str = "redos and the Sentinels decide which node is master";
const SETTINGS: &str = "it shows passwords or changes the server";
const COPIES: &str = "replication gives a copy of all data to a stranger";

/// Commands of the administration by which a user can only look. They may be given.
const HARMLESS: [&str; 13] = [
    "acl|whoami",
    "client|list",
    "lastsave",
    "latency",
    "latency|doctor",
    "latency|histogram",
    "latency|history",
    "latency|latest",
    "module|list",
    "role",
    "slowlog",
    "slowlog|get",
    "slowlog|len",
];

/// What is taken away after all rules.
const DENIALS: &str = "-@admin -acl -bgrewriteaof -bgsave -cluster -config -debug -failover -module -monitor -psync \
                       -replconf -replicaof -save -shutdown -slaveof -sync";

/// A ready set of rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserPreset {
    /// All data, as applications have them.
    App,
    /// Reading keys, and hearing channels.
    Readonly,
    /// Figures of the server, and no key.
    Monitor,
    /// What a copy key by key needs: `SCAN`, `DUMP`, times to live.
    Backup,
    /// Nothing but the rules that are given.
    None,
}

/// The presets with their words.
pub const PRESETS: [(&str, UserPreset); 5] = [
    ("app", UserPreset::App),
    ("readonly", UserPreset::Readonly),
    ("monitor", UserPreset::Monitor),
    ("backup", UserPreset::Backup),
    ("none", UserPreset::None),
];

impl UserPreset {
    /// Key patterns where none are given.
    const fn keys(self) -> &'static str {
        match self {
            Self::App => "~*",
            Self::Readonly | Self::Backup => "%R~*",
            Self::Monitor | Self::None => "",
        }
    }

    /// Whether all channels but those of Sentinels are allowed where none are given.
    const fn has_channels(self) -> bool {
        matches!(self, Self::App | Self::Readonly)
    }

    /// Whether it never changes data, whatever the rules are.
    const fn only_reads(self) -> bool {
        matches!(self, Self::Readonly | Self::Backup | Self::Monitor)
    }

    const fn commands(self) -> &'static str {
        match self {
            Self::App => "+@all",
            Self::Readonly => {
                "+@read +@connection +info +dbsize +command +multi +exec +discard +watch +unwatch +eval_ro +evalsha_ro \
                 +fcall_ro +subscribe +unsubscribe +ssubscribe +sunsubscribe +psubscribe +punsubscribe"
            }
            Self::Monitor => "+ping +info +dbsize +command +memory|stats +client -client|unblock",
            Self::Backup => {
                "+ping +info +dbsize +command +select +scan +dump +type +ttl +pttl +expiretime +pexpiretime +object \
                 +memory|usage +function|dump +function|list +client -client|unblock"
            }
            Self::None => "",
        }
    }

    /// The commands of [`HARMLESS`] that it has.
    const fn harmless(self) -> &'static [&'static str] {
        match self {
            Self::App => &["acl|whoami", "client|list", "lastsave", "latency", "module|list", "role", "slowlog"],
            Self::Monitor => {
                &["acl|whoami", "client|list", "lastsave", "latency", "module|list", "role", "slowlog|len"]
            }
            Self::Readonly | Self::Backup => &["acl|whoami", "lastsave", "role"],
            Self::None => &["acl|whoami"],
        }
    }
}

/// A user of one's own. Its name is the key of [`OwnUsers`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnUser {
    pub preset: UserPreset,
    /// The given rules, in their order.
    rules: Vec<String>,
}

impl OwnUser {
    /// The merged rules on a Redis node, without passwords.
    pub fn merged(&self) -> String {
        let Self { preset, rules } = self;
        let of = |first: &'static [char]| rules.iter().filter(move |rule| rule.starts_with(first)).cloned();
        let keys: Vec<String> = of(&['~', '%']).collect();
        let channels: Vec<String> = of(&['&']).collect();
        let keys = if keys.is_empty() { preset.keys().to_owned() } else { keys.join(" ") };
        let channels = match channels.is_empty() {
            false => channels.join(" "),
            true if preset.has_channels() => all_channels_but(SENTINEL_CHANNELS),
            true => String::new(),
        };
        let mut looks: Vec<String> = preset.harmless().iter().map(|name| (*name).to_owned()).collect();
        let mut commands = Vec::new();
        for rule in of(&['+', '-']) {
            let (sign, name) = rule.split_at(1);
            match sign {
                "+" if HARMLESS.contains(&name) => looks.push(name.to_owned()),
                "-" if name.starts_with('@') => looks.clear(),
                "-" => {
                    let inner = format!("{name}|");
                    looks.retain(|look| look != name && !look.starts_with(&inner));
                    // A part of a command cannot be taken back from the list, so it is taken away after it.
                    let is_part =
                        |look: &String| name.strip_prefix(look.as_str()).is_some_and(|rest| rest.starts_with('|'));
                    looks.retain(|look| !is_part(look));
                }
                _ => {}
            }
            commands.push(rule);
        }
        let looks: Vec<String> = looks.iter().map(|look| format!("+{look}")).collect();
        let writes = if preset.only_reads() { "-@write" } else { "" };
        let parts = [
            "sanitize-payload resetkeys",
            &keys,
            "resetchannels",
            &channels,
            "-@all",
            preset.commands(),
            &commands.join(" "),
            writes,
            DENIALS,
            &looks.join(" "),
        ];
        parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
    }
}

/// All users of one's own, by name. As a text: `NAME PRESET RULE…`, separated by `;`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OwnUsers(pub BTreeMap<String, OwnUser>);

impl OwnUsers {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<String> for OwnUsers {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        let mut users = BTreeMap::new();
        for entry in text.split([';', '\n']).filter(|entry| !entry.trim().is_empty()) {
            let mut words = entry.split_whitespace();
            let (Some(name), preset) = (words.next(), words.next()) else { continue };
            check_name(name)?;
            let words_of = || PRESETS.map(|(word, _)| word).join(", ");
            let found = PRESETS.iter().find(|(word, _)| Some(*word) == preset);
            let Some((_, preset)) = found else {
                let what = preset.map_or_else(|| "no preset".to_owned(), |preset| format!("'{preset}'"));
                return Err(ParseError::new(format!(
                    "the user '{name}' has {what} where one of {} must be",
                    words_of()
                )));
            };
            let rules = words.map(|word| rule(*preset, word)).collect::<Result<Vec<_>, _>>();
            let rules = rules.map_err(|why| ParseError::new(format!("the user '{name}': {why}")))?;
            if users.insert(name.to_owned(), OwnUser { preset: *preset, rules }).is_some() {
                return Err(ParseError::new(format!("the user '{name}' is given twice")));
            }
        }
        Ok(Self(users))
    }
}

impl From<OwnUsers> for String {
    fn from(users: OwnUsers) -> Self {
        users.to_string()
    }
}

impl fmt::Display for OwnUsers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, user)) in self.0.iter().enumerate() {
            let word = PRESETS.iter().find(|(_, preset)| *preset == user.preset).map_or("", |(word, _)| word);
            write!(f, "{}{name} {word}", if at == 0 { "" } else { "; " })?;
            user.rules.iter().try_for_each(|rule| write!(f, " {rule}"))?;
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), ParseError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.len() > NAME_MAX || !name.chars().all(legal) || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(ParseError::new(format!(
            "'{name}' cannot name a user: it takes up to {NAME_MAX} letters, digits, '.', '-' and '_'"
        )));
    }
    let lower = name.to_ascii_lowercase();
    let is_word = RotatedUser::ALL.iter().any(|user| user.as_str() == lower);
    if is_word || RESERVED.contains(&lower.as_str()) || lower.starts_with("redos") {
        return Err(ParseError::new(format!("redos needs the user '{name}' for itself: choose another name")));
    }
    Ok(())
}

/// Checks one rule, and returns it as it is kept.
fn rule(preset: UserPreset, given: &str) -> Result<String, ParseError> {
    let refuse = |why: &str| Err(ParseError::new(format!("the rule '{given}' is refused: {why}")));
    // A password is not repeated.
    let refuse_password = |why: &str| Err(ParseError::new(format!("a rule is refused: {why}")));
    match given.chars().next() {
        Some('>' | '<' | '#' | '!') => {
            return refuse_password("a password is no rule; redos makes one, and 'redos url --user NAME' shows it");
        }
        Some('(' | ')') => return refuse("selectors would not be bound by what redos denies; name two users instead"),
        _ => {}
    }
    if given.contains(|c: char| c.is_control() || matches!(c, '(' | ')' | '"' | '\'' | ';')) {
        return refuse("it holds a character that an access control list cannot hold");
    }
    let lower = given.to_ascii_lowercase();
    match lower.as_str() {
        "nopass" | "resetpass" => {
            return refuse("redos gives every user a password, and 'redos url --user NAME' shows it");
        }
        "on" | "off" => return refuse("a user that is listed is on; leave it out of 'users' to remove it"),
        "reset" | "resetkeys" | "resetchannels" | "clearselectors" => {
            return refuse("a user begins with nothing; the preset none adds nothing to that");
        }
        "sanitize-payload" | "skip-sanitize-payload" => return refuse("redos has every payload checked"),
        "allcommands" => return refuse("write +@all, which leaves out the administration"),
        "nocommands" => return refuse("write -@all"),
        "allkeys" => return self::rule(preset, "~*"),
        "allchannels" => return self::rule(preset, "&*"),
        _ => {}
    }
    match given.split_at_checked(1) {
        Some(("~", pattern)) if !pattern.is_empty() => keys(preset, "RW", pattern, given),
        Some(("%", rest)) => match rest.split_once('~') {
            Some((rights, pattern)) if !pattern.is_empty() => keys(preset, rights, pattern, given),
            _ => refuse("write %R~PATTERN for reading, or ~PATTERN for all"),
        },
        Some(("&", pattern)) => match Patterns::try_from(pattern.to_owned()) {
            Ok(Patterns::These(_)) if !pattern.is_empty() => Ok(given.to_owned()),
            _ => refuse("it matches the Sentinels' channels, or nothing; name channels such as &news.*"),
        },
        Some((sign @ ("+" | "-"), _)) => command(sign, &lower[1..], given),
        _ => refuse("it is no key pattern (~), channel (&) or command (+, -)"),
    }
}

fn keys(preset: UserPreset, rights: &str, pattern: &str, given: &str) -> Result<String, ParseError> {
    let rights = rights.to_ascii_uppercase();
    match rights.as_str() {
        "R" => Ok(format!("%R~{pattern}")),
        "W" | "RW" | "WR" if preset.only_reads() => Err(ParseError::new(format!(
            "the rule '{given}' is refused: this preset only reads, so write %R~{pattern}"
        ))),
        "W" => Ok(format!("%W~{pattern}")),
        "RW" | "WR" => Ok(format!("~{pattern}")),
        _ => Err(ParseError::new(format!("the rule '{given}' is refused: write %R~{pattern}, or ~{pattern} for all"))),
    }
}

fn command(sign: &str, name: &str, given: &str) -> Result<String, ParseError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '|' | '@');
    let is_name = name.strip_prefix('@').unwrap_or(name);
    let is_form = !is_name.is_empty()
        && name.chars().all(legal)
        && !is_name.contains('@')
        && name.split('|').count() <= 2
        && name.split('|').all(|part| !part.is_empty());
    if !is_form {
        return Err(ParseError::new(format!(
            "the rule '{given}' is refused: write +COMMAND, +COMMAND|PART, +@CATEGORY, or the same with -"
        )));
    }
    if sign == "+" && !HARMLESS.contains(&name) {
        let root = name.split('|').next().unwrap_or(name);
        if let Some((denied, why)) = DENIED.iter().find(|(denied, _)| *denied == name || *denied == root) {
            return Err(ParseError::new(format!("no user gets {}: {why}", denied.to_uppercase())));
        }
    }
    Ok(format!("{sign}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<OwnUsers, String> {
        OwnUsers::try_from(text.to_owned()).map_err(|why| why.to_string())
    }

    fn merged(text: &str) -> String {
        parsed(text).expect(text).0.pop_last().expect("a user").1.merged()
    }

    #[test]
    fn every_attempt_to_escape_is_refused_with_what_to_do() {
        let rows = [
            ("(~* +@all)", "selectors"),
            ("(+acl", "selectors"),
            (")", "selectors"),
            ("~a(", "cannot hold"),
            ("~a\"b", "cannot hold"),
            (">hunter2", "redos url --user"),
            ("<hunter2", "redos url --user"),
            ("#0123abcd", "redos url --user"),
            ("!0123abcd", "redos url --user"),
            ("nopass", "gives every user a password"),
            ("NOPASS", "gives every user a password"),
            ("resetpass", "gives every user a password"),
            ("on", "a user that is listed is on"),
            ("off", "a user that is listed is on"),
            ("reset", "begins with nothing"),
            ("resetchannels", "begins with nothing"),
            ("clearselectors", "begins with nothing"),
            ("skip-sanitize-payload", "checked"),
            ("allcommands", "+@all"),
            ("allchannels", "Sentinels' channels"),
            ("&*", "Sentinels' channels"),
            ("&__sentinel__:hello", "Sentinels' channels"),
            ("&__sentinel__*", "Sentinels' channels"),
            ("&??sentinel__:*", "Sentinels' channels"),
            ("&[_]_sentinel__:hello", "Sentinels' channels"),
            ("&\\__sentinel__:hello", "Sentinels' channels"),
            ("&", "Sentinels' channels"),
            ("+acl", "users and passwords of others"),
            ("+ACL|SetUser", "users and passwords of others"),
            ("+config|get", "shows passwords"),
            ("+debug", "shows passwords"),
            ("+module|load", "shows passwords"),
            ("+shutdown", "which node is master"),
            ("+replicaof|no", "which node is master"),
            ("+slaveof", "which node is master"),
            ("+failover", "which node is master"),
            ("+cluster|failover", "which node is master"),
            ("+save", "what is saved"),
            ("+bgsave", "what is saved"),
            ("+psync", "a copy of all data"),
            ("+sync", "a copy of all data"),
            ("+replconf", "a copy of all data"),
            ("+client|kill", "connections of others"),
            ("+client|pause", "connections of others"),
            ("+monitor", "what Sentinels tell each other"),
            ("+@admin", "administration"),
            ("+sentinel|set", "which node is master"),
            ("+get|a|b", "write +COMMAND"),
            ("+@read@write", "write +COMMAND"),
            ("+", "write +COMMAND"),
            ("%X~a", "%R~a"),
            ("%R", "%R~PATTERN"),
            ("whatever", "is no key pattern"),
        ];
        for preset in ["app", "none"] {
            for (rule, why) in rows {
                let said = parsed(&format!("shop {preset} +get {rule} ~a")).expect_err(rule);
                assert!(said.contains(why), "{rule}: {said}");
                assert!(!said.contains("hunter2"), "{said}");
            }
        }
        for rule in ["~a", "%W~a", "%RW~a", "allkeys"] {
            let said = parsed(&format!("shop readonly {rule}")).expect_err(rule);
            assert!(said.contains("only reads"), "{said}");
        }
    }

    #[test]
    fn names_that_redos_needs_are_refused() {
        let needed = RESERVED.into_iter().chain(["redos-x", "Default", "applications", "statistics", "replication"]);
        for name in needed {
            assert!(parsed(&format!("{name} app")).expect_err(name).contains("redos needs"), "{name}");
        }
        for name in ["-a", "a b", "ü", "a/b", &"a".repeat(65)] {
            assert!(parsed(&format!("{name} app")).is_err(), "{name}");
        }
        assert!(parsed("shop app; shop app").expect_err("twice").contains("given twice"));
        assert!(parsed("shop").expect_err("no preset").contains("app, readonly, monitor, backup, none"));
    }

    #[test]
    fn denials_come_after_everything_that_can_be_given() {
        let rules = "+@all +@dangerous +@slow ~* &news.* +eval +role -get";
        for (preset, _) in PRESETS.into_iter().filter(|(_, preset)| !preset.only_reads()) {
            let text = merged(&format!("shop {preset} {rules}"));
            let (before, after) = text.split_once(DENIALS).expect("denials");
            assert!(before.ends_with("-get "), "{text}");
            for look in after.split_whitespace() {
                let name = look.strip_prefix('+').expect("a command");
                assert!(HARMLESS.contains(&name), "{text}");
            }
        }
        for preset in ["readonly", "monitor", "backup"] {
            let text = merged(&format!("shop {preset} +@all +flushall"));
            assert!(text.contains(&format!("+flushall -@write {DENIALS}")), "{text}");
            assert!(!text.contains(" ~"), "{text}");
        }
    }

    #[test]
    fn own_patterns_replace_those_of_the_preset_and_looks_can_be_taken_away() {
        let text = merged("shop app ~shop:* &shop.* -slowlog -flushall");
        assert!(text.starts_with("sanitize-payload resetkeys ~shop:* resetchannels &shop.* -@all +@all"), "{text}");
        assert!(!text.contains("+slowlog") && text.contains("+role"), "{text}");
        assert!(!merged("shop app -latency|doctor").contains("+latency"));
        assert!(!merged("shop app -@dangerous").split(DENIALS).nth(1).expect("an end").contains('+'));
        assert!(!merged("shop app").contains("__sentinel__:h"));
        assert!(merged("shop none %RW~a +GET").contains(" ~a resetchannels -@all +get "));
    }

    #[test]
    fn a_text_is_read_back_as_it_is_written() {
        let text = "ops monitor; shop app ~shop:* +role";
        assert_eq!(parsed(text).expect("users").to_string(), text);
        assert_eq!(parsed("shop app ~shop:* +role\n;ops   monitor;").expect("users").to_string(), text);
        assert_eq!(parsed("").expect("none"), OwnUsers::default());
    }
}
