//! Every variant of every type whose `Display` users read, with example values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Write};
use std::net::SocketAddrV4;
use std::time::Duration;

use anyhow::anyhow;

use minijinja::ErrorKind;

use crate::apply::ApplyError;
use crate::backup::BackupError;
use crate::backup::seal::SealedBy;
use crate::chaos::driver::DriverError;
use crate::chaos::history::{HistoryError, OpError};
use crate::chaos::read_back::Unread;
use crate::chaos::settled::Unsettled;
use crate::chaos::subject::AskError;
use crate::chaos::verdict::Cause;
use crate::cluster::alterations::Alteration;
use crate::cluster::claims::{Undecided, Whose};
use crate::cluster::fixture::{GROUP, redis};
use crate::cluster::observed::{Loading, NodeState};
use crate::cluster::reckon::StaysMaster;
use crate::cluster::strangers::Stranger;
use crate::cluster::{Gate, Refusal, Unmet};
use crate::doctor::hosts::HostFault;
use crate::engine::image::ImageKind;
use crate::engine::{EngineError, EngineErrorKind};
use crate::error::{Failure, FailureKind};
use crate::output::phase::Phase;
use crate::plan::diff::lifecycle::Objection;
use crate::plan::{Action, Plan};
use crate::s3::S3Error;
use crate::servers::existing::Unfit;
use crate::servers::switchover::{NotSwitched, SwitchoverRefusal};
use crate::servers::{ServerError, TakenOver};
use crate::spec::render::{RenderError, Standing};
use crate::spec::restoring::{RestoreStage, Restoring};
use crate::spec::secret::{RotatedUser, RotationStage};
use crate::spec::{Encryption, NodeId, Resources, Role};

/// The examples of a type, at least one of each variant. A variant that has none does not compile.
macro_rules! examples {
    ($type:ident { $($variant:ident $fields:tt),* $(,)? }) => {{
        let examples = [$($type::$variant $fields),*];
        #[allow(unreachable_patterns, reason = "a variant may have several examples")]
        examples.iter().for_each(|example| match example {
            $($type::$variant { .. } => (),)*
        });
        examples
    }};
}

/// The page of all examples: a heading for each type, and a line for each example.
#[derive(Default)]
struct Page(String);

impl Page {
    fn show<T: Display>(&mut self, heading: &str, texts: impl IntoIterator<Item = T>) {
        _ = writeln!(self.0, "\n# {heading}");
        for text in texts {
            _ = writeln!(self.0, "{text}");
        }
    }
}

/// An error as `main` prints it: itself, its causes, and the hints.
fn printed(failure: &Failure) -> String {
    let chain: Vec<String> = failure.chain().collect();
    let hints: String = failure.hints.iter().map(|hint| format!("\n    hint: {hint}")).collect();
    format!("{}{hints}", chain.join("\n    caused by: "))
}

const SENTINEL: NodeId = NodeId::Sentinel(1);
const PROXY: NodeId = NodeId::Proxy(1);

fn server() -> SocketAddrV4 {
    "192.0.2.5:7000".parse().expect("an address")
}

fn why() -> String {
    "connection refused".to_owned()
}

const LOADING: Loading = Loading { percent: 40, seconds_left: 9 };

fn refusal() -> Refusal {
    Refusal {
        why: "no node of mymaster has whole data: redis-1 has nothing".to_owned(),
        next: vec!["see what there is: redos status".to_owned()],
    }
}

#[test]
fn every_variant_of_the_types_that_speak() {
    let mut page = Page::default();
    steps(&mut page);
    gates(&mut page);
    errors(&mut page);
    failover_tests(&mut page);
    states(&mut page);
    let page = page.0.trim_start();
    insta::assert_snapshot!("variants", page);
}

