//! `redos logs` and `redos events`: lines as they arrive, for people or for programs.

use std::time::{Duration, UNIX_EPOCH};

use console::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Format, List, Ui};
use crate::cluster::story::Chapter;
use crate::error::Failure;
use crate::spec::{API_VERSION, NodeId};

/// The width that node names are padded to; longer names shift their line.
const NAME_WIDTH: usize = 11;
/// Colours of the nodes' names, by their place in the cluster.
const COLORS: [fn(Style) -> Style; 6] =
    [Style::cyan, Style::yellow, Style::green, Style::magenta, Style::blue, Style::red];

/// A line of a node's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written, in nanoseconds since 1970 by the Engine's clock; 0 if not known.
    pub at: i64,
    /// The node that wrote it.
    pub node: NodeId,
    /// Whether the node wrote it to stderr.
    pub stderr: bool,
    /// The line, without its end.
    pub text: String,
}

/// `kind: LogLine`: a line of a node's log.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogDocument<'a> {
    api_version: &'static str,
    /// Always `LogLine`, the kind of document.
    kind: &'static str,
    /// When it was written, RFC 3339 in UTC by the Engine's clock; `null` if not known.
    time: Option<String>,
    node: NodeId,
    /// `stdout` or `stderr`.
    stream: &'static str,
    text: &'a str,
}

/// `kind: Event`: one fact in the story of a cluster.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventDocument<'a> {
    api_version: &'static str,
    /// Always `Event`, the kind of document.
    kind: &'static str,
    /// When it was reported first, RFC 3339 in UTC by the Engine's clock.
    time: Option<String>,
    #[serde(flatten)]
    chapter: &'a Chapter,
}

/// A time of the Engine, RFC 3339 in UTC. `None` when it is not known.
fn rfc3339(nanos: i64) -> Option<String> {
    let since = Duration::from_nanos(u64::try_from(nanos).ok().filter(|nanos| *nanos > 0)?);
    Some(humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string())
}

/// The time of day in UTC of a moment in milliseconds since 1970: `13:05:01`.
pub(super) fn time_of_day(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000 % (24 * 3600);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

impl Ui {
    /// Writes lines of logs that end: each as `redis-1     | text`, or all in one document. Each comes with the place of
    /// its node.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn log(&self, lines: &[(&LogLine, usize)]) -> Result<(), Failure> {
        match self.format() {
            Format::Json | Format::Yaml => {
                let documents = lines.iter().map(|(line, _)| LogDocument::new(line)).collect();
                self.document(&List::new("LogLineList", documents), |_| String::new())
            }
            _ => lines.iter().try_for_each(|(line, place)| self.log_line(line, *place)),
        }
    }

    /// Writes a line of a log that goes on: `redis-1     | text`, or a JSON or YAML document.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn log_line(&self, line: &LogLine, place: usize) -> Result<(), Failure> {
        let text = |ui: &Self| format!("{} | {}", ui.name(line.node, place), printable(&line.text));
        self.line(&LogDocument::new(line), text)
    }

    /// Writes a story that ends: each event as its time, node, name and words, or all in one document.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn events(&self, chapters: &[&Chapter]) -> Result<(), Failure> {
        match self.format() {
            Format::Json | Format::Yaml => {
                let documents = chapters.iter().map(|chapter| EventDocument::new(chapter)).collect();
                self.document(&List::new("EventList", documents), |_| String::new())
            }
            _ => chapters.iter().try_for_each(|chapter| self.event(chapter)),
        }
    }

    /// Writes an event of a story that goes on. People get its time, node, name and words; programs a document.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn event(&self, chapter: &Chapter) -> Result<(), Failure> {
        self.line(&EventDocument::new(chapter), |_| event_text(chapter))
    }

    fn line(&self, document: &impl Serialize, text: impl FnOnce(&Ui) -> String) -> Result<(), Failure> {
        match self.format() {
            Format::Table | Format::Wide | Format::Name => self.data(text(self)),
            Format::Json | Format::Ndjson => self.data(serde_json::to_string(document).map_err(anyhow::Error::new)?),
            Format::Yaml => self.data(format!("---\n{}", serde_yaml::to_string(document).map_err(anyhow::Error::new)?)),
        }
    }

    fn name(&self, node: NodeId, place: usize) -> String {
        let name = format!("{:NAME_WIDTH$}", node.to_string());
        let color = COLORS.get(place % COLORS.len()).copied().unwrap_or(Style::cyan);
        self.paint_data(&name, &color(Style::new()))
    }
}

