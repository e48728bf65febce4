//! The way from sources to settings, as a whole.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::table::{SETTINGS, SettingKind};
use super::*;
use crate::spec::containers::Aspect;
use crate::spec::secret::SECRET_BYTES;
use crate::spec::{ClusterName, PersistenceMode, Release, Secret, Secrets, Spec, UsedImage, UsedImages};

const HEADER: &str = "apiVersion: redos/v1\n";

/// Sources with a file of these lines below the header, these variables and these flags.
fn sources(lines: &str, environment: &[(&str, &str)], flags: &[(Key, &str)]) -> Sources<'static> {
    let environment = environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let file = SourceFile { name: "redos.yaml".to_owned(), text: format!("{HEADER}{lines}") };
    let flags = flags.iter().fold(FlagLayer::default(), |layer, (key, text)| layer.with(*key, Some(text)));
    Sources {
        flags,
        environment,
        file: Some(file),
        file_dir: PathBuf::from("/etc/redos"),
        work_dir: PathBuf::from("/home/me"),
        other_variables: &["REDOS_FILE"],
        read_file: &|path: &Path| match path.to_str() {
            Some("/etc/redos/app.txt") => Ok("from-the-file\n".to_owned()),
            Some("/home/me/app.txt") => Ok("from-the-flag".to_owned()),
            Some("/etc/redos/redis.conf" | "/home/me/redis.conf") => Ok("bind *\nmaxmemory 1gb\n".to_owned()),
            Some("/home/me/bad.txt") => Ok("two words\n".to_owned()),
            _ => Err(io::Error::other("no such file")),
        },
        find_host: &|host| match host {
            "redis.example.com" => Ok(vec![[192, 0, 2, 7].into(), [192, 0, 2, 6].into()]),
            "localhost" => Ok(vec![[127, 0, 0, 1].into()]),
            _ => Err(io::Error::other("name or service not known")),
        },
    }
}

