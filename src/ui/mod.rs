//! The only place that prints: answers to stdout, everything else to stderr.

mod bulk;
mod json;
mod pipeline;
mod progress;
mod table;
mod words;

use std::io::{self, IsTerminal as _, Stderr, Stdout, Write};
use std::sync::Mutex;

use anstream::AutoStream;
use anstyle::{AnsiColor, Effects, Style};
use serde::Serialize;

use crate::bulk::Tally;
use crate::deploy::{
    Diagnosis, Outputs, Plan, Remnant, Reporter, ResourcePlan, Rest, StackDrift, StackPlan,
    StageStatus,
};
use crate::error::{Failure, Kind};
use crate::pipeline::PipelineStatus;

pub(crate) use bulk::Bulk;
pub(crate) use pipeline::Progress;
pub(crate) use table::{Row, Table};

const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
const WARNING: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
const HINT: Style = AnsiColor::Cyan.on_default().effects(Effects::BOLD);

/// How well something is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sign {
    Good,
    Doubtful,
    Bad,
}

/// The user's terminal, log file or pipe.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Ui {
    out: Mutex<AutoStream<Stdout>>,
    err: Mutex<AutoStream<Stderr>>,
    /// Whether somebody is there to answer.
    can_ask: bool,
    /// Whether somebody watches.
    is_watched: bool,
    /// Whether the answer goes to a terminal.
    is_read: bool,
    /// Whether a program reads: one JSON object a line.
    is_json: bool,
}

impl Ui {
    pub(crate) fn new() -> Self {
        Self {
            out: Mutex::new(AutoStream::auto(io::stdout())),
            err: Mutex::new(AutoStream::auto(io::stderr())),
            can_ask: io::stdin().is_terminal(),
            is_watched: io::stderr().is_terminal(),
            is_read: io::stdout().is_terminal(),
            is_json: false,
        }
    }

    /// The same for a program: what happens, and how it ended, as one JSON object a line on stdout.
    pub(crate) fn for_programs(self) -> Self {
        Self {
            is_json: true,
            ..self
        }
    }

    /// Says how the command ended, to a program.
    pub(crate) fn result(&self, outcome: &Result<(), Failure>) {
        if self.is_json {
            json::write(&json::result(outcome));
        }
    }

    /// Shows a stack that is as it should be, in the shape that CDK made familiar.
    pub(crate) fn deployed(&self, title: &str, outcome: &str, outputs: &Outputs) {
        if self.is_json {
            return json::write(&serde_json::json!({
                "type": "deployed", "stack": title, "outcome": outcome, "outputs": outputs
            }));
        }
        let remark = match outcome {
            "unchanged" => " (no changes)",
            "restarted" => " (restarted)",
            "code" => " (code only)",
            _ => "",
        };
        self.print(&format!(" ✅  {title}{remark}\n"));
        for (stack, outputs) in outputs {
            for (key, value) in outputs {
                self.print(&format!("{stack}.{key} = {value}"));
            }
        }
        self.print("");
    }

    /// Says that a stack is gone.
    pub(crate) fn destroyed(&self, stack: &str) {
        if self.is_json {
            json::write(&serde_json::json!({"type": "destroyed", "stack": stack}));
        } else {
            self.print(&format!("{stack} is destroyed"));
        }
    }

    /// Says where a stack stands.
    pub(crate) fn rest(&self, rest: &Rest) {
        let Rest { stack, status } = rest;
        if self.is_json {
            json::write(&serde_json::json!({"type": "stack", "stack": stack, "status": status}));
        } else {
            self.print(&format!("{stack}  {status}"));
        }
    }

    /// Says something that is the answer, and that programs can tell from the rest.
    pub(crate) fn say(&self, text: &str) {
        if self.is_json {
            json::write(&serde_json::json!({"type": "note", "text": text}));
        } else {
            self.print(text);
        }
    }

    /// Writes what was changed by hand in a stack.
    pub(crate) fn drift(&self, drift: &StackDrift) {
        self.print(&words::drift(drift));
    }

    /// Writes a line of the answer.
    pub(crate) fn print(&self, line: &str) {
        write(&self.out, &format!("{line}\n"));
    }

