//! The board in the situations that it is for.

use std::time::Duration;

use ratatui_core::backend::TestBackend;
use ratatui_core::terminal::Terminal as Cells;

use super::board::{Board, KeyAction, KeyPress};
use super::draw::{draw, text};
use crate::cluster::announcement::Announcement;
use crate::cluster::fixture::{GROUP, at, halt, healthy, redis, redis_mut, sentinel_mut};
use crate::cluster::observed::{Answer, NodeState, Observed, RoleView};
use crate::cluster::status::status;
use crate::cluster::story::Chapter;
use crate::output::logs::LogLine;
use crate::spec::{ClusterName, NodeId, REDIS_PORT, Spec};
use crate::view::{History, Sample};

const SECOND: u64 = 1000;
/// The time of the first sample, 13:05:01 UTC.
const NOW: u64 = 1_795_784_701_000;

fn spec(masters: u16) -> Spec {
    let mut spec = Spec::with_defaults("shop".parse().expect("a name"));
    spec.masters = masters;
    spec
}

/// A view of a cluster that was busier and busier, and then was as `accident` made it.
fn board(spec: &Spec, accident: impl Fn(&mut Observed)) -> Board {
    let mut board = Board::new(History::new(60), Duration::from_secs(30));
    for second in 0..12 {
        let mut observed = healthy(spec);
        redis_mut(&mut observed, redis(1)).operations_per_second = 60 + 900 * second;
        if second == 11 {
            accident(&mut observed);
        }
        let status = status(spec, &observed);
        board.history.push(Sample::new(NOW + second * SECOND, 4, Ok(status)));
    }
    board
}

fn said(board: &mut Board, second: u64, sentinel: u16, line: &str) {
    let inventory = healthy(&Spec::with_defaults(ClusterName::default())).inventory;
    let announced = Announcement::of_line(&format!("1:X 27 Nov 2026 13:05:01.123 # {line}")).expect(line);
    let at = i64::try_from((NOW + second * SECOND) * 1_000_000).expect("a time");
    board.history.tell(Chapter::of_sentinel(at, NodeId::Sentinel(sentinel), &announced, &inventory));
}

fn happened(board: &mut Board, second: u64, node: NodeId, action: &str, code: Option<i64>) {
    let at = i64::try_from((NOW + second * SECOND) * 1_000_000).expect("a time");
    board.history.tell(Chapter::of_engine(at, node, action, code));
}

/// The screen of this size.
fn screen(board: &Board, width: u16, height: u16) -> String {
    let mut cells = Cells::new(TestBackend::new(width, height)).expect("a terminal");
    cells.draw(|frame| draw(board, false, frame.area(), frame.buffer_mut())).expect("a screen");
    let text = cells.backend().to_string();
    text.lines().map(|line| line.trim_matches('"').trim_end().to_owned() + "\n").collect()
}

fn press(board: &mut Board, keys: &str) -> Vec<KeyAction> {
    keys.chars().filter_map(|key| board.press(KeyPress::Char(key))).collect()
}

/// The master was killed, and the Sentinels replace it.
fn failing_over() -> Board {
    let mut board = board(&spec(1), |observed| {
        halt(observed, redis(1), NodeState::Exited { code: 137, oom_killed: false });
        let RoleView::Replica { link_up, last_io_seconds, .. } = &mut redis_mut(observed, redis(3)).role else {
            panic!("a replica")
        };
        (*link_up, *last_io_seconds) = (false, None);
        redis_mut(observed, redis(2)).role = RoleView::Master { replicas: Vec::new() };
        for (ordinal, flags) in [(1, &["master"][..]), (2, &["master", "s_down", "o_down"]), (3, &["master", "s_down"])]
        {
            let watched = sentinel_mut(observed, ordinal).masters.get_mut("mymaster").expect("watched");
            watched.flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
            if ordinal == 1 {
                (watched.address, watched.config_epoch) = (at(redis(2), REDIS_PORT), 2);
            }
        }
        let Some(Answer::Says(proxy)) = observed.topology.proxies.get_mut(&NodeId::Proxy(1)) else { panic!("a proxy") };
        let route = proxy.routes.get_mut(&GROUP).expect("a route");
        (route.write, route.write_sessions) = (None, Default::default());
        route.read.remove(&redis(3));
        route.read_sessions.remove(&redis(3));
    });
    happened(&mut board, 8, redis(1), "die", Some(137));
    said(&mut board, 9, 2, "+sdown master mymaster 172.18.255.223 6379");
    said(&mut board, 10, 2, "+odown master mymaster 172.18.255.223 6379 #quorum 2/2");
    said(&mut board, 10, 1, "+switch-master mymaster 172.18.255.223 6379 172.18.255.222 6379");
    board
}

#[test]
fn a_healthy_cluster() {
    let mut board = board(&spec(1), |_| {});
    happened(&mut board, 1, redis(1), "start", None);
    insta::assert_snapshot!("healthy", screen(&board, 80, 24));
    insta::assert_snapshot!("healthy_once", text(&board, 80));
}

#[test]
fn a_failover_in_progress() {
    insta::assert_snapshot!("failover", screen(&failing_over(), 80, 24));
}

