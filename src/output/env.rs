//! `redos env`: variables in the formats of their readers.

use clap::ValueEnum;
use serde_json::{Map, Value};

use super::urls::redis_url;
use crate::cluster::Inventory;
use crate::error::Failure;
use crate::spec::secret::user;
use crate::spec::{Encryption, Group, Role, Secret};

/// The line that ends a value of several lines in the file of `GITHUB_ENV`.
const GITHUB_END: &str = "END_OF_VALUE";

/// The format of variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EnvFormat {
    /// `export NAME='value'`, for a POSIX shell.
    Shell,
    /// `NAME="value"`, for files of Compose and its like.
    Dotenv,
    /// A JSON object.
    Json,
    /// A YAML mapping.
    Compose,
    /// `NAME=value`, for the file that `GITHUB_ENV` names.
    Github,
}

/// How clients reach a group through the proxies.
#[derive(Clone, Copy)]
pub struct ClientAccess<'a> {
    pub group: Group,
    /// The user, where it is not the one that every application has.
    pub user: Option<&'a str>,
    pub password: &'a Secret,
    /// The certificate of the cluster's authority, as PEM; `None` without TLS.
    pub authority: Option<&'a str>,
    /// The `host:port` for writes.
    pub write: &'a str,
    /// The `host:port` for reads.
    pub read: &'a str,
}

/// Variables and their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvDocument(Vec<(&'static str, String)>);

impl EnvDocument {
    /// The document of these variables, in this order.
    pub fn new(variables: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self(variables.into_iter().collect())
    }

    /// What a client of a cluster needs to connect.
    pub fn of(access: &ClientAccess<'_>, inventory: &Inventory) -> Self {
        let ClientAccess { group, user, password, authority, write, read } = *access;
        let encryption = if authority.is_some() { Encryption::Tls } else { Encryption::None };
        let name = user.unwrap_or(user::APPLICATION);
        let (host, port) = write.rsplit_once(':').unwrap_or((write, ""));
        let sentinels = inventory.nodes.keys().filter(|node| node.role() == Role::Sentinel);
        let sentinels = sentinels.filter_map(|node| Some(inventory.server(*node)?.to_string()));
        let password = password.expose();
        let user = user.map(|user| ("REDIS_USERNAME", user.to_owned()));
        let variables = [
            ("REDIS_HOST", host.trim_matches(['[', ']']).to_owned()),
            ("REDIS_PORT", port.to_owned()),
            ("REDIS_PASSWORD", password.to_owned()),
            ("REDIS_URL", redis_url(encryption, name, password, write)),
            ("REDIS_READ_URL", redis_url(encryption, name, password, read)),
            ("REDIS_MASTER_NAME", group.to_string()),
            ("REDIS_SENTINELS", sentinels.collect::<Vec<_>>().join(",")),
        ];
        let authority = authority.map(|authority| ("REDIS_CA_PEM", authority.to_owned()));
        Self::new(variables.into_iter().chain(user).chain(authority))
    }

    /// The variables, each with its value.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The variables in a format.
    ///
    /// # Errors
    /// None: texts have a form in all of them.
    pub fn text(&self, format: EnvFormat) -> Result<String, Failure> {
        let object = || self.0.iter().map(|(name, value)| ((*name).to_owned(), Value::from(&**value))).collect();
        let lines =
            |line: &dyn Fn(&str, &str) -> String| self.0.iter().map(|(name, value)| line(name, value)).collect();
        Ok(match format {
            EnvFormat::Shell => lines(&|name, value| format!("export {name}='{}'\n", value.replace('\'', r"'\''"))),
            // Compose takes text between single quotes as it is, and has no escape for a quote in it.
            EnvFormat::Dotenv => lines(&|name, value| format!("{name}={}\n", dotenv(value))),
            EnvFormat::Github => lines(&|name, value| {
                if value.contains('\n') {
                    return format!("{name}<<{GITHUB_END}\n{}\n{GITHUB_END}\n", value.trim_end());
                }
                format!("{name}={value}\n")
            }),
            EnvFormat::Json => serde_json::to_string_pretty(&Value::Object(object())).map_err(anyhow::Error::new)?,
            EnvFormat::Compose => {
                serde_yaml::to_string(&Map::from_iter([("environment".to_owned(), Value::Object(object()))]))
                    .map_err(anyhow::Error::new)?
                    // Compose reads a dollar sign as the beginning of a variable.
                    .replace('$', "$$")
            }
        })
    }
}

fn dotenv(value: &str) -> String {
    if !value.contains('\'') {
        return format!("'{value}'");
    }
    let mut quoted = String::from('"');
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '$') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_keeps_a_password_whatever_is_in_it() {
        let document =
            EnvDocument::new([("REDIS_HOST", "127.0.0.1".to_owned()), ("REDIS_PASSWORD", "a'b$c\"d".to_owned())]);
        let text = |format| document.text(format).expect("a text");
        assert_eq!(text(EnvFormat::Shell), "export REDIS_HOST='127.0.0.1'\nexport REDIS_PASSWORD='a'\\''b$c\"d'\n");
        assert_eq!(text(EnvFormat::Dotenv), "REDIS_HOST='127.0.0.1'\nREDIS_PASSWORD=\"a'b\\$c\\\"d\"\n");
        assert_eq!(text(EnvFormat::Github), "REDIS_HOST=127.0.0.1\nREDIS_PASSWORD=a'b$c\"d\n");
        assert_eq!(
            text(EnvFormat::Json),
            "{\n  \"REDIS_HOST\": \"127.0.0.1\",\n  \"REDIS_PASSWORD\": \"a'b$c\\\"d\"\n}"
        );
        assert_eq!(text(EnvFormat::Compose), "environment:\n  REDIS_HOST: 127.0.0.1\n  REDIS_PASSWORD: a'b$$c\"d\n");
    }
}
