//! The rights of users on a server (`ACL LIST`), compared with those that redos gave them.
//!
//! Servers do not list rules as they were written: Redis 7.0 lists the shortest text with the same meaning, later ones
//! the rules in the order in which they were given. So two texts are the same here when they allow the same of
//! [`COMMANDS`], with the same passwords, keys and channels. An unknown word makes no difference.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::cluster::observed::OtherUsers;

/// Commands by which a user could harm a cluster or read others' secrets, with their categories.
const COMMANDS: [(&str, &str); 52] = [
    ("acl|deluser", "admin dangerous slow"),
    ("acl|list", "admin dangerous slow"),
    ("acl|load", "admin dangerous slow"),
    ("acl|save", "admin dangerous slow"),
    ("acl|setuser", "admin dangerous slow"),
    ("bgrewriteaof", "admin dangerous slow"),
    ("bgsave", "admin dangerous slow"),
    ("client|kill", "admin dangerous slow connection"),
    ("client|list", "admin dangerous slow connection"),
    ("client|pause", "admin dangerous slow connection"),
    ("client|setname", "slow connection"),
    ("config|get", "admin dangerous slow"),
    ("config|rewrite", "admin dangerous slow"),
    ("config|set", "admin dangerous slow"),
    ("debug", "admin dangerous slow"),
    ("del", "keyspace write slow"),
    ("eval", "scripting slow"),
    ("exec", "transaction slow"),
    ("failover", "admin dangerous slow"),
    ("flushall", "keyspace write dangerous slow"),
    ("function|load", "write scripting slow"),
    ("get", "read string fast"),
    ("info", "dangerous slow"),
    ("keys", "keyspace read dangerous slow"),
    ("migrate", "keyspace write dangerous slow"),
    ("module|load", "admin dangerous slow"),
    ("monitor", "admin dangerous slow"),
    ("multi", "transaction fast"),
    ("ping", "connection fast"),
    ("psubscribe", "pubsub slow"),
    ("psync", "admin dangerous slow"),
    ("publish", "pubsub fast"),
    ("replconf", "admin dangerous slow"),
    ("replicaof", "admin dangerous slow"),
    ("restore", "keyspace write dangerous slow"),
    ("role", "admin dangerous fast"),
    ("save", "admin dangerous slow"),
    ("script|kill", "scripting slow"),
    ("sentinel|config", "admin dangerous slow"),
    ("sentinel|debug", "admin dangerous slow"),
    ("sentinel|failover", "admin dangerous slow"),
    ("sentinel|is-master-down-by-addr", "admin dangerous slow"),
    ("sentinel|masters", "admin dangerous slow"),
    ("sentinel|monitor", "admin dangerous slow"),
    ("sentinel|remove", "admin dangerous slow"),
    ("sentinel|reset", "admin dangerous slow"),
    ("sentinel|set", "admin dangerous slow"),
    ("set", "write string slow"),
    ("shutdown", "admin dangerous slow"),
    ("slaveof", "admin dangerous slow"),
    ("subscribe", "pubsub slow"),
    ("sync", "admin dangerous slow"),
];

/// The users of a server that differ from the text of its `users.acl`, `users_file`.
///
/// `known_file` is the same text with all passwords that a user may have while a rotation is open.
pub fn others<'a>(users_file: &str, known_file: &str, listed: impl IntoIterator<Item = &'a str>) -> OtherUsers {
    let wanted: BTreeMap<&str, User> = users_file.lines().filter_map(user).collect();
    let known: BTreeMap<&str, User> = known_file.lines().filter_map(user).collect();
    let listed: BTreeMap<&str, User> = listed.into_iter().filter_map(user).collect();
    let named = |(name, _): &(&&str, &User)| (**name).to_owned();
    let unknown = listed.iter().filter(|(name, _)| !wanted.contains_key(*name)).map(|user| named(&user)).collect();
    let differing = wanted.iter().filter(|(name, user)| listed.get(*name) != Some(user));
    let is_outdated = |(name, wanted): &(&&str, &User)| {
        let pair = listed.get(*name).zip(known.get(*name));
        pair.is_some_and(|(listed, known)| listed.differs_in_passwords(wanted, known))
    };
    let (outdated, changed): (Vec<_>, Vec<_>) = differing.partition(is_outdated);
    OtherUsers {
        unknown,
        changed: changed.iter().map(named).collect(),
        outdated: outdated.iter().map(named).collect(),
        former: BTreeSet::new(),
    }
}

/// Whether a user in a server's list has this password.
pub fn has_password(line: &str, name: &str, password: &str) -> bool {
    user(line).is_some_and(|(listed, user)| listed == name && user.passwords.contains(&hash(password)))
}

/// The rules of one user in `users.acl`, as `ACL SETUSER` takes them.
pub fn rules<'a>(users_file: &'a str, name: &str) -> Option<Vec<&'a str>> {
    let line = users_file.lines().find(|line| line.split_whitespace().nth(1) == Some(name))?;
    Some(line.split_whitespace().skip(2).collect())
}