fn steps(page: &mut Page) {
    let (node, master, group) = (redis(2), redis(1), GROUP);
    let pairs = BTreeMap::from([("maxmemory".to_owned(), "256mb".to_owned())]);
    let users = BTreeSet::from(["app".to_owned()]);
    let masters = BTreeMap::from([(group, master)]);
    let standing = Standing::Decided;
    let actions = examples!(Action {
        RecordSpec {},
        RemoveRecord {},
        CreateNetwork {},
        RemoveNetwork {},
        CreateVolume { node },
        RemoveVolume { node },
        CreateNode { node },
        WriteConfig { node, masters: masters.clone(), existing: None, standing },
        WriteConfig { node: master, masters: masters.clone(), existing: None, standing },
        WriteConfig { node: SENTINEL, masters, existing: None, standing },
        WriteConfig { node: PROXY, masters: BTreeMap::new(), existing: None, standing },
        WriteConfig { node, masters: BTreeMap::new(), existing: Some(server()), standing },
        SetDataAside { node },
        RecordRestore {
            restoring: Restoring {
                group,
                node,
                from: "/b/shop.redos".to_owned(),
                stage: RestoreStage::Replacing,
            }
        },
        ReplaceData { node },
        RemoveData { node },
        DiscardRestore { node },
        StartNode { node },
        UnpauseNode { node },
        StopNode { node },
        EndScript { node },
        KillNode { node },
        SetResources { node, resources: Resources { memory: Some(512 << 20), ..Resources::default() } },
        RemoveNode { node },
        RemoveLeftBehind { node, host: "c".parse().expect("a name") },
        Replicate { node, master },
        ConfigSet { node, directives: pairs.clone() },
        SetUsers { node, users: users.clone() },
        RemoveUsers { node, users },
        RenewCertificate { node },
        SetEncryption { node, encryption: Encryption::Tls },
        SetEncryption { node, encryption: Encryption::Both },
        SetEncryption { node, encryption: Encryption::None },
        SetReplicationLogin { node },
        KeepPasswords { node },
        SetSentinelLogins { node: NodeId::Sentinel(1) },
        SetProxyLogins { proxy: NodeId::Proxy(1) },
        AdvanceRotation { node, from: RotationStage::Adding },
        AdvanceRotation { node, from: RotationStage::Dropping },
        SentinelMonitor { node: SENTINEL, group, master },
        SentinelDiscover { node: SENTINEL, group, replicas: BTreeSet::from([node, redis(3)]) },
        SentinelSet { node: SENTINEL, group, settings: BTreeMap::from([("quorum".to_owned(), "2".to_owned())]) },
        SentinelFailover { node: SENTINEL, group, down_after: 1000 },
        SentinelRemove { node: SENTINEL, group },
        Switchover { group, to: node },
        TakeOver { node, existing: server() },
        ProxyCheck { proxy: PROXY, nodes: BTreeSet::from([master, node, SENTINEL]) },
        Await { gate: Gate::ReplicasInSync { group } },
        VerifyWrite { proxy: PROXY, group },
    });
    page.show("Action", actions);
    let mut plan = Plan::default();
    page.show("Plan, empty", [&plan]);
    let first = plan.push(Action::StopNode { node }, "it was asked for", []);
    plan.push(Action::RemoveNode { node }, "it was asked for", [first]);
    plan.then_observe = Some("the masters have moved".to_owned());
    page.show("Plan", [&plan]);
    plan.refusal = Some(refusal());
    page.show("Plan, refused", [&plan]);
    page.show(
        "Phase",
        examples!(Phase {
            Network {},
            Volumes {},
            Containers {},
            Configuration {},
            Start {},
            Settings {},
            Switchover {},
            Stop {},
            Remove {},
            Answers {},
            InService {},
            InSync {},
            Agree {},
            SeeAll {},
            Quorum {},
            Route {},
            Verify {},
        }),
    );
    page.show(
        "Objection",
        examples!(Objection {
            QuorumLost { left: 1, needed: 2 },
            NoSuccessor { group, master },
            Unsettled(Undecided::NamedIsReplica { named: node, group }),
            SilentMaster { group, master },
            Unseen { node, why: why() },
            NoProxy {},
            DataLost { keys: 12 },
        }),
    );
}

