//! Results and messages as text.

use std::time::Duration;

use anstyle::{AnsiColor, Effects, Style};
use indicatif::{HumanBytes, HumanDuration};

use crate::aws::cloudformation::{Action, DriftedResource, PropertyChange};
use crate::error::Failure;
use crate::model::StageName;
use crate::pipeline::{Connection, ConnectionStatus};
use crate::stack::{
    Diagnosis, Outputs, ResourcePlan, StackAction, StackDrift, StackPlan, StackStatus,
    broader_lines,
};
use crate::stage::{Leftover, Plan, StageStatus};
use crate::transfer::Counts;

use super::outcome::Outcome;
use super::show::Show;

const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
const WARNING: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().effects(Effects::BOLD);
const ADDED: Style = AnsiColor::Green.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const GONE: Style = AnsiColor::Red.on_default();

/// A failure: its cause, the chain behind it, and what to do next.
pub(super) fn failure(failure: &Failure) -> String {
    // A person who said no knows that nothing is wrong.
    let mut lines = vec![if failure.is_refusal() {
        failure.cause()
    } else {
        format!("{ERROR}error:{ERROR:#} {}", failure.cause())
    }];
    let chain = failure.chain();
    lines.extend(chain.iter().map(|cause| format!("  caused by: {cause}")));
    let hint = failure.hint_text();
    lines.extend(hint.map(|hint| format!("{HINT}hint:{HINT:#} {hint}")));
    let console = failure.diagnosis().map(|diagnosis| &diagnosis.console);
    lines.extend(console.map(|console| format!("{HINT}see:{HINT:#} {console}")));
    lines.join("\n")
}

pub(super) fn warning(text: &str) -> String {
    format!("{WARNING}warning:{WARNING:#} {text}")
}

/// A stack that is up to date, in the form that CDK made familiar.
pub(super) fn deployed(stack: &str, outcome: Outcome, outputs: &Outputs) -> String {
    let remark = match outcome {
        Outcome::Created | Outcome::Updated => "",
        Outcome::Unchanged => " (no changes)",
        Outcome::Restarted => " (restarted)",
        Outcome::Code => " (code only)",
    };
    let mut lines = vec![format!(" ✅  {stack}{remark}\n")];
    for (stack, outputs) in outputs {
        let outputs = outputs.iter();
        lines.extend(outputs.map(|(key, value)| format!("{stack}.{key} = {value}")));
    }
    lines.push(String::new());
    lines.join("\n")
}

impl Show for Outputs {
    fn text(&self) -> String {
        let lines: Vec<_> = self
            .iter()
            .flat_map(|(stack, outputs)| {
                let outputs = outputs.iter();
                outputs.map(move |(key, value)| format!("{stack}.{key} = {value}"))
            })
            .collect();
        lines.join("\n")
    }
}

impl Show for Plan {
    fn text(&self) -> String {
        self.stacks.text()
    }
}

impl Show for StackPlan {
    fn text(&self) -> String {
        let name = &self.stack;
        let mut lines = vec![match self.action {
            StackAction::None if self.reconciles_code => {
                format!("{name}: no changes except the code")
            }
            StackAction::None => format!("{name}: no changes"),
            StackAction::Create => format!("{name}: will be created"),
            StackAction::Update => format!("{name}: will be updated"),
        }];
        if self.reconciles_code {
            lines.push(format!(
                "  {CHANGED}~ the function's code{CHANGED:#}: other code, which was deployed directly, is replaced"
            ));
        }
        for change in &self.resources {
            lines.push(change.text());
            lines.extend(change.properties.iter().map(property));
        }
        if !self.broader.is_empty() {
            lines.push(format!("  {GONE}! broader permissions{GONE:#}"));
            let broader = broader_lines(&self.broader).into_iter();
            lines.extend(broader.map(|line| format!("      {line}")));
        }
        lines.join("\n")
    }
}

impl Show for ResourcePlan {
    fn text(&self) -> String {
        resource(self)
    }
}

/// What would be done to a resource, on a line.
fn resource(change: &ResourcePlan) -> String {
    let (sign, style) = match change.action {
        Action::Add => ("+", ADDED),
        Action::Import => ("<", ADDED),
        Action::Modify => ("~", CHANGED),
        Action::MayReplace => ("±?", GONE),
        Action::Replace => ("±", GONE),
        Action::Remove => ("-", GONE),
        Action::Release => (">", GONE),
    };
    let ResourcePlan {
        logical_id,
        resource_type,
        impact,
        needs_consent,
        ..
    } = change;
    let line = format!("  {style}{sign:<2}{logical_id}{style:#} ({resource_type})");
    // A new resource needs no explanation, unless somebody has to agree to it.
    match change.action {
        Action::Add if !needs_consent => line,
        _ => format!("{line}: {impact}"),
    }
}

fn property(change: &PropertyChange) -> String {
    let path = change.path.trim_start_matches("/Properties/");
    match (&change.before, &change.after) {
        (None, None) => format!("      {path}"),
        (before, after) => {
            let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
            format!("      {path}: {} → {}", shown(before), shown(after))
        }
    }
}

impl Show for StageStatus {
    fn text(&self) -> String {
        let mut lines = vec![format!(
            "{} (account {}, {})",
            self.stage, self.account, self.region
        )];
        if self.stacks.is_empty() {
            lines.push("  not deployed".to_owned());
        }
        lines.extend(self.stacks.iter().map(stack_status));
        if let Some(endpoint) = &self.endpoint {
            let health = health(self.healthy, self.problem.as_deref());
            lines.push(format!("  {endpoint}  {health}"));
        }
        lines.join("\n")
    }
}

