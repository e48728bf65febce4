//! The sources of this host's packages, from its own lists in both of apt's formats.

use std::path::Path;

use anyhow::{Context, anyhow};

/// One source: a mirror, a suite, the components and the keys that sign it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PackageSource {
    uri: String,
    suite: String,
    components: String,
    signed_by: Option<String>,
}

impl PackageSource {
    /// As a line of a `sources.list`.
    pub(super) fn line(&self) -> String {
        let options = self.signed_by.as_ref().map_or_else(String::new, |keys| format!("[signed-by={keys}] "));
        format!("deb {options}{} {} {}\n", self.uri, self.suite, self.components)
    }
}

/// This host's sources of its own release (with updates and security), for `suite` if given.
///
/// # Errors
/// The host does not say what it is, or none of its sources is of its own release.
pub(super) fn of_host(suite: Option<&str>) -> anyhow::Result<Vec<PackageSource>> {
    let release = std::fs::read_to_string("/etc/os-release").context("this host has no /etc/os-release")?;
    let own = field(&release, "VERSION_CODENAME", '=')
        .map(|name| name.trim_matches('"').to_owned())
        .ok_or_else(|| anyhow!("/etc/os-release has no VERSION_CODENAME"))?;
    let mut sources = Vec::new();
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    sources.extend(one_line_style(&read(Path::new("/etc/apt/sources.list"))));
    let parts = std::fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().filter_map(Result::ok);
    let mut parts: Vec<_> = parts.map(|part| part.path()).collect();
    parts.sort();
    for part in parts {
        match part.extension().and_then(|ending| ending.to_str()) {
            Some("sources") => sources.extend(deb822_style(&read(&part))),
            Some("list") => sources.extend(one_line_style(&read(&part))),
            _ => {}
        }
    }
    let sources = turned(&sources, &own, suite.unwrap_or(&own));
    if sources.is_empty() {
        return Err(anyhow!("none of the sources in /etc/apt is of this host's release {own}"));
    }
    Ok(sources)
}

/// The sources of the host's own release, with the suite replaced. Foreign repositories are left out.
fn turned(sources: &[PackageSource], own: &str, suite: &str) -> Vec<PackageSource> {
    let mut turned = Vec::new();
    for source in sources {
        let Some(rest) = source.suite.strip_prefix(own) else { continue };
        if !["", "-updates", "-security"].contains(&rest) {
            continue;
        }
        let source = PackageSource { suite: format!("{suite}{rest}"), ..source.clone() };
        if !turned.contains(&source) {
            turned.push(source);
        }
    }
    turned
}

/// `deb [signed-by=/keys.gpg] http://mirror/debian bookworm main`.
fn one_line_style(text: &str) -> Vec<PackageSource> {
    text.lines().filter_map(|line| one_line(line.trim())).collect()
}

fn one_line(line: &str) -> Option<PackageSource> {
    let rest = line.strip_prefix("deb ")?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let signed_by = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by=")).map(str::to_owned);
    let mut words = rest.split_whitespace();
    let (uri, suite) = (words.next()?.to_owned(), words.next()?.to_owned());
    Some(PackageSource { uri, suite, components: words.collect::<Vec<_>>().join(" "), signed_by })
}

/// Paragraphs of `Types:`, `URIs:`, `Suites:`, `Components:`, `Signed-By:`.
fn deb822_style(text: &str) -> Vec<PackageSource> {
    let text: String =
        text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{}\n", line.trim_end())).collect();
    let mut sources = Vec::new();
    for paragraph in text.split("\n\n") {
        let field = |name| field(paragraph, name, ':');
        let words = |name| field(name).map(|value| value.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let enabled = field("Enabled").is_none_or(|value| value != "no");
        let binary = words("Types").is_some_and(|types| types.iter().any(|kind| kind == "deb"));
        let (Some(uris), Some(suites), true) = (words("URIs"), words("Suites"), enabled && binary) else { continue };
        // Keys that are written into the file itself do not fit into a line; apt then falls back to its trusted ones.
        let signed_by = field("Signed-By").filter(|keys| keys.starts_with('/'));
        let components = words("Components").unwrap_or_default().join(" ");
        for uri in &uris {
            sources.extend(suites.iter().map(|suite| PackageSource {
                uri: uri.clone(),
                suite: suite.clone(),
                components: components.clone(),
                signed_by: signed_by.clone(),
            }));
        }
    }
    sources
}

fn field(text: &str, name: &str, separator: char) -> Option<String> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(separator)).map(|value| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEB822: &str = "Types: deb deb-src\n# a remark\nURIs: http://m/debian\nSuites: bookworm bookworm-updates bookworm-backports\n\
        Components: main contrib\nSigned-By: /k.gpg\n\nTypes: deb\nURIs: http://s/sec\nSuites: bookworm-security\nComponents: main\n\n\
        Types: deb\nURIs: https://else\nSuites: nodistro\nComponents: main\n\nTypes: deb\nEnabled: no\nURIs: http://off\nSuites: bookworm\n";

    #[test]
    fn both_formats_give_the_sources_of_the_own_release_only() {
        let lines = |sources: Vec<PackageSource>| sources.iter().map(PackageSource::line).collect::<Vec<_>>();
        let own = turned(&deb822_style(DEB822), "bookworm", "bookworm");
        assert_eq!(
            lines(own),
            [
                "deb [signed-by=/k.gpg] http://m/debian bookworm main contrib\n",
                "deb [signed-by=/k.gpg] http://m/debian bookworm-updates main contrib\n",
                "deb http://s/sec bookworm-security main\n",
            ]
        );
        let list = "# deb http://no bookworm main\ndeb http://m/ubuntu jammy main universe\n\
            deb [arch=amd64 signed-by=/u.gpg] http://m/ubuntu jammy-security main\ndeb-src http://m jammy main\n";
        let other = turned(&one_line_style(list), "jammy", "noble");
        assert_eq!(
            lines(other),
            [
                "deb http://m/ubuntu noble main universe\n",
                "deb [signed-by=/u.gpg] http://m/ubuntu noble-security main\n"
            ]
        );
    }
}
