//! The pages, and the calls of redos in them.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All pages, and their texts.
pub fn pages() -> Vec<(PathBuf, String)> {
    let docs = fs::read_dir(root().join("docs")).expect("docs/").map(|entry| entry.expect("an entry").path());
    let top = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"].map(|name| root().join(name));
    let paths = docs.chain(top).filter(|path| path.extension().is_some_and(|ending| ending == "md") && path.exists());
    let pages: Vec<_> = paths.map(|path| (path.clone(), fs::read_to_string(path).expect("a page"))).collect();
    assert!(pages.len() >= 10, "{} pages", pages.len());
    pages
}

/// The calls of redos in a page: after a prompt, or between backquotes.
pub fn commands(page: &str) -> Vec<String> {
    let joined = page.replace("\\\n", " ");
    let (mut found, mut fenced) = (Vec::new(), false);
    for line in joined.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        let pieces: Vec<&str> = match (fenced, line.strip_prefix("$ ")) {
            (true, Some(typed)) => vec![typed.split(" #").next().unwrap_or(typed)],
            (true, None) => Vec::new(),
            (false, _) => line.split('`').skip(1).step_by(2).collect(),
        };
        for piece in pieces {
            let words: Vec<&str> = piece.split_whitespace().skip_while(|word| word.contains('=')).collect();
            // A word alone is the program, not a call of it.
            if words.first() == Some(&"redos") && words.len() > 1 {
                found.push(words.join(" "));
            }
        }
    }
    found
}

/// The words of a line, as a shell takes them apart that knows double quotes only.
pub fn words(line: &str) -> Vec<String> {
    let quoted = line
        .split('"')
        .enumerate()
        .map(|(index, part)| if index % 2 == 1 { part.replace(' ', "\u{a0}") } else { part.to_owned() });
    let joined: String = quoted.collect();
    joined.split(' ').filter(|word| !word.is_empty()).map(|word| word.replace('\u{a0}', " ")).collect()
}
