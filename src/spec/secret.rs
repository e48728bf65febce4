//! Secrets: the passwords of one cluster. They are never printed, logged, put in a label or an environment variable.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::parse::ParseError;

/// A password. `Debug` does not show it, and it has no `Display`: [`Secret::expose`] is the one way to the text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

/// Random bytes of a generated password: 160 bits, above the usual minimum of 128.
pub const SECRET_BYTES: usize = 20;

impl Secret {
    /// Wraps a password of the user.
    ///
    /// # Errors
    /// A password with white space, quotes, `\`, `#` at its start or a control character cannot be written in a
    /// `redis.conf`, and an empty one protects nothing.
    pub fn given(text: &str) -> Result<Self, ParseError> {
        if text.is_empty() {
            return Err(ParseError::new("the password is empty"));
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '\\'))
            || text.starts_with('#')
        {
            return Err(ParseError::new(
                "a password cannot hold white space, quotes, '\\' or control characters, nor begin with '#'",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// Makes a password from random bytes, as hexadecimal digits.
    pub fn from_random(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The text, for a configuration file or an `AUTH`.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// All secrets of one cluster, in one JSON file, mode 0400, in the volume of every node except the proxies'.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Secrets {
    /// Password of the user `default`, which applications use.
    pub app: Secret,
    /// Password of the user `redos`, which has all rights.
    pub admin: Secret,
    /// Password of the user `replica`, with which replicas log in at their master.
    pub replication: Secret,
    /// Password of the user `sentinel` at the Redis nodes, where Sentinels log in.
    ///
    /// They also log in at a foreign server that is attached to a master as a replica.
    pub sentinel: Secret,
    /// Password of the user `sentinel` at the Sentinels. `None` in a cluster of an earlier redos, see
    /// [`Secrets::peers`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peers: Option<Secret>,
    /// Password of the user `probe` of the proxy's health checks.
    pub probe: Secret,
    /// Password of the proxy's statistics page.
    pub stats: Secret,
    /// Password of the user `default` of the existing server that the cluster follows. `None` in a cluster that never
    /// did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing: Option<Secret>,
}

impl Secrets {
    /// Generates all of them from random bytes.
    pub fn made(mut random: impl FnMut() -> [u8; SECRET_BYTES]) -> Self {
        let mut secret = || Secret::from_random(random());
        Self {
            app: secret(),
            admin: secret(),
            replication: secret(),
            sentinel: secret(),
            peers: Some(secret()),
            probe: secret(),
            stats: secret(),
            existing: None,
        }
    }

    /// Password of a Sentinel at the other Sentinels. In a cluster of an earlier redos it is the one for the Redis
    /// nodes.
    pub fn peers(&self) -> &Secret {
        self.peers.as_ref().unwrap_or(&self.sentinel)
    }

    /// Password of the exporter's user on Redis nodes and Sentinels.
    ///
    /// It is derived from the one of redos, which the exporter does not have, so that older clusters have it as well.
    pub fn exporter(&self) -> Secret {
        digest("Exporter of ", &self.admin)
    }

    /// The word that makes the exporter use its password for a target. The proxies have it.
    pub fn exporter_key(&self) -> Secret {
        digest("Targets of the exporter of ", &self.admin)
    }

    /// Password of the proxies' Runtime API.
    ///
    /// It is derived from the one of the health checks: a proxy has both, and nothing else has one of them alone.
    pub fn runtime(&self) -> Secret {
        digest("Runtime API of ", &self.probe)
    }
}

/// A password from another one and a purpose. It leads back to neither.
fn digest(purpose: &str, of: &Secret) -> Secret {
    let digest = Sha256::new().chain_update(purpose).chain_update(of.expose()).finalize();
    Secret(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The user names for [`Secrets`] in the access control lists.
pub mod user {
    /// The user of applications.
    pub const APPLICATION: &str = "default";
    /// The user of redos itself.
    pub const ADMIN: &str = "redos";
    /// The user of replicas at their master.
    pub const REPLICATION: &str = "replica";
    /// The user of Sentinels, at Redis nodes and at other Sentinels.
    pub const SENTINEL: &str = "sentinel";
    /// The user of the proxy's health checks.
    pub const PROBE: &str = "probe";
    /// The user of the exporter of metrics.
    pub const EXPORTER: &str = "redos-exporter";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_itself() {
        let secret = Secret::given("hunter2hunter2").expect("a good password");
        assert!(!format!("{secret:?}").contains("hunter2"));
    }

    #[test]
    fn a_password_that_would_break_a_configuration_file_is_refused() {
        for bad in ["", "a b", "a\nb", "\"a", "a'b", "a\\b", "#a"] {
            assert!(Secret::given(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_generated_password_has_160_bits() {
        assert_eq!(Secret::from_random([0xa5; SECRET_BYTES]).expose().len(), 2 * SECRET_BYTES);
    }
}
