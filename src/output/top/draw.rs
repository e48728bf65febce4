//! The board as lines, and on a terminal's cells.

use std::collections::BTreeMap;

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Modifier, Style};
use ratatui_core::text::{Line, Span};

use super::board::{Board, Pane};
use crate::cluster::status::{GroupStatus, LinkState, ProxyStatus, RedisStatus, RoleWord, SentinelStatus, Status};
use crate::cluster::story::Chapter;
use crate::output::logs::{printable, time_of_day};
use crate::output::units::{bytes, rate};
use crate::spec::{Group, NodeId};

/// The narrowest screen, in columns, that shows memory and clients.
const WIDE: usize = 72;
/// The narrowest screen, in columns, that shows links, sparklines of operations, and proxies by group.
const MEDIUM: usize = 56;
/// The lowest screen, in lines, that shows headings of Sentinels, proxies and events, and more than one reason.
const TALL: usize = 20;
/// How many reasons why a cluster is not healthy are shown at most.
const REASONS: usize = 3;
/// Events that are shown where the height is not limited.
const EVENTS: usize = 10;
/// The width of a node's name and of its state: `sentinel-1`, `no answer`.
const NAME_WIDTH: usize = 10;
const STATE_WIDTH: usize = 9;
/// The marks of a sparkline, lowest first.
const MARKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

const KEYS: &str = "↑↓ choose  f failover  p pause  l logs  ? help  q quit";
const KEYS_NARROW: &str = "f failover p pause l logs ? help q quit";
const HELP: [&str; 14] = [
    "↑ ↓  or  k j   choose a node",
    "f              make the chosen replica the master,",
    "               as 'redos failover --to' does",
    "p              pause the chosen node for a time, as",
    "               'redos chaos pause' does; unpause it",
    "l              follow the log of the chosen node",
    "q  Esc  Ctrl-C leave; ends pauses made here",
    "",
    "OPS/S  commands per second, with checks of proxies",
    "       and Sentinels, and its course to the left of now",
    "LAG    bytes behind the master / seconds since the",
    "       master last heard of the replica",
    "MEM    memory in use / maxmemory",
    "*      a Sentinel names another master than the others",
];

/// A line, and the node that it is about.
struct BoardRow {
    node: Option<NodeId>,
    line: Line<'static>,
}

impl BoardRow {
    fn of(node: NodeId, line: Line<'static>) -> Self {
        Self { node: Some(node), line }
    }

    fn heading(text: &str, painter: Painter) -> Self {
        Self { node: None, line: Line::styled(text.to_owned(), painter.dim()) }
    }
}

/// The styles, with colour or without.
#[derive(Clone, Copy)]
struct Painter {
    has_color: bool,
}

impl Painter {
    fn color(self, color: Color) -> Style {
        if self.has_color { Style::new().fg(color) } else { Style::new() }
    }

    fn good(self) -> Style {
        self.color(Color::Green).add_modifier(Modifier::BOLD)
    }

    fn bad(self) -> Style {
        self.color(Color::Red).add_modifier(Modifier::BOLD)
    }

    fn odd(self) -> Style {
        self.color(Color::Yellow)
    }

    fn course(self) -> Style {
        self.color(Color::Cyan)
    }

    const fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }
}

/// Draws the board on all cells of an area.
pub(super) fn draw(board: &Board, has_color: bool, area: Rect, buffer: &mut Buffer) {
    let painter = Painter { has_color };
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let mut lines = top_lines(board, painter, width, height);
    let room = height.saturating_sub(lines.len() + 1);
    match &board.pane {
        Pane::Help => lines.extend(HELP.iter().take(room).map(|line| Line::from(*line))),
        Pane::Logs(_, log) => {
            let last = log.iter().skip(log.len().saturating_sub(room));
            lines.extend(last.map(|line| Line::from(printable(line))));
        }
        Pane::None => lines.extend(body(board, painter, width, room, height >= TALL)),
    }
    lines.truncate(height.saturating_sub(1));
    for (y, line) in (area.y..).zip(&lines) {
        buffer.set_line(area.x, y, line, area.width);
    }
    if let Some(y) = area.height.checked_sub(1) {
        buffer.set_line(area.x, area.y + y, &last_line(board, painter, width), area.width);
    }
}

