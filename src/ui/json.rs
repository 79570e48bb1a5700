//! JSON Lines on stdout: one object per line, each with a type and a time. `docs/json.md` lists them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Failure;
use crate::stack::{Event, Reporter};

use super::stdout;

/// Reports each event as an object.
pub(super) struct Lines;

impl Reporter for Lines {
    fn report(&self, event: Event) {
        write(&event);
    }
}

/// Writes an object, with the current time if it has none.
pub(super) fn write(object: &impl Serialize) {
    let Ok(mut line) = serde_json::to_value(object) else {
        return;
    };
    if line["at"].is_null() {
        line["at"] = Timestamp::now().to_string().into();
    }
    stdout::write(&mut std::io::stdout(), &format!("{line}\n"));
}

/// The last object: how the command ended.
pub(super) fn result(exit_code: u8, failure: Option<&Failure>) -> Value {
    let Some(failure) = failure else {
        return json!({"type": "result", "status": "succeeded", "exit_code": exit_code});
    };
    let diagnosis = failure.diagnosis();
    let culprit = diagnosis.and_then(|diagnosis| diagnosis.culprit.as_ref());
    json!({
        "type": "result",
        "status": failure.status(),
        "exit_code": exit_code,
        "error": {
            "cause": failure.cause(),
            "chain": failure.chain(),
            "hint": failure.hint_text(),
            "link": diagnosis.map(|diagnosis| &diagnosis.console),
            "class": culprit.map(|culprit| culprit.class),
            "culprit": culprit,
        },
    })
}
