//! The layers that settings are read from: flags, environment and file.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};

use super::borrowed::{Borrowed, is_borrowed};
use super::file::{self, SourceFile};
use super::given::{Given, put};
use super::passwords::GivenSecrets;
use super::problem::{Origin, Problem, Problems, nearest};
use super::resolve::{AskedSettings, Directives};
use super::table::{Key, SETTINGS, Setting, SettingKind};
use super::value::{self, Wrong};
use super::{check, conf, directives, wiring};
use crate::spec::{ClusterName, Hosts, ParseError, Secret, Spec};

/// The layer of flags: the text of each setting on the command line.
#[derive(Clone, Debug, Default)]
pub struct FlagLayer(Vec<(Key, String)>);

impl FlagLayer {
    /// Adds a flag if it was given.
    #[must_use]
    pub fn with(mut self, key: Key, text: Option<&str>) -> Self {
        self.0.extend(text.map(|text| (key, text.to_owned())));
        self
    }

    /// Adds a flag that may be given many times.
    #[must_use]
    pub fn with_all(mut self, key: Key, texts: impl IntoIterator<Item = String>) -> Self {
        self.0.extend(texts.into_iter().map(|text| (key, text)));
        self
    }
}

/// Everything that settings are read from. The caller passes all of it: nothing is read here.
pub struct Sources<'a> {
    /// From the command line.
    pub flags: FlagLayer,
    /// The environment, at least the variables with the prefixes of the table.
    pub environment: BTreeMap<String, String>,
    /// `redos.yaml`, if there is one.
    pub file: Option<SourceFile>,
    /// The folder of the file, absolute; relative paths in the file are below it.
    pub file_dir: PathBuf,
    /// The working directory, absolute; relative paths in flags and variables are below it.
    pub work_dir: PathBuf,
    /// Variables that begin with `REDOS_` and are not settings of a cluster.
    pub other_variables: &'a [&'a str],
    /// Reads a file that a setting names. An error fits "cannot read FILE: …".
    pub read_file: &'a dyn Fn(&Path) -> io::Result<String>,
    /// Finds the addresses of a host by its name. An error fits "cannot find the address of HOST: …".
    pub find_host: &'a dyn Fn(&str) -> io::Result<Vec<Ipv4Addr>>,
}