/// The cluster as text of this width, without keys.
pub fn text(board: &Board, width: u16) -> String {
    let (painter, width) = (Painter { has_color: false }, usize::from(width));
    let mut lines = top_lines(board, painter, width, usize::MAX);
    lines.extend(rows(board, painter, width, true).into_iter().map(|row| row.line));
    lines.extend(events(board, painter, EVENTS, true));
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let area = Rect::new(0, 0, u16::try_from(width).unwrap_or(u16::MAX), height);
    let mut buffer = Buffer::empty(area);
    for (y, line) in (0..height).zip(&lines) {
        buffer.set_line(0, y, line, area.width);
    }
    let row = |y| (0..area.width).filter_map(|x| Some(buffer.cell((x, y))?.symbol())).collect::<String>();
    (0..height).map(|y| row(y).trim_end().to_owned() + "\n").collect()
}

/// The verdict, its reasons, and the time.
fn top_lines(board: &Board, painter: Painter, width: usize, height: usize) -> Vec<Line<'static>> {
    if let Pane::Logs(node, _) = &board.pane {
        return vec![Line::styled(format!("log of {node}"), Modifier::BOLD)];
    }
    let Some(sample) = board.history.latest() else { return vec![Line::from("looking at the cluster …")] };
    let most = if height >= TALL { REASONS } else { 1 };
    let mut lines = Vec::new();
    let (verdict, reasons) = match (&sample.failure, board.history.status()) {
        (Some(why), status) => {
            let name = status.map_or_else(|| "the cluster".to_owned(), |status| status.cluster.to_string());
            (vec![Span::raw(format!("{name} ")), Span::styled("cannot be seen", painter.bad())], vec![why.clone()])
        }
        (None, Some(status)) => {
            let word = if status.healthy { ("healthy", painter.good()) } else { ("not healthy", painter.bad()) };
            let verdict = vec![Span::raw(format!("{} is ", status.cluster)), Span::styled(word.0, word.1)];
            let told = status.reasons.iter().chain(&status.remarks).cloned();
            (verdict, told.collect())
        }
        (None, None) => (Vec::new(), Vec::new()),
    };
    let verdict = Line::from(verdict);
    let time = format!("{} UTC", time_of_day(sample.at));
    let gap = width.saturating_sub(verdict.width() + time.chars().count());
    lines.push(if gap > 0 {
        let mut spans = verdict.spans;
        spans.extend([Span::raw(" ".repeat(gap)), Span::styled(time, painter.dim())]);
        Line::from(spans)
    } else {
        verdict
    });
    let hidden = reasons.len().saturating_sub(most);
    for (at, reason) in reasons.iter().take(most).enumerate() {
        let more = if at + 1 == most && hidden > 0 { format!(" (and {hidden} more)") } else { String::new() };
        let room = width.saturating_sub(2 + more.chars().count());
        lines.push(Line::from(format!("  {}{more}", fitted(reason, room))));
    }
    lines
}

/// The nodes and the events in this many lines, of which those about the chosen node are visible.
fn body(board: &Board, painter: Painter, width: usize, room: usize, has_headings: bool) -> Vec<Line<'static>> {
    let mut rows = rows(board, painter, width, has_headings);
    let chosen = board.chosen();
    let at = rows.iter().position(|row| row.node.is_some() && row.node == chosen);
    for row in rows.iter_mut().filter(|row| row.node.is_some() && row.node == chosen) {
        if let Some(mark) = row.line.spans.first_mut().filter(|span| span.content == "  ") {
            mark.content = "> ".into();
        }
        row.line.style = row.line.style.add_modifier(Modifier::BOLD);
    }
    let surplus = rows.len().saturating_sub(room);
    // The chosen node is in the middle where not all fit.
    let above = at.unwrap_or_default().saturating_sub(room / 2).min(surplus);
    let mut lines: Vec<Line<'static>> = rows.into_iter().skip(above).take(room).map(|row| row.line).collect();
    let left = room.saturating_sub(lines.len());
    lines.extend(events(board, painter, left, has_headings));
    lines
}

