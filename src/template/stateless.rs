//! The stack that serves a stage's table: function, API, dashboard and alarms.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::model::{Alarm, StackRef, StageSpec, Threshold};

use super::parameters::{HANDLER_BUCKET, HANDLER_KEY, RESERVED_CONCURRENCY, SETS_LOGGING_ROLE};
use super::stack::RenderedStack;
use super::yaml::{Error, parse};
use super::{api, resource_policy};

const STATELESS: &str = include_str!("../../assets/stateless.yaml");
/// The deployment's logical id in `stateless.yaml`. In the rendered template, a hash of the API's definition follows it.
const DEPLOYMENT: &str = "APIDeployment";

/// Where the function's package is, and what it runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handler {
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// As Lambda names it: `x86_64` or `arm64`.
    pub(crate) architecture: String,
}

/// What an account and region have, as far as the stack depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// Whether the stack gives API Gateway the role that it logs with, because the account has none.
    pub(crate) sets_logging_role: bool,
    /// Whether CloudWatch computes with metrics, as AWS's does and emulators' do not.
    pub(crate) has_metric_math: bool,
}

impl Surroundings {
    /// What AWS has, in an account that is used already.
    pub(crate) const USUAL: Self = Self {
        sets_logging_role: false,
        has_metric_math: true,
    };
}

/// What an import of the body resets if the body does not say it, too. Sources: the three pages of
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html>.
const IN_BODY: [(&str, &str); 3] = [
    (
        "EndpointAccessMode",
        "x-amazon-apigateway-endpoint-access-mode",
    ),
    ("Policy", "x-amazon-apigateway-policy"),
    ("SecurityPolicy", "x-amazon-apigateway-security-policy"),
];

/// Repeats in an API's body what stands beside it.
fn state_in_body(api: &mut Value) {
    for (property, extension) in IN_BODY {
        let value = api[property].clone();
        if !value.is_null() {
            api["Body"][extension] = value;
        }
    }
}

/// Renders the stack.
///
/// # Errors
/// Only for a defect of the template's body.
pub(crate) fn stateless(
    stage: &StageSpec,
    handler: &Handler,
    surroundings: Surroundings,
) -> Result<RenderedStack, Error> {
    let mut template = parse(STATELESS)?;
    let api = &mut template["Resources"]["RestAPI"]["Properties"];
    api["Body"] = api::body(stage.authorization)?;
    if let Some(policy) = resource_policy::policy(stage) {
        api["Policy"] = policy;
    }
    state_in_body(api);
    let deployment = format!("{DEPLOYMENT}{}", short_hash(api));
    rename(&mut template, DEPLOYMENT, &deployment);
    let reservation = stage.reservation();
    let threshold = match stage.alarm {
        Alarm::On(threshold) => threshold,
        Alarm::Off => Threshold::default(),
    };
    let parameters = vec![
        (
            "StatefulStack",
            StackRef::stateful(&stage.app, &stage.name).name(),
        ),
        (HANDLER_BUCKET, handler.bucket.clone()),
        (HANDLER_KEY, handler.key.clone()),
        ("HandlerArchitecture", handler.architecture.clone()),
        (
            RESERVED_CONCURRENCY,
            reservation.map_or_else(String::new, |reserved| reserved.to_string()),
        ),
        (
            "LogRetentionInDays",
            stage.log_retention_days.days().to_string(),
        ),
        ("ThrottlingRate", stage.throttling_rate.get().to_string()),
        ("ThrottlingBurst", stage.throttling_burst.get().to_string()),
        ("HasAlarm", (stage.alarm != Alarm::Off).to_string()),
        ("AlarmShare", threshold.share.get().to_string()),
        ("AlarmMinRequests", threshold.min_requests.get().to_string()),
        ("AlarmSeconds", (threshold.minutes.get() * 60).to_string()),
        ("HasMetricMath", surroundings.has_metric_math.to_string()),
        (
            SETS_LOGGING_ROLE,
            surroundings.sets_logging_role.to_string(),
        ),
    ];
    let id = StackRef::stateless(&stage.app, &stage.name);
    Ok(RenderedStack::new(
        id,
        template,
        parameters,
        stage.boundary.as_ref(),
    ))
}

/// Returns eight hexadecimal digits that change when `api` does.
fn short_hash(api: &Value) -> String {
    let mut hash = hex::encode(Sha256::digest(api.to_string()));
    hash.truncate(8);
    hash
}

/// Renames a resource's logical id, also where other resources refer to it.
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
    use crate::model::{App, Authorization, StageName};
    use crate::template::stateful::HOLDS_DATA;

    use super::*;

    fn stage() -> StageSpec {
        let app: App = "App".parse().expect("valid");
        StageSpec::new(app, StageName::dev())
    }

    fn handler() -> Handler {
        Handler {
            bucket: "bucket".to_owned(),
            key: "handler/0.zip".to_owned(),
            architecture: "x86_64".to_owned(),
        }
    }

    fn deployment_id(stack: &RenderedStack) -> String {
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
        let closed = stateless(&stage(), &handler(), Surroundings::USUAL).expect("valid");
        let open = stateless(
            &StageSpec {
                authorization: Authorization::None,
                ..stage()
            },
            &handler(),
            Surroundings::USUAL,
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
        let one = stateless(&stage(), &handler(), Surroundings::USUAL).expect("valid");
        let other = stateless(
            &stage(),
            &Handler {
                key: "handler/1.zip".to_owned(),
                ..handler()
            },
            Surroundings::USUAL,
        )
        .expect("valid");
        assert_eq!(one.template, other.template);
        assert_ne!(one.parameters, other.parameters);
        assert_ne!(one.digest, other.digest);
    }

    #[test]
    fn every_operation_is_integrated_and_closed() {
        let stack = stateless(&stage(), &handler(), Surroundings::USUAL).expect("valid");
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
        let stack = stateless(&stage(), &handler(), Surroundings::USUAL).expect("valid");
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
    fn a_boundary_is_every_roles() {
        let stage = StageSpec {
            boundary: Some("Bounds".parse().expect("valid")),
            ..stage()
        };
        let stack = stateless(
            &stage,
            &handler(),
            Surroundings {
                sets_logging_role: true,
                ..Surroundings::USUAL
            },
        )
        .expect("valid");
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
    fn it_holds_no_data_and_fits_into_a_request() {
        let stack = stateless(
            &stage(),
            &handler(),
            Surroundings {
                sets_logging_role: true,
                ..Surroundings::USUAL
            },
        )
        .expect("valid");
        let resources = stack.template["Resources"].as_object().expect("resources");
        let holds = |kind: &Value| HOLDS_DATA.iter().any(|holds| kind == holds);
        assert!(!resources.values().any(|resource| holds(&resource["Type"])));
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
        assert!(stack.template.to_string().len() <= 51_200);
    }
}
