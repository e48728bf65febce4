use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::secret::{PasswordKind, Secret};
use super::super::{
    Encryption, Follow, Group, Modules, NodeId, Persistence, PersistenceMode, Release, Role, Secrets, Spec, Subnet,
    UsedImage,
};
use super::*;

const GROUP_1: Group = Group::number(1);
const GROUP_2: Group = Group::number(2);

fn spec() -> Spec {
    let mut spec = Spec::with_defaults("golden".parse().expect("a name"));
    (spec.masters, spec.replicas, spec.sentinels) = (2, 1, 3);
    (spec.proxy.redis_slots, spec.proxy.sentinel_slots) = (3, 4);
    spec
}

fn subnet() -> Subnet {
    "10.20.30.0/24".parse().expect("a subnet")
}

fn secrets() -> Secrets {
    let secret = |text| Secret::given(text).expect("a password");
    Secrets {
        app: secret("app-password"),
        admin: secret("admin-password"),
        replication: secret("replication-password"),
        sentinel: secret("sentinel-password"),
        peers: Some(secret("peers-password")),
        probe: secret("probe-password"),
        stats: secret("stats-password"),
        existing: None,
        own: BTreeMap::new(),
        authority: None,
        version: 0,
        rotation: None,
    }
}

fn text(files: &[RenderedFile], path: &str) -> String {
    files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no {path}")).content.clone()
}

fn redis(spec: &Spec, node: NodeId, master: Option<NodeId>) -> Vec<RenderedFile> {
    let source = master.map_or(Source::Nobody, Source::Node);
    redis_files(spec, subnet(), &secrets(), node, source, Standing::Open).expect("files")
}

fn sentinel(spec: &Spec, node: NodeId, old: Option<&str>) -> Vec<RenderedFile> {
    let masters = BTreeMap::from([(GROUP_1, NodeId::redis(GROUP_1, 2)), (GROUP_2, NodeId::redis(GROUP_2, 1))]);
    sentinel_files(spec, subnet(), &secrets(), node, &masters, old).expect("files")
}

fn proxy(spec: &Spec, secrets: &Secrets) -> String {
    let present: BTreeSet<NodeId> = spec.nodes().into_iter().collect();
    let files = proxy_files(spec, subnet(), secrets, NodeId::Proxy(1), &present).expect("files");
    text(&files, PROXY_CONF)
}

#[test]
fn a_master() {
    insta::assert_snapshot!(text(&redis(&spec(), NodeId::redis(GROUP_1, 1), None), REDIS_CONF));
}

#[test]
fn a_replica_without_persistence_and_with_directives_of_the_users() {
    let mut spec = spec();
    spec.persistence = Persistence { mode: PersistenceMode::None, dir: None, file_prefix: "app-".to_owned() };
    let given = [("maxmemory", "100mb"), ("databases", "32"), ("appendfsync", "always"), ("hz", "20")];
    spec.redis = given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let node = NodeId::redis(GROUP_2, 2);
    insta::assert_snapshot!(text(&redis(&spec, node, Some(NodeId::redis(GROUP_2, 1))), REDIS_CONF));
}

#[test]
fn the_head_of_a_standby_and_its_proxy_log_in_at_the_existing_server() {
    let server = "192.0.2.5:7000".parse().expect("an address");
    let mut spec = Spec { masters: 1, ..spec() };
    spec.follow = Follow::Existing(server);
    let secrets = Secrets { existing: Some(Secret::given("old#password").expect("a password")), ..secrets() };
    let files =
        redis_files(&spec, subnet(), &secrets, Spec::head(), Source::Existing(server), Standing::Open).expect("files");
    let conf = text(&files, REDIS_CONF);
    assert!(conf.contains("\nmasterauth old#password\nreplicaof 192.0.2.5 7000\n"), "{conf}");
    assert!(!conf.contains("masteruser"), "the user is 'default': {conf}");
    insta::assert_snapshot!(proxy(&spec, &secrets));
    // When it takes over, its proxies have no slot for the other server any more.
    spec.follow = Follow::Left(server);
    assert!(!proxy(&spec, &secrets).contains("existing"));
    spec.follow = Follow::Existing(server);
    let unknown = proxy_files(&spec, subnet(), &self::secrets(), NodeId::Proxy(1), &BTreeSet::new());
    assert!(matches!(unknown, Err(RenderError::NoPassword { .. })));
}

