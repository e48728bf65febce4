//! JUnit XML: a suite for each round, a case for each check. What a test could not judge is an error, what it found
//! wrong is a failure.

use std::fmt::Write;

use crate::chaos::report::FailoverReport;
use crate::chaos::verdict::{Check, Level, Round};

/// The report as JUnit XML.
pub fn junit(report: &FailoverReport) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = || report.rounds.iter().flat_map(|round| &round.checks);
    let name = text(&format!("redos failover-test {}", report.scenario));
    let (tests, failures, errors) = (all().count(), all().filter(is_failure).count(), all().filter(is_error).count());
    // Writing to a string cannot fail.
    let _ = writeln!(xml, "<testsuites name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">");
    for round in &report.rounds {
        suite(&mut xml, report, round);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn is_failure(check: &&Check) -> bool {
    !check.ok && check.otherwise != Level::Invalid
}

fn is_error(check: &&Check) -> bool {
    !check.ok && check.otherwise == Level::Invalid
}

fn suite(xml: &mut String, report: &FailoverReport, round: &Round) {
    let class = text(&format!("redos.failover.{}", report.scenario));
    let (failures, errors) =
        (round.checks.iter().filter(is_failure).count(), round.checks.iter().filter(is_error).count());
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{} round {}\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" timestamp=\"{}\">",
        text(&report.scenario),
        round.round,
        round.checks.len(),
        text(report.started_at.trim_end_matches('Z'))
    );
    let outage = round.worst_write_outage().map_or(0.0, |outage| outage.longest.seconds());
    let properties = [
        ("run", report.run.clone()),
        ("seed", report.seed.to_string()),
        ("verdict", round.level.as_str().to_owned()),
        ("longest write outage in seconds", format!("{outage:.3}")),
        ("lost acknowledged writes", round.lost().to_string()),
    ];
    xml.push_str("    <properties>\n");
    for (name, value) in properties {
        let _ = writeln!(xml, "      <property name=\"{}\" value=\"{}\"/>", text(name), text(&value));
    }
    xml.push_str("    </properties>\n");
    for check in &round.checks {
        let case = format!("    <testcase classname=\"{class}\" name=\"{}\"", text(check.name));
        if check.ok {
            let _ = writeln!(xml, "{case}/>");
            continue;
        }
        let element = if is_error(&check) { "error" } else { "failure" };
        let _ = writeln!(
            xml,
            "{case}>\n      <{element} type=\"{}\" message=\"{}\"/>\n    </testcase>",
            text(check.otherwise.as_str()),
            text(&check.observed)
        );
    }
    xml.push_str("  </testsuite>\n");
}

/// Escapes text for XML. Control characters, which XML 1.0 cannot contain, become spaces.
fn text(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    for letter in raw.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            letter if letter.is_control() => text.push(' '),
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn nothing_breaks_out_of_an_attribute() {
        assert_eq!(text("a \"b\" <c> & \u{1b}[1md"), "a &quot;b&quot; &lt;c&gt; &amp;  [1md");
    }
}