fn settings(sources: &Sources, recorded: Option<&Spec>) -> Settings {
    let resolved = sources.read().and_then(|request| request.resolve(recorded, None));
    resolved.unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(sources: &Sources) -> String {
    let resolved = sources.read().and_then(|request| request.resolve(None, None));
    resolved.map(|settings| settings.spec).expect_err("these settings are wrong").to_string()
}

fn defaults() -> Spec {
    Spec::with_defaults(ClusterName::default())
}

#[test]
fn an_image_that_was_found_counts_until_another_is_chosen() {
    let found = |name: &str| UsedImage {
        reference: format!("{name}:1"),
        id: format!("sha256:{name}"),
        digest: None,
        server: name.to_owned(),
        release: Release { name: name.to_owned(), version: "1.0.0".to_owned() },
        modules: Vec::new(),
    };
    let mut recorded = defaults();
    recorded.used = UsedImages { redis: Some(found("redis")), proxy: Some(found("haproxy")), exporter: None };
    let kept = settings(&sources("", &[], &[]), Some(&recorded));
    assert_eq!(kept.spec.used, recorded.used);
    let row = kept.document().settings.into_iter().find(|row| row.path == "images.redis").expect("a row");
    assert_eq!(row.value, "auto");
    assert_eq!(row.text(), "redis:1 (redis 1.0.0, redis)");
    let other = settings(&sources("", &[], &[(Key::RedisImage, "redis:2")]), Some(&recorded));
    assert_eq!(other.spec.used, UsedImages { redis: None, proxy: Some(found("haproxy")), exporter: None });
}

#[test]
fn nothing_given_is_the_default() {
    let found = settings(&Sources { file: None, ..sources("", &[], &[]) }, None);
    assert_eq!(found.spec, defaults());
    assert_eq!(found.secrets, GivenSecrets::default());
    assert_eq!(found.warnings, []);
    assert_eq!(found.origins.len(), SETTINGS.len());
    assert!(found.origins.values().all(|origin| !origin.is_given()));
}

#[test]
fn a_flag_wins_over_the_environment_over_the_file_over_the_cluster_over_the_default() {
    let recorded = Spec { masters: 2, replicas: 5, proxies: 5, sentinels: 5, quorum: 3, ..defaults() };
    let file = "masters: 3\nproxies: 3\nsentinels: 9\n";
    let environment = [("REDOS_PROXIES", "4"), ("REDOS_SENTINELS", "7")];
    let found = settings(&sources(file, &environment, &[(Key::Sentinels, "11")]), Some(&recorded));
    let spec = &found.spec;
    assert_eq!((spec.sentinels, spec.proxies, spec.masters, spec.replicas), (11, 4, 3, 5));
    let origin = |key| found.origins[&key].to_string();
    assert_eq!(origin(Key::Sentinels), "flag --sentinels");
    assert_eq!(origin(Key::Proxies), "environment variable REDOS_PROXIES");
    assert_eq!(origin(Key::Masters), "redos.yaml:2:10");
    assert_eq!(origin(Key::Replicas), "existing cluster");
    assert_eq!(origin(Key::Quorum), "default (the majority)");
}

#[test]
fn a_variable_of_redos_wins_over_that_of_compose_and_an_empty_one_counts_as_not_set() {
    let given = |variables: &[(&str, &str)]| settings(&sources("", variables, &[]), None).spec;
    assert_eq!(given(&[("REDIS_PORT", "7000"), ("REDOS_PORT", "7100")]).ports.write, 7100);
    assert_eq!(given(&[("REDIS_PORT", "7000"), ("REDOS_PORT", "")]).ports.write, 7000);
}

#[test]
fn the_variables_of_the_compose_project_keep_their_meaning() {
    let variables = [
        ("REDIS_PORT", "7000"),
        ("REDIS_PASSWORD", "app-password"),
        ("REDIS_MASTER_PASSWORD", "replica-password"),
        ("REDIS_DB_FILE_PREFIX", "shop-"),
        ("SENTINEL_DOWN_AFTER", "5000"),
        ("SENTINEL_FAILOVER", "60000"),
        ("SENTINEL_QUORUM", "3"),
        ("ADMIN_USERNAME", "root"),
        ("ADMIN_PASSWORD", "stats-password"),
    ];
    let found = settings(&sources("", &variables, &[]), None);
    let spec = &found.spec;
    assert_eq!((spec.ports.write, spec.ports.read, spec.ports.stats), (7000, 7001, 9025));
    assert_eq!(spec.persistence.file_prefix, "shop-");
    assert_eq!((spec.sentinel.down_after, spec.sentinel.failover_timeout, spec.quorum), (5000, 60_000, 3));
    assert_eq!(spec.proxy.stats_user, "root");
    let secrets = {
        let given = &found.for_new_cluster;
        [&given.app, &given.replication, &given.stats]
    };
    let shown: Vec<&str> = secrets.into_iter().flatten().map(Secret::expose).collect();
    assert_eq!(shown, ["app-password", "replica-password", "stats-password"]);
}

#[test]
fn variables_of_an_applications_env_file_count_when_a_cluster_is_made_and_change_none_that_is_there() {
    let env = [
        ("REDIS_PORT", "24300"),
        ("REDIS_PASSWORD", "of-the-app"),
        ("ADMIN_PASSWORD", "of-the-app"),
        ("REDIS_HOSTS", "192.0.2.5:6379"),
        ("SENTINEL_DOWN_AFTER", "soon"),
    ];
    let made = settings(&sources("", &env[..4], &[]), None);
    assert_eq!((made.spec.ports.write, made.spec.follow.existing().is_some()), (24_300, true));
    assert_eq!(made.for_new_cluster.app.as_ref().map(Secret::expose), Some("of-the-app"));

    let own = Secrets::made(|| [7; SECRET_BYTES]);
    let request = sources("", &env, &[(Key::Replicas, "3")]).read().expect("nothing of redos's own is wrong");
    let kept = request.resolve(Some(&defaults()), Some(&own)).expect("the cluster is there");
    assert_eq!(kept.spec, Spec { replicas: 3, ..defaults() });
    assert_eq!(kept.secrets, GivenSecrets::default(), "no password is asked of the cluster");
    let warnings: Vec<String> = kept.warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"), @r"
    existing cluster: it stays as it was made, and these variables do not count: REDIS_PORT=24300 (the cluster has 6379), REDIS_PASSWORD (the cluster has another password), ADMIN_PASSWORD (the cluster has another password), REDIS_HOSTS=192.0.2.5:6379 (the cluster has none)
      fix: to change the cluster, give a flag or a variable that begins with REDOS_; to change passwords: redos -p redos password rotate --user applications --user statistics; to silence this, unset REDIS_PORT, REDIS_PASSWORD, ADMIN_PASSWORD, REDIS_HOSTS
    ");

    // Variables that agree with the cluster need no remark, and redos's own always count.
    let same = settings(&sources("", &[("REDIS_PORT", "6379")], &[]), Some(&defaults()));
    assert_eq!(same.warnings, []);
    let moved = settings(&sources("", &[("REDOS_PORT", "24300"), ("REDIS_PORT", "1")], &[]), Some(&defaults()));
    assert_eq!((moved.spec.ports.write, moved.warnings.len()), (24_300, 0));
    // The file stays above them at every run, so that a second run changes nothing.
    let file = sources("ports: {write: 7000}\n", &[("REDIS_PORT", "24300")], &[]);
    assert_eq!(settings(&file, None).spec.ports.write, 7000);
}

#[test]
fn what_is_wrong_in_an_applications_env_file_stands_in_the_way_of_a_new_cluster_alone() {
    let env = [("REDIS_HOSTS", "a b"), ("SENTINEL_QUORUM", "7"), ("REDIS_PORT", "x"), ("REDIS_PASSWORD", "a b")];
    let request = || sources("", &env, &[]).read().expect("nothing of redos's own is wrong");
    let all = request().resolve(None, None).expect_err("all of it is wrong").to_string();
    for (variable, _) in env {
        assert!(all.contains(variable), "{variable} is not in {all}");
    }
    let forgiven = request().forgiving().resolve(None, None).expect("they are no reason to fail");
    assert_eq!((forgiven.spec, forgiven.warnings.len()), (defaults(), 4));
    assert_eq!(request().forgiving().resolve(Some(&defaults()), None).expect("the cluster is there").warnings, []);
    let weak = settings(&sources("", &[("SENTINEL_QUORUM", "1")], &[]), None);
    let warnings: Vec<String> = weak.warnings.iter().map(ToString::to_string).collect();
    assert!(
        warnings.iter().any(|warning| warning.contains("SENTINEL_QUORUM") && warning.contains("1 of 3")),
        "{warnings:?}"
    );
}

#[test]
fn every_setting_can_be_given_in_every_layer_and_lands_in_its_place() {
    for setting in &SETTINGS {
        let (text, yaml) = match setting.kind {
            SettingKind::Name => ("shop", "shop"),
            SettingKind::Count(..) if setting.key == Key::Quorum => ("3", "3"),
            SettingKind::Count(..) => ("5", "5"),
            SettingKind::Port(_) => ("7777", "7777"),
            SettingKind::Switch(_) => ("true", "true"),
            SettingKind::Address(_) => ("10.0.0.1", "10.0.0.1"),
            SettingKind::Subnet(_) => ("10.7.0.0/24", "10.7.0.0/24"),
            SettingKind::Network(_) => ("shared", "shared"),
            SettingKind::Words(Aspect::Memory, _) => ("redis:1gb", "redis:1gb"),
            SettingKind::Words(Aspect::Cpus, _) => ("1.5 redis:2", "1.5 redis:2"),
            SettingKind::Words(Aspect::Ulimits, _) => ("nofile=65536", "nofile=65536"),
            SettingKind::Words(Aspect::Log, _) => ("journald", "journald"),
            SettingKind::Words(Aspect::Labels, _) => ("team=shop", "team=shop"),
            SettingKind::Time(..) => ("5s", "5s"),
            SettingKind::Mode => ("aof", "aof"),
            SettingKind::Encryption => ("tls", "tls"),
            SettingKind::ServerNames(_) => ("shop.example.com", "shop.example.com"),
            SettingKind::Recipients(_) => {
                let key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
                (key, key)
            }
            SettingKind::Modules => ("none", "none"),
            SettingKind::Directory(_) => ("/srv/data", "/srv/data"),
            SettingKind::FilePrefix(_) | SettingKind::User(_) => ("shop", "shop"),
            SettingKind::Image(_) => ("redis:9", "redis:9"),
            SettingKind::Follow(_) => ("192.0.2.5:7000", "192.0.2.5:7000"),
            SettingKind::Patterns(_) => ("news.*", "news.*"),
            SettingKind::Users(_) => ("ops monitor", "[{name: ops, preset: monitor}]"),
            SettingKind::Hosts(_) => (
                "a ssh://10.0.0.1 10.0.0.1 zone=r; b ssh://10.0.0.2 10.0.0.2 roles=proxy drain",
                "[{name: a, docker: 'ssh://10.0.0.1', address: 10.0.0.1, zone: r}, {name: b, docker: 'ssh://10.0.0.2', \
                 roles: proxy, drain: true}]",
            ),
            SettingKind::Conf => ("redis.conf", "redis.conf"),
            SettingKind::Directives => ("maxmemory=1gb", "{maxmemory: 1gb}"),
            SettingKind::PasswordFile { .. } => ("app.txt", "app.txt"),
        };
        // `ports.write: 7777` as a block in a block.
        let file = match setting.path.split_once('.') {
            Some((section, key)) => format!("{section}:\n  {key}: {yaml}\n"),
            None => format!("{}: {yaml}\n", setting.path),
        };
        let variable = setting.variables[0];
        for found in [
            settings(&sources(&file, &[], &[]), None),
            settings(&sources("", &[(variable, text)], &[]), None),
            settings(&sources("", &[], &[(setting.key, text)]), None),
        ] {
            let changed = found.spec != defaults() || found.secrets != GivenSecrets::default();
            assert!(changed, "{} had no effect", setting.path);
            let given = found.origins[&setting.key].is_given() || found.directives.values().any(Origin::is_given);
            assert!(given, "{} is not said to be given", setting.path);
        }
    }
}

#[test]
fn a_bare_run_keeps_what_the_cluster_was_made_with() {
    let flags = [(Key::Replicas, "4"), (Key::WritePort, "7000"), (Key::Redis, "maxmemory=1gb"), (Key::Quorum, "1")];
    let made = settings(&sources("", &[], &flags), None).spec;
    assert_eq!(settings(&sources("", &[], &[]), Some(&made)).spec, made);
}

#[test]
fn what_follows_from_other_values_follows_them_unless_it_was_given() {
    let made = settings(&sources("", &[], &[(Key::Sentinels, "5")]), None).spec;
    assert_eq!(made.quorum, 3);
    assert_eq!(settings(&sources("", &[], &[(Key::Sentinels, "7")]), Some(&made)).spec.quorum, 4);
    let moved = settings(&sources("", &[], &[(Key::WritePort, "7000")]), Some(&made)).spec.ports;
    assert_eq!((moved.read, moved.stats), (7001, 9025));

    let own = settings(&sources("", &[], &[(Key::Quorum, "3"), (Key::ReadPort, "9000")]), None).spec;
    let later = settings(&sources("", &[], &[(Key::Sentinels, "7"), (Key::WritePort, "7000")]), Some(&own)).spec;
    assert_eq!((later.quorum, later.ports.read), (3, 9000));

    let any = settings(&sources("", &[], &[(Key::WritePort, "0")]), None).spec.ports;
    assert_eq!((any.write, any.read, any.stats), (0, 0, 0));
    let high = settings(&sources("", &[], &[(Key::WritePort, "65535")]), None).spec.ports;
    assert_eq!((high.read, high.stats), (65534, 63510));
}

#[test]
fn the_proxy_has_slots_for_a_larger_cluster_and_never_loses_any() {
    let slots = |replicas: &str, sentinels: &str, recorded: Option<&Spec>| {
        let given = [(Key::Replicas, replicas), (Key::Sentinels, sentinels)];
        let proxy = settings(&sources("", &[], &given), recorded).spec.proxy;
        (proxy.redis_slots, proxy.sentinel_slots)
    };
    assert_eq!(slots("2", "3", None), (8, 7));
    assert_eq!(slots("7", "7", None), (8, 7));
    assert_eq!(slots("8", "8", None), (16, 9));
    assert_eq!(slots("31", "23", None), (32, 23));
    let large = settings(&sources("", &[], &[(Key::Replicas, "20"), (Key::Sentinels, "11")]), None).spec;
    assert_eq!(slots("2", "3", Some(&large)), (24, 11));
}

#[test]
fn directives_of_the_file_stand_for_all_and_others_change_single_ones() {
    let recorded = Spec { redis: BTreeMap::from([("timeout".to_owned(), "5".to_owned())]), ..defaults() };
    let given = |lines: &str, environment: &[(&str, &str)], flags: &[(Key, &str)]| {
        settings(&sources(lines, environment, flags), Some(&recorded)).spec.redis
    };
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    assert_eq!(given("", &[], &[]), map(&[("timeout", "5")]));
    assert_eq!(given("redis:\n  maxmemory: 1gb\n", &[], &[]), map(&[("maxmemory", "1gb")]));
    assert_eq!(given("redis:\n", &[], &[]), map(&[]));
    assert_eq!(given("redis:\n  appendfsync: no\n", &[], &[]), map(&[("appendfsync", "no")]));
    assert_eq!(given("redis:\n  notify-keyspace-events: \"\"\n", &[], &[]), map(&[("notify-keyspace-events", "")]));
    let environment = [("REDOS_REDIS", "maxmemory=2gb; maxclients=900;")];
    let flags = [(Key::Redis, "timeout="), (Key::Redis, "maxclients=1000")];
    assert_eq!(given("", &environment, &flags), map(&[("maxclients", "1000"), ("maxmemory", "2gb")]));
}

#[test]
fn paths_in_the_file_are_below_its_folder_and_others_below_the_working_directory() {
    let dir = |found: Settings| found.spec.persistence.dir;
    let file = "passwordFile: app.txt\npersistence:\n  dir: ./data\n";
    let found = settings(&sources(file, &[], &[]), None);
    assert_eq!(found.secrets.app.as_ref().map(Secret::expose), Some("from-the-file"));
    assert_eq!(dir(found), Some(PathBuf::from("/etc/redos/data")));
    let found = settings(&sources(file, &[], &[(Key::Password, "app.txt"), (Key::DataDir, "../data")]), None);
    assert_eq!(found.secrets.app.as_ref().map(Secret::expose), Some("from-the-flag"));
    assert_eq!(dir(found), Some(PathBuf::from("/home/data")));
}

#[test]
fn a_request_shows_no_password() {
    let variables = [("REDIS_PASSWORD", "hunter2"), ("ADMIN_PASSWORD", "hunter2")];
    let request = sources("passwordFile: app.txt\n", &variables, &[]).read().expect("good settings");
    assert!(!format!("{request:?}").contains("hunter2"));
}

#[test]
fn all_problems_of_all_layers_come_at_once_in_the_order_of_the_file() {
    let file = "\
name: Shop
replicas: two
replicas: 2
sentinels: [3]
quorum: 9
port: 6379
ports:
  write: '7000'
  reed: 7001
redis:
  requirepass: hunter2
sentinel: 5
persistence:
  mode: sometimes
images:
  redis:
colour: blue
password: hunter2
";
    let environment = [("SENTINEL_DOWN_AFTER", "100"), ("REDIS_PASSWORD", "hunter2 hunter2")];
    let flags = [(Key::Proxies, "99"), (Key::Redis, "user=hunter2"), (Key::StatsPassword, "missing.txt")];
    let found = problems(&sources(file, &environment, &flags));
    assert!(!found.contains("hunter2"), "{found}");
    insta::assert_snapshot!(found);
}

#[test]
fn values_that_are_impossible_together_are_found_where_they_were_given() {
    let found = problems(&sources(
        "quorum: 4\nports: {write: 7000, read: 7002, stats: 7100}\nmasters: 2\n",
        &[],
        &[(Key::Proxies, "2")],
    ));
    insta::assert_snapshot!(found);
    let found = problems(&sources("", &[], &[(Key::WritePort, "65500"), (Key::Masters, "40")]));
    assert!(found.contains("ports end at 65535"), "{found}");
}

#[test]
fn a_value_that_clashes_with_the_cluster_alone_is_found_later() {
    let recorded = Spec { sentinels: 7, quorum: 4, ..defaults() };
    let request = sources("", &[], &[(Key::Quorum, "6")]).read().expect("6 of 7 is possible");
    assert_eq!(request.resolve(Some(&recorded), None).map(|found| found.spec.quorum), Ok(6));
    let request = sources("", &[], &[(Key::Quorum, "6")]).read().expect("not yet known to be impossible");
    assert!(request.resolve(None, None).expect_err("6 of 3").to_string().contains("flag --quorum"));
}

#[test]
fn what_is_unwise_is_a_warning() {
    let file = "replicas: 0\nsentinels: 4\nsentinel:\n  downAfter: 600ms\npersistence:\n  mode: none\n";
    let variables = [("REDOS_REPLICA", "1"), ("REDOS_FILE", "redos.yaml")];
    let found = settings(&sources(file, &variables, &[]), None);
    assert_eq!(found.spec.persistence.mode, PersistenceMode::None);
    let warnings: Vec<String> = found.warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n\n"));
}

#[test]
fn files_that_are_not_plain_yaml_are_refused_with_the_place() {
    let cases = [
        "replicas: 2\n  masters: 3\n",
        "replicas: &two 2\nmasters: *two\n",
        "<<: {replicas: 2}\n",
        "replicas: !!int 2\n",
        "replicas: 2\n---\nreplicas: 3\n",
        "? [a]\n: 1\n",
        "\treplicas: 2\n",
        "replicas: \"2\n",
    ];
    let found: Vec<String> = cases.iter().map(|case| problems(&sources(case, &[], &[]))).collect();
    insta::assert_snapshot!(found.join("\n\n----\n"));
    for text in ["", "# nothing\n", "- a\n", "text", "apiVersion: redos/v2\n", "apiVersion: redos/v1\nkind: Status\n"] {
        let file = Some(SourceFile { name: "redos.yaml".to_owned(), text: text.to_owned() });
        problems(&Sources { file, ..sources("", &[], &[]) });
    }
    let deep = format!("{HEADER}replicas: {}", "[".repeat(100_000));
    let file = Some(SourceFile { name: "redos.yaml".to_owned(), text: deep });
    problems(&Sources { file, ..sources("", &[], &[]) });
}

#[test]
fn a_file_of_any_length_is_read_at_once() {
    let read = |keys: usize| {
        let text: String = (0..keys).map(|key| format!("unknown{key}: 1\n")).collect();
        let began = std::time::Instant::now();
        let found = problems(&sources(&text, &[], &[]));
        let end = format!("… and {} more", keys - 50);
        assert!(found.ends_with(&end), "{}", &found[found.len() - 200..]);
        began.elapsed()
    };
    // Ten times the length takes about ten times as long, and a hundred times where each line is searched from the beginning.
    let (short, long) = (read(1_000), read(10_000));
    assert!(long < short * 40, "{short:?} and {long:?}");
    problems(&sources(&format!("replicas: {}\n", "x".repeat(70_000)), &[], &[]));
}

#[test]
fn the_name_alone_needs_no_other_setting_to_be_right() {
    let name = |sources: &Sources| sources.cluster_name().map(|name| name.to_string());
    assert_eq!(name(&sources("name: shop\nreplicas: two\n", &[("REDOS_QUORUM", "x")], &[])), Ok("shop".to_owned()));
    assert_eq!(name(&sources("name: shop\n", &[("REDOS_PROJECT", "b")], &[])), Ok("b".to_owned()));
    assert_eq!(name(&sources("a: [", &[], &[(Key::Name, "c")])), Ok("c".to_owned()));
    assert_eq!(name(&sources("replicas: two\n", &[], &[])), Ok("redos".to_owned()));
    assert!(name(&sources("name: shop\nreplicas: [\n", &[], &[])).is_err());
    assert!(name(&sources("", &[], &[(Key::Name, "A")])).is_err());
}

#[test]
fn the_sample_is_the_default_and_shows_every_setting() {
    let nothing = |text: String| {
        let file = Some(SourceFile { name: "redos.yaml".to_owned(), text });
        let read_file = &|_: &Path| Ok("given".to_owned());
        settings(&Sources { file, read_file, ..sources("", &[], &[]) }, None)
    };
    let sample = sample(&ClusterName::default());
    assert_eq!(nothing(sample.clone()).spec, defaults());

    // Without the '#'s that have no space after them, all settings are given and still have their defaults, except for
    // those that have none.
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') || rest.starts_with("  ") => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    let all = nothing(sample.lines().map(line).collect());
    for setting in SETTINGS.iter().filter(|setting| setting.key != Key::Redis) {
        assert!(all.origins[&setting.key].is_given(), "{} is not in the sample", setting.path);
    }
    assert!(!all.spec.redis.is_empty());
    let mut spec = all.spec;
    spec.redis.clear();
    assert_eq!(spec.persistence.dir.take(), Some(PathBuf::from("/etc/redos/data")));
    assert_eq!(spec, defaults());
}

#[test]
fn the_schema_follows_the_table() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&schema()).expect("it is JSON"));
}

