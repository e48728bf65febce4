//! What redos asks of Docker and of servers, told as it happens: `-vv` listens.
//!
//! It tells paths and the names of commands. What goes with them is not told, since passwords are among it.

use std::fmt::Display;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Whoever listens in this process.
static LISTENER: OnceLock<TraceListener> = OnceLock::new();

/// A listener, and when it began.
struct TraceListener {
    began: Instant,
    tell: Box<dyn Fn(&str) + Send + Sync>,
}

impl TraceListener {
    fn tell(&self, whom: &dyn Display, what: &str, end: &str) {
        let since = self.began.elapsed();
        (self.tell)(&format!("{:>8.3} s  {whom}: {what}{end}", since.as_secs_f64()));
    }
}

/// Tells every call from now on, a line each. There is one listener in a process, and it stays.
pub fn listen(tell: impl Fn(&str) + Send + Sync + 'static) {
    let _ = LISTENER.set(TraceListener { began: Instant::now(), tell: Box::new(tell) });
}

/// Tells a call that goes out, where its answer is not seen to come.
pub fn tell_sent(whom: &str, what: impl FnOnce() -> String) {
    if let Some(listener) = LISTENER.get() {
        listener.tell(&whom, &what(), "");
    }
}

/// A call that is under way. It is told when it ends.
pub struct OpenCall {
    /// Whom it goes to, what it is, and when it began; `None` where nobody listens, and after its end.
    about: Option<(String, String, Instant)>,
}

impl OpenCall {
    /// Begins a call. `what` is made only if somebody listens.
    pub fn begin(whom: impl Display, what: impl FnOnce() -> String) -> Self {
        Self { about: LISTENER.get().map(|_| (whom.to_string(), what(), Instant::now())) }
    }

    /// Ends a call that was answered.
    pub fn answered(mut self) {
        self.end("");
    }

    fn end(&mut self, how: &str) {
        if let (Some(listener), Some((whom, what, began))) = (LISTENER.get(), self.about.take()) {
            listener.tell(&whom, &what, &format!("{how} ({})", lasted(began.elapsed())));
        }
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.end(": no answer");
    }
}

/// `1.2 ms`: a time in milliseconds, with a tenth.
fn lasted(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn calls_are_told_when_they_end_and_those_without_an_answer_too() {
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let lines = told.clone();
        // Tests of other files may run beside this one in the same process.
        OpenCall::begin("x", || panic!("nobody listens")).answered();
        listen(move |line| lines.lock().expect("the lines").push(line.to_owned()));
        tell_sent("docker", || "GET /version".to_owned());
        OpenCall::begin("redis-1", || "INFO".to_owned()).answered();
        drop(OpenCall::begin("redis-2", || "INFO".to_owned()));
        let told = told.lock().expect("the lines");
        let ends = ["s  docker: GET /version", "s  redis-1: INFO (", "s  redis-2: INFO: no answer ("];
        for end in ends {
            assert!(told.iter().any(|line| line.contains(end)), "{told:?}");
        }
    }
}
