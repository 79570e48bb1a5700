//! What a change means for those who use the stage, in words.

use crate::aws::cloudformation::Action;

/// How much a change matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effect {
    /// What those who use the stage notice.
    pub(super) words: &'static str,
    /// Whether a person should have agreed to it.
    pub(super) needs_consent: bool,
}

/// Of what only refers to something that changes and stays.
pub(super) const ECHO: Effect = Effect {
    words: "refers to what changes, and stays as it is",
    needs_consent: false,
};

/// What changing a resource of this type in that way means.
pub(super) fn effect(resource_type: &str, action: Action, paths: &[&str]) -> Effect {
    match action {
        Action::Add => harmless("is made"),
        Action::Import => harmless("exists and is taken into the stack as it is"),
        Action::Release => grave("leaves the stack and stays in the account"),
        Action::Modify => harmless(modified(resource_type, paths)),
        Action::MayReplace | Action::Replace => replaced(resource_type),
        Action::Remove => removed(resource_type),
    }
}

fn harmless(words: &'static str) -> Effect {
    Effect {
        words,
        needs_consent: false,
    }
}

fn grave(words: &'static str) -> Effect {
    Effect {
        words,
        needs_consent: true,
    }
}

fn modified(resource_type: &str, paths: &[&str]) -> &'static str {
    let changes = |part: &str| paths.iter().any(|path| path.contains(part));
    match resource_type {
        "AWS::Lambda::Function" if changes("/ReservedConcurrentExecutions") => {
            "serves more or fewer calls at once"
        }
        "AWS::Lambda::Function" => "the next calls start cold: a fraction of a second each",
        "AWS::DynamoDB::Table" if changes("/BillingMode") => {
            "another billing mode; the table serves meanwhile"
        }
        "AWS::DynamoDB::Table" => "changed in place; the table serves meanwhile",
        "AWS::ApiGateway::RestApi" => "the API's definition changes with its next deployment",
        "AWS::ApiGateway::Stage" => "the API switches to another deployment, without a pause",
        "AWS::IAM::Role" | "AWS::IAM::Policy" => "other permissions, within seconds",
        "AWS::Logs::LogGroup" if changes("/RetentionInDays") => {
            "log lines older than the new retention are deleted"
        }
        _ => "changed in place",
    }
}

fn replaced(resource_type: &str) -> Effect {
    match resource_type {
        // Made to be replaced: nothing refers to them from outside.
        "AWS::ApiGateway::Deployment" => harmless("another snapshot of the API's definition"),
        "AWS::Lambda::Permission" => harmless("the API's right to call the function is made anew"),
        "AWS::Lambda::Function" => grave("replaces the function: a few seconds of cold starts"),
        "AWS::ApiGateway::RestApi" => grave("another API: its address changes"),
        "AWS::ApiGateway::Stage" => grave("the API does not answer for some seconds"),
        "AWS::DynamoDB::Table" => grave("another, empty table: all users are lost"),
        "AWS::Logs::LogGroup" => grave("another log group: the lines of the old one are lost"),
        _ => grave("another one is made in its place"),
    }
}

fn removed(resource_type: &str) -> Effect {
    match resource_type {
        "AWS::ApiGateway::Deployment" => harmless("a snapshot that nothing uses any more"),
        "AWS::DynamoDB::Table" => grave("the table is deleted: all users are lost"),
        "AWS::Logs::LogGroup" => grave("the log group is deleted with its lines"),
        _ => grave("is deleted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_to_be_replaced_needs_no_consent() {
        for (resource_type, action, needs_consent) in [
            ("AWS::ApiGateway::Deployment", Action::Replace, false),
            ("AWS::ApiGateway::Deployment", Action::Remove, false),
            ("AWS::Lambda::Function", Action::Replace, true),
            ("AWS::DynamoDB::Table", Action::Modify, false),
            ("AWS::Unknown::Thing", Action::MayReplace, true),
            ("AWS::Unknown::Thing", Action::Remove, true),
            ("AWS::Unknown::Thing", Action::Add, false),
        ] {
            let effect = effect(resource_type, action, &[]);
            assert_eq!(
                effect.needs_consent, needs_consent,
                "{resource_type} {action:?}"
            );
        }
    }
}
