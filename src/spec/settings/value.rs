//! The types of settings: a given text becomes a value, or a sentence about why not.
//!
//! Every layer gives text (a flag, a variable, a scalar of the file), so that one parser and one wording serve them
//! all.

use std::net::{IpAddr, SocketAddrV4};
use std::path::{Component, Path, PathBuf};

use super::super::containers::{Aspect, Words};
use super::super::time::{self, WrongTime};
use super::super::{
    Encryption, Host, Hosts, ImageChoice, Modules, OwnUsers, ParseError, Patterns, PersistenceMode, REDIS_PORT,
    Recipients, ServerNames, Subnet,
};

/// Why a text is not a value of its type, and what would be one. Both are sentences without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong.
    pub what: String,
    /// What to give instead.
    pub fix: String,
}

/// The modes of persistence with the words for them.
pub const MODES: [(&str, PersistenceMode); 4] = [
    ("both", PersistenceMode::Both),
    ("aof", PersistenceMode::Aof),
    ("rdb", PersistenceMode::Rdb),
    ("none", PersistenceMode::None),
];

/// A whole number in a range.
pub fn count(text: &str, min: u16, max: u16) -> Result<u16, Wrong> {
    let fix = format!("give a whole number from {min} to {max}");
    match text.parse::<i64>() {
        Err(_) => Err(Wrong { what: format!("'{text}' is not a whole number"), fix }),
        Ok(number) => match u16::try_from(number) {
            Ok(number) if (min..=max).contains(&number) => Ok(number),
            _ if number < i64::from(min) => Err(Wrong { what: format!("{number} is too few"), fix }),
            _ => Err(Wrong { what: format!("{number} is too many"), fix }),
        },
    }
}

/// Parses a port of the host; 0 lets Docker choose.
pub fn port(text: &str) -> Result<u16, Wrong> {
    text.parse().map_err(|_| Wrong {
        what: format!("'{text}' is not a port"),
        fix: "give a number from 1 to 65535, or 0 to let Docker choose".to_owned(),
    })
}

/// Whether something is there.
pub fn switch(text: &str) -> Result<bool, Wrong> {
    text.parse().map_err(|_| Wrong {
        what: format!("'{text}' is neither true nor false"),
        fix: "give true or false".to_owned(),
    })
}

/// An address to publish on.
pub fn address(text: &str) -> Result<IpAddr, Wrong> {
    text.parse().map_err(|_| Wrong {
        what: format!("'{text}' is not an IP address"),
        fix: "give an address of the Docker host: 127.0.0.1 for this host alone, 0.0.0.0 for all its networks"
            .to_owned(),
    })
}

/// The word for the choice of redos or Docker.
pub const AUTO: &str = "auto";

/// A subnet for the cluster's network. `None` for `auto`.
pub fn subnet(text: &str) -> Result<Option<Subnet>, Wrong> {
    if text == AUTO {
        return Ok(None);
    }
    let fix = "give a private one that nothing else uses, such as 10.128.0.0/24, or auto".to_owned();
    text.parse().map(Some).map_err(|why: ParseError| Wrong { what: why.to_string(), fix })
}

/// The name of a network of Docker. `None` for `auto`.
pub fn network(text: &str) -> Result<Option<String>, Wrong> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    // Docker's own networks take no fixed addresses.
    let is_dockers = matches!(text, "bridge" | "host" | "none" | "default");
    match text {
        AUTO => Ok(None),
        _ if !is_dockers && text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(legal) => {
            Ok(Some(text.to_owned()))
        }
        _ => Err(Wrong {
            what: format!("'{text}' is not a network that can be used"),
            fix: "give the name of a bridge network that was made with a subnet, or auto".to_owned(),
        }),
    }
}

/// Words about containers. An empty text takes them back.
pub fn words(aspect: Aspect, text: &str) -> Result<Words, Wrong> {
    let fix = "give words separated by spaces, each for all nodes or behind redis:, sentinel:, proxy:, exporter: or guard: for a kind"
        .to_owned();
    Words::read(aspect, text).map_err(|why| Wrong { what: why.to_string(), fix })
}

/// The word for no existing server.
pub const NO_SERVER: &str = "none";