impl Sources<'_> {
    /// The name of the cluster alone, for verbs that need nothing else. Other errors in the file do not matter.
    ///
    /// # Errors
    /// The name is not a valid one, or the file that may give it is not readable as YAML.
    pub fn cluster_name(&self) -> Result<ClusterName, Problems> {
        let mut problems = Vec::new();
        let mut given = self.flags_and_environment();
        if !given.contains_key(&Key::Name) {
            let mut in_file = Vec::new();
            let mut layer = self.file.as_ref().map(|file| file::read(file, &mut in_file)).unwrap_or_default();
            if layer.is_unreadable {
                problems.append(&mut in_file);
            }
            given.extend(layer.values.remove_entry(&Key::Name));
        }
        let name = name_of(&given, &mut problems);
        Problems::check(problems).map(|()| name)
    }

    /// The hosts alone, for verbs that need to know where the Engines are. Other errors in the file do not matter.
    ///
    /// # Errors
    /// They are not hosts.
    pub fn hosts(&self) -> Result<Hosts, Problems> {
        let mut given = self.flags_and_environment();
        if !given.contains_key(&Key::Hosts) {
            let mut layer = self.file.as_ref().map(|file| file::read(file, &mut Vec::new())).unwrap_or_default();
            given.extend(layer.values.remove_entry(&Key::Hosts));
        }
        let Some(given) = given.get(&Key::Hosts) else { return Ok(Hosts::default()) };
        value::hosts(&given.text).map_err(|wrong| Problems::one(given.problem(wrong)))
    }

    /// The file, if it is in a folder above the working directory.
    pub fn file_above(&self) -> Option<&str> {
        let is_above = self.file_dir != self.work_dir && self.work_dir.starts_with(&self.file_dir);
        self.file.as_ref().filter(|_| is_above).map(|file| file.name.as_str())
    }

    /// Whether a flag, a variable or the file names a cluster.
    pub fn names_a_cluster(&self) -> bool {
        let in_file =
            || self.file.as_ref().is_some_and(|file| file::read(file, &mut Vec::new()).values.contains_key(&Key::Name));
        self.flags_and_environment().contains_key(&Key::Name) || in_file()
    }

    /// Reads all layers, and checks every value on its own and the given values against each other.
    ///
    /// # Errors
    /// With all problems at once.
    pub fn read(&self) -> Result<AskedSettings, Problems> {
        let mut problems = Vec::new();
        let layer = self.file.as_ref().map(|file| file::read(file, &mut problems)).unwrap_or_default();
        let mut given = layer.values;
        given.append(&mut self.flags_and_environment());
        let name = name_of(&given, &mut problems);
        let borrowed = self.borrowed(&given, &name);
        let mut misread = BTreeSet::new();
        let secrets = self.check_types(&mut given, &name, |key, problem| {
            problems.push(problem);
            misread.insert(key);
        });
        let changes = self.directive_changes(&mut problems);
        let mut warnings = self.strange_variables();
        let conf = given.get(&Key::RedisConf).cloned().and_then(|given| {
            let read = self.conf(&given).map_err(|wrong| problems.push(given.problem(wrong)));
            let (conf, left_out) = read.ok()?;
            warnings.extend(left_out.map(|wrong| Problem { snippet: None, ..given.problem(wrong) }));
            Some((conf, given.origin))
        });
        let directives = Directives { conf, section: layer.directives, changes };
        let request = AskedSettings { name, given, directives, secrets, borrowed, warnings };

        // Values that were not given may still come from the existing cluster, so only clashes of given values are
        // certain. The others are reported together with other problems, so that all of it can be repaired at once.
        let draft = request.draft(None);
        let is_wrong_anyway = !problems.is_empty();
        let mut clashes = check::errors(&draft.spec);
        clashes.retain(|finding| !finding.keys.iter().any(|key| misread.contains(key)));
        for mut finding in clashes {
            let is_certain = finding.keys.iter().all(|key| request.given.contains_key(key));
            if !is_certain && is_wrong_anyway {
                finding.what.push_str(", unless the cluster that is there makes up for it");
            }
            if is_certain || is_wrong_anyway {
                problems.push(request.locate(finding, &draft.origins));
            }
        }
        if is_wrong_anyway {
            let only_then = |problem: &Problem| {
                let what = format!("{} (it counts only when the cluster is made)", problem.what);
                Problem { what, ..problem.clone() }
            };
            problems.extend(request.borrowed.problems.iter().map(only_then));
        }
        problems.sort_by_key(|problem| problem.origin.place());
        Problems::check(problems).map(|()| request)
    }

    /// The strongest of flag and redos's own variables for each setting except the directives, which are many.
    fn flags_and_environment(&self) -> BTreeMap<Key, Given> {
        let strongest = single_settings().filter_map(|setting| {
            let flag = self.flags.0.iter().find(|(key, _)| *key == setting.key);
            let given = match flag {
                Some((_, text)) => Given { text: text.clone(), origin: Origin::Flag(setting.flag), snippet: None },
                None => self.first_set(setting.all_variables().filter(|variable| !is_borrowed(variable)))?,
            };
            Some((setting.key, given))
        });
        strongest.collect()
    }

    /// The values of borrowed variables for settings that were not given otherwise.
    fn borrowed(&self, given: &BTreeMap<Key, Given>, name: &ClusterName) -> Borrowed {
        let mut problems = Vec::new();
        let open = single_settings().filter(|setting| !given.contains_key(&setting.key));
        let mut values: BTreeMap<Key, Given> = open
            .filter_map(|setting| {
                let variables = setting.all_variables().filter(|variable| is_borrowed(variable));
                Some((setting.key, self.first_set(variables)?))
            })
            .collect();
        if !given.contains_key(&Key::Follow) {
            self.read_wiring(&mut values, &mut problems);
        }
        let secrets = self.check_types(&mut values, name, |_, problem| problems.push(problem));
        Borrowed { values, secrets, problems, is_forgiven: false }
    }

    /// The first of these variables that is set.
    fn first_set(&self, mut variables: impl Iterator<Item = &'static str>) -> Option<Given> {
        let (variable, text) = variables.find_map(|variable| self.variable(variable))?;
        Some(Given { text: text.clone(), origin: Origin::Environment(variable.to_owned()), snippet: None })
    }

    /// Checks every value on its own, removes the wrong ones and returns the passwords.
    fn check_types(
        &self,
        given: &mut BTreeMap<Key, Given>,
        name: &ClusterName,
        mut wrong: impl FnMut(Key, Problem),
    ) -> GivenSecrets {
        let mut secrets = GivenSecrets::default();
        let mut scratch = Spec::with_defaults(name.clone());
        given.retain(|key, value| {
            let read = match key.setting().kind {
                SettingKind::PasswordFile { variables, place } => self.password(variables, value).map(|secret| {
                    value.text.clear();
                    *place(&mut secrets) = Some(secret);
                }),
                SettingKind::Directory(_) => self.directory(value).map(|path| value.text = path),
                SettingKind::Follow(_) => self.server(value).map(|address| value.text = address),
                _ => put(key.setting(), &value.text, &mut scratch),
            };
            read.map_err(|what| wrong(*key, value.problem(what))).is_ok()
        });
        secrets
    }

    /// A variable with a value; an empty one counts as not set.
    fn variable<'n>(&self, name: &'n str) -> Option<(&'n str, &String)> {
        self.environment.get(name).filter(|text| !text.is_empty()).map(|text| (name, text))
    }

    /// The folder that a relative path of this origin is below.
    fn base(&self, origin: &Origin) -> &Path {
        if matches!(origin, Origin::File { .. }) { &self.file_dir } else { &self.work_dir }
    }

    fn directory(&self, given: &Given) -> Result<String, Wrong> {
        value::directory(&given.text, self.base(&given.origin)).map(|path| path.display().to_string())
    }

    /// The server in the wiring of the compose project.
    fn read_wiring(&self, given: &mut BTreeMap<Key, Given>, problems: &mut Vec<Problem>) {
        match wiring::server(&|name| self.variable(name).map(|(_, text)| text.as_str())) {
            Ok(None) => {}
            Ok(Some((variable, text))) => {
                let origin = Origin::Environment(variable.to_owned());
                given.insert(Key::Follow, Given { text, origin, snippet: None });
            }
            Err((variable, Wrong { what, fix })) => {
                let origin = Origin::Environment(variable.to_owned());
                problems.push(Problem { origin, what, fix, snippet: None });
            }
        }
    }

    /// The address of an existing server, or `none`. Names are resolved here and once, because configurations use
    /// addresses.
    fn server(&self, given: &Given) -> Result<String, Wrong> {
        let Some((host, port)) = value::server(&given.text)? else { return Ok(given.text.clone()) };
        let unset = match &given.origin {
            Origin::Environment(variable) if wiring::VARIABLES.contains(&variable.as_str()) => {
                format!("; if it named a container of a compose project, unset {variable}")
            }
            _ => String::new(),
        };
        let ip = match host.parse::<Ipv4Addr>() {
            Ok(ip) => ip,
            Err(_) => {
                let found = (self.find_host)(host).and_then(|found| {
                    // The answers come in any order; the lowest address is the same one each time.
                    found.into_iter().min().ok_or_else(|| io::Error::other("it has no IPv4 address"))
                });
                found.map_err(|reason| Wrong {
                    what: format!("cannot find the address of {host}: {reason}"),
                    fix: format!("give an address that containers can reach{unset}"),
                })?
            }
        };
        let reached = value::reachable(SocketAddrV4::new(ip, port));
        reached.map(|address| address.to_string()).map_err(|wrong| Wrong { fix: wrong.fix + &unset, ..wrong })
    }

    /// The password in a variable or a file; one line end after it is not part of it.
    fn password(&self, variables: &[&str], given: &Given) -> Result<Secret, Wrong> {
        let held = matches!(&given.origin, Origin::Environment(name) if variables.contains(&name.as_str()));
        let fix = "use letters and digits, or leave it out and redos makes a random one".to_owned();
        if held {
            return Secret::given(&given.text).map_err(|why| Wrong { what: why.to_string(), fix });
        }
        let stdin = given.text == "-";
        let path = if stdin { PathBuf::from("-") } else { self.base(&given.origin).join(&given.text) };
        let text = (self.read_file)(&path).map_err(|reason| Wrong {
            what: format!("cannot read {}: {reason}", path.display()),
            fix: "give a file that holds the password and nothing else".to_owned(),
        })?;
        let password = text.strip_suffix('\n').unwrap_or(&text);
        let password = password.strip_suffix('\r').unwrap_or(password);
        Secret::given(password).map_err(|why| Wrong { what: format!("in {}: {why}", path.display()), fix })
    }

    /// The directives of a `redis.conf`, and the remark about those that redos manages.
    fn conf(&self, given: &Given) -> Result<(BTreeMap<String, String>, Option<Wrong>), Wrong> {
        let path = self.base(&given.origin).join(&given.text);
        let shown = path.display();
        let text = (self.read_file)(&path).map_err(|reason| Wrong {
            what: format!("cannot read {shown}: {reason}"),
            fix: "name a redis.conf".to_owned(),
        })?;
        let conf = conf::read(&text).map_err(|wrong| Wrong { what: format!("{shown}: {}", wrong.what), ..wrong })?;
        let remark = (!conf.left_out.is_empty()).then(|| Wrong {
            what: format!("{shown}: redos sets these itself and leaves them out: {}", conf.left_out.join(", ")),
            fix: "remove them from the file; ports, passwords, persistence and files have settings of their own"
                .to_owned(),
        });
        Ok((conf.directives, remark))
    }

    /// Directives of `REDOS_REDIS`, separated by `;` or a new line, and then those of the flags.
    fn directive_changes(&self, problems: &mut Vec<Problem>) -> Vec<(String, Option<String>, Origin)> {
        let setting = Key::Redis.setting();
        let mut given: Vec<(&str, Origin)> = Vec::new();
        for (variable, text) in setting.all_variables().filter_map(|variable| self.variable(variable)) {
            let parts = text.split([';', '\n']).filter(|part| !part.trim().is_empty());
            given.extend(parts.map(|part| (part, Origin::Environment(variable.to_owned()))));
        }
        let flags = self.flags.0.iter().filter(|(key, _)| *key == Key::Redis);
        given.extend(flags.map(|(_, text)| (text.as_str(), Origin::Flag(setting.flag))));

        let mut changes = Vec::new();
        for (text, origin) in given {
            match directives::assignment(text) {
                Ok((name, value)) => changes.push((name, value, origin)),
                Err(Wrong { what, fix }) => problems.push(Problem { origin, what, fix, snippet: None }),
            }
        }
        changes
    }

    /// Warnings about variables that look like redos's own and are not read.
    fn strange_variables(&self) -> Vec<Problem> {
        let known: Vec<&str> = SETTINGS.iter().flat_map(Setting::all_variables).collect();
        let set = self.environment.iter().filter(|(_, text)| !text.is_empty()).map(|(name, _)| name.as_str());
        let warnings = set.filter_map(|name| {
            let (what, fix) =
                if name.starts_with("REDOS_") && !known.contains(&name) && !self.other_variables.contains(&name) {
                    let fix = match nearest(name, known.iter().copied()) {
                        Some(meant) => format!("did you mean {meant}?"),
                        None => "unset it; 'redos config' lists what is read".to_owned(),
                    };
                    ("redos reads no variable of this name".to_owned(), fix)
                } else {
                    return None;
                };
            Some(Problem { origin: Origin::Environment(name.to_owned()), what, fix, snippet: None })
        });
        warnings.collect()
    }
}

/// The given name, or the default one (also when a wrong one was given).
fn name_of(given: &BTreeMap<Key, Given>, problems: &mut Vec<Problem>) -> ClusterName {
    let Some(name) = given.get(&Key::Name) else { return ClusterName::default() };
    name.text.parse().unwrap_or_else(|why: ParseError| {
        problems.push(name.problem(Wrong { what: why.to_string(), fix: "choose another name".to_owned() }));
        ClusterName::default()
    })
}

/// All settings that have one value.
fn single_settings() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(|setting| setting.key != Key::Redis)
}