fn gates(page: &mut Page) {
    let (node, master, other, group) = (redis(2), redis(1), redis(3), GROUP);
    let (sentinel, proxy) = (SENTINEL, PROXY);
    let (who, stranger) = (Whose::Node(master), Whose::Stranger(server()));
    page.show(
        "Gate",
        examples!(Gate {
            Answers { node },
            ReplicasInSync { group },
            Copies { node, existing: server() },
            SentinelsAgree { group },
            SentinelsSeeAll { group },
            QuorumReached { group },
            ProxiesRoute { group },
            InService { node },
            GivesMetrics {},
            Guards { node: NodeId::Guard(1) },
        }),
    );
    page.show(
        "Unmet",
        examples!(Unmet {
            Missing { node },
            Unseen { node, why: why() },
            HostAway { host: "a".parse().expect("a name"), why: why() },
            DiesAtEveryStart { node, restarts: 4 },
            CannotLoad { node, said: "Bad file format reading the append only file".to_owned() },
            OffNetwork { node },
            Silent { node, why: why() },
            AwaitsMaster { node, why: why(), master },
            NotAsked { node },
            NotRunning { node, state: NodeState::Paused },
            Loading { node, how_far: LOADING },
            PortLeadsNowhere { proxy, address: "127.0.0.1:6379".parse().expect("an address"), why: why() },
            NoMaster { group },
            SeveralMasters { group, masters: vec![master, node] },
            NoLongerMaster { node },
            Undecided(Undecided::NamedIsReplica { named: node, group }),
            FollowsAnother { node, follows: Whose::Node(other), master },
            FollowsAnother { node, follows: stranger, master },
            DoesNotCopy { node, server: server() },
            Copying { node, from: who },
            LinkDown { node, to: who },
            Joining { node },
            NotOnline { master, replica: node },
            DoesNotWatch { sentinel, group },
            NamesAnother { sentinel, named: Whose::Node(node), group, master },
            DoesNotKnow { sentinel, kind: "replica", who },
            KnowsStranger { sentinel, kind: "replica", who: stranger },
            NotYetEligible { sentinel, replica: who },
            Sees { sentinel, who, flag: "s_down" },
            NotYetReached { sentinel, node: NodeId::Sentinel(2) },
            Tilt { sentinel },
            NoQuorum { sentinel, reply: "NOQUORUM 1 usable Sentinels".to_owned() },
            WritesNowhere { proxy, group },
            WritesElsewhere { proxy, group, to: node, master },
            VoteNotCounted { proxy, sentinel, group, master },
            ReadsMissing { proxy, group, replica: node },
            WritesToAnotherServer { proxy, head: master },
            NoWayTo { proxy, server: server() },
            NoPlaceFor { proxy, server: server() },
            NoMetrics { exporter: NodeId::Exporter, node, why: "NOAUTH Authentication required.".to_owned() },
            NotGuarded { guard: NodeId::Guard(1), group },
        }),
    );
    page.show(
        "Undecided",
        examples!(Undecided {
            Replacing { sentinel, master: who, group },
            Down { sentinel, master: who, group },
            DownForLoading { sentinel, master: who, group, node: master, how_far: LOADING },
            SilentSentinel { claimants: vec![master, node], group, sentinel },
            SoonCorrected { node, group, sentinel, master: who },
            AnotherLeads { named: node, group, other },
            NamedIsReplica { named: node, group },
        }),
    );
    let nodes = BTreeSet::from([master, node]);
    page.show(
        "Stranger",
        examples!(Stranger {
            UnknownUser { user: "evil".to_owned(), nodes: nodes.clone() },
            FormerUser { user: "reports".to_owned(), nodes: nodes.clone() },
            ChangedUser { user: "default".to_owned(), nodes: nodes.clone() },
            OtherLogin { nodes },
            Replica { address: server(), master },
            SameReplica { node, master },
        }),
    );
    page.show(
        "Alteration",
        examples!(Alteration {
            Directive { node, name: "appendonly".to_owned(), have: "no".to_owned(), want: "yes".to_owned() },
            Watch { node: sentinel, group, name: "quorum".to_owned(), have: 1, want: "2".to_owned() },
        }),
    );
    page.show(
        "StaysMaster",
        examples!(StaysMaster {
            AnotherLeads { leader: node, group },
            NoMaster { group },
            Undecided(Undecided::NamedIsReplica { named: node, group }),
            Lost(refusal()),
            SlowAnswers { within_ms: 500, looks: 3 },
        }),
    );
}

