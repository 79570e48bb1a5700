//! The two stacks of a stage, finished.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::yaml::{Error, parse};
use super::{Boundary, api, mark, names, policy};

const STATEFUL: &str = include_str!("../../assets/stateful.yaml");
const STATELESS: &str = include_str!("../../assets/stateless.yaml");
/// The deployment's logical id in `stateless.yaml`, and what the finished one begins with.
const DEPLOYMENT: &str = "APIDeployment";

/// The tag that says which app a stack is of: a name alone may be anybody's.
pub(crate) const APP_TAG: &str = "umb:app";
const STAGE_TAG: &str = "umb:stage";

/// The parameter of Stateful that says whether the stage is protected.
pub(crate) const PROTECTED: &str = "Protected";

/// The parameter of Stateless that says whether it sets the account's role for API Gateway's logs.
pub(crate) const SETS_LOGGING_ROLE: &str = "SetsLoggingRole";

/// The parameters of Stateless that name the function's artifact.
pub(crate) const HANDLER_BUCKET: &str = "HandlerBucket";
pub(crate) const HANDLER_KEY: &str = "HandlerKey";

/// The types of resources whose replacement or deletion loses data.
pub(crate) const HOLDS_DATA: [&str; 1] = ["AWS::DynamoDB::Table"];

/// What of a stage's settings shows in its templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stage {
    pub(crate) app: String,
    pub(crate) name: String,
    pub(crate) billing: Billing,
    pub(crate) reserved_concurrency: Option<u32>,
    pub(crate) authorization: Authorization,
    pub(crate) admission: Admission,
    pub(crate) throttling: Throttling,
    pub(crate) log_retention_days: u32,
    /// Whether its data must outlive mistakes.
    pub(crate) protected: bool,
    /// The policy that its roles are bounded by.
    pub(crate) boundary: Option<Boundary>,
}

/// How the table is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Billing {
    /// Per request.
    OnDemand,
    /// For read and write capacity units set aside.
    Provisioned { read: u32, write: u32 },
}

/// Who may call the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Authorization {
    /// Identities whose IAM policies allow it; requests are signed (SigV4).
    #[serde(rename = "AWS_IAM")]
    AwsIam,
    /// Anyone.
    #[serde(rename = "NONE")]
    None,
}

/// Who may reach the API at all, whatever else allows them to call it. Source:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html>.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Admission {
    /// Other accounts (12 digits each) whose identities may call it, if their own policies allow that too.
    pub(crate) accounts: Vec<String>,
    /// The blocks of addresses that requests may come from; any, where there are none.
    pub(crate) cidrs: Vec<String>,
}

/// How many requests the API takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Throttling {
    /// Per second, on the average.
    pub(crate) rate: u32,
    /// At once.
    pub(crate) burst: u32,
}

/// Where the function's artifact is, and what it runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handler {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) architecture: String,
}

/// A finished template, with what it is to be given.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stack {
    pub(crate) name: String,
    pub(crate) template: Value,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// What changes when anything of the above does.
    pub(crate) digest: String,
    /// The ARN of the role that CloudFormation is to work with; else with the rights of whoever calls it.
    pub(crate) role: Option<String>,
}

impl Stack {
    /// The app that it is of.
    pub(crate) fn app(&self) -> String {
        self.tags.get(APP_TAG).cloned().unwrap_or_default()
    }
}

/// The stack that holds the table.
pub(crate) fn stateful(stage: &Stage) -> Result<Stack, Error> {
    let mut template = parse(STATEFUL)?;
    let table = &mut template["Resources"]["Table"];
    table["Properties"]["TableName"] = names::table_name(&stage.app, &stage.name).into();
    table["Properties"]["Tags"] = tags(&stage.app, &stage.name)
        .into_iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    if let Billing::Provisioned { read, write } = stage.billing {
        table["Properties"]["BillingMode"] = "PROVISIONED".into();
        table["Properties"]["ProvisionedThroughput"] =
            json!({"ReadCapacityUnits": read, "WriteCapacityUnits": write});
    }
    if stage.protected {
        table["DeletionPolicy"] = "Retain".into();
        table["UpdateReplacePolicy"] = "Retain".into();
    }
    Ok(stack(
        stage,
        names::stateful_name(&stage.app, &stage.name),
        template,
        vec![(PROTECTED, stage.protected.to_string())],
    ))
}

