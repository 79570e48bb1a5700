//! The REST API's body: the contract in `openapi.yaml`, plus how API Gateway is to serve it.

use serde_json::{Map, Value, json};

use super::stacks::Authorization;
use super::yaml::{Error, parse};

const OPENAPI: &str = include_str!("../../assets/openapi.yaml");
const METHODS: [&str; 8] = [
    "delete", "get", "head", "options", "patch", "post", "put", "trace",
];
const SIGV4: &str = "sigv4";

/// The body of `AWS::ApiGateway::RestApi`: every operation hands its request to the function as it
/// is, and asks for `authorization`. Source of the extensions:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html>.
pub(super) fn body(authorization: Authorization) -> Result<Value, Error> {
    let mut api = parse(OPENAPI)?;
    // The API is called as its title says, and its metrics are found by that name.
    api["info"]["title"] = json!({ "Ref": "AWS::StackName" });
    inline_responses(&mut api)?;
    if authorization == Authorization::AwsIam {
        member(&mut api, "components")?.insert(
            "securitySchemes".to_owned(),
            json!({
                SIGV4: {
                    "type": "apiKey",
                    "name": "Authorization",
                    "in": "header",
                    "x-amazon-apigateway-authtype": "awsSigv4",
                }
            }),
        );
    }
    for path in member(&mut api, "paths")?.values_mut() {
        let operations = path.as_object_mut().into_iter().flatten();
        for (_, operation) in operations.filter(|(name, _)| METHODS.contains(&name.as_str())) {
            operation["x-amazon-apigateway-integration"] = integration();
            if authorization == Authorization::AwsIam {
                operation["security"] = json!([{ SIGV4: [] }]);
            }
        }
    }
    Ok(api)
}

/// Puts shared responses where they are referred to: the importer does not follow such references.
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>.
fn inline_responses(api: &mut Value) -> Result<(), Error> {
    let shared = member(api, "components")?.remove("responses");
    for path in member(api, "paths")?.values_mut() {
        let operations = path.as_object_mut().into_iter().flatten();
        let responses = operations
            .filter_map(|(_, operation)| operation.get_mut("responses")?.as_object_mut())
            .flatten();
        for (_, response) in responses {
            let name = response["$ref"]
                .as_str()
                .and_then(|reference| reference.strip_prefix("#/components/responses/"))
                .map(str::to_owned);
            if let Some(name) = name {
                *response = shared
                    .as_ref()
                    .and_then(|shared| shared.get(&name))
                    .cloned()
                    .ok_or_else(|| Error::new(format!("there is no response `{name}`")))?;
            }
        }
    }
    Ok(())
}

fn integration() -> Value {
    json!({
        "type": "aws_proxy",
        // Functions are always invoked by POST.
        "httpMethod": "POST",
        "uri": {
            "Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${APIHandler.Arn}/invocations"
        },
    })
}

fn member<'a>(value: &'a mut Value, name: &str) -> Result<&'a mut Map<String, Value>, Error> {
    value
        .get_mut(name)
        .and_then(Value::as_object_mut)
        .ok_or_else(|| Error::new(format!("`{name}` is missing")))
}
