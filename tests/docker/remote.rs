//! Engines of other hosts, over ssh and over TLS. The other host is this one, behind an sshd in a container or a port with TLS.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters as query;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use redos::testing::engine::ImageStore;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::clients::Beside;
use crate::programs::{file_system, program};
use crate::support::{Cluster, Run, SOCKET, eventually, raw};

/// Who may log in: sshd itself and root.
const PASSWD: &str = "root:x:0:0:root:/:/bin/sh\nsshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n";
const SSHD_CONFIG: &str = "HostKey /etc/ssh/host\nAuthorizedKeysFile /etc/ssh/user.pub\nStrictModes no\nUsePAM no\n";

/// An sshd in a container that has the Engine's socket.
struct Sshd {
    /// The folder with the keys of the user and a program `ssh` that uses them.
    folder: TempDir,
    address: String,
}

impl Sshd {
    async fn start(cluster: &Cluster, beside: &mut Beside) -> Self {
        let root = file_system("sshd", &["openssh-server", "dash", "coreutils"]).await;
        let ssh = program("ssh", "openssh-client").await;
        let folder = tempfile::tempdir().expect("a folder");
        let etc = folder.path().join("etc");
        fs::create_dir_all(etc.join("ssh")).expect("a folder");
        fs::write(etc.join("passwd"), PASSWD).expect("written");
        fs::write(etc.join("ssh/sshd_config"), SSHD_CONFIG).expect("written");
        for key in [folder.path().join("user"), etc.join("ssh/host")] {
            let mut keygen = Command::new(ssh.with_file_name("ssh-keygen"));
            succeeds(keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(key)).await;
        }
        fs::copy(folder.path().join("user.pub"), etc.join("ssh/user.pub")).expect("copied");
        let tar = folder.path().join("sshd.tar");
        succeeds(Command::new("tar").arg("-cf").arg(&tar).arg("-C").arg(root).arg(".")).await;
        let image = format!("{}/sshd:test", cluster.name);
        let made = cluster.engine.import_image(&tar, &image, &["ENV PATH=/usr/sbin:/usr/bin".to_owned()]).await;
        beside.image = Some(image.clone());
        let address = run_sshd(&made.expect("an image").reference, &etc).await;

        let (key, known) = (folder.path().join("user"), folder.path().join("known_hosts"));
        let host_key = fs::read_to_string(etc.join("ssh/host.pub")).expect("a key");
        fs::write(&known, format!("{address} {host_key}")).expect("written");
        let options = format!("-F none -i {} -oUserKnownHostsFile={}", key.display(), known.display());
        let wrapper = folder.path().join("ssh");
        fs::write(&wrapper, format!("#!/bin/sh\nexec {} {options} \"$@\"\n", ssh.display())).expect("written");
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).expect("executable");
        Self { folder, address }
    }

    /// `redos` of the cluster over ssh, with the keys of this folder.
    fn command(&self, cluster: &Cluster, host: &str, arguments: &[&str]) -> Command {
        let mut command = cluster.command(&[&["--host", host], arguments].concat());
        let path = std::env::var("PATH").expect("a path");
        command.env("PATH", format!("{}:{path}", self.folder.path().display()));
        command
    }

    async fn redos(&self, cluster: &Cluster, host: &str, arguments: &[&str]) -> Run {
        cluster.run(self.command(cluster, host, arguments)).await
    }

    /// How many processes on this host use its keys.
    fn ssh_processes(&self) -> usize {
        let folder = self.folder.path().display().to_string();
        let processes = fs::read_dir("/proc").expect("a list").filter_map(Result::ok);
        let commands = processes.filter_map(|process| fs::read_to_string(process.path().join("cmdline")).ok());
        commands.filter(|command| command.contains(&folder) && command.contains("ControlPath=none")).count()
    }
}