/// The stack that serves it; it `sets_logging_role` where the account has none.
pub(crate) fn stateless(
    stage: &Stage,
    handler: &Handler,
    sets_logging_role: bool,
) -> Result<Stack, Error> {
    let mut template = parse(STATELESS)?;
    let api = &mut template["Resources"]["RestAPI"]["Properties"];
    api["Body"] = api::body(stage.authorization)?;
    if let Some(policy) = policy::of(stage.authorization, &stage.admission) {
        api["Policy"] = policy;
    }
    let deployment = format!("{DEPLOYMENT}{}", short_hash(api));
    rename(&mut template, DEPLOYMENT, &deployment);
    let concurrency = stage
        .reserved_concurrency
        .map_or_else(String::new, |concurrency| concurrency.to_string());
    let parameters = vec![
        (
            "StatefulStack",
            names::stateful_name(&stage.app, &stage.name),
        ),
        (HANDLER_BUCKET, handler.bucket.clone()),
        (HANDLER_KEY, handler.key.clone()),
        ("HandlerArchitecture", handler.architecture.clone()),
        ("ReservedConcurrency", concurrency),
        ("LogRetentionInDays", stage.log_retention_days.to_string()),
        ("ThrottlingRate", stage.throttling.rate.to_string()),
        ("ThrottlingBurst", stage.throttling.burst.to_string()),
        (SETS_LOGGING_ROLE, sets_logging_role.to_string()),
    ];
    Ok(stack(
        stage,
        names::stateless_name(&stage.app, &stage.name),
        template,
        parameters,
    ))
}

fn stack(stage: &Stage, name: String, template: Value, parameters: Vec<(&str, String)>) -> Stack {
    let tags = tags(&stage.app, &stage.name);
    finished(name, template, parameters, tags, stage.boundary.as_ref())
}

/// A stack, all of which is known.
pub(super) fn finished(
    name: String,
    mut template: Value,
    parameters: Vec<(&str, String)>,
    tags: BTreeMap<String, String>,
    boundary: Option<&Boundary>,
) -> Stack {
    if let Some(boundary) = boundary {
        boundary.apply(&mut template);
    }
    let mut stack = Stack {
        name,
        template,
        parameters: parameters
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
        tags,
        digest: String::new(),
        role: None,
    };
    stack.digest = mark::mark(&mut stack);
    stack
}

/// What says that something is umb's, but no stage's.
pub(crate) fn app_tags(app: &str) -> BTreeMap<String, String> {
    [(APP_TAG.to_owned(), app.to_owned())].into()
}

