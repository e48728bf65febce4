//! A complete `redis.conf` of the user. What redos manages is named and left out; the rest are directives like all
//! others.

use std::collections::BTreeMap;

use super::directives::{self, add, is_managed};
use super::value::Wrong;

/// The content of a `redis.conf`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Conf {
    /// Its directives, without those that redos manages.
    pub directives: BTreeMap<String, String>,
    /// Those that redos manages, in the order of the file, each once.
    pub left_out: Vec<String>,
}

/// Parses the text, without comments and empty lines.
///
/// The last of several lines of one directive wins, unless it may be given several times.
///
/// # Errors
/// The first line that is not a directive, with its number.
pub fn read(text: &str) -> Result<Conf, Wrong> {
    let mut conf = Conf::default();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let name = name.to_ascii_lowercase();
        if is_managed(&name) {
            if !conf.left_out.contains(&name) {
                conf.left_out.push(name);
            }
            continue;
        }
        let (name, value) = directives::directive(&name, value.trim())
            .map_err(|wrong| Wrong { what: format!("line {}: {}", index + 1, wrong.what), ..wrong })?;
        let is_first = !conf.directives.contains_key(&name);
        add(&mut conf.directives, name, value, is_first);
    }
    Ok(conf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_redos_manages_is_named_and_the_rest_applied() {
        let text = "# Redis\r\nbind 127.0.0.1\nPort 6380\n\nmaxmemory 1gb\nrequirepass hunter2\nport 6381\n\
                    notify-keyspace-events \"\"\nproc-title-template \"{title} {listen-addr}\"\n\
                    client-output-buffer-limit normal 0 0 0\nclient-output-buffer-limit pubsub 32mb 8mb 60\n\
                    loadmodule /a.so x\nloadmodule /b.so\nmaxmemory 2gb\n";
        let conf = read(text).expect("a redis.conf");
        assert_eq!(conf.left_out, ["bind", "port", "requirepass"]);
        let found: Vec<(&str, &str)> =
            conf.directives.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            found,
            [
                ("client-output-buffer-limit", "normal 0 0 0 pubsub 32mb 8mb 60"),
                ("loadmodule", "/a.so x\n/b.so"),
                ("maxmemory", "2gb"),
                ("notify-keyspace-events", ""),
                ("proc-title-template", "{title} {listen-addr}"),
            ]
        );
        let wrong = read("maxmemory 1gb\n{ not: redis }\n").expect_err("no redis.conf");
        assert!(wrong.what.starts_with("line 2: "), "{}", wrong.what);
    }
}