/// An existing server by host and port; without a port it is Redis's own. `None` for `none`.
pub fn server(text: &str) -> Result<Option<(&str, u16)>, Wrong> {
    if text == NO_SERVER {
        return Ok(None);
    }
    let wrong = || Wrong {
        what: format!("'{text}' is not the address of a server"),
        fix: format!("give HOST:PORT, such as 192.168.1.5:{REDIS_PORT}, or {NO_SERVER}"),
    };
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?),
        None => (text, REDIS_PORT),
    };
    // Compose allows '_' in names, and its services are named so.
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if host.is_empty() || !host.chars().all(legal) { Err(wrong()) } else { Ok(Some((host, port))) }
}

/// An address that containers can reach. The loopback address is another one in each of them.
pub fn reachable(address: SocketAddrV4) -> Result<SocketAddrV4, Wrong> {
    let ip = address.ip();
    if !(ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast()) {
        return Ok(address);
    }
    Err(Wrong {
        what: format!("containers cannot reach a server at {ip}"),
        fix: "give an address of its host on a network; of this host's the gateway of a Docker network will do, which is \
              172.17.0.1 unless Docker is told otherwise"
            .to_owned(),
    })
}

/// Parses a duration in milliseconds: `1s`, `500ms`, or a plain number of milliseconds.
pub fn milliseconds(text: &str, min: u64, max: u64) -> Result<u64, Wrong> {
    time::milliseconds(text, time::MILLISECOND, min, max).map_err(|WrongTime { what, fix }| Wrong { what, fix })
}

/// A mode of persistence.
pub fn mode(text: &str) -> Result<PersistenceMode, Wrong> {
    MODES.into_iter().find(|(word, _)| *word == text).map(|(_, mode)| mode).ok_or_else(|| Wrong {
        what: format!("'{text}' is not a mode of persistence"),
        fix: "give one of both, aof, rdb, none".to_owned(),
    })
}

/// The kinds of encryption with the words for them.
pub const ENCRYPTIONS: [(&str, Encryption); 3] =
    [("tls", Encryption::Tls), ("both", Encryption::Both), ("none", Encryption::None)];

/// A kind of encryption.
pub fn encryption(text: &str) -> Result<Encryption, Wrong> {
    ENCRYPTIONS.into_iter().find(|(word, _)| *word == text).map(|(_, encryption)| encryption).ok_or_else(|| Wrong {
        what: format!("'{text}' is not a kind of encryption"),
        fix: "give tls, both or none".to_owned(),
    })
}

/// Names of hosts and addresses. An empty text takes them back.
pub fn server_names(text: &str) -> Result<ServerNames, Wrong> {
    let fix = "give host names and IP addresses, separated by spaces";
    text.to_owned().try_into().map_err(|why: ParseError| Wrong { what: why.to_string(), fix: fix.to_owned() })
}

/// Public keys of age. An empty text takes them back.
pub fn recipients(text: &str) -> Result<Recipients, Wrong> {
    let fix = "give the public keys that age-keygen prints, separated by spaces";
    text.parse().map_err(|why: ParseError| Wrong { what: why.to_string(), fix: fix.to_owned() })
}

/// The choices of modules with the words for them.
pub const MODULES: [(&str, Modules); 2] = [("image", Modules::Image), ("none", Modules::None)];

/// A choice of modules.
pub fn modules(text: &str) -> Result<Modules, Wrong> {
    MODULES.into_iter().find(|(word, _)| *word == text).map(|(_, modules)| modules).ok_or_else(|| Wrong {
        what: format!("'{text}' is not a choice of modules"),
        fix: "give image or none; a module of your own is loaded by the directive loadmodule".to_owned(),
    })
}

/// The word for a mode of persistence.
pub fn mode_word(mode: PersistenceMode) -> &'static str {
    MODES.into_iter().find(|(_, known)| *known == mode).map_or("", |(word, _)| word)
}

