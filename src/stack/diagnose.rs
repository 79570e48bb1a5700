//! Finds out why an operation failed: the earliest failure that is not a consequence of another, and its class.

use crate::aws::AwsEnv;
use crate::aws::cloudformation::{Since, StackEvent};

use super::deployed::DeployedStack;
use super::diagnosis::{Class, Culprit, Diagnosis};
use super::error::Error;

/// The failures of one operation that matter. However many there are, two are kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Failures {
    /// The earliest one that is not a consequence.
    original: Option<StackEvent>,
    /// The earliest one that is.
    consequence: Option<StackEvent>,
}

impl Failures {
    /// Takes the next event of the stack `arn`.
    pub(super) fn note(&mut self, event: &StackEvent, arn: &str) {
        if event.is_of_stack(arn) && event.status.begins_an_operation(event.reason.as_deref()) {
            *self = Self::default();
        }
        if !event.status.is_failure() || event.is_of_stack(arn) {
            return;
        }
        let class = event.reason.as_deref().map_or(Class::Other, classify);
        let kept = if class == Class::Cancelled {
            &mut self.consequence
        } else {
            &mut self.original
        };
        kept.get_or_insert_with(|| event.clone());
    }

    fn from_events(events: &[StackEvent], arn: &str) -> Self {
        let mut failures = Self::default();
        for event in events {
            failures.note(event, arn);
        }
        failures
    }

    fn culprit(self) -> Option<Culprit> {
        self.original.or(self.consequence).map(Culprit::from)
    }
}

impl From<StackEvent> for Culprit {
    fn from(event: StackEvent) -> Self {
        let reason = event.reason.unwrap_or_else(|| "no reason given".to_owned());
        Self {
            class: classify(&reason),
            request_id: request_id(&reason),
            logical_id: event.logical_id,
            resource_type: event.resource_type,
            status: event.status,
            at: event.at,
            reason,
        }
    }
}

/// Explains how an operation ended whose failures were followed.
pub(super) async fn explain(env: &AwsEnv, stack: &DeployedStack, followed: Failures) -> Diagnosis {
    // DescribeEvents knows more; where it cannot be asked, what was followed has to do.
    let described = match &stack.details.last_operation {
        Some(operation) => env
            .cloudformation()
            .failures(stack.arn(), operation)
            .await
            .unwrap_or_default(),
        None => Vec::new(),
    };
    let culprit = Failures::from_events(&described, stack.arn()).culprit();
    Diagnosis {
        culprit: culprit.or_else(|| followed.culprit()),
        stack: stack.id.clone(),
        status: stack.status().clone(),
        status_reason: stack.details.status_reason.clone(),
        console: env.console(stack.arn()),
    }
}

/// Explains how a stack's last operation ended.
pub(crate) async fn diagnose_stack(
    env: &AwsEnv,
    stack: &DeployedStack,
) -> Result<Diagnosis, Error> {
    let cloudformation = env.cloudformation();
    let events = cloudformation
        .events(stack.arn(), &Since::LastOperation)
        .await?;
    let failures = Failures::from_events(&events, stack.arn());
    Ok(explain(env, stack, failures).await)
}

/// Classifies a failure by its reason. Newer resource types name the class themselves
/// (`HandlerErrorCode`, <https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html>);
/// for the others, words in the reason decide.
fn classify(reason: &str) -> Class {
    let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    match between(reason, "HandlerErrorCode: ") {
        Some("AccessDenied" | "InvalidCredentials" | "UnauthorizedTaggingOperation") => {
            return Class::Permission;
        }
        Some("AlreadyExists") => return Class::NameConflict,
        Some("ServiceLimitExceeded" | "ServiceTimeout") => return Class::Quota,
        Some("Throttling") => return Class::Throttling,
        Some("NotFound" | "ResourceConflict") => return Class::Dependency,
        Some("InvalidTypeConfiguration" | "NotUpdatable") => return Class::Template,
        _ => {}
    }
    if has(&["cancelled", "User Initiated", "User initiated"]) {
        Class::Cancelled
    } else if has(&[
        "not authorized",
        "AccessDenied",
        "Access Denied",
        "UnauthorizedOperation",
        "Forbidden",
    ]) {
        Class::Permission
    } else if has(&["Rate exceeded", "Throttl", "TooManyRequests"]) {
        Class::Throttling
    } else if has(&[
        "LimitExceeded",
        "imit exceeded",
        "quota",
        "Quota",
        "below its minimum value",
        "Maximum number",
    ]) {
        Class::Quota
    } else if has(&["already exists", "AlreadyExists", "already in use"]) {
        Class::NameConflict
    } else if has(&[
        "No export named",
        "in use",
        "does not exist",
        "not found",
        "NotFound",
        "NoSuch",
        "dependent",
    ]) {
        Class::Dependency
    } else if has(&[
        "alidation",
        "Invalid",
        "invalid",
        "Unresolved",
        "unsupported",
        "Template",
    ]) {
        Class::Template
    } else {
        Class::Other
    }
}

