//! How a deploy looks to a program: one JSON object a line, on stdout. `docs/json.md` lists them.

use std::io::Write as _;
use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::Serialize;
use serde_json::{Value, json};

use crate::deploy::{Event, Reporter};
use crate::error::Failure;

/// A line per event.
pub(super) struct Lines;

impl Reporter for Lines {
    fn report(&self, event: Event) {
        write(&event);
    }
}

/// Writes an object, with the time if it has none.
pub(super) fn write(object: &impl Serialize) {
    let Ok(mut line) = serde_json::to_value(object) else {
        return;
    };
    if line["at"].is_null() {
        line["at"] = DateTime::from(SystemTime::now())
            .fmt(Format::DateTime)
            .map_or(Value::Null, Value::String);
    }
    // A reader that went away is no failure.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The last line: how it all ended.
pub(super) fn result(outcome: &Result<(), Failure>) -> Value {
    match outcome {
        Ok(()) => json!({"type": "result", "status": "succeeded", "exit_code": 0}),
        Err(failure) => json!({
            "type": "result",
            "status": failure.status(),
            "exit_code": failure.code(),
            "error": {
                "cause": failure.cause(),
                "chain": failure.chain(),
                "hint": failure.hint_text(),
                "link": failure.link(),
            },
        }),
    }
}
