//! Who leads, who follows and who waits: the rows of `start-redis.sh`.

use redos::testing::spec::render::{REDIS_CONF, Source, Standing, redis_files};
use redos::testing::spec::{Group, NodeId, PersistenceMode, Secret, Secrets, Spec, Subnet};

use super::world::{Row, Script};
use super::{Mutant, check, check_mutants, mutant};

/// What keeps every acknowledged write, and the snapshot, which keeps what there was some time ago.
const LOG: &str = "appendonlydir/appendonly.aof.manifest";
const SNAPSHOT: &str = "dump.rdb";
/// A server outside of the cluster.
const OUTSIDE: &str = "192.0.2.5";
/// What a server says that has keys, that has none, and that loads them.
const KEYS: &str = "OK\r\nrole:slave\r\ndb0:keys=5,expires=0,avg_ttl=0\r\n";
const EMPTY: &str = "OK\r\nrole:slave\r\nloading:0\r\n";
const LOADS: &str = "OK\r\nloading:1\r\n";
const LOADED: &str = "OK\r\nloading:0\r\n";
/// The line that keeps Sentinels from promoting a replica.
const NO_PROMOTION: &str = "\nreplica-priority 0\n";
/// A failover's time limit (3000 ms), and what the proxies still trust a promoted replica after it (2000 ms).
const GIVEN_UP: u64 = 5000;

fn subnet() -> Subnet {
    // Of a /28 a group has 4 nodes, and there are 3 Sentinels.
    "10.20.30.0/28".parse().expect("a subnet")
}

/// The address of a node of the group. The node that starts is the first.
fn redis(ordinal: u16) -> String {
    subnet().address(NodeId::redis(Group::number(1), ordinal)).expect("it has an address").to_string()
}

fn sentinel(ordinal: u16) -> String {
    subnet().address(NodeId::Sentinel(ordinal)).expect("it has an address").to_string()
}

fn script(mode: PersistenceMode) -> Script {
    let mut spec = Spec::with_defaults("table".parse().expect("a name"));
    spec.persistence.mode = mode;
    spec.proxy.sentinel_slots = 3;
    let secret = |text| Secret::given(text).expect("a password");
    let secrets = Secrets { probe: secret("probe-password"), ..Secrets::made(|| [7; 20]) };
    let node = NodeId::redis(Group::number(1), 1);
    let files = redis_files(&spec, subnet(), &secrets, node, Source::Nobody, Standing::Open).expect("files");
    let text = |path: &str| files.iter().find(|file| file.path == path).expect("it is among the files").content.clone();
    Script { text: text("/data/conf/start.sh"), conf: text(REDIS_CONF), conf_path: REDIS_CONF }
}

/// How a Sentinel answers.
struct Says {
    named: String,
    flags: &'static str,
    silence: u32,
    replicas: u32,
    others: u32,
}

/// One of three that names a node with two replicas and finds it well.
fn names(node: &str) -> Says {
    Says { named: node.to_owned(), flags: "master", silence: 20, replicas: 2, others: 2 }
}

impl Says {
    fn text(&self) -> String {
        let Self { named, flags, silence, replicas, others } = self;
        let (ip, port) = named.split_once(':').unwrap_or((named, "6379"));
        format!(
            "OK\nname\nmymaster\nip\n{ip}\nport\n{port}\nflags\n{flags}\nlast-ok-ping-reply\n{silence}\n\
             down-after-milliseconds\n1000\nnum-slaves\n{replicas}\nnum-other-sentinels\n{others}\nfailover-timeout\n3000\n"
        )
    }
}

impl Row {
    /// From `since` on these Sentinels say this.
    fn sentinels_from(self, since: u64, ordinals: &[u16], says: &Says) -> Self {
        ordinals.iter().fold(self, |row, ordinal| {
            row.answer(since, &format!("{}:26379", sentinel(*ordinal)), "SENTINEL MASTER mymaster", says.text())
        })
    }

    fn sentinels(self, ordinals: &[u16], says: &Says) -> Self {
        self.sentinels_from(0, ordinals, says)
    }

    /// From `since` on a node of the group says this of itself; nothing when it is not up.
    fn peer_from(self, since: u64, ordinal: u16, says: &str) -> Self {
        let place = format!("{}:6379", redis(ordinal));
        let row = self.answer(since, &place, "INFO", says).answer(since, &place, "INFO persistence", says);
        row.answer(since, &place, "PING", if says.is_empty() { "" } else { "OK\nPONG\n" })
    }