/// All rows about nodes.
fn rows(board: &Board, painter: Painter, width: usize, has_headings: bool) -> Vec<BoardRow> {
    let Some(status) = board.history.status() else { return Vec::new() };
    let mut rows = Vec::new();
    let courses = Courses::of(board, status, course_width(width));
    for group in &status.groups {
        rows.extend(group_rows(group, &courses, status, painter, width));
    }
    if has_headings && !status.sentinels.is_empty() {
        rows.push(BoardRow::heading("Sentinels", painter));
    }
    for sentinel in &status.sentinels {
        rows.push(BoardRow::of(sentinel.node, sentinel_line(sentinel, status, painter, width)));
    }
    if has_headings && !status.proxies.is_empty() {
        rows.push(BoardRow::heading("Proxies", painter));
    }
    for proxy in &status.proxies {
        rows.extend(proxy_lines(proxy, status, painter, width).into_iter().map(|line| BoardRow::of(proxy.node, line)));
    }
    // One that answers does not always know its version.
    let exporter = status.exporter.iter().map(|it| (it.node, it.state, it.version.is_some() || it.problem.is_none()));
    let guards = status.guards.iter().map(|it| (it.node, it.state, it.version.is_some()));
    for (node, state, answers) in exporter.chain(guards) {
        let (word, style) = state_word(state, answers, painter);
        let name = Span::raw(format!("{:NAME_WIDTH$} ", node.to_string()));
        rows.push(BoardRow::of(node, Line::from(vec![Span::raw("  "), name, Span::styled(word, style)])));
    }
    rows
}

/// A group: its name and master, the columns, its nodes.
fn group_rows(
    group: &GroupStatus,
    courses: &Courses,
    status: &Status,
    painter: Painter,
    width: usize,
) -> Vec<BoardRow> {
    let master = match (&group.master, status.follows) {
        (Some(master), _) => Span::raw(format!("master {}", master.node)),
        (None, Some(existing)) => Span::raw(format!("standby of {existing}")),
        (None, None) => Span::styled("no master", painter.bad()),
    };
    let heading = Line::from(vec![Span::styled(format!("{}: ", group.name), Modifier::BOLD), master]);
    let (is_wide, is_medium) = (width >= WIDE, width >= MEDIUM);
    let mut columns = format!("  {:NAME_WIDTH$} {:STATE_WIDTH$}", "NODE", "STATE");
    if is_medium {
        columns += " LINK";
    }
    columns += &format!(" {:>9} {:>6}", "LAG", "OPS/S");
    if courses.width > 0 {
        columns += &format!(" {:1$}", "", courses.width);
    }
    if is_wide {
        columns += &format!(" {:>10} {:>7}", "MEM", "CLIENTS");
    }
    let node_row = |node: &RedisStatus| {
        let (word, style) = redis_state(node, painter);
        let (link, link_style) = match node.link {
            None => ("-", Style::new()),
            Some(LinkState::Up) => ("up", Style::new()),
            Some(LinkState::Sync) => ("sync", painter.odd()),
            Some(LinkState::Down) => ("down", painter.bad()),
        };
        let lag = match (node.lag_bytes, node.lag_seconds) {
            (None, None) => "-".to_owned(),
            (behind, seconds) => {
                let seconds = seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds}s"));
                format!("{}/{seconds}", behind.map_or_else(|| "-".to_owned(), bytes))
            }
        };
        let mut spans = vec![
            Span::raw("  "),
            Span::raw(format!("{:NAME_WIDTH$} ", node.node.to_string())),
            Span::styled(format!("{word:STATE_WIDTH$}"), style),
        ];
        if is_medium {
            spans.push(Span::styled(format!(" {link:4}"), link_style));
            spans.push(Span::raw(format!(" {lag:>9}")));
        } else if matches!(node.link, Some(LinkState::Sync | LinkState::Down)) {
            spans.push(Span::styled(format!(" {link:>9}"), link_style));
        } else {
            spans.push(Span::raw(format!(" {lag:>9}")));
        }
        spans.push(Span::raw(format!(" {:>6}", node.operations_per_second.map_or_else(|| "-".to_owned(), rate))));
        if courses.width > 0 {
            spans.push(Span::styled(format!(" {}", courses.sparkline(node.node)), painter.course()));
        }
        if is_wide {
            let memory = match (node.memory_bytes, node.memory_limit_bytes) {
                (Some(used), Some(limit)) => format!("{}/{}", bytes(used), bytes(limit)),
                (Some(used), None) => bytes(used),
                (None, _) => "-".to_owned(),
            };
            let clients = node.clients.map_or_else(|| "-".to_owned(), |clients| clients.to_string());
            spans.push(Span::raw(format!(" {memory:>10} {clients:>7}")));
        }
        BoardRow::of(node.node, Line::from(spans))
    };
    let columns = BoardRow::heading(&columns, painter);
    [BoardRow { node: None, line: heading }, columns].into_iter().chain(group.nodes.iter().map(node_row)).collect()
}

/// The columns of a sparkline; none where there is no room.
const fn course_width(width: usize) -> usize {
    // The width of the other columns, with the spaces between them.
    let others = if width >= WIDE { 65 } else { 45 };
    if width >= MEDIUM { width.saturating_sub(others) } else { 0 }
}