    /// What shows how an import or an export goes; `length` is that of the file, where it is known.
    pub(crate) fn bulk_progress(&self, length: Option<u64>) -> Bulk {
        Bulk::new(self.is_watched, length)
    }

    /// Writes what became of the lines of an import.
    pub(crate) fn imported(&self, tally: &Tally) {
        let Tally {
            created,
            updated,
            written,
            skipped,
            rejected,
            ..
        } = tally;
        if *written > 0 {
            return self.print(&format!("{written} written, {rejected} refused"));
        }
        self.print(&format!(
            "{created} created, {updated} updated, {skipped} skipped, {rejected} refused"
        ));
    }

    /// Whether the answer goes to a terminal.
    pub(crate) fn is_read_by_a_person(&self) -> bool {
        self.is_read
    }

    /// A table of users, as wide as the terminal.
    pub(crate) fn users_table(&self) -> Table {
        let size = self.is_read.then(|| console::Term::stdout().size_checked());
        Table::new(size.flatten().map(|(_, columns)| columns.into()))
    }

    /// Writes a page of users.
    pub(crate) fn print_users(&self, table: &mut Table, users: &[Row]) {
        for line in table.page(users) {
            self.print(&line);
        }
    }

    /// Writes the answer as JSON.
    pub(crate) fn print_json(&self, answer: &impl Serialize) {
        let json = serde_json::to_string_pretty(answer).unwrap_or_default();
        self.print(&json);
    }

    /// Writes a plan.
    pub(crate) fn plan(&self, plan: &Plan) {
        self.print(&words::plan(plan));
    }

    /// Writes a plan that a person is to agree to.
    pub(crate) fn note_plan(&self, plan: &Plan) {
        self.note(&words::plan(plan));
    }

    /// Writes the plan of a stack that is no stage's.
    pub(crate) fn stack_plan(&self, plan: &StackPlan) {
        self.print(&words::stack(plan));
    }

    /// The same for a person who is to agree to it.
    pub(crate) fn note_stack_plan(&self, plan: &StackPlan) {
        self.note(&words::stack(plan));
    }

    /// Writes how a stage is.
    pub(crate) fn status(&self, status: &StageStatus) {
        self.print(&words::status(status));
    }

    /// Writes what was found out about something, and what to do about it.
    pub(crate) fn finding(&self, sign: Sign, about: &str, text: &str, hint: Option<&str>) {
        let sign = match sign {
            Sign::Good => "✅",
            Sign::Doubtful => "❔",
            Sign::Bad => "❌",
        };
        self.print(&format!(" {sign}  {about}: {text}"));
        if let Some(hint) = hint {
            self.print(&format!("     {HINT}hint:{HINT:#} {hint}"));
        }
    }

    /// Writes how the pipeline stands.
    pub(crate) fn pipeline_status(&self, status: &PipelineStatus) {
        self.print(&pipeline::status(status));
    }

    /// The same for a person who is to decide about it.
    pub(crate) fn note_pipeline_status(&self, status: &PipelineStatus) {
        self.note(&pipeline::status(status));
    }

    /// What shows how an execution goes.
    pub(crate) fn pipeline_progress(&self) -> Progress {
        Progress::new(self.is_json, self.is_watched)
    }

    /// Writes what a change set would do to each resource.
    pub(crate) fn resources(&self, resources: &[ResourcePlan]) {
        for resource in resources {
            self.print(&words::resource(resource));
        }
    }

    /// Writes why an operation failed, on the way to a failure.
    pub(crate) fn note_diagnosis(&self, diagnosis: &Diagnosis) {
        if !self.is_json {
            self.note(&words::diagnosis(diagnosis));
        }
    }

    /// Writes why an operation failed.
    pub(crate) fn diagnosis(&self, diagnosis: &Diagnosis) {
        self.print(&words::diagnosis(diagnosis));
    }

    /// Writes a line about the way to the answer.
    pub(crate) fn note(&self, line: &str) {
        write(&self.err, &format!("{line}\n"));
    }

