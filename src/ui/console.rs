//! The user's terminal, log file or pipe.

use std::io::{self, IsTerminal as _, Stderr, Stdout, Write};
use std::sync::Mutex;

use anstream::AutoStream;

use crate::error::{Failure, Kind};
use crate::stack::Reporter;

use super::json;
use super::message::{Message, Stream};
use super::pipeline::ExecutionProgress;
use super::progress;
use super::render;
use super::show::{Output, Show};
use super::stdout;
use super::table::{Row, Table};
use super::transfer::TransferProgress;

/// The user's terminal, log file or pipe.
pub(crate) struct Ui {
    stdout: Mutex<AutoStream<Stdout>>,
    stderr: Mutex<AutoStream<Stderr>>,
    output: Output,
    /// Whether a person can answer questions.
    can_ask: bool,
    /// Whether a person watches the progress.
    is_watched: bool,
    /// Whether results go to a terminal.
    is_read: bool,
}

impl Ui {
    pub(crate) fn new(output: Output) -> Self {
        Self {
            stdout: Mutex::new(AutoStream::auto(io::stdout())),
            stderr: Mutex::new(AutoStream::auto(io::stderr())),
            output,
            can_ask: io::stdin().is_terminal(),
            is_watched: io::stderr().is_terminal(),
            is_read: io::stdout().is_terminal(),
        }
    }

    /// Shows a result.
    pub(crate) fn show(&self, result: &impl Show) {
        let text = match self.output {
            Output::Text => result.text(),
            Output::Document | Output::Lines => {
                serde_json::to_string_pretty(result).unwrap_or_default()
            }
        };
        if !text.is_empty() {
            self.print(&text);
        }
    }

    /// Shows something that a person has to agree to, or that explains a failure.
    pub(crate) fn explain(&self, what: &impl Show) {
        self.note(&what.text());
    }

    /// Says something beside the result.
    pub(crate) fn say(&self, message: impl Into<Message>) {
        let message = message.into();
        match (self.output, message.text()) {
            (Output::Lines, _) => json::write(&message),
            (_, Some((Stream::Stdout, text))) => self.print(&text),
            (_, Some((Stream::Stderr, text))) => self.note(&text),
            (_, None) => {}
        }
    }

    /// Warns of something that does not stop the command.
    pub(crate) fn warning(&self, text: impl Into<String>) {
        self.say(Message::Warning { text: text.into() });
    }

    /// Writes a line of the result.
    pub(crate) fn print(&self, line: &str) {
        if let Ok(mut stream) = self.stdout.lock() {
            stdout::write(&mut *stream, &format!("{line}\n"));
        }
    }

    /// Writes a line of users' data: byte by byte as it is, but for control characters that a terminal would obey.
    pub(crate) fn print_data(&self, line: &str) {
        if self.is_read {
            self.print(&stdout::escaped(line));
        } else {
            stdout::write(&mut io::stdout(), &format!("{line}\n"));
        }
    }

    /// Whether nobody reads the results any more.
    pub(crate) fn is_closed() -> bool {
        stdout::is_closed()
    }

    /// Why the result was not written, if that is so.
    pub(crate) fn unwritten() -> Option<Failure> {
        stdout::failure()
    }

    /// Writes a line beside the result, for a person.
    pub(crate) fn note(&self, line: &str) {
        write(&self.stderr, &format!("{line}\n"));
    }

    /// Tells a program how the command ended, and a person why it failed.
    pub(crate) fn end(&self, exit_code: u8, failure: Option<&Failure>) {
        if self.output == Output::Lines {
            json::write(&json::result(exit_code, failure));
        }
        if let Some(failure) = failure {
            self.note(&render::failure(failure));
        }
    }

    /// Whether a person can answer questions.
    pub(crate) fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Asks a question and returns the line that was typed.
    pub(crate) async fn ask(&self, question: &str) -> Option<String> {
        write(&self.stderr, &format!("{question} "));
        // On a thread of its own, so that Ctrl-C works meanwhile.
        let answer = tokio::task::spawn_blocking(|| io::stdin().lines().next()).await;
        let line = answer.ok()??.ok()?;
        Some(line.trim().to_owned())
    }