#[test]
fn the_start_of_a_redis_node() {
    let files = redis(&spec(), NodeId::redis(GROUP_1, 1), None);
    insta::assert_snapshot!(text(&files, START_SCRIPT));
    assert_eq!(text(&files, STANDING_FILE), "", "it has to ask");
}

#[test]
fn the_start_of_a_sentinel() {
    insta::assert_snapshot!(text(&sentinel(&spec(), NodeId::Sentinel(2), None), START_SCRIPT));
}

/// A text without the lines that tell the two apart, to which `change` has been done.
fn lines_but(text: &str, but: &[&str], change: impl Fn(&str) -> String) -> Vec<String> {
    text.lines().filter(|line| !but.contains(&line.trim())).map(change).collect()
}

#[test]
fn a_cluster_with_tls_differs_from_one_without_in_how_servers_are_reached_and_in_nothing_else() {
    let plain = spec();
    let tls = Spec { encryption: Encryption::Tls, ..spec() };
    let (node, sentinel_2) = (NodeId::redis(GROUP_1, 1), NodeId::Sentinel(2));
    let listening = [
        "port 0",
        "tls-replication yes",
        "tls-auth-clients no",
        "tls-ca-cert-file /data/conf/ca.pem",
        "tls-cert-file /data/conf/node.pem",
        "tls-key-file /data/conf/node.key",
    ];
    for (plain, tls, port) in [
        (redis(&plain, node, None), redis(&tls, node, None), 6379),
        (sentinel(&plain, sentinel_2, None), sentinel(&tls, sentinel_2, None), 26379),
    ] {
        let path = if port == 6379 { REDIS_CONF } else { SENTINEL_CONF };
        let (plain_conf, conf) = (text(&plain, path), text(&tls, path));
        for line in listening {
            assert!(conf.lines().any(|found| found == line), "{line} in {conf}");
        }
        let ports = |line: &str| line.replace(&format!("tls-port {port}"), &format!("port {port}"));
        assert_eq!(lines_but(&conf, &listening, ports), lines_but(&plain_conf, &[], str::to_owned));

        let (plain_script, script) = (text(&plain, START_SCRIPT), text(&tls, START_SCRIPT));
        let encrypted = "\"$cli\" --tls --cacert /data/conf/ca.pem -h";
        assert!(script.contains(encrypted) && !script.contains("\"$cli\" -h"), "{script}");
        assert_eq!(script.replace(encrypted, "\"$cli\" -h"), plain_script);
    }

    // Each check is a handshake, so checks are rarer.
    let rarer = crate::spec::ProxySettings { check_interval: 2 * plain.proxy.check_interval, ..plain.proxy.clone() };
    let (plain, tls) = (proxy(&Spec { proxy: rarer, ..plain }, &secrets()), proxy(&tls, &secrets()));
    let seen_in_clear = [
        "tcp-request content accept if { req.len gt 0 }",
        "tcp-response content accept if { res.payload(0,2) -m bin 2b4f } || { res.payload(0,1) -m bin 25 2a }",
    ];
    let handshakes = [
        "tcp-request content accept if { req.payload(0,1) -m bin 16 }",
        "tcp-response content accept if { res.payload(0,1) -m bin 16 }",
    ];
    let checks = |line: &str| {
        let trusting = line.replace(" check-ssl verify required ca-file /data/conf/ca.pem", "");
        trusting.replace("tcp-check connect ssl", "tcp-check connect").replace("=rediss://", "=redis://")
    };
    assert_eq!(lines_but(&tls, &handshakes, checks), lines_but(&plain, &seen_in_clear, str::to_owned));
    let checked = |text: &str| text.lines().filter(|line| line.contains("tcp-check connect")).count();
    let trusting = tls.lines().filter(|line| line.contains("check-ssl verify required ca-file")).count();
    assert_eq!((trusting, tls.matches("tcp-check connect ssl").count()), (checked(&plain), checked(&plain)));
    for lines in [seen_in_clear, handshakes] {
        let text = if lines == handshakes { &tls } else { &plain };
        assert!(lines.iter().all(|line| text.contains(line)), "{text}");
    }
}

