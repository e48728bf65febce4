//! The history as a file: a writer that appends, and a reader that holds one round at a time.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use thiserror::Error;

use super::{
    ClientKind, FaultRecord, FinalPart, Header, KIND, Op, ProxySample, ReadBack, Record, RoleSample, RoundBegin,
    RoundEnd, SentinelEvent,
};
use crate::spec::API_VERSION;

/// A history that cannot be read or written. `Display` does not repeat the source.
#[derive(Debug, Error)]
pub enum HistoryError {
    /// The disk or the pipe failed.
    #[error("failed to {0} the history")]
    Io(&'static str, #[source] io::Error),
    /// A line is not a record.
    #[error("failed to understand line {line} of the history")]
    Line {
        /// Its number, counted from 1.
        line: usize,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// The first line says that this is something else.
    #[error("this is {found}, not a history of {API_VERSION} (the first line must say \"kind\": \"{KIND}\")")]
    NotAHistory {
        /// What it says it is.
        found: String,
    },
    /// A record outside a round, or a round within a round.
    #[error("line {line} of the history is out of place: {what}")]
    OutOfPlace {
        /// Its number, counted from 1.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
}

/// Appends records to a history.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// The disk's.
    pub fn new(mut out: W, header: &Header) -> Result<Self, HistoryError> {
        line(&mut out, header)?;
        Ok(Self { out })
    }

    /// Appends one record as a line.
    ///
    /// # Errors
    /// The disk's.
    pub fn write(&mut self, record: &Record) -> Result<(), HistoryError> {
        line(&mut self.out, record)
    }

    /// Hands everything to the operating system.
    ///
    /// # Errors
    /// The disk's.
    pub fn flush(&mut self) -> Result<(), HistoryError> {
        self.out.flush().map_err(|source| HistoryError::Io("write", source))
    }
}

fn line(out: &mut impl Write, value: &impl serde::Serialize) -> Result<(), HistoryError> {
    let mut text = serde_json::to_vec(value).map_err(|source| HistoryError::Io("write", source.into()))?;
    text.push(b'\n');
    out.write_all(&text).map_err(|source| HistoryError::Io("write", source))
}

/// All that a round left behind. The verdict needs nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    pub header: Header,
    pub begin: RoundBegin,
    /// Operations, in order of their intended times.
    pub ops: Vec<Op>,
    /// Roles of the nodes, in order of time.
    pub roles: Vec<RoleSample>,
    /// Events of the Sentinels, in order of time.
    pub events: Vec<SentinelEvent>,
    /// Samples of the proxy, in order of time.
    pub proxy: Vec<ProxySample>,
    /// The fault. `None` when the round was cut short before it.
    pub fault: Option<FaultRecord>,
    /// What was stored at the end. `None` when it could not be read completely.
    pub finals: Option<FinalState>,
    /// How the round ended. `None` when the history just stops.
    pub end: Option<RoundEnd>,
}

/// What was stored at the end of a round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FinalState {
    /// The ids in the log of each client, in the order of the log.
    pub logs: BTreeMap<ClientKind, Vec<u64>>,
    /// The value of the counter.
    pub counter: u64,
    /// The ids that were left in the queue.
    pub queue: Vec<u64>,
    /// Values that no operation of this test can have written.
    pub foreign: u64,
    /// When and where it was read.
    pub read_back: Option<ReadBack>,
}

impl Evidence {
    fn new(header: Header, begin: RoundBegin) -> Self {
        Self {
            header,
            begin,
            ops: Vec::new(),
            roles: Vec::new(),
            events: Vec::new(),
            proxy: Vec::new(),
            fault: None,
            finals: None,
            end: None,
        }
    }

    fn take(&mut self, record: Record) {
        match record {
            Record::Op(op) => self.ops.push(op),
            Record::Role(sample) => self.roles.push(sample),
            Record::Sentinel(event) => self.events.push(event),
            Record::Proxy(sample) => self.proxy.push(sample),
            Record::Fault(fault) => self.fault = Some(fault),
            Record::Final(part) => self.finals.get_or_insert_default().take(part),
            Record::ReadBack(read_back) => self.finals.get_or_insert_default().read_back = Some(read_back),
            Record::RoundEnd(end) => self.end = Some(end),
            Record::RoundBegin(_) => {}
        }
    }

