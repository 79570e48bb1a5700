//! Shows a pipeline's status, and its executions while they run.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;

use crate::pipeline::{Event, Execution, PipelineStatus, Refused, Status, Waiting};

use super::json;
use super::progress::line_to_stderr;
use super::show::Show;

const GOOD: Style = AnsiColor::Green.on_default();
const MOVING: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();
/// How many digits of a commit are shown, as git does.
const COMMIT: usize = 7;

impl Show for PipelineStatus {
    fn text(&self) -> String {
        status(self)
    }
}

impl Show for Waiting {
    fn text(&self) -> String {
        let mut lines = vec![format!("{}: waits for approval", self.stage)];
        lines.extend(self.execution.as_ref().map(execution));
        lines.push(match &self.plan {
            Some(plan) => plan.text(),
            None => "its plan is not known: `umb deploy pipeline` makes the pipeline plan first"
                .to_owned(),
        });
        lines.join("\n")
    }
}

impl Show for Refused {
    fn text(&self) -> String {
        let mut lines = vec![execution(&self.execution)];
        let said = self.lines.iter();
        lines.extend(said.map(|line| format!("    │ {}", plain(line))));
        lines.join("\n")
    }
}

fn status(status: &PipelineStatus) -> String {
    let PipelineStatus {
        pipeline,
        account,
        region,
        execution: newest,
        stages,
    } = status;
    let mut lines = vec![format!("{pipeline} (account {account}, {region})")];
    lines.push(match newest {
        Some(newest) => format!("  {}", execution(newest)),
        None => "  no execution yet".to_owned(),
    });
    for stage in stages {
        lines.push(format!("  {}  {}", stage.name, painted(stage.status)));
        if let Some(why) = &stage.closed {
            lines.push(format!("    closed: {why}"));
        }
        for action in &stage.actions {
            let summary = action.summary.as_deref().unwrap_or_default();
            let line = format!(
                "    {:<18}  {}  {summary}",
                action.name,
                painted(action.status)
            );
            lines.push(line.trim_end().to_owned());
        }
        if stage.lacks_target {
            lines.push("    nothing to roll back to: no execution has succeeded here since the pipeline was changed".to_owned());
        }
        if let Some(condition) = &stage.condition {
            lines.push(format!("    {BAD}condition{BAD:#}  {condition}"));
        }
    }
    lines.join("\n")
}

/// An execution on a line.
fn execution(execution: &Execution) -> String {
    let mut facts = vec![
        format!("execution {}", execution.id),
        painted(Some(execution.status)),
    ];
    facts.extend(
        execution
            .started
            .map(|started| format!("started {}", to_the_second(started))),
    );
    if let Some(commit) = &execution.commit {
        let commit: String = commit.chars().take(COMMIT).collect();
        facts.push(format!("commit {commit}"));
    }
    facts.extend(
        execution
            .message
            .as_ref()
            .map(|message| format!("\"{}\"", plain(message))),
    );
    facts.extend(
        execution
            .author
            .as_ref()
            .map(|author| format!("by {}", plain(author))),
    );
    let target = execution.rolls_back_to.as_ref();
    facts.extend(target.map(|target| format!("rollback to {target}")));
    facts.extend(execution.reason.clone());
    facts.join("  ")
}

/// What somebody else wrote, without what would move the cursor or hide text.
fn plain(text: &str) -> String {
    let letters = text.chars();
    letters
        .flat_map(|letter| {
            let escaped = letter.is_control().then(|| letter.escape_debug());
            escaped.map_or_else(|| vec![letter], Iterator::collect)
        })
        .collect()
}

/// A time without its fractions of a second.
fn to_the_second(time: Timestamp) -> String {
    let seconds = Timestamp::from_second(time.as_second());
    seconds.unwrap_or(time).to_string()
}

fn painted(status: Option<Status>) -> String {
    let Some(status) = status else {
        return "–".to_owned();
    };
    let style = match status {
        Status::Succeeded => GOOD,
        Status::Failed | Status::Abandoned | Status::Cancelled => BAD,
        _ if status.is_moving() => MOVING,
        _ => Style::new(),
    };
    format!("{style}{}{style:#}", status.text())
}

/// Shows an execution: an object per line for programs; else a line for what has ended, and on a terminal a moving one for
/// what is running.
pub(crate) enum ExecutionProgress {
    Json,
    Lines(Option<ProgressBar>),
}

impl ExecutionProgress {
    pub(super) fn new(is_json: bool, is_watched: bool) -> Self {
        if is_json {
            return Self::Json;
        }
        Self::Lines(is_watched.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed:>5}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        }))
    }

    /// Shows one event.
    pub(crate) fn report(&self, event: &Event) {
        match self {
            Self::Json => json::write(event),
            Self::Lines(None) => print(event),
            Self::Lines(Some(bar)) => {
                if let Event::Action {
                    stage,
                    action,
                    waits: false,
                    ..
                } = event
                {
                    bar.set_message(format!("{stage}: {action}"));
                }
                if !is_start(event) {
                    bar.suspend(|| print(event));
                }
            }
        }
    }
}

impl Drop for ExecutionProgress {
    /// Makes sure that what comes next starts on an empty line.
    fn drop(&mut self) {
        if let Self::Lines(Some(bar)) = self {
            bar.finish_and_clear();
        }
    }
}

/// Whether the event only says that an action is running.
fn is_start(event: &Event) -> bool {
    matches!(event, Event::Action { status, waits: false, .. } if status.is_moving())
}

fn print(event: &Event) {
    line_to_stderr(&text(event));
}

fn text(event: &Event) -> String {
    match event {
        Event::Execution(begun) => execution(begun),
        Event::Action {
            stage,
            action,
            waits: true,
            ..
        } => format!(
            "  {stage}: {action}  {MOVING}waits for approval{MOVING:#}: `umb pipeline approve`"
        ),
        Event::Action {
            stage,
            action,
            status,
            seconds,
            message,
            ..
        } => {
            let mut line = format!("  {stage}: {action}  {}", painted(Some(*status)));
            if let Some(seconds) = seconds {
                let took = HumanDuration(Duration::from_secs(*seconds));
                line = format!("{line}, {took}");
            }
            match message {
                Some(message) if *status == Status::Failed => format!("{line}\n    {message}"),
                _ => line,
            }
        }
        Event::Log { lines, .. } => {
            let lines = lines.iter().map(|line| format!("    │ {}", plain(line)));
            let lines: Vec<_> = lines.collect();
            lines.join("\n")
        }
    }
}
