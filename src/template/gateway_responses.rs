//! The responses that API Gateway sends without the function, in the API's own format of errors.

use serde_json::{Map, Value, json};

/// Every kind of such an answer: its name, status, the problem's `type`, and its title. Source:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>.
const ANSWERS: [(&str, u16, &str, &str); 20] = [
    ("ACCESS_DENIED", 403, "access-denied", "Access denied"),
    ("API_CONFIGURATION_ERROR", 500, INTERNAL, INTERNAL_TITLE),
    (
        "AUTHORIZER_CONFIGURATION_ERROR",
        500,
        INTERNAL,
        INTERNAL_TITLE,
    ),
    ("AUTHORIZER_FAILURE", 500, INTERNAL, INTERNAL_TITLE),
    ("BAD_REQUEST_BODY", 400, INVALID, INVALID_TITLE),
    ("BAD_REQUEST_PARAMETERS", 400, INVALID, INVALID_TITLE),
    ("DEFAULT_4XX", 403, "access-denied", "Access denied"),
    ("DEFAULT_5XX", 500, INTERNAL, INTERNAL_TITLE),
    (
        "EXPIRED_TOKEN",
        403,
        "expired-credentials",
        "Expired credentials",
    ),
    ("INTEGRATION_FAILURE", 504, "busy", "Busy"),
    ("INTEGRATION_TIMEOUT", 504, "busy", "Busy"),
    ("INVALID_API_KEY", 403, "access-denied", "Access denied"),
    (
        "INVALID_SIGNATURE",
        403,
        "invalid-signature",
        "Invalid signature",
    ),
    (
        "MISSING_AUTHENTICATION_TOKEN",
        403,
        "missing-authentication-token",
        "Missing authentication token",
    ),
    ("QUOTA_EXCEEDED", 429, "throttled", "Too many requests"),
    ("REQUEST_TOO_LARGE", 413, "too-large", "Too large"),
    ("RESOURCE_NOT_FOUND", 404, "no-such-path", "No such path"),
    ("THROTTLED", 429, "throttled", "Too many requests"),
    ("UNAUTHORIZED", 401, "unauthorized", "Unauthorized"),
    (
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "unsupported-media-type",
        "Unsupported media type",
    ),
];
const INTERNAL: &str = "gateway-error";
const INTERNAL_TITLE: &str = "Gateway error";
const INVALID: &str = "invalid-request";
const INVALID_TITLE: &str = "Invalid request";

/// The value of `x-amazon-apigateway-gateway-responses`.
pub(super) fn responses() -> Value {
    let responses = ANSWERS.iter().map(|(name, status, kind, title)| {
        let mut parameters = json!({
            "gatewayresponse.header.Content-Type": "'application/problem+json'",
            "gatewayresponse.header.x-request-id": "context.requestId",
        });
        if [429, 504].contains(status) {
            parameters["gatewayresponse.header.Retry-After"] = "'1'".into();
        }
        let response = json!({
            "statusCode": status,
            "responseParameters": parameters,
            "responseTemplates": {"application/json": problem(name, *status, kind, title)},
        });
        ((*name).to_owned(), response)
    });
    Value::Object(responses.collect::<Map<_, _>>())
}

/// A template of problem details. The gateway's message is a variable that brings its own quotes; that of
/// a model's violation is none that could stand in JSON, so the function's words stand there.
fn problem(name: &str, status: u16, kind: &str, title: &str) -> String {
    let rest = match name {
        "BAD_REQUEST_BODY" => {
            r#""The request body is not valid","errors":[{"pointer":"","detail":"is not as the contract asks for"}]"#
        }
        _ => "$context.error.messageString",
    };
    format!(
        r#"{{"type":"urn:umb:problem:{kind}","title":"{title}","status":{status},"detail":{rest}}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_a_problem_of_its_status() {
        let responses = responses();
        let responses = responses.as_object().expect("responses");
        assert_eq!(responses.len(), ANSWERS.len());
        for (name, response) in responses {
            let template = response["responseTemplates"]["application/json"]
                .as_str()
                .expect("a template")
                .replace("$context.error.messageString", "\"message\"");
            let problem: Value = serde_json::from_str(&template).expect(name);
            assert_eq!(problem["status"], response["statusCode"], "{name}");
            assert!(problem["detail"].is_string(), "{name}");
        }
    }
}
