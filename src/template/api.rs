//! The REST API's body: the contract in `openapi.yaml`, plus how API Gateway is to serve it.

use serde_json::{Map, Value, json};

use crate::model::Authorization;

use super::gateway_responses;
use super::yaml::{Error, parse};

const OPENAPI: &str = include_str!("../../assets/openapi.yaml");
const METHODS: [&str; 8] = [
    "delete", "get", "head", "options", "patch", "post", "put", "trace",
];
const SIGV4: &str = "sigv4";

/// What the contract shares and API Gateway's importer does not follow references to. Source:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>.
const SHARED: [&str; 3] = ["headers", "parameters", "responses"];
/// The one format of the contract's that API Gateway's models know.
const KNOWN_FORMAT: &str = "email";
/// The validator that looks at everything.
const VALIDATOR: &str = "all";

/// The body of `AWS::ApiGateway::RestApi`: every operation is held against the contract's models, hands its
/// request to the function as it is, and asks for `authorization`. Source of the extensions:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html>.
pub(super) fn body(authorization: Authorization) -> Result<Value, Error> {
    let mut api = parse(OPENAPI)?;
    // The API is called as its title says, and its metrics are found by that name.
    api["info"]["title"] = json!({ "Ref": "AWS::StackName" });
    api["x-amazon-apigateway-gateway-responses"] = gateway_responses::responses();
    api["x-amazon-apigateway-request-validators"] =
        json!({VALIDATOR: {"validateRequestBody": true, "validateRequestParameters": true}});
    api["x-amazon-apigateway-request-validator"] = VALIDATOR.into();
    inline_shared(&mut api)?;
    models(&mut api)?;
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

/// Puts what is shared where it is referred to.
fn inline_shared(api: &mut Value) -> Result<(), Error> {
    let components = member(api, "components")?;
    let shared: Vec<_> = SHARED
        .iter()
        .map(|kind| {
            let prefix = format!("#/components/{kind}/");
            (prefix, components.remove(*kind).unwrap_or_default())
        })
        .collect();
    inline(&mut api["paths"], &shared)
}

fn inline(value: &mut Value, shared: &[(String, Value)]) -> Result<(), Error> {
    let reference = value["$ref"].as_str().unwrap_or_default();
    let found = shared
        .iter()
        .find_map(|(prefix, all)| Some((all, reference.strip_prefix(prefix)?)));
    if let Some((all, name)) = found {
        *value = all
            .get(name)
            .cloned()
            .ok_or_else(|| Error::new(format!("there is no {reference}")))?;
    }
    match value {
        Value::Object(map) => map.values_mut().try_for_each(|part| inline(part, shared)),
        Value::Array(parts) => parts.iter_mut().try_for_each(|part| inline(part, shared)),
        _ => Ok(()),
    }
}

/// Makes the schemas ones that API Gateway takes for models: without descriptions, which it refuses in some
/// places, and without formats of the API's own. What is left out, the function checks.
fn models(api: &mut Value) -> Result<(), Error> {
    for schema in member(&mut api["components"], "schemas")?.values_mut() {
        bare(schema);
    }
    Ok(())
}

fn bare(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    if schema.get("description").is_some_and(Value::is_string) {
        schema.remove("description");
    }
    if schema
        .get("format")
        .is_some_and(|format| format != KNOWN_FORMAT)
    {
        schema.remove("format");
    }
    for part in ["items", "properties"] {
        match schema.get_mut(part) {
            Some(Value::Object(properties)) if part == "properties" => {
                properties.values_mut().for_each(bare);
            }
            Some(items) => bare(items),
            None => {}
        }
    }
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
