//! Secrets: the passwords of one cluster. They are never printed, logged, put in a label or an environment variable.
//!
//! A password is changed in a [`Rotation`]: the new one is accepted beside the old one everywhere, then it is used, and when
//! the user says so the old one is no longer accepted. Each stage is a new version of [`Secrets`]. The version is in the
//! file of each node, so that the highest one tells how far a rotation is, also after redos was killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;

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

/// A certificate with its private key, both as PEM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Certified {
    /// The certificate, which is no secret.
    pub certificate: String,
    /// The private key of the certificate.
    pub key: Secret,
    /// When the certificate expires, in seconds since 1970.
    pub expires: u64,
}

impl Certified {
    /// A certificate with the text of its private key.
    pub const fn new(certificate: String, key: String, expires: u64) -> Self {
        Self { certificate, key: Secret(key), expires }
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
    /// Passwords of users of one's own that were changed, by name. All others are derived, see
    /// [`Secrets::of_own_user`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub own: BTreeMap<String, Secret>,
    /// The cluster's own certificate authority. `None` in a cluster without TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Certified>,
    /// How often these secrets were changed. The highest version in a cluster is the valid one.
    #[serde(default)]
    pub version: u32,
    /// The rotation that is open, with the further passwords.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
}

/// A change of passwords that has begun and has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotation {
    pub stage: RotationStage,
    /// The further password of each kind: the new one while it is being added, later the old one.
    pub others: BTreeMap<PasswordKind, Secret>,
}

/// How far a rotation of passwords is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RotationStage {
    /// The old passwords are in use, and servers are told to accept the new ones as well.
    Adding,
    /// The new passwords are in use, and all servers accept the old ones as well, until the user ends it.
    Open,
    /// The new passwords are in use, and servers are told to accept no others.
    Dropping,
}

/// One of the passwords in [`Secrets`] that can be changed while the cluster runs. Written `app`, or `user:NAME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PasswordKind {
    /// The one of applications.
    App,
    /// The one of replicas at their master.
    Replication,
    /// The one of Sentinels at Redis nodes.
    Sentinel,
    /// The one of Sentinels among themselves.
    Peers,
    /// The one of the statistics of proxies.
    Stats,
    /// The one of the user's own user with this name.
    Own(String),
}

/// The words of the kinds, but for users of one's own.
const KINDS: [(&str, PasswordKind); 5] = [
    ("app", PasswordKind::App),
    ("replication", PasswordKind::Replication),
    ("sentinel", PasswordKind::Sentinel),
    ("peers", PasswordKind::Peers),
    ("stats", PasswordKind::Stats),
];
/// What the word of a user's own user begins with.
const OWN: &str = "user:";

impl TryFrom<String> for PasswordKind {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        let known = KINDS.into_iter().find(|(word, _)| *word == text).map(|(_, kind)| kind);
        let own = || text.strip_prefix(OWN).map(|name| Self::Own(name.to_owned()));
        known.or_else(own).ok_or_else(|| ParseError::new(format!("'{text}' is no kind of password")))
    }
}

impl From<PasswordKind> for String {
    fn from(kind: PasswordKind) -> Self {
        if let PasswordKind::Own(name) = kind {
            return format!("{OWN}{name}");
        }
        KINDS.into_iter().find(|(_, known)| *known == kind).map_or("", |(word, _)| word).to_owned()
    }
}

/// Those whose passwords are rotated, in the words of `redos password rotate --user`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum RotatedUser {
    /// The clients of the cluster.
    Applications,
    /// Replicas at their master.
    Replication,
    /// Sentinels at Redis nodes, and among themselves.
    Sentinel,
    /// People and Prometheus at the statistics of the proxies.
    Statistics,
    /// The user of the setting `users` with this name. No such name is one of the other words.
    Own(String),
}

impl From<String> for RotatedUser {
    fn from(word: String) -> Self {
        Self::ALL.into_iter().find(|user| user.as_str() == word).unwrap_or(Self::Own(word))
    }
}

impl From<RotatedUser> for String {
    fn from(user: RotatedUser) -> Self {
        user.as_str().to_owned()
    }
}

impl RotatedUser {
    /// All that each cluster has, in the order of their words.
    pub const ALL: [Self; 4] = [Self::Applications, Self::Replication, Self::Sentinel, Self::Statistics];

