//! What a change means for the users of a stage, in words.

use crate::aws::cloudformation::Action;

/// How much a change matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Impact {
    /// What the users of the stage notice.
    pub(super) text: &'static str,
    /// Whether a person has to agree to it.
    pub(super) needs_consent: bool,
}

/// What the types begin with by which a table's capacity follows its load.
const AUTOSCALING: &str = "AWS::ApplicationAutoScaling::";

/// The impact on a resource that only refers to another one, which changes in place.
pub(super) const REFERENCE: Impact = Impact {
    text: "refers to a changed resource, and stays as it is",
    needs_consent: false,
};

/// Returns what changing a resource of this type in that way means.
pub(super) fn impact(resource_type: &str, action: Action, paths: &[&str]) -> Impact {
    match action {
        Action::Add => harmless("is created"),
        Action::Import => harmless("exists and is imported into the stack as it is"),
        Action::Release => grave("leaves the stack and stays in the account"),
        Action::Modify => harmless(modified(resource_type, paths)),
        Action::MayReplace | Action::Replace => replaced(resource_type),
        Action::Remove => removed(resource_type),
    }
}

fn harmless(text: &'static str) -> Impact {
    Impact {
        text,
        needs_consent: false,
    }
}

fn grave(text: &'static str) -> Impact {
    Impact {
        text,
        needs_consent: true,
    }
}

fn modified(resource_type: &str, paths: &[&str]) -> &'static str {
    let changes = |part: &str| paths.iter().any(|path| path.contains(part));
    match resource_type {
        "AWS::Lambda::Function" if changes("/ReservedConcurrentExecutions") => {
            "can serve more or fewer requests at once"
        }
        "AWS::Lambda::Function" => "the next requests start cold: a fraction of a second each",
        "AWS::DynamoDB::Table" if changes("/BillingMode") => {
            "changes its billing mode; the table stays available"
        }
        "AWS::DynamoDB::Table" => "changes in place; the table stays available",
        kind if kind.starts_with(AUTOSCALING) => "the table's capacity follows its load otherwise",
        "AWS::ApiGateway::RestApi" => "the API's definition changes with its next deployment",
        "AWS::ApiGateway::Stage" => "the API switches to another deployment without interruption",
        "AWS::IAM::Role" | "AWS::IAM::Policy" => "permissions change within seconds",
        "AWS::Logs::LogGroup" if changes("/RetentionInDays") => {
            "log lines older than the new retention are deleted"
        }
        _ => "changes in place",
    }
}

fn replaced(resource_type: &str) -> Impact {
    match resource_type {
        // Designed to be replaced: nothing outside of the stack refers to them.
        "AWS::ApiGateway::Deployment" => harmless("a new snapshot of the API's definition"),
        "AWS::Lambda::Permission" => {
            harmless("the API's permission to invoke the function is recreated")
        }
        "AWS::Lambda::Function" => grave("the function is replaced: a few seconds of cold starts"),
        "AWS::ApiGateway::RestApi" => grave("the API is replaced: its address changes"),
        "AWS::ApiGateway::Stage" => grave("the API is unavailable for some seconds"),
        "AWS::DynamoDB::Table" => {
            grave("the table is replaced by an empty one: all users are lost")
        }
        "AWS::Logs::LogGroup" => grave("the log group is replaced: its lines are lost"),
        _ => grave("is replaced"),
    }
}

fn removed(resource_type: &str) -> Impact {
    match resource_type {
        "AWS::ApiGateway::Deployment" => harmless("a snapshot that nothing uses any more"),
        "AWS::DynamoDB::Table" => grave("the table is deleted: all users are lost"),
        kind if kind.starts_with(AUTOSCALING) => {
            harmless("the table keeps the units that it has now, whatever the template says")
        }
        "AWS::Logs::LogGroup" => grave("the log group is deleted with its lines"),
        _ => grave("is deleted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_designed_to_be_replaced_needs_no_consent() {
        for (resource_type, action, needs_consent) in [
            ("AWS::ApiGateway::Deployment", Action::Replace, false),
            ("AWS::ApiGateway::Deployment", Action::Remove, false),
            ("AWS::Lambda::Function", Action::Replace, true),
            ("AWS::DynamoDB::Table", Action::Modify, false),
            (
                "AWS::ApplicationAutoScaling::ScalingPolicy",
                Action::Remove,
                false,
            ),
            ("AWS::Unknown::Thing", Action::MayReplace, true),
            ("AWS::Unknown::Thing", Action::Remove, true),
            ("AWS::Unknown::Thing", Action::Add, false),
        ] {
            let impact = impact(resource_type, action, &[]);
            assert_eq!(
                impact.needs_consent, needs_consent,
                "{resource_type} {action:?}"
            );
        }
    }
}