    fn peer(self, ordinal: u16, says: &str) -> Self {
        self.peer_from(0, ordinal, says)
    }

    fn standing(self, word: &str) -> Self {
        self.file("conf/standing", &format!("{word}\n"))
    }

    fn with_log(self) -> Self {
        self.file(LOG, "file appendonly.aof.1.base.rdb seq 1 type b\n")
    }

    fn with_snapshot(self) -> Self {
        self.file(SNAPSHOT, "REDIS0011")
    }

    /// The file of a replica, as the server writes it.
    fn follower_of(self, master: &str) -> Self {
        self.conf_line(&format!("replicaof {master} 6379"))
    }

    fn leads(self, from: u64, to: u64) -> Self {
        self.served(from, to).follows("no")
    }

    fn copies(self, master: &str, from: u64, to: u64) -> Self {
        self.served(from, to).follows(master)
    }
}

/// The node is master of the group for all Sentinels, and has two replicas.
fn named(name: &'static str) -> Row {
    Row::new(name).sentinels(&[1, 2, 3], &names(&redis(1)))
}

/// The same, and they hold it to be down.
fn doubted(name: &'static str, flags: &'static str) -> Row {
    Row::new(name).sentinels(&[1, 2, 3], &Says { flags, ..names(&redis(1)) })
}

/// Another node is master for all Sentinels.
fn replaced(name: &'static str) -> Row {
    Row::new(name).with_log().sentinels(&[1, 2, 3], &names(&redis(2)))
}