#[test]
fn forty_columns_and_fifteen_rows() {
    insta::assert_snapshot!("narrow", screen(&board(&spec(1), |_| {}), 40, 15));
    insta::assert_snapshot!("narrow_failover", screen(&failing_over(), 40, 15));
}

#[test]
fn a_paused_node() {
    let mut board = board(&spec(1), |observed| halt(observed, redis(3), NodeState::Paused));
    assert_eq!(press(&mut board, "jjp"), []);
    insta::assert_snapshot!("paused", screen(&board, 80, 24));
    assert_eq!(press(&mut board, "y"), [KeyAction::Unpause(redis(3))]);
}

#[test]
fn a_cluster_that_does_not_answer() {
    let mut board = board(&spec(1), |observed| {
        let why = "no answer within 1 s".to_owned();
        observed.topology.redis.values_mut().for_each(|answer| *answer = Answer::Silent(why.clone()));
        observed.topology.sentinels.values_mut().for_each(|answer| *answer = Answer::Silent(why.clone()));
        observed.topology.proxies.values_mut().for_each(|answer| *answer = Answer::Silent(why.clone()));
    });
    insta::assert_snapshot!("silent", screen(&board, 80, 24));
    let why = "failed to list containers: Docker does not answer at unix:///var/run/docker.sock".to_owned();
    board.history.push(Sample::new(NOW + 12 * SECOND, 0, Err(why)));
    insta::assert_snapshot!("unseen", screen(&board, 80, 24));
}

#[test]
fn a_sentinel_that_knows_one_group_alone() {
    let board = board(&spec(2), |observed| {
        sentinel_mut(observed, 1).masters.remove(&GROUP.to_string());
    });
    let screen = screen(&board, 80, 24);
    assert!(screen.contains("sentinel-1 running   redis-2-1 epoch"), "{screen}");
}

#[test]
fn several_groups_scroll_to_the_chosen_node() {
    let mut board = board(&spec(3), |_| {});
    insta::assert_snapshot!("groups", screen(&board, 80, 24));
    assert_eq!(press(&mut board, &"j".repeat(20)), []);
    assert_eq!(board.chosen(), Some(NodeId::Proxy(1)), "the last one");
    insta::assert_snapshot!("groups_end", screen(&board, 80, 18));
}

#[test]
fn no_size_is_too_small() {
    for board in [board(&spec(2), |_| {}), failing_over(), Board::new(History::new(1), Duration::ZERO)] {
        for (width, height) in [(1, 1), (2, 1), (1, 40), (200, 1), (300, 100), (10, 2)] {
            screen(&board, width, height);
        }
    }
}

#[test]
fn what_changes_something_is_asked_and_only_yes_does_it() {
    let mut board = board(&spec(1), |_| {});
    assert_eq!(press(&mut board, "f"), [], "it is the master");
    assert!(screen(&board, 80, 24).ends_with("redis-1 is the master of mymaster already: choose a replica\n"));
    assert_eq!(press(&mut board, "jf"), []);
    assert!(screen(&board, 80, 24).ends_with("make redis-2 the master of mymaster? [y/N]\n"));
    assert_eq!(press(&mut board, "n"), []);
    assert!(screen(&board, 80, 24).ends_with("nothing was done\n"));
    assert_eq!(press(&mut board, "fy"), [KeyAction::Failover(GROUP, redis(2))]);
    assert_eq!(press(&mut board, "p"), []);
    assert_eq!(board.press(KeyPress::Escape), None, "it answers the question");
    assert_eq!(press(&mut board, "py"), [KeyAction::Pause(redis(2))]);
    board.complain("pause of redis-2: it is refused");
    assert!(screen(&board, 80, 24).ends_with("pause of redis-2: it is refused\n"));
    press(&mut board, &"j".repeat(3));
    assert_eq!(press(&mut board, "fy"), [], "a Sentinel is no replica");
    assert_eq!(board.press(KeyPress::Escape), Some(KeyAction::Quit));
    assert_eq!(board.press(KeyPress::Interrupt), Some(KeyAction::Quit));
    press(&mut board, "p");
    assert_eq!(board.press(KeyPress::Interrupt), Some(KeyAction::Quit), "also from a question");
}

#[test]
fn a_log_and_the_help_take_the_place_of_the_nodes() {
    let mut board = board(&spec(1), |_| {});
    assert_eq!(press(&mut board, "jl"), [KeyAction::Logs(redis(2))]);
    let line = |node, at| LogLine { at, node, stderr: false, text: format!("line {at} \u{1b}[2J") };
    board.log((0..1000).map(|at| line(redis(2), at)).chain([line(redis(1), 7)]));
    let shown = screen(&board, 40, 5);
    assert_eq!(shown.lines().next(), Some("log of redis-2"));
    assert_eq!(shown.lines().nth(3), Some("line 999 \u{fffd}[2J"), "a log cannot draw");
    assert_eq!(board.press(KeyPress::Escape), Some(KeyAction::CloseLogs));
    press(&mut board, "?");
    insta::assert_snapshot!("help", screen(&board, 80, 24));
    assert_eq!(press(&mut board, "q"), [], "it closes the help");
    assert_eq!(press(&mut board, "q"), [KeyAction::Quit]);
}
