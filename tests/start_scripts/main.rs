//! The start scripts of Redis nodes and Sentinels decide who may be master. Each decision is a row here: the rendered script
//! runs in each shell of the images with fake servers, a fake `redis-cli` and a clock that only its own waiting moves, so a
//! row takes milliseconds. Each script is also broken in many ways, one after the other, and a row must notice each.

mod redis;
mod sentinel;
mod world;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Mutex;
use std::thread;

use world::{Row, Script, Shell, run};

/// A way to break a script, and the row that notices it.
struct Mutant {
    /// What stands in the script, exactly once.
    of: &'static str,
    into: &'static str,
    /// The row that fails then.
    noticed_by: &'static str,
}

const fn mutant(of: &'static str, into: &'static str, noticed_by: &'static str) -> Mutant {
    Mutant { of, into, noticed_by }
}

/// Runs all rows in all shells, a few at a time, and fails with all that went wrong.
fn check(script: &Script, rows: &[Row]) {
    let jobs: Vec<(Shell, &Row)> =
        Shell::all().into_iter().flat_map(|shell| rows.iter().map(move |row| (shell, row))).collect();
    let wrong = at_once(&jobs, |(shell, row)| {
        let seen = run(*shell, script, row);
        row.fault_in(&seen).map(|fault| format!("{}, in {}: {fault}\n{}", row.name, shell.name(), seen.output))
    });
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Breaks the script in each way, and fails with those that the row did not notice.
fn check_mutants(script: &Script, rows: &[Row], mutants: &[Mutant]) {
    let rows: BTreeMap<&str, &Row> = rows.iter().map(|row| (row.name, row)).collect();
    let survived = at_once(mutants, |mutant| {
        let Some(row) = rows.get(mutant.noticed_by) else {
            return Some(format!("there is no row {:?}", mutant.noticed_by));
        };
        if script.text.matches(mutant.of).count() != 1 {
            return Some(format!("this is not in the script exactly once: {}", mutant.of));
        }
        let broken = Script { text: script.text.replace(mutant.of, mutant.into), ..script.clone() };
        let seen = run(Shell::Dash, &broken, row);
        let unnoticed = row.fault_in(&seen).is_none();
        unnoticed
            .then(|| format!("{:?} does not notice this: {} -> {}\n{}", row.name, mutant.of, mutant.into, seen.output))
    });
    assert!(survived.is_empty(), "\n{}", survived.join("\n"));
}

/// What `check` finds in each of `jobs`, in their order.
fn at_once<T: Sync>(jobs: &[T], check: impl Fn(&T) -> Option<String> + Sync) -> Vec<String> {
    let next = Mutex::new(jobs.iter().enumerate());
    let found = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                loop {
                    let job = next.lock().expect("no other thread panicked").next();
                    let Some((at, job)) = job else { break };
                    if let Some(fault) = check(job) {
                        found.lock().expect("no other thread panicked").insert(at, fault);
                    }
                }
            });
        }
    });
    found.into_inner().expect("no thread panicked").into_values().collect()
}