    /// Sorts everything by time, and drops a final state that was not read completely.
    fn finish(mut self) -> Self {
        self.ops.sort_by_key(|op| (op.at, op.id));
        self.roles.sort_by_key(|sample| sample.at);
        self.events.sort_by_key(|event| event.at);
        self.proxy.sort_by_key(|sample| sample.at);
        self.finals = self.finals.filter(|finals| finals.read_back.is_some());
        self
    }
}

/// Ids on one line of the history, at most.
const IDS_PER_LINE: usize = 1000;

impl FinalState {
    /// The final state as lines of a history, without the [`ReadBack`].
    pub fn parts(&self) -> impl Iterator<Item = FinalPart> + '_ {
        let logs = self.logs.iter().flat_map(|(client, ids)| {
            ids.chunks(IDS_PER_LINE).map(|ids| FinalPart::Log { client: *client, ids: ids.to_vec() })
        });
        let queue = self.queue.chunks(IDS_PER_LINE).map(|ids| FinalPart::Queue { ids: ids.to_vec() });
        let foreign = (self.foreign > 0).then_some(FinalPart::Foreign { count: self.foreign });
        logs.chain(queue).chain([FinalPart::Counter { value: self.counter }]).chain(foreign)
    }

    fn take(&mut self, part: FinalPart) {
        match part {
            FinalPart::Log { client, ids } => self.logs.entry(client).or_default().extend(ids),
            FinalPart::Counter { value } => self.counter = value,
            FinalPart::Queue { ids } => self.queue.extend(ids),
            FinalPart::Foreign { count } => self.foreign += count,
        }
    }
}

/// Reads a history one round at a time.
#[derive(Debug)]
pub struct Reader<R: BufRead> {
    input: R,
    header: Header,
    line: usize,
    text: String,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// The disk's; or this is not a history.
    pub fn new(mut input: R) -> Result<Self, HistoryError> {
        let mut text = String::new();
        input.read_line(&mut text).map_err(|source| HistoryError::Io("read", source))?;
        let not = |found: &str| HistoryError::NotAHistory { found: found.to_owned() };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|_| not("not JSON"))?;
        let field = |name| value.get(name).and_then(serde_json::Value::as_str).unwrap_or("nothing");
        if (field("apiVersion"), field("kind")) != (API_VERSION, KIND) {
            return Err(not(&format!("{} of {}", field("kind"), field("apiVersion"))));
        }
        let header = serde_json::from_value(value).map_err(|source| HistoryError::Line { line: 1, source })?;
        Ok(Self { input, header, line: 1, text })
    }

    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The next round; `None` at the end.
    ///
    /// A round in which the history breaks off is returned without an end. So is a round whose last line was cut: a
    /// killed redos leaves such a file.
    ///
    /// # Errors
    /// The disk's; a line that cannot be understood; a record in the wrong place.
    pub fn next_round(&mut self) -> Result<Option<Evidence>, HistoryError> {
        let mut round: Option<Evidence> = None;
        while let Some(record) = self.next_record()? {
            let ended = matches!(record, Record::RoundEnd(_));
            match (&mut round, record) {
                (None, Record::RoundBegin(begin)) => round = Some(Evidence::new(self.header.clone(), begin)),
                (None, _) => return Err(self.out_of_place("it belongs to no round")),
                (Some(_), Record::RoundBegin(_)) => return Err(self.out_of_place("the round before has not ended")),
                (Some(evidence), record) => evidence.take(record),
            }
            if ended {
                break;
            }
        }
        Ok(round.map(Evidence::finish))
    }

    fn next_record(&mut self) -> Result<Option<Record>, HistoryError> {
        self.text.clear();
        self.line += 1;
        let bytes = self.input.read_line(&mut self.text).map_err(|source| HistoryError::Io("read", source))?;
        if bytes == 0 {
            return Ok(None);
        }
        match serde_json::from_str(&self.text) {
            Ok(record) => Ok(Some(record)),
            Err(_) if !self.text.ends_with('\n') => Ok(None),
            Err(source) => Err(HistoryError::Line { line: self.line, source }),
        }
    }

    const fn out_of_place(&self, what: &'static str) -> HistoryError {
        HistoryError::OutOfPlace { line: self.line, what }
    }
}
