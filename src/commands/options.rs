//! Options that several verbs take.
//!
//! Settings of a cluster stay text here: the table of settings has their flags, reads flags, variables and the file in one
//! way, and reports what is wrong with all of them at once.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::output::{Color, Format, Options, ProgressFormat};
use crate::spec::settings::table::{SETTINGS, SettingKind};
use crate::spec::settings::{FlagLayer, Key, Setting};

/// How long a verb waits for a ready cluster by default.
///
/// An empty host with cold disks needs well under a minute, and a scheduler that gives up sooner hides the reason.
pub const READY_TIMEOUT: &str = "120s";

/// What every verb takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]
    #[arg(short, long, global = true, value_name = "NAME")]
    pub project: Option<String>,
    /// File with settings, '-' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]
    #[arg(short, long, global = true, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// How to print data: table, wide (all columns), json, ndjson (one object a line), yaml or, of lists, name
    #[arg(short, long, global = true, value_name = "FORMAT", default_value = "table", hide_possible_values = true)]
    pub output: Format,
    /// How to write progress and remarks to stderr: auto, plain (lines) or json
    #[arg(long, global = true, value_name = "HOW", default_value = "auto", hide_possible_values = true)]
    pub progress: ProgressFormat,
    /// Print data and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: what each step costs and why; -vv also tells each call to Docker and to a server
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// When to use colour: auto, always or never; NO_COLOR means never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: Color,
    /// Docker host, such as ssh://user@host or unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]
    #[arg(short = 'H', long, global = true, value_name = "URL", env = "REDOS_HOST", hide_env = true)]
    pub host: Option<String>,
}

impl Global {
    /// Whether each call to Docker and to a server is told.
    pub const fn traces(&self) -> bool {
        self.verbose > 1
    }

    /// The output options of the command line.
    pub const fn output_options(&self) -> Options {
        Options {
            format: self.output,
            color: self.color,
            progress: self.progress,
            quiet: self.quiet,
            verbose: self.verbose > 0,
        }
    }
}

/// Settings of a cluster, as text: a flag for each row of the table. A missing one comes from the environment, the file or
/// the existing cluster.
pub type SettingsArgs = RowArgs<false>;

/// The settings that choose images, as text.
pub type ImageArgs = RowArgs<true>;

/// The flags of all rows of the table of settings, or of those that choose images.
#[derive(Clone, Debug, Default)]
pub struct RowArgs<const IMAGES: bool> {
    /// Those that were given.
    pub flags: FlagLayer,
}

impl<const IMAGES: bool> RowArgs<IMAGES> {
    /// The rows. Every verb takes the name of the cluster, so that it is none of them.
    fn rows() -> impl Iterator<Item = &'static Setting> {
        let has_flag = |setting: &&Setting| match setting.kind {
            SettingKind::Name => false,
            SettingKind::Image(_) => true,
            // Without it, the image of the exporter is not needed.
            _ => !IMAGES || setting.key == Key::Exporter,
        };
        SETTINGS.iter().filter(has_flag)
    }
}

impl<const IMAGES: bool> Args for RowArgs<IMAGES> {
    fn augment_args(command: Command) -> Command {
        command.args(Self::rows().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<const IMAGES: bool> FromArgMatches for RowArgs<IMAGES> {
    fn from_arg_matches(given: &ArgMatches) -> Result<Self, Error> {
        let texts = |setting: &Setting| given.get_many::<String>(setting.path).into_iter().flatten().cloned();
        let layer = |layer: FlagLayer, setting: &Setting| layer.with_all(setting.key, texts(setting));
        Ok(Self { flags: Self::rows().fold(FlagLayer::default(), layer) })
    }

    fn update_from_arg_matches(&mut self, given: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(given)?;
        Ok(())
    }
}

/// The flag of a setting. Its text is checked with those of the other sources.
fn flag(setting: &'static Setting) -> Arg {
    let is_repeated = matches!(setting.kind, SettingKind::Directives);
    let arg = Arg::new(setting.path)
        .long(setting.flag.trim_start_matches('-'))
        .value_name(setting.kind.value_name())
        .help(setting.help)
        .help_heading("Settings")
        .action(if is_repeated { ArgAction::Append } else { ArgAction::Set });
    match setting.kind {
        SettingKind::Switch(_) => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        SettingKind::Encryption => arg.num_args(0..=1).require_equals(true).default_missing_value("tls"),
        _ => arg,
    }
}