/// A failed call to the Engine, of each kind.
fn engine_errors() -> Vec<EngineError> {
    let kinds = examples!(EngineErrorKind {
        Unreachable {},
        Conflict {},
        NotFound {},
        NodeDied {},
        DamagedData {},
        Image {},
        UnfitImage(ImageKind::Redis),
        Other {},
    });
    let error = |kind| EngineError::new(kind, "start redos-redis-1", anyhow!("{kind:?}")).hinted("do this");
    kinds.into_iter().map(error).collect()
}

fn server_errors() -> Vec<ServerError> {
    let (node, group) = (redis(2), GROUP);
    let command = "CONFIG GET".to_owned();
    examples!(ServerError {
        Connect { node, source: anyhow!("connection refused") },
        Timeout { node, command: command.clone(), limit: Duration::from_secs(2) },
        Refused { node, command: command.clone(), source: anyhow!("NOPERM this user has no permissions") },
        Unexpected { node, command, answer: "no pairs".to_owned() },
        WatchesAnother { node: SENTINEL, group, named: Whose::Node(node), wanted: Whose::Node(redis(1)) },
        SwitchoverRefused { group, to: node, why: SwitchoverRefusal::LinkDown },
        TakeOverRefused { node, existing: server(), why: "it is still copying its data".to_owned() },
        SwitchoverUnsettled { group, to: node, why: NotSwitched::FollowsNotYet { node: redis(3), master: node } },
    })
    .into()
}

fn backup_errors() -> impl IntoIterator<Item = BackupError> {
    let path = || "/b/shop.redos".into();
    examples!(BackupError {
        Io { what: "read /b/shop.redos".to_owned(), source: std::io::ErrorKind::PermissionDenied.into() },
        Foreign(path()),
        Locked { path: path(), by: SealedBy::Keys },
        Locked { path: path(), by: SealedBy::Passphrase },
        WrongKey { path: path(), by: SealedBy::Keys },
        WrongKey { path: path(), by: SealedBy::Passphrase },
        NotAppendOnly { path: path(), why: "no file there is the manifest".to_owned() },
        CutShort { path: path(), why: "the manifest at its end is missing".to_owned() },
        Damaged { path: path(), why: "its manifest has a wrong checksum".to_owned() },
        Newer { path: path(), found: 2, known: 1 },
    })
}

fn s3_errors() -> impl IntoIterator<Item = S3Error> {
    let server = || "minio:9000".to_owned();
    let refused = |status, code: &str, message: &str, region: Option<&str>| S3Error::Refused {
        server: server(),
        bucket: "backups".to_owned(),
        status,
        code: code.to_owned(),
        message: message.to_owned(),
        region: region.map(str::to_owned),
        is_clock_off: false,
    };
    let refusals = [
        refused(403, "AccessDenied", "Access Denied.", None),
        refused(403, "SignatureDoesNotMatch", "The signature does not match.", None),
        refused(403, "RequestTimeTooSkewed", "The difference is too large.", None),
        refused(404, "NoSuchBucket", "The bucket does not exist.", None),
        refused(404, "NoSuchKey", "The key does not exist.", None),
        refused(412, "PreconditionFailed", "", None),
        refused(301, "PermanentRedirect", "", Some("eu-central-1")),
        refused(301, "PermanentRedirect", "", None),
        refused(503, "SlowDown", "Please reduce your request rate.", None),
    ];
    let others = examples!(S3Error {
        Address("'s3://' is no address of an object: a bucket has a name of letters, digits, dots and dashes".to_owned()),
        NoCredentials("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set".to_owned()),
        Settings("'minio' is no URL of a server: relative URL without a base".to_owned()),
        Unreachable { server: server(), source: std::io::ErrorKind::ConnectionRefused.into() },
        Untrusted { server: server(), source: std::io::ErrorKind::InvalidData.into() },
        Silent { server: server(), waited: std::time::Duration::from_secs(60) },
        Refused {
            server: server(),
            bucket: String::new(),
            status: 403,
            code: String::new(),
            message: String::new(),
            region: None,
            is_clock_off: true,
        },
        NotS3 { server: server(), why: "a part that was uploaded has no tag".to_owned() },
        Interrupted,
    });
    others.into_iter().chain(refusals)
}