/// Rows of a node that keeps a log, as by default.
fn rows_of_log() -> Vec<Row> {
    let (me, second) = (redis(1), redis(2));
    let other_says = Says { others: 4, ..names(&second) };
    vec![
        // What redos knew.
        Row::new("new: starts at once and asks nobody").standing("new").peer(2, KEYS).leads(0, 0).asks_not(":").left("conf/standing", ""),
        Row::new("new, a replica: starts as that at once").standing("new").follower_of(&second).copies(&second, 0, 0).asks_not(":"),
        Row::new("decided, a master with its log: starts at once").standing("decided").with_log().leads(0, 0).asks_not(":").left("conf/standing", ""),
        Row::new("decided, a master without data, another has keys: waits").standing("decided").peer(2, KEYS).waits(2000),
        Row::new("decided, a master without data, as all others: leads").standing("decided").peer(2, EMPTY).peer(3, EMPTY).leads(300, 400),
        Row::new("decided, a master without data, nobody is up: leads, for all files were read").standing("decided").leads(300, 400),
        Row::new("decided, a replica: follows its file").standing("decided").follower_of(&second).peer(2, LOADED).copies(&second, 0, 50).asks_not("26379"),
        Row::new("decided, a replica whose master loads: waits until it has been up for 1 s").standing("decided").follower_of(&second)
            .peer(2, LOADS).peer_from(2000, 2, LOADED).copies(&second, 2900, 3400),
        Row::new("decided, a replica whose master is not up: waits for 10 s").standing("decided").follower_of(&second).copies(&second, 10_000, 11_500),
        // Another node leads.
        replaced("replaced: a former master follows").peer(2, LOADED).copies(&second, 0, 100)
            .says(format!("starting as a replica of {second}:6379, which the Sentinels name")),
        Row::new("replaced by a node of the same host, which has another port: follows it").with_log()
            .sentinels(&[1, 2, 3], &names(&format!("{me}:7124"))).copies(&me, 0, 100),
        replaced("replaced: a replica of it stays one, and its file as it is").follower_of(&second).peer(2, LOADED).copies(&second, 0, 100).says_not("starting"),
        replaced("replaced: a replica of somebody else goes over").follower_of(&redis(3)).peer(2, LOADED).copies(&second, 0, 100),
        replaced("replaced, slaveof in the file: means the same").conf_line(&format!("slaveof {second} 6379")).peer(2, LOADED).copies(&second, 0, 100).says_not("starting"),
        replaced("replaced: the new master loads, and is waited for").peer(2, LOADS).waits(2500)
            .says(format!("waits for {second}:6379, the master of mymaster, to load its data")),
        replaced("replaced: the new master has just loaded").peer(2, LOADS).peer_from(2000, 2, LOADED).copies(&second, 2900, 3400),
        replaced("replaced: the new master is not up yet").peer_from(2000, 2, LOADED).copies(&second, 2000, 3100).says("not yet clear"),
        replaced("replaced: the new master is gone, and Sentinels are left to replace it").copies(&second, 10_000, 11_500),
        // A replica that joins is not promoted before it has the data of its master.
        replaced("replaced, with its log: may be promoted").peer(2, LOADED).copies(&second, 0, 100).writes_not(NO_PROMOTION),
        Row::new("replaced, without data: is not promoted yet")
            .sentinels(&[1, 2, 3], &names(&second))
            .peer(2, LOADED)
            .copies(&second, 0, 100)
            .writes(NO_PROMOTION),
        Row::new("decided, a replica without data: is not promoted yet")
            .standing("decided")
            .follower_of(&second)
            .peer(2, LOADED)
            .copies(&second, 0, 50)
            .writes(NO_PROMOTION),
        Row::new("a server outside leads: nobody asks it").sentinels(&[1, 2, 3], &names(OUTSIDE)).copies(OUTSIDE, 0, 100).asks_not(OUTSIDE),
        Row::new("two of three Sentinels are enough").with_log().sentinels(&[1, 2], &names(&second)).sentinels(&[3], &names(&me)).peer(2, LOADED).copies(&second, 0, 400),
        Row::new("one of three Sentinels is not").with_log().sentinels(&[1], &names(&second)).peer(2, LOADED).leads(1000, 1800),
        Row::new("half of the Sentinels are no majority").with_log().sentinels(&[1, 2], &Says { others: 3, ..names(&second) })
            .peer(2, LOADED).leads(1000, 2000),
        Row::new("the only Sentinel is a majority").with_log().sentinels(&[1], &Says { others: 0, ..names(&second) }).peer(2, LOADED).copies(&second, 0, 400),
        Row::new("two of five Sentinels are none, though one knows of three").with_log().sentinels(&[1], &names(&second)).sentinels(&[2], &other_says)
            .peer(2, LOADED).leads(1000, 2000),
        Row::new("Sentinels that contradict each other make no majority").with_log().sentinels(&[1], &names(&me)).sentinels(&[2], &names(&second))
            .sentinels(&[3], &names(&redis(3))).leads(1000, 2000),
        named("a Sentinel that never answers is not waited for").with_log().frozen(&format!("{}:26379", sentinel(1))).leads(50, 400),
        // This node leads.
        named("named, with its log: leads").with_log().peer(2, KEYS).leads(0, 100).says("starting as master of mymaster").asks_not(":6379")
            .asks(format!("-h {} -p 26379 as AUTH probe probe-password: SENTINEL MASTER mymaster", sentinel(1))),
        named("named, and its file follows another: leads").with_log().follower_of(&second).leads(0, 100),
        named("named, an empty log is none: another has keys").file(LOG, "").peer(2, KEYS).peer(3, EMPTY).waits(2000),
        Row::new("named, without replicas: leads with what it has").sentinels(&[1, 2, 3], &Says { replicas: 0, flags: "s_down,master", ..names(&me) })
            .peer(2, KEYS).leads(0, 100),
        named("named, without data, another has keys: waits").peer(2, KEYS).peer(3, EMPTY).waits(2000).says("it leads only when all others have answered"),
        named("named, without data, another loads its own: waits").peer(2, LOADS).peer(3, EMPTY).waits(2000),
        named("named, without data, as all others: leads").peer(2, EMPTY).peer(3, EMPTY).leads(300, 500),
        named("named, without data, one replica is not up: waits for it").peer(2, EMPTY).peer_from(2000, 3, EMPTY).leads(2000, 3000),
        named("named, without data, a replica comes with keys: waits on").peer(2, EMPTY).peer_from(1000, 3, KEYS).waits(2500),
        Row::new("named, a snapshot is no data where the log counts").sentinels(&[1, 2, 3], &names(&me)).with_snapshot().peer(2, KEYS).peer(3, EMPTY).waits(2000),
        // Sentinels hold this node to be down.
        doubted("doubted, others are up: waits until the failover is given up", "s_down,master").with_log().peer(2, KEYS).leads(GIVEN_UP, 6500),
        doubted("doubted by all, others are up: the same", "master,o_down").with_log().peer(2, KEYS).leads(GIVEN_UP, 6500),
        doubted("doubted, and nobody else is up: leads as soon as that is sure", "s_down,master").with_log().leads(900, 2000),
        doubted("doubted, the others are slow to answer: is not alone", "s_down,master").with_log().peer_from(600, 2, KEYS).leads(GIVEN_UP, 6500),
        doubted("doubted, another was up for a moment: must be alone three times anew", "s_down,master").with_log()
            .peer_from(300, 2, KEYS).peer_from(1000, 2, "").leads(2200, 2600),
        doubted("doubted, alone and without data: waits", "s_down,master").waits(6500),
        doubted("a failover is under way: waits, though alone", "master,o_down,failover_in_progress").with_log().waits(6500),
        doubted("a failover is under way: waits until another is named", "master,o_down,failover_in_progress").with_log().peer(2, LOADED)
            .sentinels_from(1500, &[1, 2, 3], &names(&second)).copies(&second, 1500, 2000),
        doubted("doubted, then found well: leads", "s_down,master").with_log().peer(2, KEYS).sentinels_from(1500, &[1, 2, 3], &names(&me)).leads(1500, 2300),
        Row::new("soon to be doubted: the same as doubted").sentinels(&[1, 2, 3], &Says { silence: 450, ..names(&me) }).with_log().peer(2, KEYS).leads(GIVEN_UP, 6500),
        Row::new("silent for less than that: leads").sentinels(&[1, 2, 3], &Says { silence: 390, ..names(&me) }).with_log().peer(2, KEYS).leads(0, 100),
        // Nobody tells.
        Row::new("no Sentinel, a replica: follows its file").with_log().follower_of(&second).peer(2, LOADED).copies(&second, 300, 500).says_not("starting"),
        Row::new("no Sentinel, a master with its log: leads after 1 s").with_log().leads(1000, 1800),
        Row::new("no Sentinel at first, then they name another: follows").with_log().peer(2, LOADED).sentinels_from(400, &[1, 2, 3], &names(&second)).copies(&second, 400, 900),
        Row::new("no Sentinel, no data, another has keys: waits").peer(2, KEYS).waits(2000).says("not yet clear"),
        Row::new("no Sentinel, no data, nobody is up: waits").waits(3000),
        Row::new("no Sentinel, no data, one other is up and has none: leads").peer(2, EMPTY).leads(1000, 2500),
        Row::new("no Sentinel, 'replicaof no one' in the file: was master").with_log().conf_line("replicaof no one").leads(1000, 1800),
        // Files and programs.
        named("a file that belongs to another user: refuses").file(&format!("!{LOG}"), "x").refuses()
            .says("/data/appendonlydir/appendonly.aof.manifest is not this node's to read and write: redos -p table up makes it so"),
        named("a snapshot that belongs to another user: refuses").file(&format!("!{SNAPSHOT}"), "x").refuses(),
        named("another server asks with its own client").with_log().server("valkey-server").leads(0, 100)
            .served_with("valkey-server /data/conf/server.conf"),
    ]
}