/// A directory, made absolute: a relative one is below `base`, which must be absolute. `.` and `..` are resolved by
/// their text alone, as nothing is read here.
pub fn directory(text: &str, base: &Path) -> Result<PathBuf, Wrong> {
    if text.is_empty() || text.starts_with('~') || text.contains([':', '\n', '\0']) {
        return Err(Wrong {
            what: format!("'{text}' is not a directory that Docker can mount"),
            fix: "give a path without ':' and with the home directory written out".to_owned(),
        });
    }
    let mut path = PathBuf::new();
    for part in base.join(text).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                path.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => path.push(part),
        }
    }
    if path.parent().is_none() || !path.is_absolute() {
        return Err(Wrong {
            what: format!("'{text}' cannot hold the data of a cluster"),
            fix: "give a directory of its own, such as /srv/redos".to_owned(),
        });
    }
    Ok(path)
}

/// The beginning of a file name.
pub fn file_prefix(text: &str) -> Result<String, Wrong> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if text.chars().all(legal) && !text.starts_with(['.', '-']) {
        return Ok(text.to_owned());
    }
    Err(Wrong {
        what: format!("'{text}' cannot begin a file name"),
        fix: "use letters, digits, '.', '-' and '_', and begin with a letter, a digit or '_'".to_owned(),
    })
}

/// A user name for HTTP basic authentication, which ends it at the first `:`.
pub fn user_name(text: &str) -> Result<String, Wrong> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    if !text.is_empty() && text.chars().all(legal) {
        return Ok(text.to_owned());
    }
    Err(Wrong {
        what: format!("'{text}' is not a user name"),
        fix: "use letters, digits, '.', '-', '_' and '@'".to_owned(),
    })
}

/// Patterns of channels.
pub fn patterns(text: &str) -> Result<Patterns, Wrong> {
    let fix = "name patterns that cannot match them, separated by spaces, or give * alone to allow all";
    text.to_owned().try_into().map_err(|why: ParseError| Wrong { what: why.to_string(), fix: fix.to_owned() })
}

/// Users with presets and rules.
pub fn users(text: &str) -> Result<OwnUsers, Wrong> {
    let fix = "give users such as 'reports readonly %R~shop:*', which docs/users.md explains";
    text.to_owned().try_into().map_err(|why: ParseError| Wrong { what: why.to_string(), fix: fix.to_owned() })
}

/// Hosts with their Engines and addresses.
pub fn hosts(text: &str) -> Result<Hosts, Wrong> {
    text.to_owned().try_into().map_err(unfit_host)
}

/// One of them.
pub fn host(text: &str) -> Result<Host, Wrong> {
    text.parse().map_err(unfit_host)
}

fn unfit_host(why: ParseError) -> Wrong {
    let fix = "give hosts such as 'a ssh://me@10.0.0.1 10.0.0.1', which docs/hosts.md explains";
    Wrong { what: why.to_string(), fix: fix.to_owned() }
}

/// `auto`, or an image reference.
pub fn image(text: &str) -> Result<ImageChoice, Wrong> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | ':' | '@');
    if text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(legal) {
        return Ok(ImageChoice::from(text.to_owned()));
    }
    Err(Wrong {
        what: format!("'{text}' is not an image"),
        fix: "give auto, or a reference such as redis:8.2 or registry.example.com/redis@sha256:…".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_becomes_absolute() {
        let base = Path::new("/home/me/app");
        assert_eq!(directory("./data", base), Ok(PathBuf::from("/home/me/app/data")));
        assert_eq!(directory("../data/", base), Ok(PathBuf::from("/home/me/data")));
        assert_eq!(directory("/srv/redis", base), Ok(PathBuf::from("/srv/redis")));
        for bad in ["", "~/data", "/", "../../..", "a:b"] {
            assert!(directory(bad, base).is_err(), "{bad}");
        }
    }

    #[test]
    fn image_references_are_told_from_other_text() {
        assert_eq!(image("auto"), Ok(ImageChoice::Auto));
        for good in ["redis:8.0", "localhost:5000/a/b:c", "redis@sha256:0123abcd"] {
            assert_eq!(image(good), Ok(ImageChoice::Reference(good.to_owned())));
        }
        for bad in ["", "-v", "a b", "redis;rm", "ü"] {
            assert!(image(bad).is_err(), "{bad}");
        }
    }
}
