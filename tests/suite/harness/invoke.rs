//! A function invoked directly, with the event that a REST API would send it.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{Answer, MiniStack, Sandbox};

/// A request to the function, as a REST API hands it on. The shape is that of AWS's documented sample:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>.
pub fn proxy_event(
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
    request_id: &str,
) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let query: BTreeMap<_, _> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), vec![decoded(value)]))
        .collect();
    let single: BTreeMap<_, _> = query.iter().map(|(name, all)| (name, &all[0])).collect();
    let multi: BTreeMap<_, _> = headers
        .iter()
        .map(|(name, value)| (name, [value]))
        .collect();
    let headers: BTreeMap<_, _> = headers.iter().copied().collect();
    let body = body.map(|body| String::from_utf8(body.to_vec()).unwrap());
    json!({
        "resource": "/{proxy+}",
        "path": format!("/{path}"),
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": multi,
        "queryStringParameters": if query.is_empty() { Value::Null } else { json!(single) },
        "multiValueQueryStringParameters": if query.is_empty() { Value::Null } else { json!(query) },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "id",
            "authorizer": {"claims": null, "scopes": null},
            "domainName": "id.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "id",
            "extendedRequestId": "request-id",
            "httpMethod": method,
            "identity": {
                "accessKey": null, "accountId": null, "caller": null,
                "cognitoAuthenticationProvider": null, "cognitoAuthenticationType": null,
                "cognitoIdentityId": null, "cognitoIdentityPoolId": null, "principalOrgId": null,
                "sourceIp": "IP", "user": null, "userAgent": "user-agent", "userArn": null,
                "clientCert": null
            },
            "path": format!("/v1/{path}"),
            "protocol": "HTTP/1.1",
            "requestId": request_id,
            "requestTime": "04/Mar/2020:19:15:17 +0000",
            "requestTimeEpoch": 1_583_349_317_135_i64,
            "resourceId": null,
            "resourcePath": "/{proxy+}",
            "stage": "v1"
        },
        "pathParameters": null,
        "stageVariables": null,
        "body": body,
        "isBase64Encoded": false
    })
}

impl MiniStack {
    /// Invokes a function; returns its result, or the error that it ended in.
    pub fn invoke(&self, sandbox: &Sandbox, function: &str, event: &Value) -> Result<Value, Value> {
        let path = format!("2015-03-31/functions/{function}/invocations");
        let event = event.to_string();
        let answer = self.send(
            sandbox,
            ["lambda", "POST", &path],
            &[],
            Some(event.as_bytes()),
        );
        match answer.header("x-amz-function-error") {
            "" => Ok(answer.json()),
            _ => Err(answer.json()),
        }
    }
}

/// A proxy response as the HTTP response that a REST API returns for it.
pub fn proxied(response: &Value) -> Answer {
    let mut headers = ureq::http::HeaderMap::new();
    for (name, value) in response["headers"].as_object().into_iter().flatten() {
        let name: ureq::http::HeaderName = name.parse().unwrap();
        headers.insert(name, value.as_str().unwrap().parse().unwrap());
    }
    for (name, values) in response["multiValueHeaders"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let name: ureq::http::HeaderName = name.parse().unwrap();
        for value in values.as_array().unwrap() {
            headers.insert(&name, value.as_str().unwrap().parse().unwrap());
        }
    }
    Answer {
        status: response["statusCode"].as_u64().unwrap().try_into().unwrap(),
        headers,
        body: response["body"].as_str().unwrap_or_default().to_owned(),
    }
}