#[test]
fn users_of_a_redis_node() {
    insta::assert_snapshot!(text(&redis(&spec(), NodeId::redis(GROUP_1, 1), None), USERS_FILE));
}

#[test]
fn a_sentinel() {
    insta::assert_snapshot!(text(&sentinel(&spec(), NodeId::Sentinel(2), None), SENTINEL_CONF));
}

#[test]
fn users_of_a_sentinel() {
    insta::assert_snapshot!(text(&sentinel(&spec(), NodeId::Sentinel(2), None), USERS_FILE));
}

#[test]
fn a_proxy() {
    insta::assert_snapshot!(proxy(&spec(), &secrets()));
}

#[test]
fn a_proxy_that_asks_over_lasting_connections_checks_rarely() {
    let mut spec = spec();
    spec.proxy.lasting_checks = true;
    insta::assert_snapshot!(proxy(&spec, &secrets()));
}

#[test]
fn a_sentinel_that_has_lived_keeps_its_epochs() {
    let old = "sentinel current-epoch 7\nsentinel config-epoch mymaster 6\nsentinel leader-epoch mymaster 7\n\
               sentinel config-epoch mymaster-9 3\nsentinel known-replica mymaster 10.0.0.1 6379\n";
    let new = text(&sentinel(&spec(), NodeId::Sentinel(1), Some(old)), SENTINEL_CONF);
    for kept in ["current-epoch 7", "config-epoch mymaster 6", "leader-epoch mymaster 7"] {
        assert!(new.contains(&format!("\nsentinel {kept}\n")), "{kept}");
    }
    assert!(!new.contains("mymaster-9") && !new.contains("10.0.0.1"), "of a group that is no more, and old addresses");
}

#[test]
fn who_rewrites_a_file_may_write_it_and_secrets_are_where_they_are_needed() {
    let files = |files: Vec<RenderedFile>| files.into_iter().map(|file| (file.path, file.mode)).collect::<Vec<_>>();
    let file = |path: &str, mode| (path.to_owned(), mode);
    let common = [file("/data/conf/users.acl", 0o400), file("/data/conf/start.sh", 0o400)];
    let (standing, password) = (file("/data/conf/standing", 0o600), file("/data/conf/secrets.json", 0o400));
    let redis = files(redis(&spec(), NodeId::redis(GROUP_1, 1), None));
    assert_eq!(redis, [&[file("/data/conf/redis.conf", 0o600)], &common[..], &[standing, password.clone()]].concat());
    let sentinel = files(sentinel(&spec(), NodeId::Sentinel(1), None));
    assert_eq!(sentinel, [&[file("/data/conf/sentinel.conf", 0o600)], &common[..], &[password]].concat());
    let proxy = proxy_files(&spec(), subnet(), &secrets(), NodeId::Proxy(1), &BTreeSet::new()).expect("files");
    let logins = file("/data/conf/stats-logins", 0o400);
    assert_eq!(files(proxy), [file("/data/conf/haproxy.cfg", 0o400), logins, file("/data/conf/hold.lua", 0o400)]);
}

