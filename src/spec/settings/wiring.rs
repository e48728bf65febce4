//! The variables by which the compose project connected its containers.
//!
//! If they name a Redis server, it is an existing one to follow.

use super::value::{self, Wrong};
use crate::spec::REDIS_PORT;

/// All variables of the wiring.
pub const VARIABLES: [&str; 5] =
    ["REDIS_REPLICAOF_HOST", "REDIS_REPLICAOF_PORT", "REDIS_MASTER_HOST", "REDIS_MASTER_PORT", HOSTS];
/// The variables that name one server each: its host, and its port unless that is Redis's own.
const PAIRS: [(&str, &str); 2] =
    [("REDIS_REPLICAOF_HOST", "REDIS_REPLICAOF_PORT"), ("REDIS_MASTER_HOST", "REDIS_MASTER_PORT")];
/// The servers behind the proxy, with commas or white space between them.
const HOSTS: &str = "REDIS_HOSTS";

/// The server in these variables, as `host:port`, and the variable that names it.
///
/// # Errors
/// They contradict each other, or name several; with the variable to change.
pub fn server<'v>(
    variable: &dyn Fn(&str) -> Option<&'v str>,
) -> Result<Option<(&'static str, String)>, (&'static str, Wrong)> {
    let mut named: Option<(&'static str, String)> = None;
    for (host_variable, port_variable) in PAIRS {
        let Some(host) = variable(host_variable) else { continue };
        let server = with_port(host, variable(port_variable)).map_err(|wrong| (host_variable, wrong))?;
        match &named {
            Some((first, other)) if *other != server => {
                let what = format!("it names {server}, and {first} names {other}");
                return Err((host_variable, Wrong { what, fix: one_of_them() }));
            }
            Some(_) => {}
            None => named = Some((host_variable, server)),
        }
    }
    let Some(text) = variable(HOSTS) else { return Ok(named) };
    let hosts = text.split([',', ' ', '\t', '\n']).filter(|host| !host.is_empty());
    let hosts = hosts.map(|host| with_port(host, None)).collect::<Result<Vec<_>, _>>();
    let hosts = hosts.map_err(|wrong| (HOSTS, wrong))?;
    match (&named, hosts.as_slice()) {
        (Some((first, server)), listed) if !listed.contains(server) => {
            let what = format!("{server}, which {first} names, is not among its servers");
            Err((HOSTS, Wrong { what, fix: one_of_them() }))
        }
        (Some(_), _) => Ok(named),
        (None, [only]) => Ok(Some((HOSTS, only.clone()))),
        (None, []) => Ok(None),
        (None, several) => {
            let what = format!("it names {} servers, and a cluster can follow one", several.len());
            let fix = "name the one that is master: REDOS_FOLLOW=HOST:PORT; if it names containers of a compose project, \
                       unset it";
            Err((HOSTS, Wrong { what, fix: fix.to_owned() }))
        }
    }
}

fn one_of_them() -> String {
    "name the server that is master, as REDOS_FOLLOW=HOST:PORT, or unset them all".to_owned()
}

fn with_port(host: &str, port: Option<&str>) -> Result<String, Wrong> {
    let text = match port {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    match value::server(&text)? {
        Some((host, port)) => Ok(format!("{host}:{port}")),
        None => Err(Wrong {
            what: format!("'{host}' is not a host"),
            fix: format!("give a host, such as 192.168.1.5:{REDIS_PORT}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let found = server(&|name| variables.iter().find(|(other, _)| *other == name).map(|(_, text)| *text));
        found
            .map(|named| named.map(|(_, server)| server))
            .map_err(|(variable, wrong)| format!("{variable}: {}", wrong.what))
    }

    #[test]
    fn one_server_is_named_in_any_of_three_ways() {
        let server = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(named(&[]), Ok(None));
        assert_eq!(named(&[("REDIS_MASTER_PORT", "7000")]), Ok(None), "a port alone names nobody");
        assert_eq!(named(&[("REDIS_MASTER_HOST", "a")]), server("a:6379"));
        assert_eq!(named(&[("REDIS_REPLICAOF_HOST", "a"), ("REDIS_REPLICAOF_PORT", "7000")]), server("a:7000"));
        assert_eq!(named(&[("REDIS_HOSTS", "a:7000")]), server("a:7000"));
        let all = [("REDIS_MASTER_HOST", "a"), ("REDIS_REPLICAOF_HOST", "a"), ("REDIS_HOSTS", "b:1, a:6379\tc")];
        assert_eq!(named(&all), server("a:6379"));
    }

    #[test]
    fn those_that_contradict_each_other_or_name_several_are_refused() {
        let refused = |variables: &[(&str, &str)]| named(variables).expect_err("refused");
        let two = [("REDIS_MASTER_HOST", "a"), ("REDIS_REPLICAOF_HOST", "b")];
        assert_eq!(refused(&two), "REDIS_MASTER_HOST: it names a:6379, and REDIS_REPLICAOF_HOST names b:6379");
        let not_among = [("REDIS_MASTER_HOST", "a"), ("REDIS_HOSTS", "b c:7000")];
        assert_eq!(refused(&not_among), "REDIS_HOSTS: a:6379, which REDIS_MASTER_HOST names, is not among its servers");
        assert_eq!(refused(&[("REDIS_HOSTS", "a,b")]), "REDIS_HOSTS: it names 2 servers, and a cluster can follow one");
        let bad_port = [("REDIS_MASTER_HOST", "a"), ("REDIS_MASTER_PORT", "x")];
        assert_eq!(refused(&bad_port), "REDIS_MASTER_HOST: 'a:x' is not the address of a server");
    }
}
