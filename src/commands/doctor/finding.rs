//! What was checked, and what came out of it.

use serde::Serialize;

use crate::error::Failure;
use crate::pipeline;
use crate::stack::{DeployedStack, needs_repair};
use crate::ui::{HINT, Show};

/// One thing that was checked.
#[derive(Debug, Clone, Serialize)]
pub(in crate::commands) struct Finding {
    /// What it is about, e.g. `stage dev`.
    about: String,
    #[serde(rename = "verdict")]
    severity: Severity,
    text: String,
    /// The causes behind it.
    causes: Vec<String>,
    /// The next command, if something has to be done.
    hint: Option<String>,
}

/// Whether something has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum Severity {
    #[serde(rename = "well")]
    Ok,
    /// It works, but not as requested; or it cannot be checked from here.
    #[serde(rename = "warning")]
    Warning,
    #[serde(rename = "missing")]
    Error,
}

/// Everything that was checked.
#[derive(Debug, Default)]
pub(in crate::commands) struct Findings {
    pub(in crate::commands) list: Vec<Finding>,
}

impl Findings {
    pub(super) fn ok(&mut self, about: &str, text: impl Into<String>) {
        self.add(about, Severity::Ok, text.into(), None);
    }

    pub(super) fn warning(
        &mut self,
        about: &str,
        text: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(about, Severity::Warning, text.into(), Some(hint.into()));
    }

    pub(super) fn error(&mut self, about: &str, text: impl Into<String>, hint: impl Into<String>) {
        self.add(about, Severity::Error, text.into(), Some(hint.into()));
    }

    pub(super) fn failure(&mut self, about: &str, failure: &Failure) {
        let hint = failure.hint_text().map(str::to_owned);
        self.list.push(Finding {
            causes: failure.chain(),
            ..Finding::new(about, Severity::Error, failure.cause(), hint)
        });
    }

    /// Reports the state of a stack of the app, which the command `again` deploys.
    pub(super) fn stack(&mut self, about: &str, stack: &DeployedStack, again: &str) {
        let (id, status) = (&stack.id, stack.status());
        let text = format!("{id}: {status}");
        if status.is_success() {
            self.ok(about, text);
        } else if status.is_moving() {
            self.warning(about, text, format!("`{again}` waits for it"));
        } else if status.is_settled() {
            let hint = format!(
                "its last update was rolled back: `{again}` tries again, and says why it fails"
            );
            self.warning(about, text, hint);
        } else {
            self.failure(about, &pipeline::Error::from(needs_repair(stack)).into());
        }
    }

    /// Keeps what somebody has to do something about.
    pub(in crate::commands) fn keep_problems(&mut self) {
        self.list.retain(|finding| finding.severity != Severity::Ok);
    }

    fn add(&mut self, about: &str, severity: Severity, text: String, hint: Option<String>) {
        self.list.push(Finding::new(about, severity, text, hint));
    }

    /// How many errors there are.
    pub(in crate::commands) fn errors(&self) -> usize {
        let errors = self.list.iter();
        errors
            .filter(|finding| finding.severity == Severity::Error)
            .count()
    }
}

impl Finding {
    fn new(about: &str, severity: Severity, text: String, hint: Option<String>) -> Self {
        Self {
            about: about.to_owned(),
            severity,
            text,
            causes: Vec::new(),
            hint,
        }
    }
}

impl Show for Finding {
    fn text(&self) -> String {
        let sign = match self.severity {
            Severity::Ok => "✅",
            Severity::Warning => "❔",
            Severity::Error => "❌",
        };
        let mut lines = vec![format!(" {sign}  {}: {}", self.about, self.text)];
        let causes = self.causes.iter();
        lines.extend(causes.map(|cause| format!("     caused by: {cause}")));
        let hint = self.hint.as_ref();
        lines.extend(hint.map(|hint| format!("     {HINT}hint:{HINT:#} {hint}")));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use crate::error::Kind;

    use super::*;

    #[test]
    fn findings_as_people_and_programs_get_them() {
        let mut findings = Findings::default();
        findings.ok("settings", "no umb.toml: the defaults");
        findings.warning(
            "stage dev",
            "the stage belongs to another account",
            "pass --profile",
        );
        findings.error(
            "pipeline",
            "App-Pipeline is not deployed",
            "`umb deploy pipeline` deploys it",
        );
        let failure = Failure::new(Kind::Failed, "the token has expired")
            .context("the AWS credentials could not be loaded")
            .hint("renew them, for example with `aws sso login`");
        findings.failure("stage prod", &failure);
        let text = anstream::adapter::strip_str(&findings.list.text()).to_string();
        insta::assert_snapshot!("doctor_text", text);
        insta::assert_json_snapshot!("doctor_json", findings.list);
        assert_eq!(findings.errors(), 2);
    }
}