/// Starts an sshd with the Engine's socket and the files of this folder. Returns its address.
async fn run_sshd(image: &str, etc: &Path) -> String {
    let bind = |file: &str| format!("{}:/etc/{file}:ro", etc.join(file).display());
    let body = ContainerCreateBody {
        image: Some(image.to_owned()),
        cmd: Some(["/usr/sbin/sshd", "-D", "-e"].map(str::to_owned).to_vec()),
        host_config: Some(HostConfig {
            binds: Some(vec![format!("{SOCKET}:/var/run/docker.sock"), bind("passwd"), bind("ssh")]),
            tmpfs: Some([("/run/sshd".to_owned(), "mode=0755".to_owned())].into()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let docker = raw();
    let id = docker.create_container(None::<query::CreateContainerOptions>, body).await.expect("a container").id;
    docker.start_container(&id, None::<query::StartContainerOptions>).await.expect("a start");
    let facts = docker.inspect_container(&id, None::<query::InspectContainerOptions>).await.expect("facts");
    let networks = facts.network_settings.and_then(|settings| settings.networks).expect("networks");
    let address = networks.into_values().find_map(|network| network.ip_address).expect("an address");
    eventually("sshd answers", async || TcpStream::connect((address.as_str(), 22)).await.is_ok()).await;
    address
}

async fn succeeds(command: &mut Command) {
    let output = command.output().await.expect("it runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_is_used_over_ssh_and_no_ssh_outlives_redos() {
    let mut beside = Beside::default();
    let cluster = Cluster::new("ssh").await;
    let sshd = Sshd::start(&cluster, &mut beside).await;
    let host = format!("ssh://root@{}", sshd.address);
    let up = ["up", "--port", "0", "--read-port", "0", "--stats-port", "0", "--replicas", "1", "--sentinels", "1"];
    sshd.redos(&cluster, &host, &[&up[..], &["--quorum", "1"]].concat()).await.succeeds();
    // The port may be said, and the socket: this is the same one.
    let whole = format!("ssh://root@{}:22/run/../var/run/docker.sock", sshd.address);
    let status = sshd.redos(&cluster, &whole, &["status"]).await.succeeds();
    assert!(status.ends_with("is healthy\n"), "{status}");
    let said = sshd.redos(&cluster, &host, &["cli", "--", "SET", "far", "away"]).await.succeeds();
    assert_eq!(said.trim(), "OK");
    // Clients come to the ports of that host, which only that host reaches.
    let url = sshd.redos(&cluster, &host, &["url"]).await;
    assert!(url.stderr.contains("that only that host reaches"), "{}{}", url.stdout, url.stderr);

    let mut watching = sshd.command(&cluster, &host, &["events", "--follow"]).spawn().expect("it starts");
    eventually("it watches", async || sshd.ssh_processes() > 0).await;
    watching.kill().await.expect("killed");
    eventually("its ssh has ended", async || sshd.ssh_processes() == 0).await;
    sshd.redos(&cluster, &host, &["down", "--volumes", "--yes"]).await.succeeds();
    eventually("the last ssh has ended", async || sshd.ssh_processes() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ssh_refuses_is_told_in_its_words_and_nobody_is_asked() {
    let mut beside = Beside::default();
    let cluster = Cluster::new("ssh-no").await;
    let sshd = Sshd::start(&cluster, &mut beside).await;
    let known = sshd.folder.path().join("known_hosts");
    let refused = async |host: &str, reason: &str| {
        let host = host.replace("HOST", &sshd.address);
        let started = tokio::time::Instant::now();
        let error = sshd.redos(&cluster, &host, &["up"]).await.fails(5);
        assert!(error.contains(reason) && error.contains("hint: see whether it answers: ssh "), "{host}: {error}");
        assert!(started.elapsed() < Duration::from_secs(15), "{host}: nobody is waited for");
    };
    refused("ssh://stranger@HOST", "Permission denied").await;
    refused("ssh://root@HOST:23", "Connection refused").await;
    refused("ssh://root@HOST/nowhere.sock", "the socket /nowhere.sock of").await;
    fs::write(&known, "").expect("written");
    refused("ssh://root@HOST", "Host key verification failed").await;
}

/// A certificate authority, and the folder with the files of a client that it has certified.
struct Certificates {
    authority: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Certificates {
    fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = CertifiedIssuer::self_signed(parameters, key).expect("an authority");
        let certificates = Self { authority, folder: tempfile::tempdir().expect("a folder") };
        let (own, key) = certificates.certify("operator");
        let files =
            [("ca.pem", certificates.authority.pem()), ("cert.pem", own.pem()), ("key.pem", key.serialize_pem())];
        for (file, pem) in files {
            fs::write(certificates.path().join(file), pem).expect("written");
        }
        certificates
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn certify(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        let leaf = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        (leaf.signed_by(&key, &self.authority).expect("a certificate"), key)
    }

    /// The Engine behind a port with TLS, for those who have a certificate. Returns the port.
    async fn serve(&self, name: &str) -> u16 {
        let (certificate, key) = self.certify(name);
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).expect("an authority");
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("versions").with_client_cert_verifier(verifier.expect("a verifier"));
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = config.with_single_cert(vec![certificate.der().clone()], key).expect("a certificate");
        let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await);
        let listener = listener.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Strangers are sent away here.
                    let Ok(mut near) = acceptor.accept(stream).await else { return };
                    let mut far = UnixStream::connect(SOCKET).await.expect("the Engine's socket");
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        port
    }
}

/// A folder of Docker's own client with a context that has these certificates.
fn context_with(certificates: &Path, host: &str, skips: bool) -> TempDir {
    let config = tempfile::tempdir().expect("a folder");
    let contexts = config.path().join("contexts");
    let (meta, tls): (PathBuf, PathBuf) = (contexts.join("meta/ab"), contexts.join("tls/ab/docker"));
    fs::create_dir_all(&meta).expect("a folder");
    fs::create_dir_all(&tls).expect("a folder");
    let text = format!(r#"{{"Name":"far","Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":{skips}}}}}}}"#);
    fs::write(meta.join("meta.json"), text).expect("written");
    for file in ["ca.pem", "cert.pem", "key.pem"] {
        fs::copy(certificates.join(file), tls.join(file)).expect("copied");
    }
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_is_used_over_tls_with_the_files_of_dockers_own_client() {
    let cluster = Cluster::new("engine-tls").await;
    let certificates = Certificates::new();
    let host = format!("tcp://127.0.0.1:{}", certificates.serve("127.0.0.1").await);
    let with = |folder: &Path, arguments: &[&str]| {
        let mut command = cluster.command(arguments);
        command.env("DOCKER_HOST", &host).env("DOCKER_TLS_VERIFY", "1").env("DOCKER_CERT_PATH", folder);
        command
    };
    let up = ["up", "--port", "0", "--read-port", "0", "--stats-port", "0", "--replicas", "1", "--sentinels", "1"];
    cluster.run(with(certificates.path(), &[&up[..], &["--quorum", "1"]].concat())).await.succeeds();
    let context = context_with(certificates.path(), &host, false);
    let mut by_context = cluster.command(&["status"]);
    by_context.env_remove("DOCKER_HOST").env("DOCKER_CONFIG", context.path()).env("DOCKER_CONTEXT", "far");
    assert!(cluster.run(by_context).await.succeeds().ends_with("is healthy\n"));
    cluster.run(with(certificates.path(), &["down", "--volumes", "--yes"])).await.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_not_certified_gets_no_request_and_the_error_says_why() {
    let cluster = Cluster::new("engine-tls-no").await;
    let (certificates, others) = (Certificates::new(), Certificates::new());
    let (port, misnamed) = (certificates.serve("127.0.0.1").await, certificates.serve("elsewhere").await);
    let refused = async |folder: &Path, port: u16, reason: &str| {
        let mut command = cluster.command(&["up"]);
        command.env("DOCKER_HOST", format!("tcp://127.0.0.1:{port}")).env("DOCKER_TLS_VERIFY", "1");
        command.env("DOCKER_CERT_PATH", folder);
        let error = cluster.run(command).await.fails(5);
        assert!(error.contains(reason) && error.contains("hint: "), "{error}");
    };
    refused(others.path(), port, "invalid peer certificate").await;
    refused(certificates.path(), misnamed, "not valid for name").await;
    let nothing = tempfile::tempdir().expect("a folder");
    refused(nothing.path(), port, "ca.pem cannot be used").await;
    // A client without a certificate of its own is one whom the Engine does not know.
    fs::copy(certificates.path().join("ca.pem"), nothing.path().join("ca.pem")).expect("copied");
    refused(nothing.path(), port, "CertificateRequired").await;

    let context = context_with(certificates.path(), &format!("tcp://127.0.0.1:{port}"), true);
    let mut skipping = cluster.command(&["up"]);
    skipping.env_remove("DOCKER_HOST").env("DOCKER_CONFIG", context.path()).env("DOCKER_CONTEXT", "far");
    let error = cluster.run(skipping).await.fails(5);
    assert!(error.contains("it has skip-tls-verify"), "{error}");
}