#[test]
fn secrets_read_back_and_do_not_show() {
    let files = redis(&spec(), NodeId::redis(GROUP_1, 1), None);
    let read: Secrets = serde_json::from_str(&text(&files, SECRETS_FILE)).expect("JSON");
    assert_eq!(read, secrets());
    assert!(!format!("{files:?}").contains("password"));
}

#[test]
fn the_program_and_its_file() {
    assert_eq!(command_line(Role::Redis, "valkey-server"), ["sh", "/data/conf/start.sh", "valkey-server"]);
    assert_eq!(command_line(Role::Sentinel, "redis-server"), ["sh", "/data/conf/start.sh", "redis-server"]);
    assert_eq!(command_line(Role::Proxy, ""), ["haproxy", "-W", "-db", "-f", "/data/conf/haproxy.cfg"]);
}

#[test]
fn an_id_belongs_to_one_sentinel_of_one_cluster() {
    let mut other = spec();
    other.name = "other".parse().expect("a name");
    let ids: BTreeSet<String> =
        [spec(), other].iter().flat_map(|spec| spec.sentinel_nodes().map(|node| sentinel_id(spec, node))).collect();
    assert_eq!(ids.len(), 6);
    assert!(ids.iter().all(|id| id.len() == 40 && id.chars().all(|c| c.is_ascii_hexdigit())), "{ids:?}");
}

#[test]
fn a_vote_for_one_node_is_not_found_in_a_vote_for_another() {
    let mut spec = spec();
    (spec.masters, spec.proxy.redis_slots) = (3, 32);
    let conf = proxy(&spec, &secrets());
    let votes: Vec<&str> =
        conf.lines().filter_map(|line| line.trim().split_once(" string ")).map(|(_, vote)| vote).collect();
    // Each appears twice: for the votes, and for the Sentinels that are replacing the node.
    let votes: BTreeSet<&str> = votes.into_iter().filter(|vote| vote.starts_with("$2\\r\\nip")).collect();
    let votes: Vec<&str> = votes.into_iter().collect();
    assert_eq!(votes.len(), 3 * 32);
    for (at, vote) in votes.iter().enumerate() {
        assert!(votes.iter().enumerate().all(|(other, text)| other == at || !text.contains(vote)), "{vote}");
    }
}

#[test]
fn a_user_has_both_passwords_while_a_rotation_is_open() {
    let new = Secret::given("new-password").expect("a password");
    let adding = secrets().rotating(BTreeMap::from([(PasswordKind::App, new)])).expect("none is open");
    let node = NodeId::redis(GROUP_1, 1);
    let users = |secrets: &Secrets| users_file(&spec(), subnet(), secrets, node).expect("a file");
    assert!(users(&adding).starts_with("user default on >app-password >new-password sanitize-payload "));
    let open = adding.next_stage().expect("the next one");
    assert!(users(&open).starts_with("user default on >new-password >app-password sanitize-payload "));
    let dropping = open.dropping().expect("it is open");
    assert!(users(&dropping).starts_with("user default on >new-password sanitize-payload "));
}

#[test]
fn a_password_means_nothing_to_the_proxy() {
    let mut secrets = secrets();
    secrets.stats = Secret::given("a#b:$c{d}").expect("a password");
    let files = proxy_files(&spec(), subnet(), &secrets, NodeId::Proxy(1), &BTreeSet::new()).expect("files");
    assert_eq!(text(&files, STATS_LOGINS), "YWRtaW46YSNiOiRje2R9\n", "admin:a#b:$c{{d}} as HTTP sends it");
}

#[test]
fn a_node_without_an_address_is_an_error() {
    let mut spec = spec();
    spec.masters = 9;
    let node = NodeId::redis(Group::number(9), 1);
    let error = redis_files(&spec, subnet(), &secrets(), node, Source::Nobody, Standing::Open).expect_err("no room");
    assert_eq!(error.to_string(), "the subnet 10.20.30.0/24 has no address for redis-9-1");
    let files = proxy_files(&spec, subnet(), &secrets(), NodeId::Proxy(1), &BTreeSet::from([node]));
    assert!(matches!(files, Err(RenderError::NoAddress { .. })));
}