/// The operations per second of each Redis node in the last moments.
struct Courses {
    /// The columns of a sparkline.
    width: usize,
    /// As many moments of each node as a sparkline shows, the newest last. A gap is `None`.
    series: BTreeMap<NodeId, Vec<Option<u64>>>,
    /// The highest of all of them, so that the heights of sparklines can be compared.
    highest: u64,
}

impl Courses {
    fn of(board: &Board, status: &Status, width: usize) -> Self {
        let nodes = status.groups.iter().flat_map(|group| &group.nodes).map(|node| node.node);
        let last = |node: NodeId| {
            let mut series = board.history.series(node, |moment| moment.operations_per_second);
            series.drain(..series.len().saturating_sub(width));
            (node, series)
        };
        let series: BTreeMap<NodeId, Vec<Option<u64>>> = nodes.map(last).collect();
        let highest = series.values().flatten().flatten().copied().max().unwrap_or_default();
        Self { width, series, highest }
    }

    /// The course of a node as a row of marks, the newest at the right. A gap is a space.
    fn sparkline(&self, node: NodeId) -> String {
        let mark = |value: &Option<u64>| {
            let Some(value) = value else { return ' ' };
            let steps = MARKS.len() as u64 - 1;
            let at = value.saturating_mul(steps).checked_div(self.highest).unwrap_or_default();
            MARKS.get(usize::try_from(at).unwrap_or_default()).copied().unwrap_or('█')
        };
        let marks: String = self.series.get(&node).into_iter().flatten().map(mark).collect();
        format!("{marks:>0$}", self.width)
    }
}

/// The role of a Redis node that answers, or why it does not.
fn redis_state(node: &RedisStatus, painter: Painter) -> (&'static str, Style) {
    match (node.role, node.state) {
        (Some(RoleWord::Master), _) => ("master", painter.good()),
        (Some(RoleWord::Replica), _) => ("replica", Style::new()),
        (None, state) => state_word(state, false, painter),
    }
}

/// The state of a node that answers or does not.
fn state_word(state: &'static str, answers: bool, painter: Painter) -> (&'static str, Style) {
    match state {
        "running" if answers => ("running", Style::new()),
        "running" => ("no answer", painter.bad()),
        "paused" => ("paused", painter.odd()),
        other => (other, painter.bad()),
    }
}

/// A state with a space after it. Where room is short, only one that is not as it should be.
fn state_cell(word: &str, width: usize) -> String {
    if width >= MEDIUM {
        format!("{word:STATE_WIDTH$} ")
    } else if matches!(word, "running" | "") {
        String::new()
    } else {
        format!("{word} ")
    }
}

/// A Sentinel: its state, and of each group the master that it names, its epoch and its doubts.
fn sentinel_line(sentinel: &SentinelStatus, status: &Status, painter: Painter, width: usize) -> Line<'static> {
    let (word, style) = match sentinel.tilt {
        Some(true) => ("TILT", painter.bad()),
        tilt => state_word(sentinel.state, tilt.is_some(), painter),
    };
    let mut spans = vec![
        Span::raw("  "),
        Span::raw(format!("{:NAME_WIDTH$} ", sentinel.node.to_string())),
        Span::styled(state_cell(word, width), style),
    ];
    let all_nodes = || status.groups.iter().flat_map(|group| &group.nodes);
    let mut comma = "";
    for group in &status.groups {
        let name = group.name.to_string();
        let Some(address) = sentinel.masters.get(&name) else { continue };
        let named = all_nodes().find(|node| node.address == Some(*address)).map(|node| node.node);
        let differs = group.master.as_ref().is_some_and(|master| Some(master.node) != named);
        let named = named.map_or_else(|| address.to_string(), |node| node.to_string());
        let epoch = sentinel.epochs.get(&name).map(|epoch| format!(" epoch {epoch}")).unwrap_or_default();
        let text = format!("{comma}{named}{}{epoch}", if differs { "*" } else { "" });
        spans.push(Span::styled(text, if differs { painter.odd() } else { Style::new() }));
        comma = ", ";
        let doubts = sentinel.flags.get(&name).into_iter().flatten().filter(|flag| *flag != "master");
        let doubts: Vec<&str> = doubts.map(String::as_str).collect();
        if !doubts.is_empty() {
            spans.push(Span::styled(format!(" {}", doubts.join(",")), painter.odd()));
        }
    }
    Line::from(spans)
}

