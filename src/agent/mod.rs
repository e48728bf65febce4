//! The agent: this same program, run beside a container in its network namespace, with NET_ADMIN and nothing else. It does
//! to the network what it is told, measures that it is felt, holds it, undoes it when its lease is over or when it is told
//! to end, and measures that it is gone.
//!
//! Nobody has to be alive for the undoing. The rules belong to the agent's own socket: when the agent ends, however that
//! happens, the kernel removes them.

pub mod netlink;
pub mod order;
mod probe;
pub mod program;
mod queue;
mod rules;
mod shaper;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use order::{Disturbance, Order, Word};
use probe::Look;
use queue::Queue;
use rules::Rules;

/// Carries out an order until its lease is over or `cancel` is set. `say` is told what there is to tell.
pub async fn run(order: &Order, cancel: &CancellationToken, say: impl Fn(Word)) {
    let deadline = Instant::now() + order.lease();
    let begun = begin(order, &say).await;
    if let Err(why) = &begun {
        say(Word::Failed { why: why.clone() });
    }
    // One that has failed waits, too: the Engine forgets its words when it ends.
    cancel.run_until_cancelled(sleep_until(deadline)).await;
    if let Ok((held, before)) = begun {
        say(match held.end().await {
            Ok(()) => Word::Gone { evidence: before.over().await },
            Err(why) => Word::Failed { why },
        });
    }
}

/// Brings it about, sees that it is felt and says so. Returns it with what was there before.
async fn begin(order: &Order, say: &impl Fn(Word)) -> Result<(Hold, Look), String> {
    let before = Look::before(order.disturbance, &order.link).await?;
    let held = Hold::begin(order).await?;
    let count = held.queue.as_ref().map(|queue| &*queue.count);
    match before.felt(order.disturbance, &order.link, count).await {
        Ok(evidence) => {
            say(Word::Holds { evidence });
            Ok((held, before))
        }
        Err(why) => {
            let left = held.end().await.err().map(|left| format!("; and {left}")).unwrap_or_default();
            Err(format!("it is not felt as it should be: {why}{left}"))
        }
    }
}

/// A disturbance that is there.
struct Hold {
    rules: Rules,
    queue: Option<Queue>,
}

impl Hold {
    async fn begin(order: &Order) -> Result<Self, String> {
        // Any that nobody else has in this network namespace.
        let number: u16 = rand::random_range(1..u16::MAX);
        let queue = match order.disturbance {
            Disturbance::Drop | Disturbance::Reset => None,
            Disturbance::Delay { .. } | Disturbance::Lose { .. } | Disturbance::Throttle { .. } => {
                let served = Queue::serve(number, order.disturbance).await;
                let why = |error| format!("the kernel has no queues (CONFIG_NETFILTER_NETLINK_QUEUE): {error}");
                Some(served.map_err(why)?)
            }
        };
        let rules = Rules::apply(order.disturbance, &order.link, number).await?;
        Ok(Self { rules, queue })
    }

    /// First no packet is sent to the queue any more, then those in it go on.
    async fn end(self) -> Result<(), String> {
        self.rules.end().await?;
        match self.queue {
            Some(queue) => queue.end().await.map_err(|error| format!("the queue of packets has broken down: {error}")),
            None => Ok(()),
        }
    }
}