#[test]
fn a_directive_is_either_set_at_runtime_or_at_start() {
    let mut spec = spec();
    spec.redis = BTreeMap::from([
        ("maxmemory".to_owned(), "1gb".to_owned()),
        ("io-threads".to_owned(), "2".to_owned()),
        ("repl-timeout".to_owned(), "30".to_owned()),
    ]);
    let (runtime, fixed) = (super::directives::runtime_directives(&spec), fixed_directives(&spec));
    assert_eq!(runtime.get("maxmemory").map(String::as_str), Some("1gb"));
    assert_eq!(runtime.get("repl-timeout").map(String::as_str), Some("30"), "the user's value wins");
    assert_eq!(fixed.get("io-threads").map(String::as_str), Some("2"));
    assert!(runtime.keys().all(|name| !fixed.contains_key(name)));
}

#[test]
fn the_sentinels_beyond_the_quorum_are_more_patient() {
    let patience = |sentinels, quorum| {
        let spec = Spec { sentinels, quorum, ..spec() };
        let of = |node| sentinel_settings(&spec, node)["down-after-milliseconds"].clone();
        spec.sentinel_nodes().map(of).collect::<Vec<_>>()
    };
    assert_eq!(patience(1, 1), ["1000"]);
    assert_eq!(patience(3, 2), ["1000", "1000", "1300"]);
    assert_eq!(patience(5, 3), ["1000", "1000", "1000", "1300", "1300"]);
}

/// Whether the server would allow a channel, by the patterns of `user default`.
fn allowed(channel: &str) -> bool {
    let users = text(&redis(&spec(), NodeId::redis(GROUP_1, 1), None), USERS_FILE);
    let rules = users.lines().find(|line| line.starts_with("user default")).expect("the user");
    let (rules, _) = rules.split_once(" (").expect("a selector");
    let mut patterns = rules.split(' ').filter_map(|word| word.strip_prefix('&'));
    patterns.any(|pattern| glob(pattern, channel))
}

/// The subset of Redis's patterns that is used here: `[^x]` is one other byte, `*` at the end is anything.
fn glob(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    loop {
        match pattern.next() {
            None => return text.next().is_none(),
            Some('*') => return true,
            Some('[') => {
                let not = pattern.by_ref().take_while(|c| *c != ']').last();
                if text.next().is_none_or(|c| Some(c) == not) {
                    return false;
                }
            }
            Some(c) if text.next() != Some(c) => return false,
            Some(_) => {}
        }
    }
}

proptest! {
    #[test]
    fn applications_have_every_channel_but_those_of_the_sentinels(prefix in 0..=13usize, rest in "[_sentil:x]{0,4}") {
        let channel = format!("{}{rest}", &"__sentinel__:"[..prefix]);
        prop_assume!(!channel.is_empty());
        prop_assert_eq!(allowed(&channel), !channel.starts_with("__sentinel__:"), "{}", channel);
    }
}

#[test]
fn what_a_node_is_made_anew_for_is_told_without_comments_and_by_role() {
    let spec = Spec::with_defaults(ClusterName::default());
    let told = Role::ALL.map(|role| fixed_text(&spec, role).unwrap_or_else(|error| panic!("{role}: {error}")));
    for (role, line) in [(0, "appendonly yes"), (1, "sentinel monitor mymaster"), (2, "backend write_mymaster")] {
        assert!(told[role].lines().any(|told| told.starts_with(line)), "{line} in\n{}", told[role]);
        assert!(told[role].lines().all(|told| !told.is_empty() && !told.starts_with('#')), "{}", told[role]);
    }
}