/// A proxy: of each group where its writes and reads go, and how many connections there are.
fn proxy_lines(proxy: &ProxyStatus, status: &Status, painter: Painter, width: usize) -> Vec<Line<'static>> {
    let (word, style) = state_word(proxy.state, proxy.version.is_some(), painter);
    let first = |at: usize| {
        let (name, word) = if at == 0 { (proxy.node.to_string(), word) } else { (String::new(), "") };
        [Span::raw("  "), Span::raw(format!("{name:NAME_WIDTH$} ")), Span::styled(state_cell(word, width), style)]
    };
    let by_group = status.groups.len() > 1;
    let groups = status.groups.iter().map(|group| group.name).filter(|group| proxy.writes_to.contains_key(group));
    let mut parts: Vec<Vec<Span<'static>>> = Vec::new();
    for group in groups {
        let mut writes = vec![Span::raw(if by_group { format!("{group} ") } else { String::new() })];
        writes.extend(writes_to(proxy, group, painter));
        let reads = Span::raw(format!("reads > {}", reads_from(proxy, group)));
        if width >= MEDIUM {
            writes.extend([Span::raw("   "), reads]);
            parts.push(writes);
        } else {
            parts.extend([writes, vec![reads]]);
        }
    }
    if parts.is_empty() {
        parts.push(Vec::new());
    }
    let lines = parts.into_iter().enumerate();
    lines.map(|(at, part)| Line::from(first(at).into_iter().chain(part).collect::<Vec<_>>())).collect()
}

fn writes_to(proxy: &ProxyStatus, group: Group, painter: Painter) -> Vec<Span<'static>> {
    let node = proxy.writes_to.get(&group).copied().flatten();
    match (node, proxy.writes_to_existing) {
        (Some(node), _) => {
            let sessions = proxy.write_sessions.get(&group).and_then(|sessions| sessions.get(&node)).copied();
            vec![Span::raw(format!("writes > {node} ({})", sessions.unwrap_or_default()))]
        }
        (None, Some(existing)) => vec![Span::raw(format!("writes > {existing}"))],
        (None, None) => vec![Span::raw("writes > "), Span::styled("nowhere", painter.bad())],
    }
}

fn reads_from(proxy: &ProxyStatus, group: Group) -> String {
    let sessions = |node: &NodeId| proxy.read_sessions.get(&group).and_then(|sessions| sessions.get(node)).copied();
    let nodes = proxy.reads_from.get(&group).into_iter().flatten();
    let nodes: Vec<String> = nodes.map(|node| format!("{node} ({})", sessions(node).unwrap_or_default())).collect();
    if nodes.is_empty() { "nowhere".to_owned() } else { nodes.join(" ") }
}

/// The last events in this many lines, the newest last.
fn events(board: &Board, painter: Painter, room: usize, has_heading: bool) -> Vec<Line<'static>> {
    let events = board.history.events();
    let heading = (has_heading && room > 1 && !events.is_empty()).then(|| Line::styled("Events", painter.dim()));
    let room = room - usize::from(heading.is_some());
    let line = |chapter: &Chapter| {
        let about = chapter.node.map(|node| node.to_string()).or(chapter.group.clone()).unwrap_or_default();
        let millis = u64::try_from(chapter.at / 1_000_000).unwrap_or_default();
        let time = Span::styled(format!("  {} ", time_of_day(millis)), painter.dim());
        Line::from(vec![time, Span::raw(format!("{about:NAME_WIDTH$} {}", chapter.text))])
    };
    heading.into_iter().chain(events.iter().skip(events.len().saturating_sub(room)).map(line)).collect()
}

/// A question, a note, or the keys.
fn last_line(board: &Board, painter: Painter, width: usize) -> Line<'static> {
    if let Some((_, question)) = &board.question {
        return Line::styled(format!("{} [y/N]", fitted(question, width.saturating_sub(6))), Modifier::BOLD);
    }
    if let Some(note) = &board.note {
        let style = if note.is_failure { painter.bad() } else { Style::new() };
        return Line::styled(fitted(&note.text, width), style);
    }
    match board.pane {
        Pane::None => {}
        Pane::Help => return Line::styled("any key closes this", painter.dim()),
        Pane::Logs(..) => return Line::styled("q or Esc closes the log", painter.dim()),
    }
    let keys = if KEYS.chars().count() <= width { KEYS } else { KEYS_NARROW };
    Line::styled(keys, painter.dim())
}

/// A text that is cut where it does not fit.
fn fitted(text: &str, width: usize) -> String {
    console::truncate_str(text, width, "…").into_owned()
}