/// Rows of a node that keeps snapshots alone.
fn rows_of_snapshots() -> Vec<Row> {
    let linked = |state: &str| format!("{KEYS}{state}\r\n");
    vec![
        named("a snapshot, another has keys that it copied: waits")
            .with_snapshot()
            .peer(2, &linked("master_link_status:up"))
            .waits(2000),
        named("a snapshot, another has keys that it copied until just now: waits")
            .with_snapshot()
            .peer(2, &linked("master_link_status:down\r\nmaster_link_down_since_seconds:3"))
            .waits(2000),
        named("a snapshot, another has keys of its own: leads")
            .with_snapshot()
            .peer(2, &linked("master_link_status:down\r\nmaster_link_down_since_seconds:-1"))
            .leads(300, 500),
        named("a snapshot, nobody is up: leads").with_snapshot().leads(300, 500),
        named("no snapshot, another has keys: waits").peer(2, KEYS).peer(3, EMPTY).waits(2000),
        named("no snapshot, one replica is not up: waits").peer(2, EMPTY).waits(2000),
        named("an empty snapshot is none").file(SNAPSHOT, "").peer(2, KEYS).peer(3, EMPTY).waits(2000),
        doubted("doubted with a snapshot, nobody is up: waits until the failover is given up", "s_down,master")
            .with_snapshot()
            .leads(GIVEN_UP, 7000),
        named("neither log nor snapshots any more, the others have none or are not up: leads")
            .conf_line("save \"\"")
            .peer(2, EMPTY)
            .leads(300, 500),
        named("neither log nor snapshots any more, an old snapshot does not count")
            .with_snapshot()
            .conf_line("save \"\"")
            .peer(2, KEYS)
            .waits(2000),
    ]
}

