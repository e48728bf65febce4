//! The command line of faults, generated from their table.

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches, Subcommand};

use super::args::{FaultArgs, LinkArgs};
use crate::chaos::fault::{FAULTS, Fault, Flag, Row};
use crate::spec::ParseError;

/// A fault of the command line.
#[derive(Clone, Debug)]
pub struct FaultCommand {
    row: &'static Row,
    /// The values of its flags, in their order.
    values: Vec<String>,
    /// The target and the duration.
    pub args: FaultArgs,
    /// The affected packets, for a network fault.
    pub link: Option<LinkArgs>,
}

impl FaultCommand {
    /// The fault with its parameter.
    ///
    /// # Errors
    /// A value makes no sense.
    pub fn fault(&self) -> Result<Fault, ParseError> {
        Fault::read(self.row, &self.values.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// The subcommand of a row: its own flags, then those of all faults.
fn command(row: &'static Row) -> Command {
    let flag = |flag: &Flag| {
        Arg::new(flag.name).long(flag.name).value_name(flag.value).default_value(flag.default).help(flag.help)
    };
    let command = Command::new(row.word).args(row.parameter.flags().iter().map(flag));
    let command = if row.has_link() { LinkArgs::augment_args(command) } else { FaultArgs::augment_args(command) };
    // Shared arguments have a doc comment of their own, which is not the fault's help.
    command.about(row.about).long_about(None).after_help(row.help)
}

impl Subcommand for FaultCommand {
    fn augment_subcommands(command: Command) -> Command {
        command.subcommands(FAULTS.iter().map(self::command))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        FAULTS.iter().any(|row| row.word == name)
    }
}

impl FromArgMatches for FaultCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let missing = || Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (word, matches) = matches.subcommand().ok_or_else(missing)?;
        let row = FAULTS.iter().find(|row| row.word == word).ok_or_else(missing)?;
        let link = if row.has_link() { Some(LinkArgs::from_arg_matches(matches)?) } else { None };
        let args = match &link {
            Some(link) => link.args.clone(),
            None => FaultArgs::from_arg_matches(matches)?,
        };
        let flags = row.parameter.flags().iter();
        let values = flags.filter_map(|flag| matches.get_one::<String>(flag.name).cloned()).collect();
        Ok(Self { row, values, args, link })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
