//! The report of a failover test, as the document that programs read. [`crate::output`] makes the other forms of it.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde::Serialize;

use super::history::{Evidence, Header, HistoryError, Limits, Reader, WorkloadFacts};
use super::verdict::{Level, Round, Summary, judge};
use crate::spec::API_VERSION;

/// `kind` of the document.
pub const KIND: &str = "FailoverReport";

/// A test and its verdict.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailoverReport {
    /// The version: [`API_VERSION`].
    pub api_version: &'static str,
    /// The kind: [`KIND`].
    pub kind: &'static str,
    /// The worst level of all rounds.
    pub verdict: Level,
    /// Why, in words: the cause of the first round with that level.
    pub cause: String,
    /// The exit code of the command.
    pub exit_code: u8,
    /// Unique name of the test.
    pub run: String,
    /// When the test began, RFC 3339.
    pub started_at: String,
    /// The name of the tested cluster, or the address of a proxy.
    pub subject: String,
    /// The name of the scenario.
    pub scenario: String,
    /// The seed of the random choices.
    pub seed: u64,
    pub workload: WorkloadFacts,
    /// What the verdict compares the measurements with.
    pub limits: Limits,
    /// Versions and settings of the machine.
    pub environment: BTreeMap<String, String>,
    /// All rounds together.
    pub summary: Summary,
    /// What the number of rounds allows to say about losses.
    pub statement: String,
    pub rounds: Vec<Round>,
}

impl FailoverReport {
    /// Combines the verdicts of all rounds.
    pub fn new(header: &Header, rounds: Vec<Round>) -> Self {
        let summary = Summary::of(&rounds);
        let telling = rounds.iter().find(|round| round.level == summary.level);
        let header = header.clone();
        Self {
            api_version: API_VERSION,
            kind: KIND,
            verdict: summary.level,
            cause: telling.map_or_else(|| "there was no round".to_owned(), |round| round.cause.clone()),
            exit_code: summary.level.exit_code(),
            run: header.run,
            started_at: header.started_at,
            subject: header.subject,
            scenario: header.scenario,
            seed: header.seed,
            workload: header.workload,
            limits: header.limits,
            environment: header.environment,
            statement: summary.statement(),
            summary,
            rounds,
        }
    }

    /// Judges a history round by round. `seen` gets each round with its evidence, of which only one is held at a time.
    ///
    /// # Errors
    /// The history cannot be read.
    pub fn of_history(input: impl BufRead, mut seen: impl FnMut(&Evidence, &Round)) -> Result<Self, HistoryError> {
        let mut reader = Reader::new(input)?;
        let header = reader.header().clone();
        let mut rounds = Vec::new();
        while let Some(evidence) = reader.next_round()? {
            let round = judge(&evidence);
            seen(&evidence, &round);
            rounds.push(round);
        }
        Ok(Self::new(&header, rounds))
    }

    /// The round that decides the verdict: the first with the worst level.
    pub fn telling_round(&self) -> Option<&Round> {
        self.rounds.iter().find(|round| round.level == self.verdict)
    }
}