/// Returns the request ID in a reason: `(Service: Lambda, Status Code: 400, Request ID: …)`, or
/// `(RequestToken: …, HandlerErrorCode: …)`.
fn request_id(reason: &str) -> Option<String> {
    ["Request ID: ", "RequestId: ", "RequestToken: "]
        .iter()
        .find_map(|label| between(reason, label))
        .map(str::to_owned)
}

/// Returns the word after `label`.
fn between<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(label)?;
    rest.split([',', ')', ';', ' '])
        .next()
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use crate::aws::cloudformation::Status;

    use super::*;

    fn event(logical_id: &str, status: &str, reason: &str) -> StackEvent {
        StackEvent {
            id: logical_id.to_owned(),
            at: None,
            logical_id: logical_id.to_owned(),
            physical_id: format!("physical-{logical_id}"),
            resource_type: "AWS::Some::Thing".to_owned(),
            status: Status::new(status),
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
        }
    }

    fn culprit(events: &[StackEvent]) -> Option<Culprit> {
        Failures::from_events(events, "physical-Stack").culprit()
    }

    #[test]
    fn the_first_failure_is_the_one_that_is_not_a_consequence() {
        let events = [
            event("Stack", "CREATE_IN_PROGRESS", "User Initiated"),
            event("Fine", "CREATE_COMPLETE", ""),
            event("Cancelled", "CREATE_FAILED", "Resource creation cancelled"),
            event("Culprit", "CREATE_FAILED", "Quota exceeded"),
            event("Later", "CREATE_FAILED", "Something else"),
            event(
                "Stack",
                "ROLLBACK_FAILED",
                "The following resource(s) failed",
            ),
        ];
        let culprit = culprit(&events).expect("a failure");
        assert_eq!(culprit.logical_id, "Culprit");
        assert_eq!(culprit.reason, "Quota exceeded");
    }

    #[test]
    fn cancelled_ones_are_better_than_none() {
        let events = [event(
            "Cancelled",
            "CREATE_FAILED",
            "Resource creation cancelled",
        )];
        assert_eq!(culprit(&events).expect("one").logical_id, "Cancelled");
        assert_eq!(culprit(&[]), None);
    }

    #[test]
    fn the_operation_before_is_another_matter() {
        let events = [
            event("Old", "UPDATE_FAILED", "Something else"),
            event("Stack", "UPDATE_IN_PROGRESS", "User Initiated"),
            event("New", "UPDATE_FAILED", "Quota exceeded"),
        ];
        assert_eq!(culprit(&events).expect("one").logical_id, "New");
    }

    #[test]
    fn reasons_are_of_a_class() {
        for (reason, class) in [
            (
                "Resource handler returned message: \"User: arn:aws:iam::1:user/x is not authorized to perform: \
                 iam:CreateRole\" (RequestToken: 1-2, HandlerErrorCode: AccessDenied)",
                Class::Permission,
            ),
            (
                "User: x is not authorized to perform: dynamodb:CreateTable",
                Class::Permission,
            ),
            (
                "Resource handler returned message: \"x already exists\" (RequestToken: 1, HandlerErrorCode: \
                 AlreadyExists)",
                Class::NameConflict,
            ),
            (
                "Specified ReservedConcurrentExecutions for function decreases account's \
                 UnreservedConcurrentExecution below its minimum value of [100]. (Service: Lambda, Status Code: \
                 400, Request ID: r)",
                Class::Quota,
            ),
            ("Subscriber limit exceeded: tables", Class::Quota),
            ("Rate exceeded (Service: Lambda)", Class::Throttling),
            ("No export named App-TableArn found", Class::Dependency),
            (
                "Properties validation failed for resource Table with message: #: extraneous key [X]",
                Class::Template,
            ),
            ("Resource update cancelled", Class::Cancelled),
            ("It just did not work", Class::Other),
        ] {
            assert_eq!(classify(reason), class, "{reason}");
        }
    }

    #[test]
    fn request_ids_are_found() {
        let of = |reason| request_id(reason);
        assert_eq!(
            of("x (Service: Lambda, Status Code: 400, Request ID: 1-2)").as_deref(),
            Some("1-2")
        );
        assert_eq!(
            of("x (RequestToken: 3, HandlerErrorCode: NotFound)").as_deref(),
            Some("3")
        );
        assert_eq!(of("nothing of the sort"), None);
    }
}
