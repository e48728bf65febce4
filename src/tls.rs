//! TLS of a cluster: its certificate authority, the certificates of its nodes, and connections that trust them.
//!
//! The authority is the cluster's own and certifies nothing else, so that a server with a certificate of it is one of the
//! cluster's.
//!
//! Servers that are none of a cluster's have nothing to do with that, see [`outside`].

pub mod outside;

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SerialNumber, date_time_ymd,
};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, Error as TlsError, RootCertStore,
    SignatureScheme, WantsVerifier,
};
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

use crate::dial::Stream;
use crate::spec::encryption::{EVERY_NODE, ShownCertificate, Validity};
use crate::spec::{Certified, ClusterName, ParseError, Secrets, Spec};

/// How long an authority is valid: ten years. Clients trust it, so that a change of it reaches all of them.
const AUTHORITY_VALID: Duration = Duration::from_secs(10 * 365 * 86_400);
/// How long the certificate of a node is valid: five years. `up` renews it in the last twenty months.
///
/// Nothing of a cluster renews it without `up`, and clusters that nobody touches for a year are common. The end of a
/// certificate is the end of service: neither proxies nor replicas connect any more.
const NODE_VALID: Duration = Duration::from_secs(5 * 365 * 86_400);
/// The part of its time that a certificate must have left, so that it is not renewed.
const LEFT: u64 = 3;
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
    let now = since_1970(SystemTime::now())?;
    let expires = now + AUTHORITY_VALID;
    let key = KeyPair::generate()?;
    let certificate = authority_parameters(cluster, now, expires).self_signed(&key)?;
    Ok(Certified::new(certificate.pem(), key.serialize_pem(), expires.as_secs()))
}

/// Makes a certificate for the server with these names and addresses. It expires with its authority at the latest.
///
/// It is as new as the last request to renew certificates, in seconds since 1970, also where the clock of this host is behind.
///
/// # Errors
/// The key of the authority cannot be read, a name cannot be written in a certificate, or the system has no random numbers.
pub fn certify(
    cluster: &ClusterName,
    authority: &Certified,
    node: &str,
    names: &BTreeSet<String>,
    requested: Option<u64>,
) -> Result<Certified, NotCertified> {
    let now = since_1970(SystemTime::now())?.max(Duration::from_secs(requested.unwrap_or_default()));
    let authority_expires = Duration::from_secs(authority.expires);
    let expires = authority_expires.min(now + NODE_VALID);
    // An issuer signs with its name and its key; nothing else of its own certificate is needed.
    let issuer = authority_parameters(cluster, now, authority_expires);
    let issuer = Issuer::new(issuer, KeyPair::from_pem(authority.key.expose())?);
    let mut leaf = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>())?;
    leaf.distinguished_name = named(&format!("{node} of {cluster}"));
    leaf.serial_number = Some(SerialNumber::from_slice(&rand::random::<[u8; 16]>()));
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // A node shows it as a client, too, to its master and to other Sentinels.
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    leaf.use_authority_key_identifier_extension = true;
    set_validity(&mut leaf, now, expires);
    let key = KeyPair::generate()?;
    let certificate = leaf.signed_by(&key, &issuer)?;
    Ok(Certified::new(certificate.pem(), key.serialize_pem(), expires.as_secs()))
}

fn authority_parameters(cluster: &ClusterName, now: Duration, expires: Duration) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = named(&format!("redos cluster {cluster}"));
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut parameters, now, expires);
    parameters
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn set_validity(parameters: &mut CertificateParams, now: Duration, expires: Duration) {
    let begin = date_time_ymd(1970, 1, 1);
    parameters.not_before = begin + now.saturating_sub(BEFORE);
    parameters.not_after = begin + expires;
}

fn since_1970(time: SystemTime) -> Result<Duration, NotCertified> {
    time.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| NotCertified::Clock)
}

/// Reads a certificate (DER) of an authority that expires at this time.
fn read(certificate: &[u8], authority_expires: u64) -> Option<ShownCertificate> {
    let (_, certificate) = parse_x509_certificate(certificate).ok()?;
    let names = &certificate.subject_alternative_name().ok()??.value.general_names;
    let seconds = |timestamp: i64| u64::try_from(timestamp).unwrap_or_default();
    let made = seconds(certificate.validity().not_before.timestamp()) + BEFORE.as_secs();
    let expires = seconds(certificate.validity().not_after.timestamp());
    let left = expires.saturating_sub(since_1970(SystemTime::now()).ok()?.as_secs());
    let validity = match left {
        _ if expires >= authority_expires => Validity::Ample,
        0 => Validity::Expired,
        _ if left < expires.saturating_sub(made) / LEFT => Validity::Short,
        _ => Validity::Ample,
    };
    Some(ShownCertificate { names: names.iter().filter_map(name).collect(), made, expires, validity })
}

