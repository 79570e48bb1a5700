//! Shows an import or an export while it runs.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::transfer::{Counts, ProgressSink};

/// A moving line on a terminal; nothing elsewhere.
pub(crate) struct TransferProgress {
    bar: ProgressBar,
}

impl TransferProgress {
    /// With the length of the file, if it is known.
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

impl ProgressSink for TransferProgress {
    fn progress(&self, counts: &Counts) {
        let seconds = self.bar.elapsed().as_secs().max(1);
        let rate = counts.done() / seconds;
        let rejected = match counts.rejected {
            0 => String::new(),
            rejected => format!(", {rejected} rejected"),
        };
        self.bar
            .set_message(format!("{} users, {rate}/s{rejected}", counts.done()));
        self.bar.set_position(counts.byte);
    }
}

impl Drop for TransferProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
