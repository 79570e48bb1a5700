//! Reports operations on stacks to a person, while they run.

use std::io::Write as _;
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::stack::{Event, Operation, Reporter, Upload};

/// Writes a plain line for each event, for logs and pipes.
pub(super) struct Plain;

impl Reporter for Plain {
    fn report(&self, event: Event) {
        if let Some(line) = line(&event) {
            line_to_stderr(&line);
        }
    }
}

/// Writes a line to stderr.
pub(super) fn line_to_stderr(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Writes a lasting line for what is done, above a moving one for what is running.
pub(super) struct Terminal {
    bar: ProgressBar,
}

impl Terminal {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed:>5}") {
            bar.set_style(style);
        }
        // Nothing is running yet.
        bar.finish_and_clear();
        Self { bar }
    }
}

impl Drop for Terminal {
    /// Makes sure that what comes next, such as an error, starts on an empty line.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Reporter for Terminal {
    fn report(&self, event: Event) {
        match event {
            Event::Resource { event: change, .. } if change.status.is_moving() => {
                self.bar.set_message(change.logical_id);
            }
            Event::StackStarted { .. } => {
                self.bar.suspend(|| Plain.report(event));
                self.bar.reset();
                self.bar.enable_steady_tick(Duration::from_millis(100));
            }
            Event::StackFinished { .. } => self.bar.finish_and_clear(),
            done => self.bar.suspend(|| Plain.report(done)),
        }
    }
}

/// Returns the event as text. A resource's line belongs to the stack above it, and fits into 80 columns.
fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::BucketCreated { bucket } => format!("asset bucket created: {bucket}"),
        Event::BucketDeleted { bucket } => format!("asset bucket deleted: {bucket}"),
        Event::TableDeleted { table } => format!("table deleted: {table}"),
        Event::Uploading { what, bytes } => {
            let what = match what {
                Upload::Function => "the function",
                Upload::Runner => "umb for the pipeline",
            };
            format!("uploading {what}: {}", HumanBytes(*bytes as u64))
        }
        Event::ArtifactUploaded { bytes } => {
            format!("function uploaded: {}", HumanBytes(*bytes as u64))
        }
        Event::RunnerUploaded { bytes } => {
            format!(
                "umb uploaded for the pipeline: {}",
                HumanBytes(*bytes as u64)
            )
        }
        Event::CodeUpdating { function } => format!("{function}: updating the code"),
        Event::StackStarted { stack, operation } => match operation {
            Operation::Create => format!("{stack}: creating"),
            Operation::Update => format!("{stack}: updating"),
            Operation::Delete => format!("{stack}: deleting"),
            Operation::RollBack => format!("{stack}: rolling back"),
            Operation::Follow => format!("{stack}: following"),
        },
        Event::Resource { event, .. } => {
            let reason = match &event.reason {
                Some(reason) if event.status.is_failure() => format!("\n    {reason}"),
                _ => String::new(),
            };
            format!(
                "  {:<18}  {:<22}  {}{reason}",
                event.status.to_string(),
                event.logical_id,
                event.resource_type,
            )
        }
        Event::StackFinished { .. } => return None,
        Event::Note { text } => format!("note: {text}"),
        Event::Warning { text } => format!("warning: {text}"),
    })
}

#[cfg(test)]
mod tests {
    use crate::aws::cloudformation::{StackEvent, Status};

    use super::*;

    fn resource(status: &str, reason: Option<&str>) -> Event {
        Event::Resource {
            stack: String::new(),
            event: StackEvent {
                id: String::new(),
                at: None,
                logical_id: "APIDeploymentd9617ccb".to_owned(),
                physical_id: String::new(),
                resource_type: "AWS::ApiGateway::Deployment".to_owned(),
                status: Status::new(status),
                reason: reason.map(str::to_owned),
            },
        }
    }

    #[test]
    fn a_resources_line_fits_80_columns() {
        let line = line(&resource("DELETE_IN_PROGRESS", None)).expect("a line");
        assert_eq!(
            line,
            "  DELETE_IN_PROGRESS  APIDeploymentd9617ccb   AWS::ApiGateway::Deployment"
        );
        assert!(line.len() <= 80);
    }

    #[test]
    fn a_failures_reason_is_below_it() {
        let failed = line(&resource("CREATE_FAILED", Some("Quota exceeded"))).expect("a line");
        assert!(failed.ends_with("AWS::ApiGateway::Deployment\n    Quota exceeded"));
        let fine = line(&resource("CREATE_COMPLETE", Some("Resource ready"))).expect("a line");
        assert!(!fine.contains("Resource ready"));
    }
}
