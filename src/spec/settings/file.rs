//! `redos.yaml`: from text to a tree with positions, and from the tree to values by the table.
//!
//! The YAML is a plain subset: sections, keys and scalars. Anchors, aliases, merge keys, tags and further documents are
//! refused, so that what a line says is what it means.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::super::API_VERSION;
use super::directives;
use super::given::Given;
use super::problem::{Origin, Problem, Snippet, nearest};
use super::table::{self, Key, SETTINGS, Setting, SettingKind};
use super::value::{self, Wrong};

/// The `kind` of the document.
pub const KIND: &str = "Cluster";
/// How deeply sections may be nested; the settings need 2.
const DEPTH_MAX: usize = 8;

/// The file as it was read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its name as the user gave it, for messages: `redos.yaml`, `stdin`.
    pub name: String,
    /// The content of the file.
    pub text: String,
}

/// The values in the file.
#[derive(Default)]
pub struct FileLayer {
    /// Whether the file is not YAML or not a document of redos, so that it gives nothing.
    pub is_unreadable: bool,
    /// Values by setting.
    pub values: BTreeMap<Key, Given>,
    /// Directives by name, when the file has a section for them.
    pub directives: Option<BTreeMap<String, Given>>,
}

/// A value of the tree, with its position.
#[derive(Debug)]
struct YamlNode {
    span: Span,
    value: YamlValue,
}

/// A value of the tree.
#[derive(Debug)]
enum YamlValue {
    Scalar { text: String, plain: bool },
    Map(Vec<(Name, YamlNode)>),
    List(Vec<YamlNode>),
}

/// A key of a map, with its position.
#[derive(Debug)]
struct Name {
    text: String,
    span: Span,
}

/// Reads the file according to the table.
pub fn read(file: &SourceFile, problems: &mut Vec<Problem>) -> FileLayer {
    let lines = file.text.lines().collect();
    let mut reader = FileReader { file, lines, problems, layer: FileLayer::default() };
    let parsed = Tree { parser: Parser::new_from_str(&file.text) }.document();
    match parsed {
        Err(Refused { wrong, span }) => {
            reader.layer.is_unreadable = true;
            reader.problem(span, wrong);
        }
        Ok(None) => reader.header(&[]),
        Ok(Some(YamlNode { value: YamlValue::Map(entries), .. })) => {
            reader.header(&entries);
            reader.section("", &entries);
        }
        Ok(Some(node)) => {
            reader.layer.is_unreadable = true;
            reader.problem(node.span, refused("the file holds no keys", &example()));
        }
    }
    reader.layer
}

fn refused(what: &str, fix: &str) -> Wrong {
    Wrong { what: what.to_owned(), fix: fix.to_owned() }
}

fn example() -> String {
    format!("begin with 'apiVersion: {API_VERSION}', then write keys such as 'replicas: 2'")
}

/// Walks the tree according to the table.
struct FileReader<'a> {
    file: &'a SourceFile,
    lines: Vec<&'a str>,
    problems: &'a mut Vec<Problem>,
    layer: FileLayer,
}

