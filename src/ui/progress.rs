//! Progress of slow work, drawn on a terminal after a delay.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rvenv::seed::Event;

use super::Ui;

/// Delay before the spinner appears, to avoid flicker.
const MOMENT: Duration = Duration::from_millis(300);
const TICK: Duration = Duration::from_millis(100);

/// The progress line of one task, cleared at its end and before other output.
pub(crate) struct Progress<'a>(pub(super) &'a Ui);

impl Progress<'_> {
    /// Shows work that may be slow; on a terminal only.
    pub(crate) fn show_work(&mut self, what: &'static str) {
        let Self(ui) = self;
        if ui.draws() {
            ui.line.borrow_mut().get_or_insert_with(Line::soon).bar.set_message(what);
        }
    }

    /// Shows the current event.
    pub(crate) fn show(&mut self, event: &Event) {
        let Self(ui) = self;
        let text = words(event);
        if ui.draws() {
            let mut line = ui.line.borrow_mut();
            line.get_or_insert_with(Line::soon).bar.set_message(super::visible(&text));
        } else {
            ui.detail(text);
        }
    }
}

impl Progress<'_> {
    /// Shows how much of the work is done.
    pub(crate) fn show_part(&mut self, what: &'static str, done: u64, total: u64) {
        let bar = self.bar(what, "{spinner} {msg} [{bar:30}] {percent} %");
        set(bar.as_ref(), done, total);
    }

    /// A function that shows how many files are done, from any thread.
    pub(crate) fn files(&mut self, what: &'static str) -> impl Fn(u64, u64) + Sync + use<> {
        let bar = self.bar(what, "{spinner} {msg} [{bar:30}] {pos} of {len} files");
        move |done, total| set(bar.as_ref(), done, total)
    }

    fn bar(&mut self, what: &'static str, template: &str) -> Option<ProgressBar> {
        let Self(ui) = self;
        if !ui.draws() {
            return None;
        }
        let mut line = ui.line.borrow_mut();
        let line = line.get_or_insert_with(|| {
            let line = Line::soon();
            if let Ok(style) = ProgressStyle::with_template(template) {
                line.bar.set_style(style);
            }
            line.bar.set_message(what);
            line
        });
        Some(line.bar.clone())
    }
}

fn set(bar: Option<&ProgressBar>, done: u64, total: u64) {
    let Some(bar) = bar else { return };
    // Setting the length draws the line.
    if bar.length() != Some(total) {
        bar.set_length(total);
    }
    bar.set_position(done);
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.0.clear_progress();
    }
}

/// A line on the terminal.
#[derive(Debug)]
pub(super) struct Line {
    bar: ProgressBar,
    /// Dropping it ends the waiting thread.
    _working: mpsc::Sender<()>,
}

impl Line {
    /// A line that appears after [`MOMENT`].
    fn soon() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        let (working, work) = mpsc::channel();
        let shown = bar.clone();
        // If no thread can be started, the work continues without a line.
        let _ = thread::Builder::new().spawn(move || {
            if work.recv_timeout(MOMENT) == Err(RecvTimeoutError::Timeout) {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(TICK);
            }
        });
        Self { bar, _working: working }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The text of an event.
fn words(event: &Event) -> String {
    match event {
        Event::BuildingImage { project, version } => {
            format!("unpacking {project} {version}, this once")
        }
        Event::Downloading { requirement } => format!("downloading {requirement}"),
        _ => String::new(),
    }
}
