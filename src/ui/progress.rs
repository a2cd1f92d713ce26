//! What takes long: drawn where somebody looks on, and only when it does take long.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rvenv::pip::Event;

use super::Ui;

/// What is over sooner is not worth a line that comes and goes.
const MOMENT: Duration = Duration::from_millis(300);
const TICK: Duration = Duration::from_millis(100);

/// The progress of one piece of work. Cleared when it is dropped.
pub(crate) struct Progress<'a> {
    ui: &'a Ui,
    drawn: Option<Drawn>,
}

/// The line on the terminal.
struct Drawn {
    line: ProgressBar,
    /// Dropped with the work, which tells the waiting thread that there is nothing to draw any more.
    _working: mpsc::Sender<()>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(ui: &'a Ui) -> Self {
        Self { ui, drawn: None }
    }

    /// What is done now.
    pub(crate) fn show(&mut self, event: &Event) {
        let text = words(event);
        if self.ui.draws() {
            let drawn = self.drawn.get_or_insert_with(Drawn::soon);
            drawn.line.set_message(super::visible(&text));
        } else {
            self.ui.detail(text);
        }
    }
}

impl Drawn {
    /// A line that shows itself when a moment has passed.
    fn soon() -> Self {
        let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            line.set_style(style);
        }
        let (working, work) = mpsc::channel();
        let shown = line.clone();
        thread::spawn(move || {
            if work.recv_timeout(MOMENT) == Err(RecvTimeoutError::Timeout) {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(TICK);
            }
        });
        Self { line, _working: working }
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.line.finish_and_clear();
    }
}

/// What takes long, in words.
fn words(event: &Event) -> String {
    match event {
        Event::BuildingImage { project, version } => {
            format!("unpacking {project} {version}, this once")
        }
        Event::Downloading { requirement } => format!("downloading {requirement}"),
        _ => String::new(),
    }
}
