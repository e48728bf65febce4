//! Doc comments state a fact, and begin with a summary.

use redos::testing::source_files::texts;

/// Words that a doc comment has at least: fewer say nothing that the name does not.
const DOC_WORDS_MIN: usize = 3;
/// Words that the first sentence of a doc comment has at most.
const SUMMARY_WORDS_MAX: usize = 20;

#[test]
fn doc_comments_state_a_fact_and_begin_with_a_summary() {
    let mut found = Vec::new();
    let mut total = 0;
    for (name, text) in texts() {
        for (line, doc) in doc_comments(&text) {
            total += 1;
            let (words, summary) = (doc.split_whitespace().count(), summary_words(&doc));
            if words < DOC_WORDS_MIN {
                found.push(format!("src/{name}:{line}: '{doc}' is no fact: write one, or remove the comment"));
            } else if summary > SUMMARY_WORDS_MAX {
                found.push(format!("src/{name}:{line}: {summary} words in the first sentence: {doc}"));
            }
        }
    }
    assert!(total > 1000, "the doc comments were not found");
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// The doc comments of a file: the line of each, and its first paragraph in one line.
fn doc_comments(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut is_first_paragraph = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let before = at.checked_sub(1).and_then(|before| text.lines().nth(before)).unwrap_or_default().trim_start();
        let Some(doc) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else { continue };
        if !before.starts_with("///") && !before.starts_with("//!") {
            found.push((at + 1, String::new()));
            is_first_paragraph = true;
        }
        is_first_paragraph &= !doc.trim().is_empty();
        if let Some((_, paragraph)) = found.last_mut().filter(|_| is_first_paragraph) {
            paragraph.push_str(doc);
        }
    }
    found.into_iter().map(|(line, doc)| (line, doc.trim().to_owned())).collect()
}

/// The words of the first sentence. Text without a full stop is help of the command line, which has no summary.
fn summary_words(doc: &str) -> usize {
    let summary = doc.split_inclusive(". ").next().unwrap_or_default().trim_end();
    if summary.ends_with(['.', ':']) { summary.split_whitespace().count() } else { 0 }
}

#[test]
fn doc_comments_and_their_summaries_are_found() {
    let text =
        "//! A room. It has more.\n\n/// One\n/// two.\n///\n/// # Errors\n// no\nfn a() {}\n    /// The 0.5 s.\n";
    let docs = doc_comments(text);
    assert_eq!(
        docs,
        [(1, "A room. It has more.".to_owned()), (3, "One two.".to_owned()), (9, "The 0.5 s.".to_owned())]
    );
    let words: Vec<usize> = docs.iter().map(|(_, doc)| summary_words(doc)).collect();
    assert_eq!(words, [2, 2, 3]);
    assert_eq!(summary_words("How long it lasts [default: 1 s]"), 0, "help of the command line");
}
