//! How a deploy looks while it runs: the two reporters.

use std::io::Write as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::deploy::{Event, Operation, Reporter};

/// One plain line per event, for logs and pipes.
pub(super) struct Plain;

impl Reporter for Plain {
    fn report(&self, event: Event) {
        if !matches!(event, Event::StackFinished { .. }) {
            let _ = writeln!(anstream::stderr(), "{}", line(&event));
        }
    }
}

/// Lines that stay for what is done, above one that moves for what goes on.
pub(super) struct Terminal {
    bar: ProgressBar,
}

impl Terminal {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed:>5}") {
            bar.set_style(style);
        }
        Self { bar }
    }
}

impl Reporter for Terminal {
    fn report(&self, event: Event) {
        match &event {
            Event::StackStarted { .. } => {
                self.bar.reset();
                self.bar.set_message(line(&event));
                self.bar.enable_steady_tick(Duration::from_millis(100));
            }
            Event::Resource { event: change, .. } if change.status.is_moving() => {
                self.bar.set_message(line(&event));
            }
            Event::StackFinished { .. } => {
                self.bar.disable_steady_tick();
                self.bar.finish_and_clear();
            }
            _ => self.bar.suspend(|| Plain.report(event.clone())),
        }
    }
}

fn line(event: &Event) -> String {
    match event {
        Event::BucketCreated { bucket } => format!("asset bucket {bucket}: created"),
        Event::BucketDeleted { bucket } => format!("asset bucket {bucket}: deleted"),
        Event::ArtifactUploaded { key, bytes } => {
            format!("{key}: uploaded, {}", indicatif::HumanBytes(*bytes as u64))
        }
        Event::StackStarted { stack, operation } => match operation {
            Operation::Create => format!("{stack}: creating"),
            Operation::Update => format!("{stack}: updating"),
            Operation::Delete => format!("{stack}: deleting"),
        },
        Event::Resource { stack, event } => {
            let reason = event
                .reason
                .as_ref()
                .map_or_else(String::new, |reason| format!(", {reason}"));
            format!(
                "{stack}: {} {} ({}){reason}",
                event.status, event.logical_id, event.resource_type
            )
        }
        Event::StackFinished { stack } => format!("{stack}: finished"),
        Event::Warning { text } => format!("warning: {text}"),
    }
}