/// Rows of a node that keeps nothing.
fn rows_of_nothing() -> Vec<Row> {
    vec![
        named("keeps nothing, another has keys: waits").peer(2, KEYS).waits(2000),
        named("keeps nothing, the others have none or are not up: leads").peer(2, EMPTY).leads(300, 500),
        Row::new("keeps nothing, a replica: may be promoted, as all")
            .sentinels(&[1, 2, 3], &names(&redis(2)))
            .peer(2, LOADED)
            .copies(&redis(2), 0, 100)
            .writes_not(NO_PROMOTION),
        named("keeps nothing, an old log does not count").with_log().peer(2, KEYS).waits(2000),
    ]
}

/// What breaks the script, with the row that notices.
const MUTANTS: &[Mutant] = &[
    mutant(
        "        join\n        return\n",
        "        return\n",
        "decided, a replica without data: is not promoted yet",
    ),
    mutant("    fi\n    join\n", "    fi\n", "replaced, without data: is not promoted yet"),
    mutant("join() {\n    if [ \"$data\" = none ] && ", "join() {\n    if ", "replaced, with its log: may be promoted"),
    mutant("if [ \"$decided\" != new ]; then\n", "if true; then\n", "new: starts at once and asks nobody"),
    mutant("    : >\"$standing\"\n", "", "new: starts at once and asks nobody"),
    mutant(
        "if [ \"$decided\" = decided ] && ! others_have_more; then return; fi",
        "if [ \"$decided\" = decided ]; then return; fi",
        "decided, a master without data, another has keys: waits",
    ),
    mutant(
        "[ \"$data-$decided\" = none- ]",
        "[ \"$data\" = none ]",
        "decided, a master without data, nobody is up: leads, for all files were read",
    ),
    mutant(
        "while is_awaited; do sleep 0.1; done",
        ":",
        "decided, a replica whose master loads: waits until it has been up for 1 s",
    ),
    mutant("no) [ $((now - loaded)) -lt 1000 ] ;;", "no) false ;;", "replaced: the new master has just loaded"),
    mutant("*) [ $((now - seen)) -lt 10000 ] ;;", "*) false ;;", "replaced: the new master is not up yet"),
    mutant(
        "*) [ $((now - seen)) -lt 10000 ] ;;",
        "*) true ;;",
        "replaced: the new master is gone, and Sentinels are left to replace it",
    ),
    mutant("yes) seen=$now loaded=$now ;;", "yes) false ;;", "replaced: the new master loads, and is waited for"),
    mutant(
        "    *) return 1 ;;\n    esac\n    ask 'INFO persistence'",
        "    esac\n    ask 'INFO persistence'",
        "a server outside leads: nobody asks it",
    ),
    mutant("    *) verdict=follow ;;\n", "    *) verdict=lead ;;\n", "replaced: a former master follows"),
    mutant(
        "        port) named=$named:$value ;;\n",
        "        port) named=$named:6379 ;;\n",
        "replaced by a node of the same host, which has another port: follows it",
    ),
    mutant(
        "echo \"replicaof ${master%:*} ${master#*:}\" >>\"$conf\"",
        ":",
        "replaced: a replica of somebody else goes over",
    ),
    mutant(
        "if [ \"$master\" != \"$follows\" ]; then",
        "if true; then",
        "replaced: a replica of it stays one, and its file as it is",
    ),
    mutant("echo 'replicaof no one' >>\"$conf\"", ":", "named, and its file follows another: leads"),
    mutant("replicaof-* | slaveof-*) follows", "replicaof-*) follows", "replaced, slaveof in the file: means the same"),
    mutant(
        "if [ \"$follows\" = no:one ]; then follows=; fi",
        "",
        "no Sentinel, 'replicaof no one' in the file: was master",
    ),
    mutant("if [ $((2 * votes)) -gt \"$all\" ]", "if [ \"$votes\" -gt 0 ]", "one of three Sentinels is not"),
    mutant("if [ $((2 * votes)) -gt \"$all\" ]", "if [ \"$votes\" -ge \"$all\" ]", "two of three Sentinels are enough"),
    mutant("sentinels=$((value + 1))", "sentinels=$value", "half of the Sentinels are no majority"),
    mutant(
        "if [ \"$sentinels\" -gt \"$all\" ]; then all=$sentinels; fi",
        "all=3",
        "two of five Sentinels are none, though one knows of three",
    ),
    mutant(
        "    kill $asked 2>/dev/null\n    wait $asked",
        "    : $asked",
        "a Sentinel that never answers is not waited for",
    ),
    mutant("if [ \"$followed\" = no ]; then", "if false; then", "named, without replicas: leads with what it has"),
    mutant(
        "if [ -s /data/appendonlydir/appendonly.aof.manifest ]; then data=kept; fi",
        "data=kept",
        "named, without data, another has keys: waits",
    ),
    mutant(
        "if [ -s /data/appendonlydir/appendonly.aof.manifest ]",
        "if [ -e /data/appendonlydir/appendonly.aof.manifest ]",
        "named, an empty log is none: another has keys",
    ),
    mutant(
        "        elif ! others_have_more; then\n            verdict=lead",
        "        else\n            verdict=lead",
        "named, without data, another has keys: waits",
    ),
    mutant("db[0-9]*:keys=* | loading:1*)", "db[0-9]*:keys=*)", "named, without data, another loads its own: waits"),
    mutant("[ \"$answered\" -lt \"$known\" ]", "false", "named, without data, one replica is not up: waits for it"),
    mutant("[ \"$answered\" -lt \"$known\" ]", "[ \"$answered\" -lt 3 ]", "named, without data, as all others: leads"),
    mutant("known=${known:-1}", "known=${known:-0}", "no Sentinel, no data, nobody is up: waits"),
    mutant("    if [ \"$data\" = kept ]; then return 1; fi", "", "decided, a master with its log: starts at once"),
    mutant(
        "elif [ \"$doubted\" = yes ]; then",
        "elif false; then",
        "doubted, others are up: waits until the failover is given up",
    ),
    mutant(
        "*_down*) doubted=yes ;;",
        "*o_down*) doubted=yes ;;",
        "doubted, others are up: waits until the failover is given up",
    ),
    mutant("*_down*) doubted=yes ;;", "*s_down*) doubted=yes ;;", "doubted by all, others are up: the same"),
    mutant("*failover_in_progress*) failing=yes doubted=yes ;;", "", "a failover is under way: waits, though alone"),
    mutant(
        "[ \"$data-$failing\" = kept-no ] && is_alone",
        "[ \"$failing\" = no ] && is_alone",
        "doubted, alone and without data: waits",
    ),
    mutant(
        "[ \"$data-$failing\" = kept-no ] && is_alone",
        "[ \"$data\" = kept ] && is_alone",
        "a failover is under way: waits, though alone",
    ),
    mutant(
        "[ \"$data-$failing\" = kept-no ] && is_alone",
        "false",
        "doubted, and nobody else is up: leads as soon as that is sure",
    ),
    mutant(
        "if [ \"$alone\" -ge 3 ]; then",
        "if [ \"$alone\" -ge 1 ]; then",
        "doubted, the others are slow to answer: is not alone",
    ),
    mutant("else alone=0; fi", "fi", "doubted, another was up for a moment: must be alone three times anew"),
    mutant(
        "elif [ \"$failing\" = no ] && [ \"$waited\"",
        "elif [ \"$waited\"",
        "a failover is under way: waits, though alone",
    ),
    mutant(
        "-gt $((limit + 2000)) ]",
        "-gt $((limit)) ]",
        "doubted, others are up: waits until the failover is given up",
    ),
    mutant(
        "-gt $((limit + 2000)) ] && ! others_have_more; then",
        "-gt $((limit + 2000)) ]; then",
        "doubted, alone and without data: waits",
    ),
    mutant(
        "if [ \"$silence\" -gt $((patience - 500 - 100)) ]; then doubted=yes; fi",
        "",
        "soon to be doubted: the same as doubted",
    ),
    mutant("patience - 500 - 100", "patience - 500 - 200", "silent for less than that: leads"),
    mutant("master=$follows verdict=follow", "verdict=lead", "no Sentinel, a replica: follows its file"),
    mutant(
        "elif [ \"$waited\" -gt 1000 ] && ! others_have_more; then",
        "elif ! others_have_more; then",
        "no Sentinel, a master with its log: leads after 1 s",
    ),
    mutant(
        "elif [ \"$waited\" -gt 1000 ] && ! others_have_more; then",
        "elif [ \"$waited\" -gt 1000 ]; then",
        "no Sentinel, no data, another has keys: waits",
    ),
    mutant("[ -r \"$file\" ] && [ -w \"$file\" ]", "true", "a file that belongs to another user: refuses"),
    mutant(
        "/data/dump.rdb /data/dump.rdb/*; do",
        "/data/nothing; do",
        "a snapshot that belongs to another user: refuses",
    ),
    mutant("cli=${server%-server}-cli", "cli=redis-cli", "another server asks with its own client"),
    mutant("<<COMMANDS &\nAUTH probe probe-password\n", "<<COMMANDS &\n", "named, with its log: leads"),
];