fn errors(page: &mut Page) {
    let (node, master, group) = (redis(2), redis(1), GROUP);
    page.show("EngineError", engine_errors().into_iter().map(|error| printed(&error.into())));
    page.show("ServerError, and its reason where the node is named", {
        let told = |error: ServerError| {
            let reason = error.reason();
            format!("{}\n    ({reason})", printed(&error.into()))
        };
        server_errors().into_iter().map(told).collect::<Vec<_>>()
    });
    page.show("BackupError", backup_errors());
    page.show(
        "S3Error, and what helps",
        s3_errors().into_iter().map(|error| format!("{error}\n    {}", error.remedy())),
    );
    let step = Action::StartNode { node }.to_string();
    let failed = examples!(ApplyError {
        Engine { step: step.clone(), source: engine_errors().remove(0) },
        Server { step: step.clone(), source: server_errors().remove(0) },
        Impossible { step: step.clone(), reason: "the cluster has no network".to_owned() },
        Render { step: step.clone(), source: RenderError::WrongRole { node, role: Role::Proxy } },
        NewMaster { sentinel: SENTINEL, named: node, group },
        Timeout {
            gate: Gate::ReplicasInSync { group },
            unmet: Unmet::LinkDown { node, to: Whose::Node(master) },
            concerns: vec![node],
            loading: Some(9),
        },
        Unfinished { next: step },
        Refused(refusal()),
        OtherSecrets { users: vec![RotatedUser::Applications, RotatedUser::Replication] },
        Interrupted { done: 2, total: 5, left: vec!["start redis-2".to_owned()] },
    });
    page.show("ApplyError", failed.map(|error| printed(&error.into())));
    page.show(
        "RenderError",
        examples!(RenderError {
            NoAddress { node, subnet: "10.1.2.0/28".parse().expect("a subnet") },
            WrongRole { node, role: Role::Proxy },
            NoPassword { server: server() },
            Certificate { node, why: "the authority is lost".to_owned() },
            Template { name: "redis.conf", source: ErrorKind::UndefinedError.into() },
            Secrets(serde_json::from_str::<u8>("x").expect_err("no number")),
        }),
    );
    let unfit = examples!(Unfit {
        Unreachable(why()),
        Strange("it says 'HTTP/1.1 400'".to_owned()),
        NoPassword {},
        PasswordUnknown {},
        PasswordWrong("WRONGPASS".to_owned()),
        Replica("192.0.2.9:6379".to_owned()),
        Mode("cluster".to_owned()),
        TooOld("6.0.16".to_owned()),
        NoCommand("REPLICAOF"),
        Databases { database: 20, databases: 16 },
        Modules { names: vec!["search".to_owned()] },
        Newer { existing: "Redis 8.2".to_owned(), ours: "Redis 7.0".to_owned() },
    });
    page.show("Unfit", unfit.map(|unfit| format!("the existing server {} {unfit}", server())));
    let refused = examples!(SwitchoverRefusal {
        NotOfGroup {},
        NotAnswering(why()),
        NoMaster("sentinel-1 names redis-1, others redis-2".to_owned()),
        MasterUnsure(master),
        NotReplica(master),
        LinkDown {},
        Loading {},
        NeverPromoted {},
        Behind(5 << 20),
        BrokeOff(master),
        Loaded(master),
        TooSlow(Duration::from_millis(500)),
        NoQuorum("1 answer, 2 are needed".to_owned()),
        Tilt(SENTINEL),
        FailoverRunning(SENTINEL),
        NotElected { votes: 1, needed: 2 },
    });
    page.show("why a switchover is refused", refused);
    let (sentinel, proxy) = (SENTINEL, PROXY);
    let missing = examples!(NotSwitched {
        Silent { node },
        StillNames { sentinel, named: Whose::Node(master) },
        NotMaster { node },
        StillMaster { node: master },
        WritesNotYet { proxy, master: node },
        NotConnected { sentinel, to: node },
        KnowsNotYet { sentinel, replica: master },
        FollowsNotYet { node: master, master: node },
    });
    page.show("what is not yet so after a switchover", missing);
}

