//! TLS of a cluster: its certificate authority, the certificates of its nodes, and connections that trust them.
//!
//! The authority is the cluster's own and certifies nothing else, so that a server with a certificate of it is one of the
//! cluster's.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SerialNumber, date_time_ymd,
};
use thiserror::Error;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

use crate::dial::Stream;
use crate::spec::encryption::EVERY_NODE;
use crate::spec::{Certified, ClusterName, ParseError, Secrets};

/// How long the authority and the certificates of all its nodes are valid: ten years.
const VALID: Duration = Duration::from_secs(10 * 365 * 86_400);
/// How far back the validity begins, for hosts whose clock is behind.
const BEFORE: Duration = Duration::from_secs(86_400);

/// A certificate could not be made.
#[derive(Debug, Error)]
pub enum NotCertified {
    /// The key of the authority cannot be read, or the system has no random numbers.
    #[error(transparent)]
    Key(#[from] rcgen::Error),
    /// The clock is before 1970.
    #[error("the clock of this host is before 1970")]
    Clock,
}

/// Makes the certificate authority of a cluster.
///
/// # Errors
/// The system has no random numbers, or its clock is wrong.
pub fn new_authority(cluster: &ClusterName) -> Result<Certified, NotCertified> {
    let expires = since_1970(SystemTime::now())? + VALID;
    let key = KeyPair::generate()?;
    let certificate = authority_parameters(cluster, expires)?.self_signed(&key)?;
    Ok(Certified::new(certificate.pem(), key.serialize_pem(), expires.as_secs()))
}

/// Makes a certificate for the server with these names and addresses. It expires with its authority.
///
/// # Errors
/// The key of the authority cannot be read, a name cannot be written in a certificate, or the system has no random numbers.
pub fn certify(
    cluster: &ClusterName,
    authority: &Certified,
    node: &str,
    names: &BTreeSet<String>,
) -> Result<Certified, NotCertified> {
    let expires = Duration::from_secs(authority.expires);
    // An issuer signs with its name and its key; nothing else of its own certificate is needed.
    let issuer = authority_parameters(cluster, expires)?;
    let issuer = Issuer::new(issuer, KeyPair::from_pem(authority.key.expose())?);
    let mut leaf = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>())?;
    leaf.distinguished_name = named(&format!("{node} of {cluster}"));
    leaf.serial_number = Some(SerialNumber::from_slice(&rand::random::<[u8; 16]>()));
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // A node shows it as a client, too, to its master and to other Sentinels.
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    leaf.use_authority_key_identifier_extension = true;
    set_validity(&mut leaf, expires)?;
    let key = KeyPair::generate()?;
    let certificate = leaf.signed_by(&key, &issuer)?;
    Ok(Certified::new(certificate.pem(), key.serialize_pem(), authority.expires))
}

fn authority_parameters(cluster: &ClusterName, expires: Duration) -> Result<CertificateParams, NotCertified> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = named(&format!("redos cluster {cluster}"));
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut parameters, expires)?;
    Ok(parameters)
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn set_validity(parameters: &mut CertificateParams, expires: Duration) -> Result<(), NotCertified> {
    let now = since_1970(SystemTime::now())?;
    let begin = date_time_ymd(1970, 1, 1);
    parameters.not_before = begin + now.saturating_sub(BEFORE);
    parameters.not_after = begin + expires;
    Ok(())
}

fn since_1970(time: SystemTime) -> Result<Duration, NotCertified> {
    time.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| NotCertified::Clock)
}

/// Trust in the servers that an authority has certified. Clones share it.
#[derive(Clone)]
pub struct Trust(Result<Arc<ClientConfig>, ParseError>);

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trust(…)")
    }
}

impl Trust {
    /// Trust in the servers of the cluster with these secrets; `None` without TLS.
    pub fn in_cluster(secrets: &Secrets) -> Option<Self> {
        secrets.certificate().map(Self::of)
    }

    /// Trust in the servers of a cluster, by the certificate of its authority (PEM). If that cannot be read, every connection
    /// fails and says so.
    pub fn of(certificate: &str) -> Self {
        Self(configuration(certificate))
    }

