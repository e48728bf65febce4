//! Places on the machine for scenarios: one that needs more of it than others takes more of them.
//!
//! Clusters with TLS answer their proxies by handshakes. Three of these beside each other on two processors are late, and
//! what their scenarios measure is then the machine.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places of a scenario that leaves room for light ones only.
pub const MANY: usize = 2;

/// As many as tests run at the same time, by the variable that tells libtest so, else by the number of processors.
static COUNT: LazyLock<usize> = LazyLock::new(|| {
    let told = std::env::var("RUST_TEST_THREADS").ok().and_then(|text| text.parse().ok());
    told.or_else(|| available_parallelism().ok().map(usize::from)).unwrap_or(1)
});
static FREE: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(*COUNT)));

thread_local! {
    /// Those of the scenario in this thread: libtest has a thread for each one.
    static TAKEN: RefCell<Option<OwnedSemaphorePermit>> = const { RefCell::new(None) };
}

/// Waits for so many places, which the scenario has to its end. One that has places already gets no more.
pub async fn take(places: usize) {
    if TAKEN.with_borrow(Option::is_some) {
        return;
    }
    let places = u32::try_from(places.min(*COUNT)).expect("a few");
    let taken = Arc::clone(&FREE).acquire_many_owned(places).await.expect("nobody closes it");
    TAKEN.set(Some(taken));
}