impl FileReader<'_> {
    fn origin(&self, span: Span) -> Origin {
        Origin::File { file: self.file.name.clone(), line: span.start.line(), column: span.start.col() + 1 }
    }

    fn snippet(&self, span: Span) -> Option<Snippet> {
        let width = if span.end.line() == span.start.line() { span.end.col() - span.start.col() } else { usize::MAX };
        Snippet::new(&self.lines, span.start.line(), span.start.col(), width)
    }

    fn problem(&mut self, span: Span, wrong: Wrong) {
        let (origin, snippet) = (self.origin(span), self.snippet(span));
        self.problems.push(Problem { origin, what: wrong.what, fix: wrong.fix, snippet });
    }

    fn given(&self, text: &str, span: Span) -> Given {
        Given { text: text.to_owned(), origin: self.origin(span), snippet: self.snippet(span) }
    }

    /// Checks `apiVersion` and `kind`.
    fn header(&mut self, entries: &[(Name, YamlNode)]) {
        let find = |wanted: &str| entries.iter().find(|(name, _)| name.text == wanted).map(|(_, node)| node);
        let is =
            |node: &YamlNode, wanted: &str| matches!(&node.value, YamlValue::Scalar { text, .. } if text == wanted);
        match find("apiVersion") {
            None => {
                let origin = Origin::File { file: self.file.name.clone(), line: 1, column: 1 };
                let (what, fix) = ("the file does not say its apiVersion".to_owned(), example());
                self.problems.push(Problem { origin, what, fix, snippet: None });
            }
            Some(node) if !is(node, API_VERSION) => {
                let fix =
                    format!("write 'apiVersion: {API_VERSION}', or use the release of redos that the file is for");
                self.problem(node.span, refused("this version of the file is unknown to this redos", &fix));
            }
            Some(_) => {}
        }
        if let Some(node) = find("kind").filter(|node| !is(node, KIND)) {
            let fix = format!("write 'kind: {KIND}' or leave it out");
            self.problem(node.span, refused("this is not the configuration of a cluster", &fix));
        }
    }

    /// Reads the entries of the section at a path; "" is the whole file.
    fn section(&mut self, path: &str, entries: &[(Name, YamlNode)]) {
        let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, node) in entries {
            if let Some(line) = lines.get(name.text.as_str()) {
                let what = format!("'{}' is already on line {line}", name.text);
                self.problem(name.span, refused(&what, "keep one of them"));
                continue;
            }
            lines.insert(&name.text, name.span.start.line());
            let path = if path.is_empty() { name.text.clone() } else { format!("{path}.{}", name.text) };
            if path == "apiVersion" || path == "kind" {
                continue;
            }
            match table::at_path(&path) {
                Some(setting) if matches!(setting.kind, SettingKind::Directives) => self.directives(node),
                Some(setting) => self.value(setting, node),
                None if table::is_section(&path) => self.subsection(&path, node),
                None => self.unknown(&path, name),
            }
        }
    }

    fn subsection(&mut self, path: &str, node: &YamlNode) {
        match &node.value {
            YamlValue::Map(entries) => self.section(path, entries),
            // It is a section with comments only.
            YamlValue::Scalar { text, plain: true } if is_null(text) => {}
            YamlValue::Scalar { .. } | YamlValue::List(_) => {
                let inner: Vec<&str> = children(path).collect();
                let fix = format!("give it keys of its own, indented: {}", inner.join(", "));
                self.problem(node.span, refused(&format!("'{path}' is a section"), &fix));
            }
        }
    }

    fn value(&mut self, setting: &Setting, node: &YamlNode) {
        let path = setting.path;
        match &node.value {
            YamlValue::List(items) if matches!(setting.kind, SettingKind::Users(_)) => {
                let entry = |item: &YamlNode| checked(item, user_entry(item)?, |text| value::users(text).map(drop));
                self.entries(setting, node, items, entry);
            }
            YamlValue::List(items) if matches!(setting.kind, SettingKind::Hosts(_)) => {
                self.entries(setting, node, items, host_entry);
            }
            YamlValue::Map(_) | YamlValue::List(_) => {
                self.problem(node.span, refused(&format!("'{path}' takes one value"), "write it as 'key: value'"));
            }
            YamlValue::Scalar { text, plain: true } if is_null(text) => {
                self.problem(node.span, refused(&format!("'{path}' has no value"), "give it one or remove the line"));
            }
            YamlValue::Scalar { text, plain: false }
                if matches!(setting.kind, SettingKind::Count(..) | SettingKind::Port(_)) =>
            {
                let what = format!("'{path}' is a number and '{text}' is in quotes");
                self.problem(node.span, refused(&what, "remove the quotes"));
            }
            YamlValue::Scalar { text, .. } => {
                let given = self.given(text, node.span);
                self.layer.values.insert(setting.key, given);
            }
        }
    }

    /// Reads a list as the text that a flag has.
    fn entries(
        &mut self,
        setting: &Setting,
        node: &YamlNode,
        items: &[YamlNode],
        entry: impl Fn(&YamlNode) -> Result<String, (Span, Wrong)>,
    ) {
        let mut entries = Vec::new();
        for item in items {
            match entry(item) {
                Ok(entry) => entries.push(entry),
                Err((span, wrong)) => self.problem(span, wrong),
            }
        }
        let given = self.given(&entries.join("; "), node.span);
        self.layer.values.insert(setting.key, given);
    }

    fn directives(&mut self, node: &YamlNode) {
        let entries = match &node.value {
            YamlValue::Map(entries) => entries.as_slice(),
            YamlValue::Scalar { text, plain: true } if is_null(text) => &[],
            YamlValue::Scalar { .. } | YamlValue::List(_) => {
                let fix = "give it directives of redis.conf, indented, such as 'maxmemory: 256mb'";
                return self.problem(node.span, refused("'redis' is a section", fix));
            }
        };
        let mut found: BTreeMap<String, Given> = BTreeMap::new();
        for (name, node) in entries {
            let is_many = directives::is_many(&name.text.to_ascii_lowercase());
            let nodes = match &node.value {
                YamlValue::List(items) if is_many => items.as_slice(),
                _ => std::slice::from_ref(node),
            };
            let mut values: BTreeMap<String, String> = BTreeMap::new();
            for node in nodes {
                match self.argument(name, node, is_many) {
                    Ok((directive, value)) => directives::add(&mut values, directive, value, false),
                    Err((span, wrong)) => self.problem(span, wrong),
                }
            }
            for (directive, value) in values {
                if found.contains_key(&directive) {
                    let fix = if is_many {
                        format!("write them as a list: {directive}: [first, second]")
                    } else {
                        "keep one of them".to_owned()
                    };
                    self.problem(name.span, refused(&format!("'{directive}' is given twice"), &fix));
                    continue;
                }
                let given = self.given(&value, node.span);
                found.insert(directive, given);
            }
        }
        self.layer.directives = Some(found);
    }

    /// A directive with the value that stands at a place.
    fn argument(&self, name: &Name, node: &YamlNode, is_many: bool) -> Result<(String, String), (Span, Wrong)> {
        let YamlValue::Scalar { text, plain } = &node.value else {
            let fix = if is_many {
                "write it as in redis.conf, or as a list of such texts"
            } else {
                "write the arguments on one line, as in redis.conf"
            };
            return Err((node.span, refused(&format!("'{}' takes one value", name.text), fix)));
        };
        if *plain && is_null(text) {
            let fix = "give it one, or \"\" for an empty text";
            return Err((node.span, refused(&format!("'{}' has no value", name.text), fix)));
        }
        directives::directive(&name.text, text).map_err(|wrong| (name.span, wrong))
    }

    fn unknown(&mut self, path: &str, name: &Name) {
        let (section, key) = path.rsplit_once('.').unwrap_or(("", path));
        let header = ["apiVersion", "kind"].into_iter().filter(|_| section.is_empty());
        let flag = format!("--{key}");
        // A right key in another section comes first, then the name of a flag, then a typing error, here before
        // elsewhere.
        let meant = SETTINGS
            .iter()
            .find(|setting| leaf(setting.path).1 == key || setting.flag == flag)
            .map(|setting| setting.path)
            .or_else(|| {
                let here = nearest(key, children(section).chain(header))?;
                SETTINGS.iter().map(|setting| setting.path).find(|path| leaf(path) == (section, here)).or(Some(here))
            })
            .or_else(|| {
                let elsewhere = nearest(key, SETTINGS.iter().map(|setting| leaf(setting.path).1))?;
                SETTINGS.iter().map(|setting| setting.path).find(|path| leaf(path).1 == elsewhere)
            });
        let fix = match meant.map(leaf) {
            _ if key == "<<" => "write the keys out: merge keys are not supported".to_owned(),
            _ if key.to_lowercase().ends_with("password") => {
                "a password does not belong in this file: use passwordFile with the name of a file".to_owned()
            }
            Some((place, meant)) if place == section => format!("did you mean '{meant}'?"),
            Some(("", meant)) => format!("did you mean '{meant}', outside of any section?"),
            Some((place, meant)) => format!("did you mean '{meant}' in the section '{place}'?"),
            None => "'redos config --schema' lists what is known".to_owned(),
        };
        let what = match section {
            "" => format!("unknown key '{key}'"),
            section => format!("unknown key '{key}' in '{section}'"),
        };
        self.problem(name.span, Wrong { what, fix });
    }
}