/// A name or an address of a server in a certificate.
fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(bytes) => Some(Ipv4Addr::from(bytes).to_string()),
            Err(_) => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    }
}

/// Trust in the servers that an authority has certified. Clones share it.
#[derive(Clone)]
pub struct Trust {
    configuration: Result<Arc<ClientConfig>, ParseError>,
    /// The certificate of the authority, as PEM.
    certificate: Arc<str>,
    /// When the authority expires, in seconds since 1970.
    expires: u64,
    /// Whether servers may still, or already, take connections that are not encrypted.
    turning: bool,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trust(…)")
    }
}

impl Trust {
    /// Trust in the servers of a cluster; `None` without TLS.
    pub fn in_cluster(spec: &Spec, secrets: &Secrets) -> Option<Self> {
        let turning = spec.tls.turning;
        let certificate = secrets.certificate().filter(|_| spec.encryption.is_tls() || turning)?;
        Some(Self { turning, ..Self::of(certificate) })
    }

    /// Whether TLS is being turned on or off, so that [`takes_plain`] must tell what a server wants.
    pub const fn is_turning(&self) -> bool {
        self.turning
    }

    /// Trust in the servers of a cluster, by the certificate of its authority (PEM). If that cannot be read, every connection
    /// fails and says so.
    pub fn of(certificate: &str) -> Self {
        let expires = CertificateDer::from_pem_slice(certificate.as_bytes()).ok();
        let expires = expires.and_then(|der| {
            let (_, authority) = parse_x509_certificate(&der).ok()?;
            u64::try_from(authority.validity().not_after.timestamp()).ok()
        });
        let configuration = configuration(certificate);
        Self { configuration, certificate: certificate.into(), expires: expires.unwrap_or_default(), turning: false }
    }

    /// The certificate of the authority, as PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Encrypts a connection to a server of the cluster, and reads the certificate of that. The caller sets the deadline.
    ///
    /// # Errors
    /// The connection broke, or the server is none of the cluster's.
    pub async fn secure(&self, stream: Box<dyn Stream>) -> io::Result<(Box<dyn Stream>, Option<ShownCertificate>)> {
        let configuration =
            self.configuration.clone().map_err(|why| io::Error::other(format!("cannot use TLS: {why}")))?;
        let name = ServerName::try_from(EVERY_NODE).map_err(io::Error::other)?;
        let stream = TlsConnector::from(configuration).connect(name, stream).await?;
        let shown = stream.get_ref().1.peer_certificates().and_then(|chain| read(chain.first()?, self.expires));
        Ok((Box::new(stream), shown))
    }

    /// The content of a certificate file (PEM) of the cluster.
    #[cfg(feature = "testing")]
    pub fn read(&self, certificate: &str) -> Option<ShownCertificate> {
        read(&CertificateDer::from_pem_slice(certificate.as_bytes()).ok()?, self.expires)
    }
}

/// Whether a server takes connections that are not encrypted. It gets no password. The caller sets the deadline.
///
/// A server with TLS closes the connection at once, or sends an alert. One without would wait for the end of a handshake.
///
/// # Errors
/// The question could not be sent.
pub async fn takes_plain(mut stream: Box<dyn Stream>) -> io::Result<bool> {
    stream.write_all(b"PING\r\n").await?;
    stream.flush().await?;
    Ok(matches!(stream.read_u8().await, Ok(b'+' | b'-')))
}

