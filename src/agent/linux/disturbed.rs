//! A network disturbance as a whole: its rules, its queue, and the measurements.

use super::error::TaskError;
use super::packet_queue::Queue;
use super::probe::Probe;
use super::rules::Rules;
use crate::agent::order::{Disturbance, Packets};

/// A disturbance that is active.
pub struct Disturbed {
    rules: Rules,
    queue: Option<Queue>,
    before: Probe,
}

impl Disturbed {
    /// Starts it and sees its effect. Returns it with the evidence.
    ///
    /// # Errors
    /// It cannot be, or it is not felt as it should be. Nothing is left of it then.
    pub async fn begin(disturbance: Disturbance, link: &Packets) -> Result<(Self, String), TaskError> {
        let before = Probe::before(disturbance, link).await?;
        // Any number that no other process has in this network namespace.
        let number: u16 = rand::random_range(1..u16::MAX);
        let queue = match disturbance {
            Disturbance::Drop | Disturbance::Reset => None,
            Disturbance::Delay { .. } | Disturbance::Lose { .. } | Disturbance::Throttle { .. } => {
                let why = TaskError::system("the kernel has no queues (CONFIG_NETFILTER_NETLINK_QUEUE)");
                Some(Queue::serve(number, disturbance).await.map_err(why)?)
            }
        };
        let rules = Rules::apply(disturbance, link, number).await?;
        let count = queue.as_ref().map(|queue| &*queue.count);
        match before.felt(disturbance, link, count).await {
            Ok(evidence) => Ok((Self { rules, queue, before }, evidence)),
            Err(why) => {
                let left = end(rules, queue).await.err().map(|left| format!("; and {left}")).unwrap_or_default();
                Err(TaskError::Measured(format!("it does not have the effect that it should have: {why}{left}")))
            }
        }
    }

    /// Ends it and measures again.
    ///
    /// # Errors
    /// It does not end.
    pub async fn end(self) -> Result<String, TaskError> {
        end(self.rules, self.queue).await?;
        Ok(self.before.over().await)
    }
}

/// Removes the rules first, so that no packet reaches the queue any more. Then the packets in it go on.
async fn end(rules: Rules, queue: Option<Queue>) -> Result<(), TaskError> {
    rules.end().await?;
    match queue {
        Some(queue) => queue.end().await.map_err(TaskError::system("the queue of packets failed")),
        None => Ok(()),
    }
}