/// The text of an item, unless it is wrong.
fn checked(item: &YamlNode, text: String, check: impl Fn(&str) -> Result<(), Wrong>) -> Result<String, (Span, Wrong)> {
    check(&text).map(|()| text).map_err(|wrong| (item.span, wrong))
}

/// An item of the list of hosts as `NAME ENGINE ADDRESS zone=ZONE roles=ROLE,… drain`.
fn host_entry(item: &YamlNode) -> Result<String, (Span, Wrong)> {
    let example =
        "write a host as 'a ssh://me@10.0.0.1 10.0.0.1', or with the keys name, docker, address, zone, roles and drain";
    let word = |node: &YamlNode| match &node.value {
        YamlValue::Scalar { text, .. } if !text.is_empty() && !text.contains([';', '\n', ' ', '\t']) => {
            Ok(text.clone())
        }
        _ => Err((node.span, refused("this is not one word", example))),
    };
    let text = match &item.value {
        YamlValue::Scalar { text, .. } if !text.contains([';', '\n']) => text.clone(),
        YamlValue::Map(entries) => {
            let (mut name, mut engine, mut rest) = (None, None, Vec::new());
            for (key, node) in entries {
                match key.text.as_str() {
                    "name" => name = Some(word(node)?),
                    "docker" => engine = Some(word(node)?),
                    "address" => rest.insert(0, word(node)?),
                    "zone" => rest.push(format!("zone={}", word(node)?)),
                    "roles" => {
                        let roles = match &node.value {
                            YamlValue::List(items) => items.iter().map(word).collect::<Result<Vec<_>, _>>()?.join(","),
                            _ => word(node)?,
                        };
                        rest.push(format!("roles={roles}"));
                    }
                    "drain" => match word(node)?.as_str() {
                        "true" => rest.push("drain".to_owned()),
                        "false" => {}
                        other => {
                            return Err((node.span, refused(&format!("'{other}' is neither true nor false"), example)));
                        }
                    },
                    other => {
                        let fix = "a host has name, docker, address, zone, roles and drain";
                        return Err((key.span, refused(&format!("unknown key '{other}' of a host"), fix)));
                    }
                }
            }
            let (Some(name), Some(engine)) = (name, engine) else {
                return Err((item.span, refused("a host needs the keys name and docker", example)));
            };
            format!("{name} {engine} {}", rest.join(" "))
        }
        YamlValue::Scalar { .. } | YamlValue::List(_) => {
            return Err((item.span, refused("this is not a host", example)));
        }
    };
    // What it lacks among the others is said of the whole list.
    checked(item, text.trim_end().to_owned(), |text| value::host(text).map(drop))
}