    /// The word for it on the command line.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Applications => "applications",
            Self::Replication => "replication",
            Self::Sentinel => "sentinel",
            Self::Statistics => "statistics",
            Self::Own(name) => name,
        }
    }

    /// The passwords that it has.
    pub fn kinds(&self) -> Vec<PasswordKind> {
        match self {
            Self::Applications => vec![PasswordKind::App],
            Self::Replication => vec![PasswordKind::Replication],
            Self::Sentinel => vec![PasswordKind::Sentinel, PasswordKind::Peers],
            Self::Statistics => vec![PasswordKind::Stats],
            Self::Own(name) => vec![PasswordKind::Own(name.clone())],
        }
    }
}

impl fmt::Display for RotatedUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Rotation {
    /// Those whose passwords it changes.
    pub fn users(&self) -> BTreeSet<RotatedUser> {
        let is_concerned = |user: &RotatedUser| user.kinds().iter().any(|kind| self.others.contains_key(kind));
        let own = self.others.keys().filter_map(|kind| match kind {
            PasswordKind::Own(name) => Some(RotatedUser::Own(name.clone())),
            _ => None,
        });
        RotatedUser::ALL.into_iter().filter(is_concerned).chain(own).collect()
    }
}

impl Secrets {
    /// The certificate (PEM) of the authority by which clients know the cluster's servers; `None` without TLS.
    pub fn certificate(&self) -> Option<&str> {
        self.authority.as_ref().map(|authority| authority.certificate.as_str())
    }

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
            own: BTreeMap::new(),
            authority: None,
            version: 0,
            rotation: None,
        }
    }

    /// The password of a kind that is in use.
    pub fn of(&self, kind: &PasswordKind) -> Secret {
        match kind {
            PasswordKind::App => self.app.clone(),
            PasswordKind::Replication => self.replication.clone(),
            PasswordKind::Sentinel => self.sentinel.clone(),
            PasswordKind::Peers => self.peers().clone(),
            PasswordKind::Stats => self.stats.clone(),
            PasswordKind::Own(name) => self.of_own_user(name),
        }
    }

    /// The passwords of a kind that servers accept, the one in use first.
    pub fn accepted(&self, kind: &PasswordKind) -> Vec<Secret> {
        let other = self.rotation.as_ref().filter(|rotation| rotation.stage != RotationStage::Dropping);
        [self.of(kind)].into_iter().chain(other.and_then(|rotation| rotation.others.get(kind)).cloned()).collect()
    }

    /// Whether a password is one that servers accept from this user.
    pub fn accepts(&self, user: &RotatedUser, password: &Secret) -> bool {
        user.kinds().iter().any(|kind| self.accepted(kind).contains(password))
    }

    /// The passwords of a kind that servers may still accept, the one in use first.
    pub fn known(&self, kind: &PasswordKind) -> Vec<Secret> {
        let other = self.rotation.as_ref().and_then(|rotation| rotation.others.get(kind));
        [self.of(kind)].into_iter().chain(other.cloned()).collect()
    }

    /// The same with all known passwords accepted; `None` where these are all.
    #[must_use]
    pub fn with_all_accepted(&self) -> Option<Self> {
        let rotation = self.rotation.clone()?;
        Some(Self { rotation: Some(Rotation { stage: RotationStage::Open, ..rotation }), ..self.clone() })
    }

    /// The same at the beginning of a rotation to these passwords; `None` while another one is open.
    #[must_use]
    pub fn rotating(&self, others: BTreeMap<PasswordKind, Secret>) -> Option<Self> {
        let rotation = Rotation { stage: RotationStage::Adding, others };
        self.rotation.is_none().then(|| Self { version: self.version + 1, rotation: Some(rotation), ..self.clone() })
    }

    /// The same when the old passwords are to be dropped; `None` if no rotation is open and complete.
    #[must_use]
    pub fn dropping(&self) -> Option<Self> {
        let rotation = self.rotation.as_ref().filter(|rotation| rotation.stage == RotationStage::Open)?;
        let rotation = Rotation { stage: RotationStage::Dropping, others: rotation.others.clone() };
        Some(Self { version: self.version + 1, rotation: Some(rotation), ..self.clone() })
    }

    /// The same in the next stage of the rotation, once all nodes are at this one.
    ///
    /// `None` if there is none: the user decides when the old passwords are dropped.
    #[must_use]
    pub fn next_stage(&self) -> Option<Self> {
        let Rotation { stage, others } = self.rotation.clone()?;
        let mut next = Self { version: self.version + 1, rotation: None, ..self.clone() };
        match stage {
            RotationStage::Adding => {
                let old = others.into_iter().map(|(kind, new)| (kind.clone(), next.replace(kind, new))).collect();
                next.rotation = Some(Rotation { stage: RotationStage::Open, others: old });
            }
            RotationStage::Open => return None,
            RotationStage::Dropping => {}
        }
        Some(next)
    }

    /// Sets a password, and returns the one before.
    fn replace(&mut self, kind: PasswordKind, new: Secret) -> Secret {
        let place = match kind {
            PasswordKind::App => &mut self.app,
            PasswordKind::Replication => &mut self.replication,
            PasswordKind::Sentinel => &mut self.sentinel,
            PasswordKind::Peers => {
                let old = self.peers().clone();
                self.peers = Some(new);
                return old;
            }
            PasswordKind::Stats => &mut self.stats,
            PasswordKind::Own(name) => {
                let old = self.of_own_user(&name);
                self.own.insert(name, new);
                return old;
            }
        };
        std::mem::replace(place, new)
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

    /// Password of a user of the user's own.
    ///
    /// Until it is changed it is derived from the one of redos, so that every node and every run knows it, whatever was
    /// interrupted.
    pub fn of_own_user(&self, name: &str) -> Secret {
        self.own.get(name).cloned().unwrap_or_else(|| digest(&format!("User {name} of "), &self.admin))
    }

    /// A hash in a user's list of passwords that differs for each text of rules. No password has it.
    ///
    /// Servers list rules in forms of their own, which cannot be compared word by word.
    pub fn mark_of_rules(&self, rules: &str) -> String {
        digest(&format!("Rules {rules} of "), &self.admin).0
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
    fn a_rotation_accepts_both_passwords_until_the_user_ends_it() {
        let mut byte = 0;
        let old = Secrets::made(|| {
            byte += 1;
            [byte; SECRET_BYTES]
        });
        let secret = |text| Secret::given(text).expect("a good password");
        let reports = PasswordKind::Own("reports".to_owned());
        let new = BTreeMap::from([
            (PasswordKind::App, secret("new")),
            (PasswordKind::Peers, secret("peers")),
            (reports.clone(), secret("chosen")),
        ]);
        let adding = old.rotating(new).expect("none is open");
        assert_eq!(adding.of(&PasswordKind::App), old.app, "the old one is in use");
        assert_eq!(adding.accepted(&PasswordKind::App), [old.app.clone(), secret("new")]);
        assert_eq!(adding.accepted(&PasswordKind::Stats), std::slice::from_ref(&old.stats));
        assert_eq!(adding.accepted(&reports), [old.of_own_user("reports"), secret("chosen")]);
        assert_eq!((adding.dropping(), adding.rotating(BTreeMap::new())), (None, None));
        let open = adding.next_stage().expect("the next one");
        assert_eq!(open.accepted(&PasswordKind::App), [secret("new"), old.app.clone()]);
        assert_eq!(open.accepted(&PasswordKind::Peers), [secret("peers"), old.peers().clone()]);
        assert_eq!(open.accepted(&reports), [secret("chosen"), old.of_own_user("reports")]);
        assert_eq!(open.next_stage(), None, "the user decides");
        let dropping = open.dropping().expect("it is open");
        assert_eq!(dropping.accepted(&PasswordKind::App), [secret("new")]);
        assert_eq!(dropping.known(&PasswordKind::App), [secret("new"), old.app.clone()]);
        let users = dropping.rotation.as_ref().map(Rotation::users);
        assert_eq!(
            users,
            Some(BTreeSet::from(
                ["applications", "sentinel", "reports"].map(|word| RotatedUser::from(word.to_owned()))
            ))
        );
        let closed = dropping.next_stage().expect("the end");
        assert_eq!((closed.version, &closed.rotation, &closed.app), (4, &None, &secret("new")));
        assert_eq!((closed.of_own_user("reports"), closed.of_own_user("b")), (secret("chosen"), old.of_own_user("b")));
        let read: Secrets = serde_json::from_str(&serde_json::to_string(&open).expect("JSON")).expect("secrets");
        assert_eq!(read, open);
    }

    #[test]
    fn a_generated_password_has_160_bits() {
        assert_eq!(Secret::from_random([0xa5; SECRET_BYTES]).expose().len(), 2 * SECRET_BYTES);
    }
}