fn failover_tests(page: &mut Page) {
    let history = || HistoryError::OutOfPlace { line: 7, what: "it belongs to no round" };
    let tested = examples!(DriverError {
        History(history()),
        Workload(std::io::Error::other("too many open files")),
        Undo(engine_errors().remove(0)),
        Unsettled(Unsettled::NoMaster),
    });
    page.show("DriverError", tested.map(|error| printed(&Failure::new(FailureKind::Failed, error))));
    let [node, sentinel, master] = ["redis-2", "sentinel-1", "redis-1"].map(str::to_owned);
    let (server, command) = (node.clone(), "ROLE".to_owned());
    let unsettled = examples!(Unsettled {
        Asked(AskError::Silent { server: server.clone(), command: command.clone() }),
        NoMaster {},
        SeveralMasters(vec![master.clone(), node.clone()]),
        LinkDown { node: node.clone() },
        Behind { node: node.clone(), bytes: 70_000 },
        Stranger { node: node.clone() },
        NamesAnother { sentinel: sentinel.clone(), named: node.clone(), master: master.clone() },
        MasterFlagged { sentinel: sentinel.clone(), flags: "master,s_down".to_owned() },
        KnowsOthers { sentinel: sentinel.clone(), known: "1".to_owned(), others: 2 },
        ReplicasUnhealthy { sentinel: sentinel.clone() },
        InTilt { sentinel: sentinel.clone() },
        WritesElsewhere { to: node.clone(), master: master.clone() },
        WritesNowhere {},
    });
    page.show("Unsettled", unsettled);
    let asked = examples!(AskError {
        Silent { server: server.clone(), command: command.clone() },
        Failed { server: server.clone(), command: command.clone(), error: OpError::Closed },
        Refused { server: server.clone(), command: command.clone(), answer: "NOPERM no permissions".to_owned() },
    });
    page.show("AskError", asked);
    let unread = examples!(Unread {
        Failed { node: node.clone(), error: OpError::Closed },
        Late { node: node.clone() },
    });
    page.show("Unread", unread);
    let read = examples!(HistoryError {
        Io("read", std::io::Error::other("no such file")),
        Line { line: 7, source: serde_json::from_str::<u8>("x").expect_err("no number") },
        NotAHistory { found: "Plan of redos/v1".to_owned() },
        OutOfPlace { line: 7, what: "it belongs to no round" },
    });
    page.show("HistoryError", read.map(|error| printed(&Failure::new(FailureKind::Failed, error))));
}

fn states(page: &mut Page) {
    let states = examples!(NodeState {
        Created {},
        Running {},
        Paused {},
        Restarting {},
        Exited { code: 1, oom_killed: false },
        Exited { code: 137, oom_killed: true },
        Dead {},
        Removing {},
        Unknown {},
    });
    page.show("NodeState", states.map(|state| format!("redis-2 {}", state.sentence())));
    let host = || "b".parse().expect("a name");
    let address = server();
    let faults = examples!(HostFault {
        Away { why: "ssh me@192.0.2.6 failed: Permission denied (publickey)".to_owned() },
        SameEngine { other: host() },
        OtherArchitecture { own: "arm64".to_owned(), first: host(), others: "amd64".to_owned() },
        Conflict { what: "192.0.2.5:7100 is used by the container web".to_owned() },
        ForeignAddress { address: (*address.ip()).into(), said: why() },
        Unreached { from: "b and c".to_owned(), address, why: why() },
        ClockSkew { seconds: 61, is_ahead: true },
        ClockSkew { seconds: 61, is_ahead: false },
        DiskFull { mebibytes: 200 },
    });
    page.show("HostFault", faults.iter().map(|fault| format!("a: {fault}\n    {}", fault.why())));
    let taken = [Some(Duration::from_millis(21)), None];
    page.show("TakenOver", taken.map(|paused| TakenOver { node: redis(1), existing: server(), paused }));
    let failed = examples!(OpError {
        Connect {},
        NotConnected {},
        TooManyInFlight {},
        Timeout {},
        Closed {},
        ReadOnly {},
        NoReplicas {},
        Loading {},
        Misconf {},
        MasterDown {},
        Auth {},
        OutOfMemory {},
        NotReplicated {},
        NotHeard {},
        Other {},
    });
    page.show("why a request failed", failed.map(OpError::as_str));
    let causes = examples!(Cause {
        UnreplicatedTail {},
        ReturnedMaster {},
        IsolatedMaster {},
        ReplacedMaster {},
        Wiped {},
        Unattributed {},
    });
    page.show("why writes were lost", causes.map(Cause::as_str));
}