/// An item of the list of users as `NAME PRESET RULE…`.
fn user_entry(item: &YamlNode) -> Result<String, (Span, Wrong)> {
    let example = "write a user as 'reports readonly', or with the keys name, preset and rules";
    let plain = |node: &YamlNode| match &node.value {
        YamlValue::Scalar { text, .. } if !text.contains([';', '\n']) => Ok(text.clone()),
        _ => Err((node.span, refused("this is not the text of a user", example))),
    };
    let YamlValue::Map(entries) = &item.value else { return plain(item) };
    let (mut name, mut preset, mut rules) = (None, "none".to_owned(), Vec::new());
    for (key, node) in entries {
        match key.text.as_str() {
            "name" => name = Some(plain(node)?),
            "preset" => preset = plain(node)?,
            "rules" => match &node.value {
                YamlValue::List(items) => rules.extend(items.iter().map(plain).collect::<Result<Vec<_>, _>>()?),
                _ => rules.push(plain(node)?),
            },
            key_text => {
                let is_password = key_text.to_lowercase().contains("password");
                let password = "redos makes the password of a user, and 'redos url --user NAME' shows it";
                let fix = if is_password { password } else { "a user has name, preset and rules" };
                return Err((key.span, refused(&format!("unknown key '{key_text}' of a user"), fix)));
            }
        }
    }
    let Some(name) = name else { return Err((item.span, refused("this user has no name", example))) };
    if name.contains(char::is_whitespace) || preset.contains(char::is_whitespace) {
        return Err((item.span, refused("a name and a preset are one word each", example)));
    }
    Ok(format!("{name} {preset} {}", rules.join(" ")).trim_end().to_owned())
}