/// What breaks the script of a node that keeps nothing.
const MUTANTS_OF_NOTHING: &[Mutant] = &[mutant(
    "if [ \"$data\" = none ] && [ \"$keeps_log-$keeps_snapshots\" != no-no ]; then echo",
    "if [ \"$data\" = none ]; then echo",
    "keeps nothing, a replica: may be promoted, as all",
)];

/// What breaks the script of a node that keeps snapshots alone.
const MUTANTS_OF_SNAPSHOTS: &[Mutant] = &[
    mutant(
        "none-yes-* | snapshot-yes-yes) return 0 ;;",
        "none-yes-*) return 0 ;;",
        "a snapshot, another has keys that it copied: waits",
    ),
    mutant(
        "none-yes-* | snapshot-yes-yes) return 0 ;;",
        "none-yes-* | snapshot-yes-*) return 0 ;;",
        "a snapshot, another has keys of its own: leads",
    ),
    mutant(
        "none-yes-* | snapshot-yes-yes) return 0 ;;",
        "snapshot-yes-yes) return 0 ;;",
        "no snapshot, another has keys: waits",
    ),
    mutant(
        " | master_link_down_since_seconds:[0-9]*)",
        ")",
        "a snapshot, another has keys that it copied until just now: waits",
    ),
    mutant(
        "master_link_down_since_seconds:[0-9]*)",
        "master_link_down_since_seconds:*)",
        "a snapshot, another has keys of its own: leads",
    ),
    mutant(
        "if [ -s /data/dump.rdb ]; then data=snapshot; fi",
        "data=snapshot",
        "no snapshot, one replica is not up: waits",
    ),
    mutant("if [ -s /data/dump.rdb ]; then data=snapshot; fi", "", "a snapshot, another has keys of its own: leads"),
    mutant("if [ -s /data/dump.rdb ]", "if [ -e /data/dump.rdb ]", "an empty snapshot is none"),
    mutant(
        "[ \"$keeps_log-$keeps_snapshots\" != no-no ] && ",
        "",
        "neither log nor snapshots any more, the others have none or are not up: leads",
    ),
    mutant(
        "save-'\"\"') keeps_snapshots=no ;;",
        "",
        "neither log nor snapshots any more, the others have none or are not up: leads",
    ),
];

#[test]
fn every_decision_of_a_redis_node() {
    check(&script(PersistenceMode::Both), &rows_of_log());
    check(&script(PersistenceMode::Rdb), &rows_of_snapshots());
    check(&script(PersistenceMode::None), &rows_of_nothing());
}

#[test]
fn a_redis_script_that_decides_otherwise_is_noticed() {
    check_mutants(&script(PersistenceMode::Both), &rows_of_log(), MUTANTS);
    check_mutants(&script(PersistenceMode::Rdb), &rows_of_snapshots(), MUTANTS_OF_SNAPSHOTS);
    check_mutants(&script(PersistenceMode::None), &rows_of_nothing(), MUTANTS_OF_NOTHING);
}
