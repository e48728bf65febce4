//! The file of a guard: where the servers are, and the passwords with which it replaces a master.

use serde::{Deserialize, Serialize};

use super::super::encryption::Encryption;
use super::super::secret::{Certified, SECRET_BYTES, Secret, Secrets};
use super::super::{REDOS_VERSION, Spec, Subnet};
use super::{GUARD_FILE, RenderError, RenderedFile, read_only};
use crate::spec::names::ClusterName;

/// All that a guard knows.
///
/// It has the passwords that a promotion needs and no other: not those of applications, and no private key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GuardFile {
    /// The version of redos, with which the file and the guard change.
    pub version: String,
    pub cluster: ClusterName,
    pub subnet: Subnet,
    masters: u16,
    replicas: u16,
    sentinels: u16,
    proxies: u16,
    /// Password of the user `redos`.
    admin: Secret,
    /// Password of the health checks, from which that of the proxies' Runtime API follows.
    probe: Secret,
    /// The certificate of the cluster's authority; `None` without TLS.
    authority: Option<String>,
}

impl GuardFile {
    /// What the guards of a cluster know.
    pub fn of(spec: &Spec, subnet: Subnet, secrets: &Secrets) -> Self {
        let authority = secrets.authority.as_ref().filter(|_| spec.encryption.is_tls());
        Self {
            version: REDOS_VERSION.to_owned(),
            cluster: spec.name.clone(),
            subnet,
            masters: spec.masters,
            replicas: spec.replicas,
            sentinels: spec.sentinels,
            proxies: spec.proxies,
            admin: secrets.admin.clone(),
            probe: secrets.probe.clone(),
            authority: authority.map(|authority| authority.certificate.clone()),
        }
    }

    /// The cluster as far as a guard knows it.
    pub fn spec(&self) -> Spec {
        Spec {
            masters: self.masters,
            replicas: self.replicas,
            sentinels: self.sentinels,
            proxies: self.proxies,
            encryption: if self.authority.is_some() { Encryption::Tls } else { Encryption::None },
            ..Spec::with_defaults(self.cluster.clone())
        }
    }

    /// The passwords that it has. All others open nothing.
    pub fn secrets(&self) -> Secrets {
        let certified = |certificate: &String| Certified::new(certificate.clone(), String::new(), 0);
        Secrets {
            admin: self.admin.clone(),
            probe: self.probe.clone(),
            authority: self.authority.as_ref().map(certified),
            ..Secrets::made(|| [0; SECRET_BYTES])
        }
    }
}

/// The files of a guard.
///
/// # Errors
/// They cannot be written as JSON.
pub fn guard_files(spec: &Spec, subnet: Subnet, secrets: &Secrets) -> Result<Vec<RenderedFile>, RenderError> {
    let json = serde_json::to_string_pretty(&GuardFile::of(spec, subnet, secrets)).map_err(RenderError::Secrets)?;
    Ok(vec![read_only(GUARD_FILE, json + "\n")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_knows_what_a_promotion_needs_and_no_other_password() {
        let mut byte = 0;
        let secrets = Secrets::made(|| {
            byte += 1;
            [byte; SECRET_BYTES]
        });
        let authority = Certified::new("CERTIFICATE".to_owned(), "PRIVATE".to_owned(), 7);
        let secrets = Secrets { authority: Some(authority), ..secrets };
        let spec =
            Spec { replicas: 3, encryption: Encryption::Tls, ..Spec::with_defaults("demo".parse().expect("a name")) };
        let files = guard_files(&spec, Subnet::EXAMPLE, &secrets).expect("files");
        let [file] = files.as_slice() else { panic!("{files:?}") };
        assert_eq!((file.path.as_str(), file.mode), (GUARD_FILE, 0o400));
        let others = [&secrets.app, &secrets.replication, &secrets.sentinel, &secrets.stats, secrets.peers()];
        assert!(others.iter().all(|other| !file.content.contains(other.expose())));
        assert!(!file.content.contains("PRIVATE"));
        let read: GuardFile = serde_json::from_str(&file.content).expect("its own file");
        assert_eq!(read, GuardFile::of(&spec, Subnet::EXAMPLE, &secrets));
        assert_eq!((read.spec().nodes(), read.spec().encryption), (spec.nodes(), spec.encryption));
        let has = read.secrets();
        assert_eq!((&has.admin, has.runtime()), (&secrets.admin, secrets.runtime()));
        assert_eq!(has.authority.map(|authority| authority.certificate).as_deref(), Some("CERTIFICATE"));
    }
}