impl<'a> LogDocument<'a> {
    fn new(line: &'a LogLine) -> Self {
        let LogLine { at, node, stderr, text } = line;
        let stream = if *stderr { "stderr" } else { "stdout" };
        Self { api_version: API_VERSION, kind: "LogLine", time: rfc3339(*at), node: *node, stream, text }
    }
}

impl<'a> EventDocument<'a> {
    /// An event for programs.
    pub fn new(chapter: &'a Chapter) -> Self {
        Self { api_version: API_VERSION, kind: "Event", time: rfc3339(chapter.at), chapter }
    }
}

/// `13:05:01.123  redis-1     it does not answer (+sdown by 3 Sentinels)`: the time of day in UTC.
fn event_text(chapter: &Chapter) -> String {
    let time = rfc3339(chapter.at).unwrap_or_default();
    let time = time.get("2026-11-27T".len()..time.len().saturating_sub(1)).unwrap_or_default();
    let about = chapter.node.map(|node| node.to_string()).or(chapter.group.clone()).unwrap_or_default();
    let by = match chapter.by.len() {
        0 => String::new(),
        1 => chapter.by.iter().map(|node| format!(", {node}")).collect(),
        many => format!(", {many} Sentinels"),
    };
    format!("{time}  {about:NAME_WIDTH$} {} ({}{by})", chapter.text, chapter.name)
}

/// Removes what could move the cursor of a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// Splits a node's log into lines. Each line of it begins with its time.
pub struct LogLines {
    node: NodeId,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl LogLines {
    /// Starts before the first piece.
    pub const fn new(node: NodeId) -> Self {
        Self { node, stdout: Vec::new(), stderr: Vec::new() }
    }

    /// The lines that this piece completes.
    pub fn push(&mut self, stderr: bool, piece: &[u8]) -> Vec<LogLine> {
        let node = self.node;
        let begun = if stderr { &mut self.stderr } else { &mut self.stdout };
        begun.extend_from_slice(piece);
        let Some(end) = begun.iter().rposition(|byte| *byte == b'\n') else { return Vec::new() };
        let ended: Vec<u8> = begun.drain(..=end).collect();
        String::from_utf8_lossy(&ended).lines().map(|line| log_line(node, stderr, line)).collect()
    }

    /// The rest, which has no line end.
    pub fn rest(self) -> Vec<LogLine> {
        let Self { node, stdout, stderr } = self;
        let begun = [(false, stdout), (true, stderr)].into_iter().filter(|(_, bytes)| !bytes.is_empty());
        begun.map(|(stderr, bytes)| log_line(node, stderr, &String::from_utf8_lossy(&bytes))).collect()
    }
}

fn log_line(node: NodeId, stderr: bool, line: &str) -> LogLine {
    let parsed = line.split_once(' ').and_then(|(time, text)| Some((humantime::parse_rfc3339(time).ok()?, text)));
    let (at, text) = match parsed {
        Some((time, text)) => (time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos(), text),
        None => (0, line),
    };
    LogLine { at: i64::try_from(at).unwrap_or_default(), node, stderr, text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Group;

    const REDIS_1: NodeId = NodeId::redis(Group::number(1), 1);

    #[test]
    fn pieces_become_lines_wherever_they_were_cut() {
        let log = "2026-11-27T13:05:01.123456789Z one\n2026-11-27T13:05:02Z two 2 \u{1b}[2J\nrest";
        for cut in 0..log.len() {
            let mut lines = LogLines::new(REDIS_1);
            let mut found = lines.push(false, &log.as_bytes()[..cut]);
            found.extend(lines.push(false, &log.as_bytes()[cut..]));
            found.extend(lines.rest());
            let found: Vec<(i64, &str)> = found.iter().map(|line| (line.at, &*line.text)).collect();
            assert_eq!(found[0], (1_795_784_701_123_456_789, "one"), "{cut}");
            assert_eq!(found[1..], [(1_795_784_702_000_000_000, "two 2 \u{1b}[2J"), (0, "rest")], "{cut}");
        }
        assert_eq!(printable("two \u{1b}[2J"), "two \u{fffd}[2J", "a log cannot draw on the terminal");
    }

    #[test]
    fn an_event_is_a_line_with_time_node_words_and_who_told_it() {
        let chapter = Chapter {
            at: 1_795_784_701_123_456_789,
            name: "+sdown".to_owned(),
            node: Some(REDIS_1),
            group: Some("mymaster".to_owned()),
            by: [NodeId::Sentinel(1), NodeId::Sentinel(2)].into(),
            text: "it does not answer".to_owned(),
            is_detail: false,
        };
        assert_eq!(event_text(&chapter), "13:05:01.123  redis-1     it does not answer (+sdown, 2 Sentinels)");
    }
}