/// What says that a stack is umb's, and whose.
pub(crate) fn tags(app: &str, stage: &str) -> BTreeMap<String, String> {
    [(APP_TAG, app), (STAGE_TAG, stage)]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

/// Eight hexadecimal digits that change when `api` does.
fn short_hash(api: &Value) -> String {
    let mut hash = hex::encode(Sha256::digest(api.to_string()));
    hash.truncate(8);
    hash
}

/// Gives a resource another logical id, wherever it is referred to.
fn rename(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, from, to)),
        Value::Object(map) => {
            if let Some(resource) = map.remove(from) {
                map.insert(to.to_owned(), resource);
            }
            map.values_mut().for_each(|value| rename(value, from, to));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage() -> Stage {
        Stage {
            app: "App".to_owned(),
            name: "dev".to_owned(),
            billing: Billing::OnDemand,
            reserved_concurrency: Some(1),
            authorization: Authorization::AwsIam,
            admission: Admission::default(),
            throttling: Throttling {
                rate: 50,
                burst: 100,
            },
            log_retention_days: 30,
            protected: false,
            boundary: None,
        }
    }

    fn handler() -> Handler {
        Handler {
            bucket: "bucket".to_owned(),
            key: "handler/0.zip".to_owned(),
            architecture: "x86_64".to_owned(),
        }
    }

    fn deployment_id(stack: &Stack) -> String {
        let resources = stack.template["Resources"].as_object().expect("resources");
        let ids: Vec<_> = resources
            .iter()
            .filter(|(_, resource)| resource["Type"] == "AWS::ApiGateway::Deployment")
            .map(|(id, _)| id.clone())
            .collect();
        assert_eq!(ids.len(), 1, "one deployment");
        ids[0].clone()
    }

    #[test]
    fn another_api_definition_makes_another_deployment() {
        let closed = stateless(&stage(), &handler(), false).expect("valid");
        let open = stateless(
            &Stage {
                authorization: Authorization::None,
                ..stage()
            },
            &handler(),
            false,
        )
        .expect("valid");
        assert_ne!(deployment_id(&closed), deployment_id(&open));
        assert_eq!(
            closed.template["Resources"]["APIStage"]["Properties"]["DeploymentId"]["Ref"],
            deployment_id(&closed)
        );
    }

    #[test]
    fn another_function_leaves_the_template_as_it_is() {
        let one = stateless(&stage(), &handler(), false).expect("valid");
        let other = stateless(
            &stage(),
            &Handler {
                key: "handler/1.zip".to_owned(),
                ..handler()
            },
            false,
        )
        .expect("valid");
        assert_eq!(one.template, other.template);
        assert_ne!(one.parameters, other.parameters);
        assert_ne!(one.digest, other.digest);
    }

    #[test]
    fn every_operation_is_integrated_and_closed() {
        let stack = stateless(&stage(), &handler(), false).expect("valid");
        let paths = &stack.template["Resources"]["RestAPI"]["Properties"]["Body"]["paths"];
        let mut operations = 0;
        for path in paths.as_object().expect("paths").values() {
            for (method, operation) in path.as_object().expect("path") {
                if method == "parameters" {
                    continue;
                }
                operations += 1;
                assert_eq!(
                    operation["x-amazon-apigateway-integration"]["type"],
                    "aws_proxy"
                );
                assert_eq!(operation["security"][0]["sigv4"], serde_json::json!([]));
            }
        }
        assert_eq!(operations, 5);
    }

    #[test]
    fn what_is_shared_stands_where_it_is_referred_to() {
        let stack = stateless(&stage(), &handler(), false).expect("valid");
        let body = &stack.template["Resources"]["RestAPI"]["Properties"]["Body"];
        let text = body.to_string();
        for shared in ["headers", "parameters", "responses"] {
            assert!(
                !text.contains(&format!("#/components/{shared}/")),
                "{shared}"
            );
        }
        let if_match = &body["paths"]["/users/{username}"]["delete"]["parameters"][0];
        assert_eq!(if_match["name"], "If-Match");
        let not_found = &body["paths"]["/users/{username}"]["get"]["responses"]["404"];
        assert!(not_found["content"]["application/problem+json"].is_object());
    }

    #[test]
    fn the_finished_templates_fit_into_a_request() {
        for stack in [
            stateful(&stage()).expect("valid"),
            stateless(&stage(), &handler(), false).expect("valid"),
        ] {
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
            assert!(stack.template.to_string().len() <= 51_200, "{}", stack.name);
        }
    }

    #[test]
    fn only_a_protected_table_outlives_its_stack() {
        for (protected, policy) in [(true, "Retain"), (false, "Delete")] {
            let stack = stateful(&Stage {
                protected,
                ..stage()
            })
            .expect("valid");
            let table = &stack.template["Resources"]["Table"];
            assert_eq!(table["DeletionPolicy"], policy);
            assert_eq!(table["UpdateReplacePolicy"], policy);
            assert_eq!(table["Properties"]["TableName"], "App-Dev-Stateful-Table");
            assert_eq!(stack.parameters[PROTECTED], protected.to_string());
        }
    }

    #[test]
    fn what_holds_data_is_in_stateful_alone() {
        let types = |stack: &Stack| -> Vec<Value> {
            let resources = stack.template["Resources"].as_object().expect("resources");
            resources.values().map(|one| one["Type"].clone()).collect()
        };
        let holds = |kind: &Value| HOLDS_DATA.iter().any(|holds| kind == holds);
        assert!(types(&stateful(&stage()).expect("valid")).iter().any(holds));
        let stateless = stateless(&stage(), &handler(), true).expect("valid");
        assert!(!types(&stateless).iter().any(holds));
    }

    #[test]
    fn a_boundary_is_every_roles() {
        let stage = Stage {
            boundary: Some(Boundary("Bounds".to_owned())),
            ..stage()
        };
        let stack = stateless(&stage, &handler(), true).expect("valid");
        let resources = stack.template["Resources"].as_object().expect("resources");
        let roles: Vec<_> = resources
            .values()
            .filter(|resource| resource["Type"] == "AWS::IAM::Role")
            .collect();
        assert_eq!(roles.len(), 2);
        for role in roles {
            let boundary = &role["Properties"]["PermissionsBoundary"]["Fn::Sub"];
            let arn = boundary.as_str().expect("an ARN");
            assert!(arn.ends_with(":policy/Bounds"), "{arn}");
        }
    }

    #[test]
    fn billing_is_as_the_stage_says() {
        let properties = |billing| {
            let stack = stateful(&Stage { billing, ..stage() }).expect("valid");
            stack.template["Resources"]["Table"]["Properties"].clone()
        };
        let provisioned = properties(Billing::Provisioned { read: 5, write: 6 });
        assert_eq!(provisioned["BillingMode"], "PROVISIONED");
        assert_eq!(
            provisioned["ProvisionedThroughput"],
            json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 6})
        );
        let on_demand = properties(Billing::OnDemand);
        assert_eq!(on_demand["BillingMode"], "PAY_PER_REQUEST");
        assert_eq!(on_demand["ProvisionedThroughput"], Value::Null);
    }
}
