//! A program in a node, at the user's terminal or between pipes.

use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::signal::unix::{SignalKind, signal};

use super::{Session, World};
use crate::engine::Streams;
use crate::engine::streams::{Exec, TerminalSize};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::{RawMode, terminal_size};
use crate::spec::{ClusterName, NodeId, Secret};

/// The prompt of redis-cli for a password at a terminal.
const PROMPT: &[u8] = b"password: ";
/// The escape sequence by which redis-cli asks a terminal of unknown size for its cursor. The Engine reports the size a
/// moment after the start.
const CURSOR: &[u8] = b"\x1b[6n";
/// The size of a terminal that does not report its own.
const USUAL_SIZE: TerminalSize = TerminalSize { columns: 80, rows: 24 };
/// Bytes of the user's input that are sent at once.
const CHUNK: usize = 4096;
/// The exit code of the Engine for a program that it could not run.
const NOT_RUNNABLE: i64 = 126;

/// Runs a program in a node until it ends.
///
/// `password` is the answer to its first question, and goes through its input: arguments and environments of processes
/// can be seen from outside.
///
/// # Errors
/// The node does not run, or the Engine failed.
pub async fn run<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    node: NodeId,
    command: &[&str],
    password: Option<&Secret>,
) -> Result<Exit, Failure> {
    let measured = || {
        let size = terminal_size().map(|(columns, rows)| TerminalSize { columns, rows });
        size.map(|size| if size.columns == 0 { USUAL_SIZE } else { size })
    };
    let size = if session.ui.can_talk() { measured() } else { None };
    let Exec { id, mut output, mut input } = session.engine.exec(cluster, node, command, size).await?;
    let lost = |error: std::io::Error| Failure::new(FailureKind::Failed, error);
    // At a terminal redis-cli prompts for it, and the visible part of the prompt is left out; a pipe is read at once.
    let mut asked = Vec::new();
    let mut is_hidden = password.is_some() && size.is_some();
    // The enter key of a terminal, or the end of a line.
    let enter = if size.is_some() { '\r' } else { '\n' };
    let mut answer = password.map(|password| format!("{}{enter}", password.expose()));
    if let Some(answer) = answer.take_if(|_| size.is_none()) {
        input.write_all(answer.as_bytes()).await.map_err(lost)?;
    }
    let _raw = size.map(|_| RawMode::enter()).transpose().map_err(lost)?;
    let mut resized = signal(SignalKind::window_change()).map_err(lost)?;
    let mut stdin = tokio::io::stdin();
    let mut typed = vec![0; CHUNK];
    let mut is_open = true;
    loop {
        tokio::select! {
            chunk = output.next() => {
                let Some(chunk) = chunk else { break };
                let chunk = chunk?;
                if !is_hidden {
                    session.ui.raw(chunk.stderr, &chunk.bytes)?;
                    continue;
                }
                asked.extend_from_slice(&chunk.bytes);
                if let Some(at) = asked.windows(CURSOR.len()).position(|part| part == CURSOR) {
                    asked.drain(..at + CURSOR.len());
                    let columns = size.map_or(USUAL_SIZE.columns, |size| size.columns);
                    input.write_all(format!("\x1b[1;{columns}R").as_bytes()).await.map_err(lost)?;
                    continue;
                }
                if asked.windows(PROMPT.len()).any(|part| part == PROMPT)
                    && let Some(answer) = answer.take()
                {
                    input.write_all(answer.as_bytes()).await.map_err(lost)?;
                }
                if let Some(end) = asked.iter().position(|byte| *byte == b'\n') {
                    is_hidden = false;
                    session.ui.raw(false, asked.get(end + 1..).unwrap_or_default())?;
                }
            }
            read = stdin.read(&mut typed), if is_open && !is_hidden => match read {
                Ok(0) | Err(_) => {
                    is_open = false;
                    // A program that has ended reads nothing more.
                    let _ = input.shutdown().await;
                }
                Ok(length) => {
                    let typed = typed.get(..length).unwrap_or_default();
                    is_open = input.write_all(typed).await.is_ok() && input.flush().await.is_ok();
                }
            },
            Some(()) = resized.recv(), if size.is_some() => {
                if let Some(size) = measured() {
                    session.engine.resize(&id, size).await?;
                }
            }
            () = session.cancel.cancelled() => return Ok(Exit::Interrupted),
        }
    }
    // It has ended without a prompt, and said why.
    if is_hidden {
        session.ui.raw(false, &asked)?;
    }
    let code = session.engine.exit_code(&id).await?;
    if code == NOT_RUNNABLE {
        session.ui.hint(format_args!("{node} may not have the program '{}'", command.first().unwrap_or(&"")));
    }
    Ok(Exit::Program(u8::try_from(code).unwrap_or(u8::MAX)))
}
