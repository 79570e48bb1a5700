//! How an import or an export looks while it runs.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::bulk::{Tally, Watcher};

/// A line that moves, at a terminal; nothing elsewhere.
pub(crate) struct Bulk {
    bar: ProgressBar,
}

impl Bulk {
    /// With the length of the file, where it is known.
    pub(super) fn new(is_watched: bool, length: Option<u64>) -> Self {
        let target = if is_watched {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(length, target);
        let template = match length {
            Some(_) => "{bar:24} {percent:>3} %  {msg}, {eta} left",
            None => "{spinner} {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar }
    }
}

impl Watcher for Bulk {
    fn progress(&self, tally: &Tally) {
        let seconds = self.bar.elapsed().as_secs().max(1);
        let rate = tally.done() / seconds;
        let refused = match tally.rejected {
            0 => String::new(),
            refused => format!(", {refused} refused"),
        };
        self.bar
            .set_message(format!("{} users, {rate}/s{refused}", tally.done()));
        self.bar.set_position(tally.byte);
    }
}

impl Drop for Bulk {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
