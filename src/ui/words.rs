//! How plans, diagnoses, statuses and remnants look.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{HumanBytes, HumanDuration};

use crate::deploy::{
    Action, Diagnosis, DriftedResource, Plan, PropertyChange, Remnant, ResourcePlan, StackAction,
    StackDrift, StackPlan, StageStatus,
};

const ADDED: Style = AnsiColor::Green.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const GONE: Style = AnsiColor::Red.on_default();

/// The plan in words, ready to be printed.
pub(super) fn plan(plan: &Plan) -> String {
    let stacks: Vec<_> = plan.stacks.iter().map(stack).collect();
    stacks.join("\n")
}

/// One stack's plan in words.
pub(super) fn stack(plan: &StackPlan) -> String {
    let name = &plan.stack;
    let mut lines = vec![match plan.action {
        StackAction::None if plan.reconciles_code => format!("{name}: no changes, but the code"),
        StackAction::None => format!("{name}: no changes"),
        StackAction::Create => format!("{name}: to be created"),
        StackAction::Update => format!("{name}: to be updated"),
    }];
    if plan.reconciles_code {
        lines.push(format!(
            "  {CHANGED}~ the function's code{CHANGED:#}, which was put there directly, is this umb's again"
        ));
    }
    for change in &plan.resources {
        lines.push(resource(change));
        lines.extend(change.properties.iter().map(property));
    }
    if !plan.broader.is_empty() {
        lines.push(format!("  {GONE}! broader permissions{GONE:#}"));
        lines.extend(
            plan.broader
                .iter()
                .map(|broader| format!("      {}: {}", broader.logical_id, broader.grants)),
        );
    }
    lines.join("\n")
}

/// What happens to a resource, in a line.
pub(super) fn resource(change: &ResourcePlan) -> String {
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
        effect,
        ..
    } = change;
    let line = format!("  {style}{sign:<2}{logical_id}{style:#} ({resource_type})");
    // What is made anew needs no explanation.
    match change.action {
        Action::Add => line,
        _ => format!("{line}: {effect}"),
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

/// A stage's status in words, ready to be printed.
pub(super) fn status(status: &StageStatus) -> String {
    let mut lines = vec![format!(
        "{} (account {}, {})",
        status.stage, status.account, status.region
    )];
    if status.stacks.is_empty() {
        lines.push("  not deployed".to_owned());
    }
    for stack in &status.stacks {
        let mut facts = vec![stack.status.to_string()];
        facts.extend(stack.age_seconds.map(|seconds| {
            let age = HumanDuration(Duration::from_secs(seconds));
            format!("{age} ago")
        }));
        facts.extend(stack.umb.as_ref().map(|version| format!("umb {version}")));
        facts.extend(stack.drift.as_ref().map(|drift| drift.to_lowercase()));
        facts.extend(stack.protected.then(|| "protected".to_owned()));
        lines.push(format!("  {}  {}", stack.stack, facts.join(", ")));
        lines.extend(
            stack
                .status_reason
                .as_ref()
                .map(|reason| format!("    {reason}")),
        );
    }
    if let Some(endpoint) = &status.endpoint {
        let health = match (&status.healthy, &status.problem) {
            (Some(true), _) => format!("{ADDED}healthy{ADDED:#}"),
            (_, Some(problem)) => format!("{GONE}not healthy{GONE:#}: {problem}"),
            _ => "not asked".to_owned(),
        };
        lines.push(format!("  {endpoint}  {health}"));
    }
    lines.join("\n")
}

/// What was changed by hand in a stack, in words, ready to be printed.
pub(super) fn drift(drift: &StackDrift) -> String {
    let name = &drift.stack;
    if drift.resources.is_empty() {
        return format!("{name}: as deployed");
    }
    let mut lines = vec![format!("{name}: changed by hand")];
    for resource in &drift.resources {
        let gone = if resource.deleted { ": gone" } else { "" };
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

/// What is left of a stage in words, ready to be printed.
pub(super) fn remnants(stage: &str, remnants: &[Remnant]) -> String {
    let mut lines = vec![format!("still there of {stage}, and paid for:")];
    lines.extend(remnants.iter().map(|remnant| match remnant {
        Remnant::Table { name, items, bytes } => format!(
            "  table {name}, with {items} users or so ({}); `umb deploy {stage}` takes it over, `umb \
             destroy {stage} --delete-data` deletes it",
            HumanBytes(*bytes)
        ),
        Remnant::LogGroup { name, bytes } => format!("  log group {name} ({})", HumanBytes(*bytes)),
        Remnant::Bucket { name } => {
            format!("  asset bucket {name}, of all stages here; `umb destroy all` deletes it")
        }
    }));
    lines.join("\n")
}

/// A diagnosis in words, ready to be printed.
pub(super) fn diagnosis(diagnosis: &Diagnosis) -> String {
    let mut lines = vec![format!("{}  {}", diagnosis.stack, diagnosis.status)];
    if let Some(culprit) = &diagnosis.culprit {
        lines.push(format!("  {culprit}"));
        let class = format!("{:?}", culprit.class).to_lowercase();
        lines.push(format!("  class: {class}"));
        if let Some(request) = &culprit.request_id {
            lines.push(format!("  request: {request}"));
        }
    } else {
        lines.push("  nothing failed in its last operation".to_owned());
    }
    lines.push(format!("  see: {}", diagnosis.console));
    lines.join("\n")
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
            effect: "lines go".to_owned(),
            needs_consent: false,
            loses_data: false,
        }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_change_shows_effect_and_values() {
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