    /// Asks a question that only an explicit yes agrees to.
    ///
    /// # Errors
    /// When a person declines, or cannot be asked.
    pub(crate) async fn confirm(&self, question: &str) -> Result<(), Failure> {
        if !self.can_ask {
            let cause =
                format!("{question} Cannot ask for confirmation: standard input is not a terminal");
            return Err(Failure::new(Kind::Declined, cause).hint("pass --yes to skip the question"));
        }
        loop {
            let answer = self.ask(&format!("{question} [y/N]")).await;
            match answer.map(|answer| answer.to_lowercase()).as_deref() {
                Some("y" | "yes") => return Ok(()),
                None | Some("" | "n" | "no") => break,
                Some(_) => self.note("Please answer y or n."),
            }
        }
        let declined = "declined: nothing was changed";
        Err(Failure::new(Kind::Declined, declined))
    }

    /// Asks which of several words is meant; its first letter is enough. Returns `None` where nobody answers.
    pub(crate) async fn choose(
        &self,
        question: &str,
        words: &[&'static str],
    ) -> Option<&'static str> {
        let question = format!("{question} [{}]", words.join("/"));
        loop {
            let answer = self.ask(&question).await?.to_lowercase();
            let meant = words
                .iter()
                .find(|word| **word == answer || word.get(..1) == Some(answer.as_str()));
            if let Some(word) = meant {
                return Some(word);
            }
            self.note(&format!("Please answer {}.", words.join(" or ")));
        }
    }

    /// Asks for the name of what is to be destroyed; `given` is the answer from the command line.
    ///
    /// # Errors
    /// When the answer is another name, or a person cannot be asked.
    pub(crate) async fn confirm_name(
        &self,
        question: &str,
        name: &str,
        given: Option<&str>,
    ) -> Result<(), Failure> {
        let answer = match given {
            Some(given) => Some(given.to_owned()),
            None if self.can_ask => {
                let question = format!("{question} It is protected: type {name} to confirm:");
                self.ask(&question).await
            }
            None => {
                let cause = format!(
                    "{question} It is protected, and standard input is not a terminal to ask for confirmation"
                );
                let hint = format!("pass --confirm {name} to skip the question");
                return Err(Failure::new(Kind::Declined, cause).hint(hint));
            }
        };
        match answer {
            Some(answer) if answer == name => Ok(()),
            _ => {
                let cause = format!("that is not {name}: nothing was changed");
                let failure = Failure::new(Kind::Declined, cause);
                Err(match given {
                    Some(_) => failure.hint(format!("pass --confirm {name} if you mean that")),
                    None => failure,
                })
            }
        }
    }

    /// Returns a reporter for operations on stacks: a moving line on a terminal, plain lines elsewhere.
    pub(crate) fn reporter(&self) -> Box<dyn Reporter> {
        if self.output == Output::Lines {
            Box::new(json::Lines)
        } else if self.is_watched {
            Box::new(progress::Terminal::new())
        } else {
            Box::new(progress::Plain)
        }
    }

    /// Returns a progress display for an execution of the pipeline.
    pub(crate) fn execution_progress(&self) -> ExecutionProgress {
        ExecutionProgress::new(self.output == Output::Lines, self.is_watched)
    }

    /// Returns a progress display for an import or an export; `length` is that of the file, if it is known.
    pub(crate) fn transfer_progress(&self, length: Option<u64>) -> TransferProgress {
        TransferProgress::new(self.is_watched, length)
    }

    /// Returns a table of users as wide as the terminal, if users are shown as a table: on request, and to a person who did
    /// not ask for JSON.
    pub(crate) fn users_table(&self, is_requested: bool) -> Option<Table> {
        let is_table = is_requested || (self.is_read && self.output == Output::Text);
        is_table.then(|| {
            let size = self.is_read.then(|| console::Term::stdout().size_checked());
            Table::new(size.flatten().map(|(_, columns)| columns.into()))
        })
    }

    /// Writes a page of users.
    pub(crate) fn print_users(&self, table: &mut Table, users: &[Row]) {
        for line in table.page(users) {
            self.print_data(&line);
        }
    }
}

/// Writes `text` at once, to where nobody may be looking.
fn write(stream: &Mutex<impl Write>, text: &str) {
    if let Ok(mut stream) = stream.lock() {
        let _ = stream.write_all(text.as_bytes());
        let _ = stream.flush();
    }
}
