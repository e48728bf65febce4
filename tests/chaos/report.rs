//! The forms of the report: each from the same made-up tests.

use std::path::Path;

use redos::testing::chaos::history::{ClientKind, Evidence, Op, OpKind, Outcome, RoleSample, SeenRole};
use redos::testing::chaos::report::FailoverReport;
use redos::testing::chaos::verdict::{Level, judge};
use redos::testing::output::report::{Timeline, junit, page, text};
use redos::testing::output::{Color, Format, Options, Terminal, Ui};
use serde_json::Value;

use crate::model::{self, FAULT, MS, PROMOTED, REVERTED};
use crate::schema::faults;

/// A test whose rounds are these.
fn report(rounds: &[Evidence]) -> (FailoverReport, Vec<Timeline>) {
    let judged: Vec<_> = rounds.iter().map(judge).collect();
    let timelines = rounds.iter().zip(&judged).map(|(evidence, round)| Timeline::of(evidence, round)).collect();
    (FailoverReport::new(&model::header(), judged), timelines)
}

/// The classic end of a pause: the old master comes back and takes writes for two seconds.
fn guilty() -> Evidence {
    let mut evidence = model::clean(3, 2400);
    for sample in &mut evidence.roles {
        if sample.node == "redis-1" && sample.role == SeenRole::Replica {
            sample.at = REVERTED + 2000 * MS;
        }
    }
    let master =
        |at: u64| RoleSample { at, node: "redis-1".to_owned(), role: SeenRole::Master, link_up: None, offset: None };
    evidence.roles.push(master(REVERTED + 10 * MS));
    evidence.roles.sort_by_key(|sample| sample.at);
    for n in 0..190 {
        let at = REVERTED + 20 * MS + n * 10 * MS;
        evidence.ops.push(Op {
            id: 50_000 + n,
            client: ClientKind::Fresh,
            kind: OpKind::Append,
            of: None,
            at,
            begun: at + 1,
            sent: Some(at + 2),
            done: at + MS,
            outcome: Outcome::Ok,
            error: None,
            node: Some("redis-1".to_owned()),
            value: None,
        });
    }
    for op in &mut evidence.ops {
        if op.outcome == Outcome::Failed
            && op.kind == OpKind::Append
            && op.at < PROMOTED
            && op.at > FAULT
            && op.id % 3 == 0
        {
            op.outcome = Outcome::Unknown;
            op.sent = Some(op.begun);
        }
    }
    evidence.ops.sort_by_key(|op| (op.at, op.id));
    evidence
}

fn invalid() -> Evidence {
    let mut evidence = model::clean(5, 2400);
    evidence.begin.unsettled = Some("redis-3 & <others> are not in sync".to_owned());
    evidence.finals = None;
    evidence
}

fn plain() -> Ui {
    let options = Options { format: Format::Table, color: Color::Never, ..Options::default() };
    let terminal = Terminal { columns: Some(80), ..Terminal::default() };
    Ui::with_streams(options, terminal, Box::new(std::io::sink()), Box::new(std::io::sink()))
}

#[test]
fn the_summary_fits_a_terminal_and_begins_with_the_verdict() {
    for (rounds, level) in [
        (vec![model::clean(1, 2400)], Level::Pass),
        (vec![model::clean(1, 2400), guilty()], Level::FailData),
        (vec![invalid()], Level::Invalid),
    ] {
        let (mut report, _) = report(&rounds);
        let summary = text(&report, None, &plain());
        println!("{summary}\n");
        assert!(summary.starts_with(level.as_str()), "{summary}");
        let cause: Vec<&str> = summary.lines().skip(1).take_while(|line| !line.is_empty()).collect();
        assert_eq!(cause.join(" "), report.cause);

        // A cause that goes on and on is cut, and nothing is wider than a terminal.
        report.cause = [report.cause.as_str(); 9].join("; ");
        let summary = text(&report, None, &plain());
        assert!(summary.lines().count() <= 23, "{} lines\n{summary}", summary.lines().count());
        let wide: Vec<&str> = summary.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
        assert!(summary.lines().nth(3).is_some_and(|line| line.ends_with(" …")), "{summary}");
    }
}

#[test]
fn who_has_the_page_is_not_told_how_to_get_it() {
    let (mut report, _) = report(&[guilty()]);
    let page = Path::new("out/report.html");
    for (level, advice) in [
        (Level::FailData, "see which node took the lost writes in"),
        (Level::FailOutage, "see what the time went to on the time line of"),
    ] {
        report.verdict = level;
        let one_line = |page| text(&report, page, &plain()).split_whitespace().collect::<Vec<_>>().join(" ");
        let (with, without) = (one_line(Some(page)), one_line(None));
        assert!(with.contains(&format!("{advice} out/report.html")) && !with.contains("--report"), "{with}");
        assert!(without.contains(&format!("{advice} report.html, which --report writes")), "{without}");
    }
}