    /// Writes something that the user should know, and that does not stop the command.
    pub(crate) fn warning(&self, text: &str) {
        if self.is_json {
            return json::write(&serde_json::json!({"type": "warning", "text": text}));
        }
        self.note(&format!("{WARNING}warning:{WARNING:#} {text}"));
    }

    /// Shows why a command failed.
    pub(crate) fn failure(&self, failure: &Failure) {
        if failure.is_silent() {
            return;
        }
        if failure.is_shown() {
            return self.print(failure.cause().trim_end());
        }
        if failure.is_whole() {
            return self.note(failure.cause().trim_end());
        }
        self.note(&format!("{ERROR}error:{ERROR:#} {}", failure.cause()));
        for cause in failure.chain() {
            self.note(&format!("  caused by: {cause}"));
        }
        if let Some(hint) = failure.hint_text() {
            self.note(&format!("{HINT}hint:{HINT:#} {hint}"));
        }
        if let Some(link) = failure.link() {
            self.note(&format!("{HINT}see:{HINT:#} {link}"));
        }
    }

    /// Whether somebody is there to answer a question.
    pub(crate) fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Asks a question; answers the line that was given.
    pub(crate) async fn ask(&self, question: &str) -> Option<String> {
        write(&self.err, &format!("{question} "));
        // On a thread of its own, so that Ctrl-C is heard meanwhile.
        let answer = tokio::task::spawn_blocking(|| io::stdin().lines().next()).await;
        let line = answer.ok()??.ok()?;
        Some(line.trim().to_owned())
    }

    /// Asks a question that a lost or careless key must not answer with yes.
    ///
    /// # Errors
    /// Declined: by a person, or because there is none.
    pub(crate) async fn confirm(&self, question: &str) -> Result<(), Failure> {
        if !self.can_ask {
            return Err(Failure::new(
                Kind::Declined,
                format!("{question} Nobody is there to answer"),
            )
            .hint("pass --yes to do it without asking"));
        }
        match self.ask(&format!("{question} [y/N]")).await.as_deref() {
            Some("y" | "Y" | "yes") => Ok(()),
            _ => Err(Failure::new(
                Kind::Declined,
                "declined: nothing was changed",
            )),
        }
    }

    /// Asks for the name of what is to be destroyed; `given` is the answer that was given beforehand.
    ///
    /// # Errors
    /// Declined, or another name.
    pub(crate) async fn confirm_name(
        &self,
        question: &str,
        name: &str,
        given: Option<&str>,
    ) -> Result<(), Failure> {
        let answer = match given {
            Some(given) => Some(given.to_owned()),
            None if self.can_ask => {
                self.ask(&format!(
                    "{question} It is protected: type {name} to do it:"
                ))
                .await
            }
            None => {
                return Err(Failure::new(
                    Kind::Declined,
                    format!("{question} It is protected, and nobody is there to answer"),
                )
                .hint(format!("pass --confirm {name} to do it without asking")));
            }
        };
        match answer {
            Some(answer) if answer == name => Ok(()),
            _ => Err(Failure::new(
                Kind::Declined,
                format!("that is not {name}: nothing was changed"),
            )),
        }
    }

    /// Says what is left of a stage.
    pub(crate) fn remnants(&self, stage: &str, remnants: &[Remnant]) {
        if self.is_json {
            json::write(
                &serde_json::json!({"type": "remnants", "stage": stage, "remnants": remnants}),
            );
        } else if !remnants.is_empty() {
            self.note(&words::remnants(stage, remnants));
        }
    }

    /// Where a deploy or destroy reports to: moving lines on a terminal, plain ones elsewhere.
    pub(crate) fn reporter(&self) -> Box<dyn Reporter> {
        if self.is_json {
            Box::new(json::Lines)
        } else if self.is_watched {
            Box::new(progress::Terminal::new())
        } else {
            Box::new(progress::Plain)
        }
    }
}

/// Writes `text` at once. A reader that went away (`umb outputs | head -1`) is no failure.
fn write(stream: &Mutex<impl Write>, text: &str) {
    if let Ok(mut stream) = stream.lock() {
        let _ = stream.write_all(text.as_bytes());
        let _ = stream.flush();
    }
}
