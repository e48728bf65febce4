//! Several rounds together, and what their number allows to say.

use serde::Serialize;

use super::{Level, Nanos, Round};

/// The confidence of the statement: 95 of 100 such tests.
const CONFIDENCE: f64 = 0.95;

/// The results of several rounds together.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The number of rounds.
    pub rounds: usize,
    /// The worst of their levels; invalid when there is no round.
    pub level: Level,
    /// The longest write outage of any kind of client in each round, in the order of the rounds.
    #[serde(rename = "outagesMs")]
    pub outages: Vec<Nanos>,
    /// The median of the outages.
    #[serde(rename = "medianOutageMs")]
    pub median: Option<Nanos>,
    /// The longest of the outages.
    #[serde(rename = "maxOutageMs")]
    pub max: Option<Nanos>,
    /// Acknowledged writes of all rounds.
    pub acknowledged: usize,
    /// Lost writes of all rounds.
    pub lost: usize,
    /// Rounds with lost writes.
    pub rounds_with_loss: usize,
    /// Rounds whose data could be judged.
    pub rounds_judged: usize,
    /// The largest share of failovers that lose acknowledged writes, with 95 % confidence (Clopper and Pearson).
    pub loss_share_at_most: f64,
}

impl Summary {
    /// Combines the verdicts of rounds.
    pub fn of(rounds: &[Round]) -> Self {
        let outages: Vec<Nanos> =
            rounds.iter().filter_map(Round::worst_write_outage).map(|outage| outage.longest).collect();
        let mut sorted = outages.clone();
        sorted.sort_unstable();
        let middle = sorted.len() / 2;
        let median = match sorted.len() {
            0 => None,
            n if n % 2 == 1 => Some(sorted[middle]),
            _ => Some(Nanos(u64::midpoint(sorted[middle - 1].0, sorted[middle].0))),
        };
        let judged = |round: &&Round| round.integrity.is_some() && round.level != Level::Invalid;
        let rounds_judged = rounds.iter().filter(judged).count();
        let rounds_with_loss = rounds.iter().filter(|round| round.lost() > 0).count();
        Self {
            rounds: rounds.len(),
            level: rounds.iter().map(|round| round.level).max().unwrap_or(Level::Invalid),
            max: sorted.last().copied(),
            median,
            outages,
            acknowledged: rounds.iter().filter_map(|r| r.integrity.as_ref()).map(|i| i.acknowledged).sum(),
            lost: rounds.iter().map(Round::lost).sum(),
            rounds_with_loss,
            rounds_judged,
            loss_share_at_most: upper_bound(rounds_with_loss, rounds_judged),
        }
    }

    /// What the number of rounds allows to say about losses.
    pub fn statement(&self) -> String {
        let percent = (self.loss_share_at_most * 100.0).ceil();
        let rounds = match self.rounds_judged {
            0 => return "nothing can be said about losses: no round could be judged".to_owned(),
            1 => "1 round".to_owned(),
            judged => format!("{judged} rounds"),
        };
        if self.rounds_with_loss > 0 {
            return format!("{} of {rounds} lost acknowledged writes", self.rounds_with_loss);
        }
        format!("no loss in {rounds}: up to {percent:.0} % may still lose writes (95 % confidence)")
    }
}

/// The largest share of events that still has a 5 % chance of so few in so many rounds.
///
/// For none in n rounds it is 1 - 0.05^(1/n).
fn upper_bound(events: usize, rounds: usize) -> f64 {
    if events >= rounds {
        return 1.0;
    }
    // The chance of at most this many falls as the share grows, so bisection finds it.
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..60 {
        let share = f64::midpoint(low, high);
        if chance_of_at_most(events, rounds, share) > 1.0 - CONFIDENCE { low = share } else { high = share }
    }
    high
}

fn chance_of_at_most(events: usize, rounds: usize, share: f64) -> f64 {
    let mut ways = 1.0;
    let mut chance = 0.0;
    for k in 0..=events {
        chance += ways * share.powi(k as i32) * (1.0 - share).powi((rounds - k) as i32);
        ways *= (rounds - k) as f64 / (k + 1) as f64;
    }
    chance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_in_n_rounds_has_the_exact_bound() {
        for rounds in [1, 3, 9, 10, 59, 300] {
            let exact = 1.0 - 0.05_f64.powf(1.0 / rounds as f64);
            assert!((upper_bound(0, rounds) - exact).abs() < 1e-9, "{rounds} rounds");
        }
        assert!((upper_bound(0, 10) - 0.2589).abs() < 1e-4);
    }

    #[test]
    fn the_bound_with_events_is_the_one_of_the_tables() {
        // Clopper and Pearson, one-sided 95 %: 1 of 10 -> 0.3942, 3 of 20 -> 0.3437.
        assert!((upper_bound(1, 10) - 0.3942).abs() < 1e-4);
        assert!((upper_bound(3, 20) - 0.3437).abs() < 1e-4);
        assert!((upper_bound(5, 5) - 1.0).abs() < f64::EPSILON);
        assert!((upper_bound(0, 0) - 1.0).abs() < f64::EPSILON);
    }
}
