//! Whom a Sentinel waits for, and that it has its periods: the rows of `start-sentinel.sh`.

use std::collections::BTreeMap;

use redos::testing::spec::render::{SENTINEL_CONF, sentinel_files};
use redos::testing::spec::{Group, NodeId, Secret, Secrets, Spec, Subnet};

use super::world::{Row, Script};
use super::{Mutant, check, check_mutants, mutant};

const PERIODS: &str = "as AUTH redos admin-password: SENTINEL DEBUG PING-PERIOD 500 INFO-PERIOD 1000 PUBLISH-PERIOD 500 ASK-PERIOD 100 TILT-PERIOD 3000";

fn subnet() -> Subnet {
    "10.20.30.0/26".parse().expect("a subnet")
}

/// Two groups, whose masters are the first node of one and the second of the other.
fn masters() -> [NodeId; 2] {
    [NodeId::redis(Group::number(1), 1), NodeId::redis(Group::number(2), 2)]
}

fn place(node: NodeId) -> String {
    let port = if matches!(node, NodeId::Sentinel(_)) { 26379 } else { 6379 };
    format!("{}:{port}", subnet().address(node).expect("it has an address"))
}

fn script() -> Script {
    let mut spec = Spec::with_defaults("table".parse().expect("a name"));
    (spec.masters, spec.sentinels) = (2, 3);
    let secret = |text| Secret::given(text).expect("a password");
    let secrets = Secrets { admin: secret("admin-password"), ..Secrets::made(|| [7; 20]) };
    let watched = [1, 2].map(Group::number).into_iter().zip(masters()).collect::<BTreeMap<_, _>>();
    let files = sentinel_files(&spec, subnet(), &secrets, NodeId::Sentinel(1), &watched, None).expect("files");
    let text = |path: &str| files.iter().find(|file| file.path == path).expect("it is among the files").content.clone();
    Script { text: text("/data/conf/start.sh"), conf: text(SENTINEL_CONF), conf_path: SENTINEL_CONF }
}

impl Row {
    fn pings(self, since: u64, node: NodeId, answer: &str) -> Self {
        self.answer(since, &place(node), "PING", answer)
    }

    /// The Sentinel itself takes its periods.
    fn obeys(self, since: u64, answer: &str) -> Self {
        self.answer(since, "127.0.0.1:26379", "SENTINEL DEBUG", answer)
    }
}

fn rows() -> Vec<Row> {
    let [first, second] = masters();
    let row = |name| Row::new(name).obeys(0, "OK\nOK\n");
    let other = NodeId::Sentinel(3);
    vec![
        row("another Sentinel runs: starts at once")
            .pings(0, other, "PONG\n")
            .served(0, 100)
            .served_with("redis-server /data/conf/server.conf --sentinel")
            .asks_not(place(first)),
        row("another Sentinel wants a password: it runs")
            .pings(0, other, "NOAUTH Authentication required.\n")
            .served(0, 100),
        row("all masters are up: starts at once")
            .pings(0, first, "NOAUTH Authentication required.\n")
            .pings(0, second, "PONG\n")
            .served(0, 100),
        row("a master that loads is up")
            .pings(0, first, "LOADING Redis is loading\n")
            .pings(0, second, "PONG\n")
            .served(0, 100),
        row("one master of two is not up: waits for it")
            .pings(0, second, "PONG\n")
            .pings(3000, first, "PONG\n")
            .served(3000, 3600),
        row("the other master is not up: waits for it")
            .pings(0, first, "PONG\n")
            .pings(3000, second, "PONG\n")
            .served(3000, 3600),
        row("nobody is up: waits for 10 s").served(10_000, 10_100),
        row("another Sentinel comes up: starts then").pings(2000, other, "PONG\n").served(2000, 2600),
        row("no connection is no answer")
            .pings(0, first, "Could not connect to Redis\n")
            .pings(0, other, "Could not connect\n")
            .served(10_000, 10_100),
        row("the periods are set").pings(0, other, "PONG\n").asks(PERIODS).says_not("periods"),
        Row::new("the Sentinel is not up at once: the periods are set later")
            .pings(0, other, "PONG\n")
            .obeys(1000, "OK\nOK\n")
            .says_not("periods"),
        Row::new("the Sentinel takes no periods: that is said")
            .pings(0, other, "PONG\n")
            .obeys(0, "OK\nERR Unknown subcommand\n")
            .says("redos: the periods are not set: OK\nERR Unknown subcommand"),
    ]
}

const MUTANTS: &[Mutant] = &[
    mutant("if answers \"$other\"; then return; fi", ":", "another Sentinel runs: starts at once"),
    mutant("*NOAUTH* | *PONG*", "*PONG*", "another Sentinel wants a password: it runs"),
    mutant("*PONG* | *LOADING*)", "*PONG*)", "a master that loads is up"),
    mutant("if ! answers \"$master\"; then missing=$master; fi", ":", "one master of two is not up: waits for it"),
    mutant(
        "masters=\"$masters $address:$port\"",
        "masters=\"$address:$port\"",
        "one master of two is not up: waits for it",
    ),
    mutant(
        "if ! answers \"$master\"; then missing=$master; fi",
        "missing=; if ! answers \"$master\"; then missing=$master; fi",
        "one master of two is not up: waits for it",
    ),
    mutant("await_masters\nset_periods", "set_periods", "nobody is up: waits for 10 s"),
    mutant("*NOAUTH* | *PONG* | *LOADING*)", "?*)", "no connection is no answer"),
    mutant("        sleep 0.5\n", "        sleep 0.1\n", "nobody is up: waits for 10 s"),
    mutant("set_periods &\n", "", "the periods are set"),
    mutant("OK*OK*) return ;;", "*) return ;;", "the Sentinel takes no periods: that is said"),
    mutant("OK*OK*) return ;;", "", "the periods are set"),
    mutant("<<COMMANDS\nAUTH redos admin-password\n", "<<COMMANDS\n", "the periods are set"),
];

#[test]
fn every_decision_of_a_sentinel() {
    check(&script(), &rows());
}

#[test]
fn a_sentinel_script_that_decides_otherwise_is_noticed() {
    check_mutants(&script(), &rows(), MUTANTS);
}