#[test]
fn the_document_is_what_its_schema_says() {
    let (report, _) = report(&[model::clean(1, 2400), guilty(), invalid()]);
    let document = serde_json::to_value(&report).expect("a document");
    let wrong = faults(&document);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // The schema is not one that allows everything.
    let mut changed = document.clone();
    changed["rounds"][0]["surprise"] = Value::Null;
    changed["summary"]["lost"] = Value::from("none");
    changed.as_object_mut().expect("an object").remove("verdict");
    let wrong = faults(&changed);
    assert_eq!(wrong.len(), 3, "{wrong:?}");
}

#[test]
fn junit_tells_what_was_wrong_from_what_could_not_be_judged() {
    let (report, _) = report(&[model::clean(1, 2400), guilty(), invalid()]);
    let xml = junit(&report);
    assert!(xml.contains("<failure type=\"FAIL(data)\" message=\"190 of "), "{xml}");
    assert!(
        xml.contains("<error type=\"INVALID\" message=\"not settled before: redis-3 &amp; &lt;others&gt;"),
        "{xml}"
    );
    assert_eq!(xml.matches("<testsuite ").count(), 3);
    let attribute = |name: &str| {
        let start = xml.find(&format!(" {name}=\"")).expect("there") + name.len() + 3;
        xml[start..].split('"').next().expect("a value").parse::<usize>().expect("a number")
    };
    assert_eq!(attribute("failures"), xml.matches("<failure ").count());
    assert_eq!(attribute("errors"), xml.matches("<error ").count());
    assert_eq!(attribute("tests"), xml.matches("<testcase ").count());
    assert_eq!(
        xml.matches("<testcase ").count(),
        xml.matches("</testcase>").count() + xml.matches("\"/>\n").count()
            - xml.matches("<property ").count()
            - xml.matches("<failure ").count()
            - xml.matches("<error ").count()
    );
}

#[test]
fn the_page_stands_by_itself_and_escapes_what_it_is_given() {
    let (report, timelines) = report(&[model::clean(1, 2400), guilty(), invalid()]);
    let page = page(&report, &timelines).expect("a page");
    if let Ok(path) = std::env::var("REPORT_PAGE") {
        std::fs::write(path, &page).expect("written");
    }
    for foreign in ["http://", "https://", "src=", "@import", "url(", "<script", "<link"] {
        assert!(!page.contains(foreign), "{foreign} leads elsewhere");
    }
    assert!(page.contains("redis-3 &amp; &lt;others&gt;"));
    assert!(page.contains("class=\"dual\""), "the time of two masters is marked");
    assert!(page.contains("class=\"lost\""), "lost writes are marked");
    assert!(page.contains("class=\"soft head\""), "it says what it is, of when, by which redos");
    assert!(page.len() < 600_000, "{} bytes", page.len());
}

#[test]
fn the_page_says_at_its_top_what_it_is_and_last_what_it_does_not_show() {
    let (report, timelines) = report(&[model::clean(1, 2400)]);
    let page = page(&report, &timelines).expect("a page");
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("'{text}' is on the page"));
    let day = report.started_at.split('T').next().expect("a day");
    let head = page.split("</header>").next().expect("a head");
    assert!(head.contains(&format!("{day} ")) && head.contains("UTC") && head.contains(&report.subject), "{head}");
    assert!(place(&report.statement) > place("<h2>The test</h2>"), "a doubt is not the first line under a green PASS");
}

#[test]
fn the_lane_of_writes_is_whole_and_the_lines_of_the_latency_rise_with_it() {
    let (_, timelines) = report(&[model::clean(1, 2400)]);
    let lane = |label: &str| timelines[0].lanes.iter().find(|lane| lane.label == label).expect("a lane");
    // Every bin reaches the top of the lane, though reads are among the requests and these are of different sizes.
    let attribute = |bar: &str, name: &str| {
        let value =
            bar.split(&format!(" {name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).expect("an attribute");
        (value.parse::<f64>().expect("a number") * 10.0).round() as i64
    };
    let mut bins = std::collections::BTreeMap::<i64, i64>::new();
    for bar in lane("writes").svg.split("<rect").skip(1) {
        *bins.entry(attribute(bar, "x")).or_default() += attribute(bar, "height");
    }
    assert!(bins.len() > 20 && bins.values().all(|height| (height - 640).abs() <= 2), "{bins:?}");
    let lines: Vec<(f64, &str)> = lane("latency").lines.iter().map(|line| (line.top, line.text)).collect();
    assert_eq!(lines.iter().map(|(_, text)| *text).collect::<Vec<_>>(), ["1 ms", "10 ms", "100 ms", "1 s"]);
    assert!(lines.windows(2).all(|pair| pair[0].0 > pair[1].0), "slower is higher: {lines:?}");
}
