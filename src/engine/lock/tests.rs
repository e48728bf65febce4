//! The lock in memory: who waits for whom, for how long, and what is left.

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::*;

/// How long an entry takes to be written.
const WRITE: Duration = Duration::from_millis(5);

/// The entries of one cluster. Every call takes a moment, in which others go on.
#[derive(Default)]
struct Shelf {
    entries: Arc<Mutex<Vec<LockEntry>>>,
    hangs: AtomicBool,
}

impl Shelf {
    fn all(&self) -> MutexGuard<'_, Vec<LockEntry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn moment(&self) {
        if self.hangs.load(Ordering::Relaxed) {
            pending::<()>().await;
        }
        for _ in 0..rand::random_range(0..3) {
            tokio::task::yield_now().await;
        }
    }
}

impl Locks for Shelf {
    async fn enter(&self, _cluster: &ClusterName, entry: &LockEntry) -> Result<()> {
        self.moment().await;
        // The Engine goes on with a request that nobody waits for any more.
        let (entries, entry) = (self.entries.clone(), entry.clone());
        let written = tokio::spawn(async move {
            sleep(WRITE).await;
            entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        });
        written.await.expect("it does not panic");
        self.moment().await;
        Ok(())
    }

    async fn entries(&self, _cluster: &ClusterName) -> Result<Vec<LockEntry>> {
        self.moment().await;
        let found = self.all().clone();
        self.moment().await;
        Ok(found)
    }

    async fn leave(&self, _cluster: &ClusterName, entry: &LockEntry) -> Result<()> {
        self.moment().await;
        self.all().retain(|other| (&other.id, other.beat) != (&entry.id, entry.beat));
        self.moment().await;
        Ok(())
    }
}

/// The same shelf, as a machine sees it that cannot see the processes of others.
struct Elsewhere(Arc<Shelf>);

impl Locks for Elsewhere {
    async fn enter(&self, cluster: &ClusterName, entry: &LockEntry) -> Result<()> {
        self.0.enter(cluster, entry).await
    }

    async fn entries(&self, cluster: &ClusterName) -> Result<Vec<LockEntry>> {
        let mut found = self.0.entries(cluster).await?;
        found.iter_mut().for_each(|entry| entry.holder.process = None);
        Ok(found)
    }

    async fn leave(&self, cluster: &ClusterName, entry: &LockEntry) -> Result<()> {
        self.0.leave(cluster, entry).await
    }
}

fn cluster() -> ClusterName {
    "demo".parse().expect("a name")
}

/// Takes it, however long that takes.
async fn taken<E: Locks>(engine: &Arc<E>, verb: &str) -> Lock<E> {
    match take(engine, &cluster(), verb, pending::<()>(), |_| {}).await {
        Ok(Taken::Held(lock)) => lock,
        Ok(Taken::GivenUp(..)) => panic!("nobody gives up"),
        Err(error) => panic!("{error}"),
    }
}

/// An entry of a process that is not this one.
fn foreign(process: Option<ProcessFacts>) -> LockEntry {
    let entry = LockEntry::new("scale");
    LockEntry { holder: Holder { process, host: "beta".to_owned(), ..entry.holder.clone() }, ..entry }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}

#[test]
fn a_lock_is_held_until_it_is_released_and_leaves_nothing() {
    run(async {
        let shelf = Arc::new(Shelf::default());
        let lock = taken(&shelf, "up").await;
        assert!(!lock.after_a_kill);
        let told = Mutex::new(Vec::new());
        let give_up = sleep(Duration::from_secs(2));
        let began = Instant::now();
        let tell = |holder: &Holder| told.lock().expect("no panic").push(holder.to_string());
        let waited = take(&shelf, &cluster(), "scale", give_up, tell).await;
        let Ok(Taken::GivenUp((), Some(holder))) = waited else { panic!("it is held") };
        assert!(began.elapsed() < Duration::from_millis(2100), "{:?}", began.elapsed());
        assert_eq!((holder.verb.as_str(), holder.pid), ("up", std::process::id()));
        assert_eq!(*told.lock().expect("no panic"), [holder.to_string()], "it is told once");
        assert_eq!(shelf.all().len(), 1, "who gave up has left");
        lock.release().await;
        assert_eq!(*shelf.all(), []);
        taken(&shelf, "scale").await.release().await;
    });
}

#[test]
fn who_gives_up_while_its_entry_is_written_leaves_nothing() {
    run(async {
        let shelf = Arc::new(Shelf::default());
        let waited = take(&shelf, &cluster(), "up", sleep(WRITE / 2), |_| {}).await;
        assert!(matches!(waited, Ok(Taken::GivenUp((), None))));
        sleep(2 * WRITE).await;
        assert_eq!(*shelf.all(), []);
    });
}

