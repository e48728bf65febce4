//! The binary: parse, run, exit code.

use std::process::ExitCode;

use clap::FromArgMatches;
use redos::commands::{Call, Cli, Docker, advice};
use redos::error::Exit;
use redos::output::{Options, Ui};
use redos::{commands, interrupt};

fn main() -> ExitCode {
    let cli = match commands::help::command().try_get_matches().and_then(|found| Cli::from_arg_matches(&found)) {
        Ok(cli) => cli,
        Err(error) => {
            // Whoever closes the stream needs no text.
            let _ = error.print();
            let words: Vec<String> = std::env::args().skip(1).collect();
            if let Some(advice) = advice(&words).filter(|_| error.use_stderr()) {
                Ui::new(Options::default()).hint(advice);
            }
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    let ui = Ui::new(cli.global.output_options());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            ui.warn(format_args!("failed to start: {error}"));
            return Exit::No.into();
        }
    };
    let Cli { global, verb } = cli;
    let result = runtime.block_on(async {
        let call = Call { global, ui: ui.clone(), cancel: interrupt::watch(ui.clone()), world: Docker };
        commands::run(verb, call).await
    });
    runtime.shutdown_background();
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            ui.failure(&failure);
            failure.kind.exit().into()
        }
    }
}