/// Whether an API works, in words.
pub(crate) fn health(is_healthy: Option<bool>, problem: Option<&str>) -> String {
    match (is_healthy, problem) {
        (Some(true), _) => format!("{ADDED}healthy{ADDED:#}"),
        (_, Some(problem)) => format!("{GONE}not healthy{GONE:#}: {problem}"),
        _ => "not checked".to_owned(),
    }
}

fn stack_status(stack: &StackStatus) -> String {
    let mut facts = vec![stack.status.to_string()];
    facts.extend(stack.age_seconds.map(|seconds| {
        let age = HumanDuration(Duration::from_secs(seconds));
        format!("{age} ago")
    }));
    facts.extend(stack.umb.as_ref().map(|version| format!("umb {version}")));
    facts.extend(stack.drift.as_ref().map(|drift| drift.to_lowercase()));
    facts.extend(stack.protected.then(|| "protected".to_owned()));
    let line = format!("  {}  {}", stack.stack, facts.join(", "));
    match &stack.status_reason {
        Some(reason) => format!("{line}\n    {reason}"),
        None => line,
    }
}

impl Show for StackDrift {
    fn text(&self) -> String {
        drift(self)
    }
}

/// What was changed by hand in a stack.
fn drift(drift: &StackDrift) -> String {
    let name = &drift.stack;
    if drift.resources.is_empty() {
        return format!("{name}: as deployed");
    }
    let mut lines = vec![format!("{name}: changed by hand")];
    for resource in &drift.resources {
        let gone = if resource.deleted { ": deleted" } else { "" };
        let DriftedResource {
            logical_id,
            resource_type,
            ..
        } = resource;
        lines.push(format!(
            "  {CHANGED}~ {logical_id}{CHANGED:#} ({resource_type}){gone}"
        ));
        lines.extend(resource.differences.iter().map(|difference| {
            let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
            format!(
                "      {}: {} → {}",
                difference.path.trim_start_matches('/'),
                shown(&difference.expected),
                shown(&difference.actual)
            )
        }));
    }
    lines.join("\n")
}

/// What still exists of a stage.
pub(super) fn leftovers(stage: &StageName, leftovers: &[Leftover]) -> String {
    let mut lines = vec![format!("left over from {stage} (still billed):")];
    lines.extend(leftovers.iter().map(|leftover| match leftover {
        Leftover::Table { name, items, bytes } => format!(
            "  table {name}, about {items} users ({}); `umb deploy {stage}` imports it, `umb destroy {stage} \
             --delete-data` deletes it",
            HumanBytes(*bytes)
        ),
        Leftover::LogGroup { name, bytes } => {
            format!("  log group {name} ({})", HumanBytes(*bytes))
        }
        Leftover::Bucket { name } => {
            format!("  asset bucket {name}, shared by all stages here; `umb destroy all` deletes it")
        }
    }));
    lines.join("\n")
}

impl Show for Diagnosis {
    fn text(&self) -> String {
        diagnosis(self)
    }
}

/// How a stack's last operation ended.
fn diagnosis(diagnosis: &Diagnosis) -> String {
    let mut lines = vec![format!("{}  {}", diagnosis.stack, diagnosis.status)];
    if let Some(culprit) = &diagnosis.culprit {
        lines.push(format!("  {culprit}"));
        lines.push(format!("  class: {}", culprit.class));
        if let Some(request) = &culprit.request_id {
            lines.push(format!("  request: {request}"));
        }
    } else {
        lines.push("  nothing failed in its last operation".to_owned());
    }
    lines.push(format!("  see: {}", diagnosis.console));
    lines.join("\n")
}

impl Show for Connection {
    fn text(&self) -> String {
        let status = match self.status {
            ConnectionStatus::Available => "available",
            ConnectionStatus::Pending => "pending",
            ConnectionStatus::Error => "error",
        };
        let Self {
            name,
            arn,
            provider,
            ..
        } = self;
        format!("{name:<32}  {provider:<12}  {status:<9}  {arn}")
    }
}

impl Show for Counts {
    fn text(&self) -> String {
        let Self {
            created,
            updated,
            written,
            skipped,
            rejected,
            ..
        } = self;
        if *written > 0 {
            return format!("{written} written, {rejected} rejected");
        }
        format!("{created} created, {updated} updated, {skipped} skipped, {rejected} rejected")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource_plan(action: Action, properties: Vec<PropertyChange>) -> ResourcePlan {
        ResourcePlan {
            logical_id: "Logs".to_owned(),
            resource_type: "AWS::Logs::LogGroup".to_owned(),
            action,
            properties,
            impact: "lines go".to_owned(),
            needs_consent: false,
            loses_data: false,
        }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_change_shows_impact_and_values() {
        let change = PropertyChange {
            path: "/Properties/RetentionInDays".to_owned(),
            before: Some("30".to_owned()),
            after: None,
            recreates: false,
            causes: Vec::new(),
        };
        assert_eq!(
            plain(&resource(&resource_plan(Action::Modify, Vec::new()))),
            "  ~ Logs (AWS::Logs::LogGroup): lines go"
        );
        assert_eq!(property(&change), "      RetentionInDays: 30 → –");
    }
}
