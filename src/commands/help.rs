//! The command line with its full help. The help of a setting's flag also names its default and its variables.

use clap::{Arg, Command, CommandFactory};

use super::Cli;
use crate::spec::settings::table::SETTINGS;
use crate::spec::settings::{Setting, default};

/// The command line of [`Cli`], with the help of the settings.
pub fn command() -> Command {
    with_origins(Cli::command())
}

fn with_origins(command: Command) -> Command {
    // A setting that 'scale' does not get stays as it is.
    let has_defaults = command.get_name() != "scale";
    command.mut_args(|argument| explained(argument, has_defaults)).mut_subcommands(with_origins)
}

fn explained(argument: Arg, has_defaults: bool) -> Arg {
    let flag = argument.get_long().map(|long| format!("--{long}")).unwrap_or_default();
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    // Of flags with the same name, those of settings have the table's help.
    let setting = SETTINGS.iter().find(|setting| setting.flag == flag && setting.help == help);
    setting.map_or(argument.clone(), |setting| argument.help(help_of(setting, has_defaults)))
}

fn help_of(setting: &Setting, has_default: bool) -> String {
    let default = default(setting).filter(|_| has_default);
    let default = default.map(|default| format!(" [default: {default}]")).unwrap_or_default();
    let variables: Vec<&str> = setting.all_variables().collect();
    format!("{}{default} [env: {}]", setting.help, variables.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_of_a_setting_names_its_default_and_its_variables() {
        let command = command();
        let help = |verb: &str, flag: &str| {
            let verb = command.find_subcommand(verb).expect("a verb");
            let argument = verb.get_arguments().find(|argument| argument.get_long() == Some(flag)).expect(flag);
            argument.get_help().map(ToString::to_string).unwrap_or_default()
        };
        for setting in SETTINGS.iter().filter(|setting| setting.flag != "--project") {
            let help = help("up", setting.flag.trim_start_matches('-'));
            for variable in setting.all_variables() {
                assert!(help.contains(variable), "{help}");
            }
        }
        assert_eq!(help("up", "replicas"), "Replicas of each master [default: 2] [env: REDOS_REPLICAS]");
        assert_eq!(help("scale", "replicas"), "Replicas of each master [env: REDOS_REPLICAS]");
        assert!(help("up", "port").ends_with("[default: 6379] [env: REDOS_PORT, REDIS_PORT]"));
        assert!(help("up", "quorum").ends_with("[default: the majority] [env: REDOS_QUORUM, SENTINEL_QUORUM]"));
        assert_eq!(help("failover-test", "hold"), "How long the fault lasts [default: until 2 s after the failover]");
    }
}