/// A user with passwords and rights.
#[derive(Debug, Default, PartialEq, Eq)]
struct User {
    is_on: bool,
    needs_no_password: bool,
    checks_no_payload: bool,
    /// The passwords in the server's list: SHA-256, in hexadecimal digits.
    passwords: BTreeSet<String>,
    /// The parts of its rights. Each of them is enough for a command.
    allows: BTreeSet<Allowed>,
}

impl User {
    /// Whether it has the rights of `wanted`, and some of the passwords of `known` but no others.
    fn differs_in_passwords(&self, wanted: &Self, known: &Self) -> bool {
        let Self { is_on, needs_no_password, checks_no_payload, passwords, allows } = self;
        let has_rights = (*is_on, *needs_no_password, *checks_no_payload)
            == (wanted.is_on, wanted.needs_no_password, wanted.checks_no_payload)
            && *allows == wanted.allows;
        has_rights && !passwords.is_empty() && passwords.is_subset(&known.passwords)
    }
}

/// One part of a user's rights.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Allowed {
    keys: BTreeSet<String>,
    channels: BTreeSet<String>,
    /// The allowed ones of [`COMMANDS`].
    commands: BTreeSet<&'static str>,
    /// Commands that are allowed with this first argument: `slaveof|no`.
    first_arguments: BTreeSet<String>,
}

/// Parses `user NAME RULE…`. A rule in parentheses is a part of its own.
fn user(line: &str) -> Option<(&str, User)> {
    let rest = line.trim().strip_prefix("user ")?;
    let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let (mut user, mut root) = (User::default(), Allowed::default());
    let (root_rules, parts) = rest.split_once(" (").unwrap_or((rest, ""));
    for rule in root_rules.split_whitespace() {
        match rule {
            "on" => user.is_on = true,
            "off" => user.is_on = false,
            "nopass" => user.needs_no_password = true,
            "skip-sanitize-payload" => user.checks_no_payload = true,
            _ if rule.starts_with('>') => _ = user.passwords.insert(hash(&rule[1..])),
            _ if rule.starts_with('#') => _ = user.passwords.insert(rule[1..].to_owned()),
            _ => root.apply(rule),
        }
    }
    user.allows.insert(root);
    for part in parts.split(" (").filter(|part| !part.is_empty()) {
        let mut allowed = Allowed::default();
        part.trim_end_matches(')').split_whitespace().for_each(|rule| allowed.apply(rule));
        user.allows.insert(allowed);
    }
    Some((name, user))
}

impl Allowed {
    /// Applies one rule. Redis applies them in their order.
    fn apply(&mut self, rule: &str) {
        match rule {
            "allkeys" => _ = self.keys.insert("~*".to_owned()),
            "resetkeys" => self.keys.clear(),
            "allchannels" => _ = self.channels.insert("&*".to_owned()),
            "resetchannels" => self.channels.clear(),
            "allcommands" => self.set(true, "@all"),
            "nocommands" => self.set(false, "@all"),
            _ => match rule.split_at_checked(1) {
                Some(("~" | "%", _)) => _ = self.keys.insert(rule.to_owned()),
                Some(("&", _)) => _ = self.channels.insert(rule.to_owned()),
                Some(("+", what)) => self.set(true, what),
                Some(("-", what)) => self.set(false, what),
                Some(_) | None => {}
            },
        }
    }

    fn set(&mut self, is_allowed: bool, what: &str) {
        let what = what.to_ascii_lowercase();
        let has_arguments = |name: &str| COMMANDS.iter().any(|(known, _)| *known == name);
        if is_allowed && what.split_once('|').is_some_and(|(name, _)| has_arguments(name)) {
            self.first_arguments.insert(what);
            return;
        }
        let is_meant = |name: &str, categories: &str| match what.strip_prefix('@') {
            Some("all") => true,
            Some(category) => categories.split(' ').any(|of| of == category),
            None => name == what || name.split_once('|').is_some_and(|(container, _)| container == what),
        };
        for (name, _) in COMMANDS.iter().filter(|(name, categories)| is_meant(name, categories)) {
            let command = format!("{name}|");
            self.first_arguments.retain(|argument| !argument.starts_with(&command));
            if is_allowed {
                self.commands.insert(name)
            } else {
                self.commands.remove(name)
            };
        }
    }
}