/// Encrypts a connection where there is something to trust.
///
/// # Errors
/// As [`Trust::secure`].
pub async fn secured(trust: Option<&Trust>, stream: Box<dyn Stream>) -> io::Result<Box<dyn Stream>> {
    match trust {
        Some(trust) => trust.secure(stream).await.map(|(stream, _)| stream),
        None => Ok(stream),
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
    let provider = Arc::clone(builder.crypto_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    let verifier = Arc::new(OfCluster(verifier.map_err(|error| unusable(&error))?));
    Ok(Arc::new(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()))
}

/// Accepts servers that the authority has certified, also when their certificates have expired.
///
/// Clients and other nodes refuse those. redos must reach them, because it renews their certificates.
#[derive(Debug)]
struct OfCluster(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for OfCluster {
    fn verify_server_cert(
        &self,
        server: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        match self.0.verify_server_cert(server, chain, name, ocsp, now) {
            Err(TlsError::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
                self.0.verify_server_cert(server, chain, name, ocsp, not_after)
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        server: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.0.verify_tls12_signature(message, server, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        server: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.0.verify_tls13_signature(message, server, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn cluster() -> ClusterName {
        "shop".parse().expect("a name")
    }

    fn names(of: &[&str]) -> BTreeSet<String> {
        of.iter().chain(&[EVERY_NODE]).map(|name| (*name).to_owned()).collect()
    }

    fn authority(days: u32) -> Certified {
        let now = since_1970(SystemTime::now()).expect("a clock");
        let expires = now + DAY * days;
        let key = KeyPair::generate().expect("a key");
        let certificate = authority_parameters(&cluster(), now, expires).self_signed(&key).expect("an authority");
        Certified::new(certificate.pem(), key.serialize_pem(), expires.as_secs())
    }

    /// A certificate of an authority that was made and expires so many days from now.
    fn leaf(authority: &Certified, name: &str, made: i64, expires: i64) -> Certified {
        let now = since_1970(SystemTime::now()).expect("a clock");
        let at = |days: i64| {
            let time = DAY * u32::try_from(days.unsigned_abs()).expect("days");
            if days < 0 { now - time } else { now + time }
        };
        let issuer = authority_parameters(&cluster(), now, Duration::from_secs(authority.expires));
        let issuer = Issuer::new(issuer, KeyPair::from_pem(authority.key.expose()).expect("a key"));
        let mut leaf = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        set_validity(&mut leaf, at(made), at(expires));
        let key = KeyPair::generate().expect("a key");
        let certificate = leaf.signed_by(&key, &issuer).expect("a certificate");
        Certified::new(certificate.pem(), key.serialize_pem(), at(expires).as_secs())
    }

    fn validity(authority: &Certified, leaf: &Certified) -> Validity {
        Trust::of(&authority.certificate).read(&leaf.certificate).expect("a certificate").validity
    }

    #[test]
    fn a_certificate_has_its_names_and_five_years_and_not_more_than_its_authority() {
        let long = new_authority(&cluster()).expect("an authority");
        let wanted = names(&["redis-1", "172.18.0.10", "::1", "*.example.com"]);
        let leaf = certify(&cluster(), &long, "redis-1", &wanted, None).expect("a certificate");
        let shown = Trust::of(&long.certificate).read(&leaf.certificate).expect("a certificate");
        assert_eq!((&shown.names, shown.expires - shown.made), (&wanted, NODE_VALID.as_secs()));
        assert_eq!((shown.validity, shown.expires), (Validity::Ample, leaf.expires));
        let requested = shown.made + 100_000;
        let leaf = certify(&cluster(), &long, "redis-1", &wanted, Some(requested)).expect("a certificate");
        let shown = Trust::of(&long.certificate).read(&leaf.certificate).expect("a certificate");
        assert_eq!(shown.made, requested, "as new as the request, which another host may have made");

        let short = authority(20);
        let leaf = certify(&cluster(), &short, "redis-1", &wanted, None).expect("a certificate");
        assert_eq!(leaf.expires, short.expires);
        assert_eq!(validity(&short, &leaf), Validity::Ample, "a new one would not be valid for longer");
    }

    #[test]
    fn a_certificate_is_renewed_when_less_than_a_third_of_its_time_is_left() {
        let authority = authority(1000);
        for (made, expires, expected) in [
            (-50, 50, Validity::Ample),
            (-65, 35, Validity::Ample),
            (-68, 32, Validity::Short),
            (-99, 1, Validity::Short),
            (-100, -1, Validity::Expired),
        ] {
            assert_eq!(
                validity(&authority, &leaf(&authority, EVERY_NODE, made, expires)),
                expected,
                "{made} {expires}"
            );
        }
    }

    #[test]
    fn redos_accepts_its_own_nodes_also_when_their_certificates_have_expired_and_nobody_else() {
        let (own, other) = (authority(1000), authority(1000));
        let accepts = |leaf: &Certified| {
            let provider = Arc::new(ring::default_provider());
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(own.certificate.as_bytes()).expect("PEM")).expect("a root");
            let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
            let verifier = OfCluster(verifier.expect("a verifier"));
            let der = CertificateDer::from_pem_slice(leaf.certificate.as_bytes()).expect("PEM");
            let name = ServerName::try_from(EVERY_NODE).expect("a name");
            verifier.verify_server_cert(&der, &[], &name, &[], UnixTime::now()).is_ok()
        };
        assert!(accepts(&leaf(&own, EVERY_NODE, -10, 10)));
        assert!(accepts(&leaf(&own, EVERY_NODE, -10, -1)), "it has expired");
        assert!(!accepts(&leaf(&own, "elsewhere.internal", -10, -1)), "it has another name");
        assert!(!accepts(&leaf(&other, EVERY_NODE, -10, -1)), "it is of another authority");
        assert!(!accepts(&leaf(&own, EVERY_NODE, 5, 10)), "it is not valid yet");
    }
}
