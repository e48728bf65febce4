//! Backups: made under load, refused when they are not whole, and made into new clusters.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use redis::aio::MultiplexedConnection;
use tokio::task::JoinHandle;

use redos::testing::backup::checksum::crc64;
use redos::testing::cluster::observed::Inventory;

use crate::schema;
use crate::support::{Cluster, eventually};

/// A writer of numbered keys through the proxy.
struct CountedWriter {
    acknowledged: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl CountedWriter {
    async fn start(cluster: &Cluster) -> Self {
        let (acknowledged, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let mut client = cluster.client(&[]).await;
        let (counter, is_stopped) = (acknowledged.clone(), stop.clone());
        let task = tokio::spawn(async move {
            while !is_stopped.load(Ordering::Relaxed) {
                let number = counter.load(Ordering::Relaxed) + 1;
                set(&mut client, number).await;
                counter.store(number, Ordering::Relaxed);
            }
        });
        Self { acknowledged, stop, task }
    }

    fn so_far(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    async fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.expect("every write is acknowledged");
        self.acknowledged.load(Ordering::Relaxed)
    }
}

async fn set(client: &mut MultiplexedConnection, number: u64) {
    redis::cmd("SET").arg(format!("n:{number}")).arg(number).exec_async(client).await.expect("a write");
}

/// Fills the cluster with this many keys, of this many times 40 bytes that hardly can be compressed.
pub async fn fill(cluster: &Cluster, keys: u64, hashes: u64) {
    // Not in one script: its master would be considered down.
    let at_once = 50_000 / hashes;
    const SCRIPT: &str = "for i = ARGV[1], ARGV[2] do
        local t = {}
        for j = 1, ARGV[3] do t[j] = redis.sha1hex(i .. ':' .. j) end
        redis.call('SET', 'fill:' .. i, table.concat(t))
    end";
    let mut client = cluster.client(&[]).await;
    for first in (1..=keys).step_by(usize::try_from(at_once).expect("a step")) {
        let mut script = redis::cmd("EVAL");
        script.arg(SCRIPT).arg(0).arg(first).arg(keys.min(first + at_once - 1)).arg(hashes);
        script.exec_async(&mut client).await.expect("a script");
    }
}

/// Whether a process has a file of a folder open, also one without a name.
fn has_open(process: i32, folder: &Path) -> bool {
    let files = Path::new("/proc").join(process.to_string()).join("fd").read_dir().into_iter().flatten().flatten();
    files.filter_map(|file| file.path().read_link().ok()).any(|file| file.starts_with(folder))
}

/// The files in a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// The same file with a change, under another name.
fn changed(whole: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let mut bytes = std::fs::read(whole).expect("a backup");
    change(&mut bytes);
    let path = whole.with_file_name(name);
    std::fs::write(&path, bytes).expect("a changed backup");
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_is_whole_and_a_damaged_one_is_refused() {
    let cluster = Cluster::new("backup-load").await;
    cluster.up(&["--sentinels", "1", "--replicas", "1"]).await.succeeds();
    let folder = tempfile::tempdir().expect("a folder");
    let writer = CountedWriter::start(&cluster).await;
    eventually("some keys are written", async || writer.so_far() > 200).await;
    let before = writer.so_far();
    let made = cluster.redos(&["backup", text(folder.path()), "-o", "json"]).await.succeeds();
    assert!(writer.end().await > before, "the writes went on");
    let made: serde_json::Value = serde_json::from_str(&made).expect("a document");
    assert_eq!((&made["manifest"]["fromMaster"], &made["manifest"]["node"]), (&false.into(), &"redis-2".into()));
    assert!(made["manifest"]["keys"].as_u64() >= Some(before), "{before} keys were acknowledged before: {made:#}");
    let file = PathBuf::from(made["file"].as_str().expect("a file"));
    assert_eq!(names(folder.path()).len(), 1, "nothing else is left: {:?}", names(folder.path()));
    let password = cluster.redos(&["url"]).await.succeeds();
    let password = password.split(['/', '@']).nth(2).expect("a password").trim_start_matches(':').to_owned();
    assert!(!made.to_string().contains(&password), "no secret in the manifest");

    let verify = async |path: &Path| cluster.redos(&["backup", "verify", text(path)]).await;
    let checked = cluster.redos(&["backup", "verify", text(&file), "-o", "json"]).await.succeeds();
    let checked: serde_json::Value = serde_json::from_str(&checked).expect("a document");
    assert_eq!([schema::faults(&made), schema::faults(&checked)], [const { Vec::<String>::new() }; 2]);
    assert_eq!(checked["keys"], made["manifest"]["keys"]);
    let listed = cluster.redos(&["backups", text(folder.path())]).await.succeeds();
    assert!(listed.contains(cluster.name.as_str()), "{listed}");

    let short = changed(&file, "short.redos", |bytes| bytes.truncate(bytes.len() - 1));
    assert!(verify(&short).await.fails(1).contains("was cut short"));
    let flipped = changed(&file, "flipped.redos", |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    assert!(verify(&flipped).await.fails(1).contains("is damaged"));
    let foreign = changed(&file, "foreign.redos", |bytes| bytes.splice(..4, *b"PK\x03\x04").for_each(drop));
    assert!(verify(&foreign).await.fails(2).contains("is neither a backup"));
    let again = cluster.redos(&["backup", text(&file)]).await.fails(2);
    assert!(again.contains("exists already"), "{again}");

    let copy = Cluster::new("backup-copy").await;
    let newer = changed(&file, "newer.rdb", |bytes| *bytes = rdb(99, 0));
    for (bad, code) in [(&short, 1), (&flipped, 1), (&foreign, 2), (&newer, 2)] {
        copy.up(&["--from", text(bad)]).await.fails(code);
        assert_eq!(copy.labelled().await, [const { Vec::<String>::new() }; 3], "{} makes nothing", bad.display());
    }
    let said = copy.up(&["--from", text(&file), "--sentinels", "1", "--replicas", "1"]).await.fails(0);
    assert!(said.contains(&format!(" of {} keys in ", made["manifest"]["keys"])), "{said}");
    let mut client = copy.client(&[]).await;
    let keys: Vec<String> = (1..=before).map(|number| format!("n:{number}")).collect();
    let values: Vec<Option<u64>> = redis::cmd("MGET").arg(&keys).query_async(&mut client).await.expect("values");
    let missing: Vec<u64> = (1..=before)
        .zip(&values)
        .filter(|(number, value)| Some(*number) != **value)
        .map(|(number, _)| number)
        .collect();
    assert!(missing.is_empty(), "acknowledged before the backup: {missing:?}");
    let refused = copy.up(&["--from", text(&file)]).await.fails(2);
    assert!(refused.contains("exists, and --from is for a new one"), "{refused}");
}

/// An RDB of this version with this many keys of 1 kB, as Redis writes it.
pub fn rdb(version: u32, keys: u32) -> Vec<u8> {
    let length = |number: u32| [&[0x80], number.to_be_bytes().as_slice()].concat();
    let mut rdb = format!("REDIS{version:04}").into_bytes();
    rdb.extend([&[0xfe, 0x00, 0xfb], length(keys).as_slice(), &[0]].concat());
    for key in 1..=keys {
        let name = format!("fill:{key}");
        rdb.extend(
            [&[0], length(name.len() as u32).as_slice(), name.as_bytes(), &length(1000), &[b'v'; 1000]].concat(),
        );
    }
    rdb.push(0xff);
    let crc = crc64(0, &rdb);
    rdb.extend(crc.to_le_bytes());
    rdb
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_killed_is_finished_or_begun_again_and_never_taken_for_whole() {
    const KEYS: u32 = 20_000;
    let cluster = Cluster::new("backup-killed").await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("dump.rdb");
    std::fs::write(&file, rdb(10, KEYS)).expect("an RDB file");
    let ports = ["--port", "0", "--read-port", "0", "--stats-port", "0", "--sentinels", "1", "--replicas", "1"];
    let up = [&["up", "--from", text(&file)], ports.as_slice()].concat();
    let killed_when = async |condition: fn(&Inventory) -> bool| {
        let mut process = cluster.command(&up).stderr(Stdio::null()).spawn().expect("redos");
        eventually("it is so far", async || condition(&cluster.inventory().await)).await;
        process.kill().await.expect("it is killed");
    };
    // One of a bigger cluster: the servers would load it, and then refuse every write.
    let refused = cluster.redos(&[up.as_slice(), &["--redis", "maxmemory=10mb"]].concat()).await.fails(2);
    assert!(refused.contains("take 2") && refused.contains("every write would be refused"), "{refused}");
    assert_eq!(cluster.labelled().await, [const { Vec::<String>::new() }; 3], "nothing is made");
    let is_partial = |inventory: &Inventory| inventory.recorded.as_ref().is_some_and(|spec| spec.seeding.is_some());
    killed_when(is_partial).await;
    assert!(is_partial(&cluster.inventory().await), "it was killed while it copied");
    let refused = cluster.up(&[]).await.fails(1);
    assert!(refused.contains("were not copied completely"), "{refused}");
    assert!(refused.contains(&format!("up --from {}", file.display())), "{refused}");

    killed_when(|inventory| !inventory.nodes.is_empty()).await;
    cluster.up(&[]).await.succeeds();
    let count = async || {
        let mut client = cluster.client(&[]).await;
        redis::cmd("DBSIZE").query_async::<u32>(&mut client).await.expect("a number")
    };
    assert_eq!(count().await, KEYS);
    cluster.settled().await;
    cluster.redos(&["stop"]).await.succeeds();
    cluster.redos(&["start"]).await.succeeds();
    assert_eq!(count().await, KEYS, "they are in the append-only file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_killed_or_interrupted_leaves_no_file_of_its_name() {
    let cluster = Cluster::new("backup-kill").await;
    cluster.up(&["--sentinels", "1", "--replicas", "1"]).await.succeeds();
    fill(&cluster, 20_000, 25).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.redos");
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::KILL] {
        let mut command = cluster.command(&["backup", text(&file)]);
        let mut process = command.stderr(Stdio::piped()).spawn().expect("redos");
        let id = i32::try_from(process.id().expect("it runs")).expect("a process id");
        eventually("it writes", async || has_open(id, folder.path())).await;
        let id = rustix::process::Pid::from_raw(id).expect("a process id");
        rustix::process::kill_process(id, signal).expect("a signal");
        let ended = process.wait().await.expect("it ends");
        assert!(!file.exists(), "{signal:?}: {ended}");
        let is_interrupted = signal == rustix::process::Signal::INT;
        assert_eq!(ended.code(), is_interrupted.then_some(130), "it was under way");
        assert_eq!(names(folder.path()), [""; 0], "{signal:?}");
    }
    let mut to_a_full_disk = cluster.command(&["backup", "-"]);
    to_a_full_disk.stdout(std::fs::File::options().write(true).open("/dev/full").expect("a full device"));
    let full =
        to_a_full_disk.stderr(Stdio::piped()).spawn().expect("it starts").wait_with_output().await.expect("it ends");
    assert_eq!(full.status.code(), Some(1));
    let full = String::from_utf8_lossy(&full.stderr);
    assert!(full.contains("No space left on device") && full.contains("make room there"), "{full}");
    cluster.redos(&["backup", text(&file)]).await.succeeds();
    cluster.redos(&["backup", "verify", "--no-server", text(&file)]).await.succeeds();
    cluster.settled().await;
}

/// The program of the format, installed or from Debian's archive, with its key maker beside it.
async fn age(folder: &Path) -> PathBuf {
    let known = Path::new("/usr/bin/age");
    if known.is_file() {
        return known.to_owned();
    }
    let get = "apt-get download -q age && dpkg-deb -x age_*.deb .";
    let got = tokio::process::Command::new("sh").args(["-c", get]).current_dir(folder).status().await;
    assert!(got.is_ok_and(|got| got.success()), "age is in Debian's archive");
    folder.join("usr/bin/age")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_backup_is_opened_by_age_itself_and_by_its_own_key_alone() {
    const KEYS: u64 = 3000;
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let age = age(folder.path()).await;
    let run = async |program: &Path, arguments: &[&str]| {
        let ran = tokio::process::Command::new(program).args(arguments).output().await.expect("a program");
        assert!(ran.status.success(), "{}: {}", program.display(), String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stderr).expect("text")
    };
    let made = run(&age.with_file_name("age-keygen"), &["-o", text(&path("key.txt"))]).await;
    let public = made.trim().rsplit(' ').next().expect("a key").to_owned();
    run(&age.with_file_name("age-keygen"), &["-o", text(&path("other.txt"))]).await;
    std::fs::write(path("passphrase"), "correct horse battery staple\n").expect("a file");

    // The setting alone has every backup encrypted.
    let cluster = Cluster::new("backup-sealed").await;
    cluster.up(&["--sentinels", "1", "--replicas", "1", "--backup-encrypt-to", &public]).await.succeeds();
    fill(&cluster, KEYS, 25).await;
    let nightly = path("nightly");
    std::fs::create_dir(&nightly).expect("a folder");
    for _ in 0..2 {
        let said = cluster.redos(&["backup", text(&nightly), "--keep", "1"]).await.fails(0);
        assert!(said.contains("it is encrypted"), "{said}");
        // The names have seconds.
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    }
    let kept = names(&nightly);
    assert_eq!(kept.len(), 1, "the older one is removed without a key: {kept:?}");
    let file = nightly.join(&kept[0]);
    assert!(kept[0].ends_with(".redos.age"), "{kept:?}");
    let key = path("key.txt");
    let verify = async |file: &Path, options: &[&str]| {
        cluster.redos(&[&["backup", "verify", text(file), "-o", "json"], options].concat()).await
    };
    let checked = verify(&file, &["--identity", text(&key)]).await.succeeds();
    let checked: serde_json::Value = serde_json::from_str(&checked).expect("a document");
    assert_eq!((&checked["keys"], &checked["manifest"]["encrypted"]), (&KEYS.into(), &true.into()));

    // Either program opens what the other one has encrypted.
    let plain = path("plain.redos");
    run(&age, &["-d", "-i", text(&key), "-o", text(&plain), text(&file)]).await;
    verify(&plain, &[]).await.succeeds();
    let again = path("again.redos.age");
    run(&age, &["-r", &public, "-o", text(&again), text(&plain)]).await;
    verify(&again, &["--identity", text(&key)]).await.succeeds();

    let secret = path("phrase.redos.age");
    let passphrase = path("passphrase");
    cluster.redos(&["backup", text(&secret), "--passphrase-file", text(&passphrase)]).await.succeeds();
    verify(&secret, &["--no-server", "--passphrase-file", text(&passphrase)]).await.succeeds();

    let copy = Cluster::new("backup-unsealed").await;
    let short = changed(&file, "short.redos.age", |bytes| bytes.truncate(bytes.len() - 1));
    let flipped = changed(&file, "flipped.redos.age", |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    let (key, other) = (text(&key), path("other.txt"));
    for (file, options, code, why) in [
        (&file, vec![], 2, "--identity FILE"),
        (&file, vec!["--identity", text(&other)], 2, "but not to one of the given keys"),
        (&file, vec!["--identity", text(&passphrase)], 2, "is not a secret key of age"),
        (&secret, vec!["--passphrase-file", text(&other)], 2, "more than one line"),
        (&short, vec!["--identity", key], 1, "was cut short"),
        (&flipped, vec!["--identity", key], 1, "is damaged"),
    ] {
        let said = copy.up(&[&["--from", text(file)], options.as_slice()].concat()).await.fails(code);
        assert!(said.contains(why), "{said}");
        assert_eq!(copy.labelled().await, [const { Vec::<String>::new() }; 3], "nothing is made");
        let restore = [&["restore", text(file), "--yes", "--no-backup"], options.as_slice()].concat();
        assert!(cluster.redos(&restore).await.fails(code).contains(why));
    }
    cluster.redos(&["plan"]).await.succeeds();
    let from = ["--from", text(&file), "--identity", key, "--sentinels", "1", "--replicas", "1"];
    let said = copy.up(&from).await.fails(0);
    assert!(said.contains(&format!("{KEYS} of {KEYS} keys")), "{said}");
    copy.redos(&["down", "--volumes"]).await.succeeds();
    redis::cmd("FLUSHALL").exec_async(&mut cluster.client(&[]).await).await.expect("an empty cluster");
    let restore = ["restore", text(&file), "--yes", "--backup-to", text(&nightly), "--identity", key];
    let said = cluster.redos(&restore).await.fails(0);
    assert!(said.contains(&format!("{KEYS} of {KEYS} keys")) && said.contains("--identity FILE"), "{said}");
    assert!(names(&nightly).iter().all(|name| name.ends_with(".redos.age")), "also the backup of the former data");
}

/// Commands that set `log:1` and so on, as an append-only file has them.
fn log(keys: std::ops::RangeInclusive<u32>) -> Vec<u8> {
    let set = |key: u32| {
        let name = format!("log:{key}");
        format!("*3\r\n$3\r\nSET\r\n${}\r\n{name}\r\n$1\r\nv\r\n", name.len())
    };
    keys.map(set).collect::<String>().into_bytes()
}

/// An RDB with data of the module type `shelf-dat`, which no server has.
fn rdb_of_a_module() -> Vec<u8> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digit = |letter| LETTERS.find(letter).expect("a letter") as u64;
    let id = "shelf-dat".chars().fold(0, |id, letter| id << 6 | digit(letter)) << 10 | 1;
    let mut rdb = [b"REDIS0010".as_slice(), &[0xfe, 0, 7, 1, b'k', 0x81], &id.to_be_bytes(), &[0, 0xff]].concat();
    let crc = crc64(0, &rdb);
    rdb.extend(crc.to_le_bytes());
    rdb
}

#[tokio::test(flavor = "multi_thread")]
async fn append_only_files_of_another_redis_are_taken_and_those_that_do_not_load_change_nothing() {
    const KEYS: u32 = 500;
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        path
    };
    let manifest = b"file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\nfile a.2.incr.aof seq 2 type i\n";
    write("appendonlydir/a.manifest", manifest);
    write("appendonlydir/a.1.base.rdb", &rdb(10, KEYS));
    write("appendonlydir/a.1.incr.aof", &log(1..=KEYS));
    write("appendonlydir/a.2.incr.aof", &log(KEYS + 1..=2 * KEYS));
    let commands = write("old/appendonly.aof", &log(1..=3 * KEYS));
    let with_preamble = write("older/appendonly.aof", &[rdb(10, KEYS), log(1..=KEYS)].concat());

    let cluster = Cluster::new("backup-aof").await;
    let mut short = log(1..=KEYS);
    short.truncate(short.len() - 3);
    let newer = [rdb(99, 0), log(1..=KEYS)].concat();
    for (file, code, why) in [
        (write("short.aof", &short), 1, "does not load"),
        (write("newer.aof", &newer), 2, "does not read RDB version 99"),
        (write("foreign.aof", b"something else"), 2, "does not begin like an append-only file"),
        (folder.path().join("old"), 2, "no file there is the manifest"),
        (write("module.rdb", &rdb_of_a_module()), 1, "data of the module 'shelf-dat'"),
    ] {
        let said = cluster.up(&["--from", text(&file)]).await.fails(code);
        assert!(said.contains(why), "{}: {said}", file.display());
        assert_eq!(cluster.labelled().await, [const { Vec::<String>::new() }; 3], "{} makes nothing", file.display());
    }
    let said = cluster.up(&["--from", text(&commands), "--persistence", "rdb"]).await.fails(2);
    assert!(said.contains("--persistence both"), "{said}");
    for (source, keys) in [(folder.path().to_owned(), 3 * KEYS), (commands, 3 * KEYS), (with_preamble, 2 * KEYS)] {
        let said = cluster.up(&["--from", text(&source), "--sentinels", "1", "--replicas", "1"]).await.fails(0);
        assert!(said.contains(&format!("{keys} keys from {}", source.display())), "{said}");
        let mut client = cluster.client(&[]).await;
        let size = async |client: &mut MultiplexedConnection| {
            redis::cmd("DBSIZE").query_async::<u32>(client).await.expect("a number")
        };
        assert_eq!(size(&mut client).await, keys);
        set(&mut client, 1).await;
        cluster.settled().await;
        cluster.redos(&["stop"]).await.succeeds();
        cluster.redos(&["start"]).await.succeeds();
        assert_eq!(size(&mut cluster.client(&[]).await).await, keys + 1, "what was written later is kept with them");
        cluster.redos(&["down", "--volumes"]).await.succeeds();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_backups_of_the_same_group_are_removed_and_nothing_else() {
    let cluster = Cluster::new("backup-keep").await;
    cluster.up(&["--sentinels", "1", "--replicas", "1", "--masters", "2"]).await.succeeds();
    let folder = tempfile::tempdir().expect("a folder");
    let backup = async |arguments: &[&str]| {
        cluster.redos(&[&["backup", text(folder.path()), "-o", "json"], arguments].concat()).await.succeeds()
    };
    let file = |document: &str| {
        let document: serde_json::Value = serde_json::from_str(document).expect("a document");
        document["file"].as_str().expect("a file").to_owned()
    };
    let other_group = file(&backup(&["--group", "2"]).await);
    let first = file(&backup(&[]).await);
    std::fs::write(folder.path().join("mine.redos"), "not a backup").expect("a file");
    std::fs::write(folder.path().join("notes.txt"), "mine").expect("a file");
    let copy = folder.path().join("copy.redos");
    std::fs::copy(&first, &copy).expect("a copy");
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let shown = cluster.redos(&["backups", text(folder.path()), "--keep", "1", "-o", "json"]).await.succeeds();
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("a list");
    let expired = |of: &str| {
        shown["items"]
            .as_array()
            .expect("items")
            .iter()
            .find(|item| item["file"] == of)
            .map(|item| item["isExpired"].clone())
    };
    assert_eq!([expired(&first), expired(&other_group)].map(|is| is.is_some()), [true, true]);
    assert_eq!(expired(&other_group), Some(false.into()));
    let second = backup(&["--keep", "1"]).await;
    let document: serde_json::Value = serde_json::from_str(&second).expect("a document");
    assert_eq!(schema::faults(&document), [""; 0]);
    assert_eq!(document["removed"].as_array().map(Vec::len), Some(2), "{document:#}");
    let mut left = names(folder.path());
    left.sort();
    let name = |path: &str| Path::new(path).file_name().expect("a name").to_string_lossy().into_owned();
    let mut expected = vec!["mine.redos".to_owned(), "notes.txt".to_owned(), name(&file(&second)), name(&other_group)];
    expected.sort();
    assert_eq!(left, expected);
    let refused = cluster.redos(&["backup", text(&folder.path().join("a.redos")), "--keep", "7d"]).await.fails(2);
    assert!(refused.contains("--keep is for a directory"), "{refused}");
}