/// A password as servers list it.
fn hash(password: &str) -> String {
    Sha256::digest(password).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What redos writes, shortened, for a password `s`.
    const WANTED: &str = "user default on >s sanitize-payload ~* +@all -@admin +acl|whoami +client -client|kill -client|pause \
        -client|unpause +lastsave +latency +module|list +monitor +role +slowlog resetchannels &a* -psubscribe \
        (resetchannels &* -@all +psubscribe)\n\
        user redos on >s ~* &* +@all\n\
        user replica on >s resetchannels -@all +psync +replconf +ping\n\
        user sentinel on >s resetchannels &__sentinel__:hello -@all +multi +exec +slaveof|172.18.0.1 +slaveof|no \
        +config|rewrite +info +client|setname\n";
    /// The same as Redis 7.0.15 lists it.
    const LISTED: [&str; 4] = [
        "user default on sanitize-payload #043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89 ~* resetchannels \
         &a* +@all -@admin +latency|histogram +latency|graph +latency|reset +latency|doctor +latency|latest \
         +latency|history +lastsave +monitor -psubscribe +slowlog|len +slowlog|get +slowlog|reset +client|no-evict \
         +client|list +client|unblock +module|list +role (&* -@all +psubscribe)",
        "user redos on #043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89 ~* &* +@all",
        "user replica on #043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89 resetchannels -@all +replconf \
         +psync +ping",
        "user sentinel on #043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89 resetchannels \
         &__sentinel__:hello -@all +exec +info +client|setname +config|rewrite +multi +slaveof|172.18.0.1 +slaveof|no",
    ];

    fn seen(change: impl Fn(&mut Vec<String>)) -> (Vec<String>, Vec<String>) {
        let mut listed: Vec<String> = LISTED.iter().map(|line| (*line).to_owned()).collect();
        change(&mut listed);
        let OtherUsers { unknown, changed, .. } = others(WANTED, WANTED, listed.iter().map(String::as_str));
        (unknown.into_iter().collect(), changed.into_iter().collect())
    }

    #[test]
    fn what_redos_wrote_is_the_same_however_a_server_lists_it() {
        assert_eq!(seen(|_| {}), (vec![], vec![]));
        let literal = WANTED.replace(">s", "#043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89");
        assert_eq!(others(WANTED, WANTED, literal.lines()), OtherUsers::default(), "as later servers list it");
    }

    #[test]
    fn a_user_that_redos_did_not_make_is_found_and_one_that_is_gone() {
        let evil = "user evil on nopass sanitize-payload ~* &* +@all".to_owned();
        assert_eq!(seen(|listed| listed.push(evil.clone())), (vec!["evil".to_owned()], vec![]));
        assert_eq!(seen(|listed| _ = listed.remove(2)), (vec![], vec!["replica".to_owned()]));
    }

    #[test]
    fn a_user_that_lacks_a_password_of_a_rotation_is_outdated_and_not_changed() {
        let old = "#043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89";
        let both = WANTED.replace("default on >s", "default on >new >s");
        let new = WANTED.replace("default on >s", "default on >new");
        let others = |wanted: &str, known: &str, passwords: &str| {
            let listed = LISTED.map(|line| line.replace(&format!("default on sanitize-payload {old}"), passwords));
            let OtherUsers { changed, outdated, .. } = others(wanted, known, listed.iter().map(String::as_str));
            (changed.into_iter().collect::<Vec<_>>(), outdated.into_iter().collect::<Vec<_>>())
        };
        let as_listed = |passwords: &str| format!("default on sanitize-payload {passwords}");
        let default = vec!["default".to_owned()];
        assert_eq!(others(&both, &both, &as_listed(old)), (vec![], default.clone()), "it lacks the new one");
        let two = as_listed(&format!("{old} #{}", hash("new")));
        assert_eq!(others(&both, &both, &two), (vec![], vec![]));
        assert_eq!(others(&new, &both, &two), (vec![], default.clone()), "it still has the old one");
        assert_eq!(others(&new, &new, &two), (default.clone(), vec![]), "the rotation has ended");
        let foreign = as_listed(&format!("{old} #{}", hash("of somebody")));
        assert_eq!(others(&both, &both, &foreign), (default.clone(), vec![]));
        assert_eq!(others(&both, &both, &format!("{} nopass", as_listed(old))), (default, vec![]));
    }

    #[test]
    fn every_right_that_is_added_or_taken_is_found() {
        for (user, from, to) in [
            (0, "on ", "off "),
            (0, "on ", "on nopass "),
            (0, "-@admin", "-@admin +config|get"),
            (0, "-@admin", ""),
            (0, "+@all -@admin", "+@all"),
            (0, "-@admin", "-@admin -@dangerous"),
            (0, "&a*", "&*"),
            (0, "(&*", "(~* &*"),
            (0, "+psubscribe)", "+psubscribe) (~* &* +@all)"),
            (0, "sanitize-payload", "skip-sanitize-payload"),
            (1, "on ", "on #0000000000000000000000000000000000000000000000000000000000000000 "),
            (1, "043a", "143a"),
            (2, "+psync", "+psync +sync"),
            (2, "resetchannels", "~* resetchannels"),
            (3, "+slaveof|172.18.0.1", "+slaveof|192.0.2.1"),
            (3, "+slaveof|no", "+slaveof|no +slaveof"),
            (3, " +slaveof|no", ""),
        ] {
            let changed = seen(|listed| listed[user] = listed[user].replacen(from, to, 1)).1;
            let name = ["default", "redos", "replica", "sentinel"][user];
            assert_eq!(changed, [name], "{from} becomes {to}");
        }
    }
}
