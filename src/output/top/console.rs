//! The terminal of a live view: its cells, its keys, and its state before and after.

use std::io::{self, Stdout, Write};
use std::panic;
use std::thread;
use std::time::Duration;

use ratatui_core::layout::{Position, Rect};
use ratatui_core::terminal::Terminal as Cells;
use ratatui_crossterm::CrosstermBackend;
use ratatui_crossterm::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::mpsc;

use super::Board;
use super::board::KeyPress;
use super::draw::draw;
use crate::error::{Failure, FailureKind};
use crate::output::screen::{CLOSE, OPEN};
use crate::output::ui::write_failure;
use crate::output::{RawMode, Ui};

/// How long the reader of keys waits before it checks whether it is still wanted.
const PATIENCE: Duration = Duration::from_millis(200);

/// What the terminal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TerminalInput {
    Key(KeyPress),
    /// Ctrl-Z: the shell wants its terminal back.
    Suspend,
    /// It has another size.
    Resize,
}

/// The terminal, as long as a live view has it. Dropping it restores what was there before.
pub struct Console {
    ui: Ui,
    cells: Cells<CrosstermBackend<Stdout>>,
    has_color: bool,
    raw: Option<RawMode>,
    inputs: mpsc::Receiver<TerminalInput>,
    suspended: unix::Signal,
    continued: unix::Signal,
}

impl Ui {
    /// Whether a live view can have the terminal.
    pub fn can_show(&self) -> bool {
        self.can_talk() && !self.shared.terminal.dumb
    }
}

impl Console {
    /// Takes the terminal.
    ///
    /// # Errors
    /// It is none, or cannot be written.
    pub fn open(ui: &Ui) -> Result<Self, Failure> {
        let lost = |error: io::Error| Failure::new(FailureKind::Failed, error);
        let signal = |signal: Signal| unix::signal(SignalKind::from_raw(signal.as_raw())).map_err(lost);
        let (suspended, continued) = (signal(Signal::TSTP)?, signal(Signal::CONT)?);
        let cells = Cells::new(CrosstermBackend::new(io::stdout())).map_err(lost)?;
        let (sender, inputs) = mpsc::channel(64);
        let mut console =
            Self { ui: ui.clone(), cells, has_color: ui.colors(), raw: None, inputs, suspended, continued };
        console.enter()?;
        restore_on_panic(ui);
        thread::spawn(move || read_keys(&sender));
        Ok(console)
    }

    /// Shows the board.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn draw(&mut self, board: &Board) -> Result<(), Failure> {
        let has_color = self.has_color;
        let drawn = self.cells.draw(|frame| draw(board, has_color, frame.area(), frame.buffer_mut()));
        drawn.map(drop).map_err(write_failure)
    }

    /// The next key; `None` when the terminal is gone. It also returns when the board has to be drawn again.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub async fn key(&mut self) -> Result<Option<KeyPress>, Failure> {
        tokio::select! {
            input = self.inputs.recv() => match input {
                Some(TerminalInput::Key(key)) => Ok(Some(key)),
                Some(TerminalInput::Resize) => Ok(Some(KeyPress::Other)),
                Some(TerminalInput::Suspend) => self.suspend(),
                None => Ok(None),
            },
            Some(()) = self.suspended.recv() => self.suspend(),
            Some(()) = self.continued.recv() => self.resume(),
        }
    }

    /// Gives the terminal back, and stops until the shell continues this process.
    fn suspend(&mut self) -> Result<Option<KeyPress>, Failure> {
        self.leave();
        // Its handler has consumed SIGTSTP. A process that cannot be stopped goes on.
        let _ = kill_process(getpid(), Signal::STOP);
        self.resume()
    }

    /// Takes the terminal again, whatever others did with it meanwhile.
    fn resume(&mut self) -> Result<Option<KeyPress>, Failure> {
        self.leave();
        self.enter()?;
        // `clear` would ask the terminal for its cursor, and not every terminal answers.
        let size = self.cells.size().map_err(write_failure)?;
        self.cells.resize(Rect::from((Position::ORIGIN, size))).map_err(write_failure)?;
        Ok(Some(KeyPress::Other))
    }

    fn enter(&mut self) -> Result<(), Failure> {
        let raw = RawMode::enter().map_err(write_failure)?;
        let restore = raw.restorer();
        self.raw = Some(raw);
        self.ui.leave_screen_with(Box::new(move || {
            restore();
            // A terminal that is gone needs no restoring.
            let _ = say(CLOSE);
        }));
        say(OPEN).map_err(write_failure)
    }

    fn leave(&mut self) {
        self.ui.leave_screen();
        self.raw = None;
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.leave();
    }
}

fn say(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Has a panic restore the terminal before it speaks: the program may be built to end without dropping anything.
fn restore_on_panic(ui: &Ui) {
    let ui = ui.clone();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        ui.clear_live();
        before(info);
    }));
}

/// Reads keys until nobody wants them any more, or the terminal is gone.
fn read_keys(to: &mpsc::Sender<TerminalInput>) {
    while !to.is_closed() {
        let read = match event::poll(PATIENCE) {
            Ok(false) => continue,
            Ok(true) => event::read(),
            Err(error) => Err(error),
        };
        let input = match read {
            Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => input(key),
            Ok(Event::Resize(..)) => TerminalInput::Resize,
            Ok(_) => continue,
            Err(_) => return,
        };
        if to.blocking_send(input).is_err() {
            return;
        }
    }
}

fn input(key: KeyEvent) -> TerminalInput {
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    TerminalInput::Key(match key.code {
        KeyCode::Char('c') if is_control => KeyPress::Interrupt,
        KeyCode::Char('z') if is_control => return TerminalInput::Suspend,
        KeyCode::Up => KeyPress::Up,
        KeyCode::Down => KeyPress::Down,
        KeyCode::Esc => KeyPress::Escape,
        KeyCode::Char(letter) if !is_control => KeyPress::Char(letter),
        _ => KeyPress::Other,
    })
}