#[test]
fn the_modules_of_an_image_are_loaded_once_unless_they_are_turned_off() {
    let mut spec = Spec::with_defaults("shop".parse().expect("a name"));
    let release = Release { name: "redis".to_owned(), version: "8.2.1".to_owned() };
    let modules = ["/m/a.so", "/m/b.so"].map(str::to_owned).into();
    let (reference, id) = ("redis:8.2".to_owned(), "sha256:1".to_owned());
    spec.used.redis =
        Some(UsedImage { reference, id, digest: None, server: "redis-server".to_owned(), release, modules });
    let loaded = |spec: &Spec| fixed_directives(spec).remove("loadmodule");
    assert_eq!(loaded(&spec).as_deref(), Some("/m/a.so\n/m/b.so"));
    assert!(trial_configuration(&spec).contains("loadmodule /m/a.so\nloadmodule /m/b.so"));
    let hash = |spec: &Spec| fixed_text(&without_runtime_settings(spec, Role::Redis), Role::Redis).expect("a text");
    let all = hash(&spec);
    spec.redis.insert("loadmodule".to_owned(), "/m/b.so fast".to_owned());
    assert_eq!(loaded(&spec).as_deref(), Some("/m/a.so\n/m/b.so fast"));
    spec.redis.clear();
    spec.images.modules = Modules::None;
    assert_eq!(loaded(&spec), None);
    assert_ne!(hash(&spec), all, "a node that runs is made anew");
}

#[test]
fn a_replica_that_joins_is_never_promoted() {
    let priorities = |standing| {
        let source = Source::Node(Spec::head());
        let files = redis_files(&spec(), subnet(), &secrets(), NodeId::redis(Group::number(1), 2), source, standing);
        let files = files.expect("files");
        let conf = files.into_iter().find(|file| file.path == REDIS_CONF).expect("its configuration").content;
        let lines = conf.lines().filter_map(|line| line.strip_prefix("replica-priority ")).map(str::to_owned);
        lines.collect::<Vec<_>>()
    };
    assert_eq!(priorities(Standing::Joining), ["0"]);
    assert_eq!(priorities(Standing::Open), ["100"]);
}

#[test]
fn a_cluster_for_clients_with_tls_and_without_it_leads_both_to_the_same_nodes() {
    let [tls, both] = [Encryption::Tls, Encryption::Both].map(|encryption| Spec { encryption, ..spec() });
    let node = NodeId::redis(GROUP_1, 1);
    let [closed, open] = [&tls, &both].map(|spec| text(&redis(spec, node, None), REDIS_CONF).to_owned());
    assert_eq!(open, closed.replace("\nport 0\n", "\nport 6380\n"));
    let sentinel_2 = NodeId::Sentinel(2);
    let [closed, open] = [&tls, &both].map(|spec| text(&sentinel(spec, sentinel_2, None), SENTINEL_CONF).to_owned());
    assert_eq!(open, closed, "nobody asks a Sentinel without TLS");

    let proxy = proxy(&both, &secrets());
    let clients: Vec<&str> = proxy.lines().filter(|line| line.contains("set-dst-port")).map(str::trim).collect();
    let one_port = [
        "tcp-request content set-dst-port int(6379) if { req.payload(0,1) -m bin 16 }",
        "tcp-request content set-dst-port int(6380) if { req.len gt 0 } !{ req.payload(0,1) -m bin 16 }",
    ];
    assert_eq!(clients, one_port.repeat(4), "writes and reads of two groups");
    // A server with a port of its own would take no other.
    let backend =
        |name: &str| proxy.split(&format!("\nbackend {name}")).nth(1).and_then(|rest| rest.split("\nbackend").next());
    for name in ["write_mymaster", "read_mymaster"] {
        let backend = backend(name).expect("a backend");
        assert!(backend.contains("default-server check") && backend.contains(" port 6379 "), "{backend}");
        assert!(!backend.contains(":6379"), "{backend}");
    }
}