/// A dotted path as its section and its last key.
fn leaf(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}

/// The keys of a section of the table, each once.
fn children(section: &str) -> impl Iterator<Item = &'static str> {
    let mut last = "";
    SETTINGS.iter().filter_map(move |setting| {
        let rest = match section {
            "" => setting.path,
            section => setting.path.strip_prefix(section)?.strip_prefix('.')?,
        };
        let key = rest.split('.').next().unwrap_or(rest);
        (std::mem::replace(&mut last, key) != key).then_some(key)
    })
}

/// YAML's core schema for "nothing".
fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Makes the tree from the parser's events.
struct Tree<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
}

/// Why redos does not read the text.
struct Refused {
    wrong: Wrong,
    span: Span,
}

impl<'a> Tree<'a> {
    /// The only document of the text; `None` when there is none.
    fn document(mut self) -> Result<Option<YamlNode>, Refused> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                Event::StreamEnd => return Ok(root),
                _ if root.is_some() => {
                    let fix = "keep one document per file, and one file per cluster";
                    return Err(Refused { wrong: refused("a second document begins here", fix), span });
                }
                event => {
                    let node = self.node(event, span, 0)?;
                    let nothing = matches!(&node.value, YamlValue::Scalar { text, plain: true } if is_null(text));
                    root = (!nothing).then_some(node);
                }
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Refused> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let wrong = refused(
                    &format!("this is not YAML: {}", error.info()),
                    "repair this line or the one before; 'redos init -' prints a sample",
                );
                Err(Refused { wrong, span: Span::empty(*error.marker()) })
            }
            // This is after the end of the stream, where nothing is read.
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    /// The node that begins with this event.
    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<YamlNode, Refused> {
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag) => (*anchor, tag.is_some()),
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => (*anchor, tag.is_some()),
            _ => (0, false),
        };
        let refuse = |what: &str| Err(Refused { wrong: refused(what, "write the value out"), span });
        if anchor != 0 || matches!(event, Event::Alias(_)) {
            return refuse("anchors and aliases are not supported");
        }
        if tag {
            return refuse("tags are not supported");
        }
        if depth > DEPTH_MAX {
            return refuse("the sections are nested too deeply");
        }
        let value = match event {
            Event::Scalar(text, style, ..) => {
                YamlValue::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain }
            }
            Event::MappingStart(..) => self.map(depth)?,
            _ => self.list(depth)?,
        };
        Ok(YamlNode { span, value })
    }

    fn map(&mut self, depth: usize) -> Result<YamlValue, Refused> {
        let mut entries = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                return Ok(YamlValue::Map(entries));
            }
            let key = self.node(event, span, depth + 1)?;
            let YamlValue::Scalar { text, .. } = key.value else {
                return Err(Refused { wrong: refused("this key is not a word", "write it as 'key: value'"), span });
            };
            let (event, value_span) = self.next()?;
            let value = self.node(event, value_span, depth + 1)?;
            entries.push((Name { text, span: key.span }, value));
        }
    }

    fn list(&mut self, depth: usize) -> Result<YamlValue, Refused> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd | Event::StreamEnd) {
                return Ok(YamlValue::List(items));
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }
}