#[test]
fn the_document_shows_every_setting_with_its_origin_and_no_password() {
    let variables = [("REDIS_PASSWORD", "hunter2"), ("SENTINEL_QUORUM", "3")];
    let flags = [(Key::Redis, "maxmemory=1gb"), (Key::Persistence, "aof")];
    let found = settings(&sources("replicas: 3\n", &variables, &flags), Some(&defaults())).document();
    let json = serde_json::to_string(&found).expect("it is JSON");
    assert!(!json.contains("hunter2"));
    let lines =
        found.settings.iter().map(|row| format!("{} = {} [{}: {}]", row.path, row.text(), row.layer, row.origin));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

/// Pieces that files of settings are made of, and pieces that break them.
const PIECES: [&str; 30] = [
    "masters",
    "ports",
    "write",
    "redis",
    "sentinel",
    "downAfter",
    "name",
    ":",
    ": ",
    "\n",
    "\n  ",
    "\n    ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\"",
    "'",
    "#",
    "&a",
    "*a",
    "<<",
    "!t ",
    "---\n",
    "\t",
    "|\n",
    "7000",
    "ü\u{1f980}",
];

proptest::proptest! {
    #[test]
    fn no_file_makes_the_reader_fail_and_every_problem_has_a_place_in_it(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..40)
    ) {
        let sources = sources(&pieces.concat(), &[], &[]);
        let lines = sources.file.as_ref().map_or(0, |file| file.text.lines().count());
        if let Err(problems) = sources.read() {
            for problem in &problems.0 {
                let Origin::File { line, column, .. } = &problem.origin else { panic!("{problem} is not in the file") };
                // The end of the file is a position, too.
                assert!((1..=lines + 1).contains(line) && *column >= 1, "{problem}");
            }
            assert!(!problems.to_string().is_empty());
        }
    }
}