    /// Encrypts a connection to a server of the cluster. The caller sets the deadline.
    ///
    /// # Errors
    /// The connection broke, or the server is none of the cluster's.
    pub async fn secure(&self, stream: Box<dyn Stream>) -> io::Result<Box<dyn Stream>> {
        let configuration = self.0.clone().map_err(|why| io::Error::other(format!("cannot use TLS: {why}")))?;
        let name = ServerName::try_from(EVERY_NODE).map_err(io::Error::other)?;
        Ok(Box::new(TlsConnector::from(configuration).connect(name, stream).await?))
    }
}

/// Encrypts a connection where there is something to trust.
///
/// # Errors
/// As [`Trust::secure`].
pub async fn secured(trust: Option<&Trust>, stream: Box<dyn Stream>) -> io::Result<Box<dyn Stream>> {
    match trust {
        Some(trust) => trust.secure(stream).await,
        None => Ok(stream),
    }
}

/// Trust in a Docker Engine, and what this client shows it. Clones share it.
#[derive(Clone)]
pub struct EngineTrust(Arc<ClientConfig>);

impl EngineTrust {
    /// Reads the files of Docker's own client from a folder: `ca.pem`, and `cert.pem` with `key.pem` where there are such.
    ///
    /// # Errors
    /// A file cannot be read or is not what its name says. The text names it.
    pub fn from_folder(folder: &Path) -> Result<Self, ParseError> {
        let unusable = |file: &str, why: &dyn std::fmt::Display| {
            ParseError::new(format!("{} cannot be used: {why}", folder.join(file).display()))
        };
        let certificates = |file: &str| {
            let read =
                CertificateDer::pem_file_iter(folder.join(file)).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            match read {
                Ok(none) if none.is_empty() => Err(unusable(file, &"it has no certificate")),
                read => read.map_err(|error| unusable(file, &error)),
            }
        };
        let mut roots = RootCertStore::empty();
        for authority in certificates("ca.pem")? {
            roots.add(authority).map_err(|error| unusable("ca.pem", &error))?;
        }
        let builder = speaking().map_err(|error| unusable("ca.pem", &error))?.with_root_certificates(roots);
        let has_own = ["cert.pem", "key.pem"].iter().any(|file| folder.join(file).exists());
        let configuration = if has_own {
            let key =
                PrivateKeyDer::from_pem_file(folder.join("key.pem")).map_err(|error| unusable("key.pem", &error))?;
            let own = builder.with_client_auth_cert(certificates("cert.pem")?, key);
            own.map_err(|error| unusable("cert.pem", &error))?
        } else {
            builder.with_no_client_auth()
        };
        Ok(Self(Arc::new(configuration)))
    }

    /// Encrypts a connection to the Engine at this name or address. The caller sets the deadline.
    ///
    /// # Errors
    /// The connection broke, or the other side is not certified for that name or does not accept this client.
    pub async fn secure(&self, host: &str, stream: Box<dyn Stream>) -> io::Result<Box<dyn Stream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(Box::new(TlsConnector::from(Arc::clone(&self.0)).connect(name, stream).await?))
    }
}

/// What redos speaks: TLS 1.3 with AES, which every server has that knows TLS 1.3 at all.
fn speaking() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, tokio_rustls::rustls::Error> {
    let provider = CryptoProvider {
        cipher_suites: vec![ring::cipher_suite::TLS13_AES_128_GCM_SHA256, ring::cipher_suite::TLS13_AES_256_GCM_SHA384],
        kx_groups: vec![ring::kx_group::X25519, ring::kx_group::SECP256R1],
        ..ring::default_provider()
    };
    ClientConfig::builder_with_provider(Arc::new(provider)).with_protocol_versions(&[&TLS13])
}

fn configuration(certificate: &str) -> Result<Arc<ClientConfig>, ParseError> {
    let unusable = |error: &dyn std::fmt::Display| ParseError::new(format!("the authority's certificate: {error}"));
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|error| unusable(&error))?;
    let mut roots = RootCertStore::empty();
    roots.add(certificate).map_err(|error| unusable(&error))?;
    let builder = speaking().map_err(|error| unusable(&error))?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
