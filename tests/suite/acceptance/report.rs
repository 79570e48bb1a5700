//! What a run says of itself.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

/// Where that is said.
#[derive(Debug, Clone, Copy)]
pub enum Report {
    /// Straight to standard error, although the test runner holds back what tests print.
    Direct,
    /// To the test runner.
    Held,
}

impl Report {
    pub fn line(self, text: &str) {
        self.text(&format!("{text}\n"));
    }

    /// Writes a text without ending its line.
    #[expect(
        clippy::print_stderr,
        reason = "the test runner holds back only what is printed"
    )]
    pub fn text(self, text: &str) {
        match self {
            Self::Direct => {
                let mut stderr = io::stderr().lock();
                let written = stderr.write_all(text.as_bytes());
                let _ = written.and_then(|()| stderr.flush());
            }
            Self::Held => eprint!("{text}"),
        }
    }

    /// Does one thing, and says which and how long it took.
    pub fn timed<T>(self, what: &str, action: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        self.text(&format!("{:.<66} ", format!("{what} ")));
        let outcome = action();
        self.line(&duration(started.elapsed()));
        outcome
    }
}

/// `7 s`, or `12 min 3 s`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds / 60 {
        0 => format!("{seconds} s"),
        minutes => format!("{minutes} min {} s", seconds % 60),
    }
}