#[test]
fn an_ended_process_of_this_machine_blocks_nobody() {
    run(async {
        let shelf = Arc::new(Shelf::default());
        let Some(own) = ProcessFacts::own() else { return };
        shelf.all().push(foreign(Some(own.of_another_start())));
        let began = Instant::now();
        let lock = taken(&shelf, "down").await;
        assert!(began.elapsed() < POLL, "{:?}", began.elapsed());
        assert!(lock.after_a_kill);
        lock.release().await;
        assert_eq!(*shelf.all(), []);
    });
}

#[test]
fn who_is_elsewhere_and_does_not_renew_is_dead_after_its_lease() {
    run(async {
        let shelf = Arc::new(Shelf::default());
        let dead = foreign(None);
        shelf.all().extend([dead.clone(), LockEntry { beat: 7, ..dead }]);
        let began = Instant::now();
        let lock = taken(&shelf, "up").await;
        let waited = began.elapsed();
        assert!((LEASE..LEASE + Duration::from_secs(1)).contains(&waited), "{waited:?}");
        assert!(lock.after_a_kill);
        lock.release().await;
        assert_eq!(*shelf.all(), [], "its beats are gone as well");
    });
}

#[test]
fn who_is_elsewhere_and_renews_is_waited_for() {
    run(async {
        let shelf = Arc::new(Shelf::default());
        let lock = taken(&shelf, "failover-test").await;
        let far = Arc::new(Elsewhere(shelf.clone()));
        let waited = take(&far, &cluster(), "up", sleep(Duration::from_secs(3600)), |_| {}).await;
        assert!(matches!(waited, Ok(Taken::GivenUp((), Some(_)))));
        assert!(!lock.lost.is_cancelled());
        assert_eq!(shelf.all().len(), 2, "the entry and its newest beat");
        lock.release().await;
        assert_eq!(*shelf.all(), []);
    });
}

#[test]
fn who_has_lost_it_hears_of_it() {
    run(async {
        let shelf = Arc::new(Shelf::default());
        let lock = taken(&shelf, "up").await;
        shelf.all().clear();
        let told = timeout(RENEWED_EVERY + Duration::from_secs(1), lock.lost.cancelled()).await;
        assert!(told.is_ok());
        lock.release().await;
        assert_eq!(*shelf.all(), [], "nothing is left of its beats");
    });
}

#[test]
fn what_cannot_be_understood_is_waited_for_as_somebody_elsewhere() {
    run(async {
        let shelf = Arc::new(Shelf::default());
        shelf.all().push(LockEntry { id: "of a later redos".to_owned(), beat: 0, holder: Holder::default() });
        let waited = take(&shelf, &cluster(), "up", sleep(Duration::from_secs(2)), |_| {}).await;
        let Ok(Taken::GivenUp((), Some(holder))) = waited else { panic!("it is held") };
        assert_eq!(holder.to_string(), "another redos");
    });
}

#[test]
fn an_engine_that_does_not_answer_keeps_nobody_from_giving_up() {
    run(async {
        let shelf = Arc::new(Shelf::default());
        let lock = taken(&shelf, "up").await;
        shelf.hangs.store(true, Ordering::Relaxed);
        let began = Instant::now();
        let waited = take(&shelf, &cluster(), "scale", sleep(Duration::from_secs(2)), |_| {}).await;
        assert!(matches!(waited, Ok(Taken::GivenUp((), None))));
        assert!(began.elapsed() <= Duration::from_secs(2) + 2 * LEFT_WITHIN);
        lock.release().await;
        assert!(began.elapsed() <= Duration::from_secs(2) + 2 * LEFT_WITHIN + RELEASED_WITHIN + RENEWED_EVERY);
    });
}

/// Many at a time, on several threads, in the order that comes about.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_one_at_a_time_holds_it() {
    let (shelf, holders) = (Arc::new(Shelf::default()), Arc::new(AtomicUsize::new(0)));
    let contend = |number: usize| {
        let (shelf, holders) = (shelf.clone(), holders.clone());
        tokio::spawn(async move {
            for _ in 0..3 {
                let lock = taken(&shelf, &format!("up {number}")).await;
                assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0, "two hold it");
                shelf.moment().await;
                assert_eq!(holders.fetch_sub(1, Ordering::SeqCst), 1, "two hold it");
                lock.release().await;
            }
        })
    };
    for task in (0..6).map(contend).collect::<Vec<_>>() {
        task.await.expect("nobody panics");
    }
    assert_eq!(*shelf.all(), []);
}
