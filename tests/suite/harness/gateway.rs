//! What AWS's importer makes of the OpenAPI document of a REST API, and MiniStack's leaves out: models,
//! validators and the gateway's own responses. Put there through the API Gateway API, which MiniStack has.

use serde_json::{Map, Value, json};

use super::{MiniStack, Sandbox};

impl MiniStack {
    /// Completes the import of the API of the sandbox's stage `dev`, and deploys it again.
    pub fn complete_import(&self, sandbox: &Sandbox) {
        let stack = format!("{}-Dev-Stateless", sandbox.app);
        let template = self.template(sandbox, &stack);
        let document = &template["Resources"]["RestAPI"]["Properties"]["Body"];
        let api = sandbox.output("dev", "RestAPIId");
        self.import_responses(sandbox, &api, document);
        self.import_models(sandbox, &api, document);
        let validators = self.import_validators(sandbox, &api, document);
        self.import_methods(sandbox, &api, document, &validators);
        let deployment = json!({"stageName": "v1"});
        self.apigateway(
            sandbox,
            "POST",
            &format!("restapis/{api}/deployments"),
            &deployment,
        );
    }

    fn apigateway(&self, sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let headers = [("Content-Type", "application/json")];
        let answer = self.send(
            sandbox,
            ["apigateway", method, path],
            &headers,
            Some(body.as_bytes()),
        );
        assert!(answer.status < 300, "{method} {path}: {answer:?}");
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    fn import_responses(&self, sandbox: &Sandbox, api: &str, document: &Value) {
        for (name, response) in members(&document["x-amazon-apigateway-gateway-responses"]) {
            let mut response = response.clone();
            response["statusCode"] = response["statusCode"].to_string().into();
            let path = format!("restapis/{api}/gatewayresponses/{name}");
            self.apigateway(sandbox, "PUT", &path, &response);
        }
    }

    fn import_models(&self, sandbox: &Sandbox, api: &str, document: &Value) {
        for (name, schema) in members(&document["components"]["schemas"]) {
            let schema = schema.to_string().replace(
                "#/components/schemas/",
                &format!("https://apigateway.amazonaws.com/restapis/{api}/models/"),
            );
            let model = json!({"name": name, "contentType": "application/json", "schema": schema});
            self.apigateway(sandbox, "POST", &format!("restapis/{api}/models"), &model);
        }
    }

    fn import_validators(&self, sandbox: &Sandbox, api: &str, document: &Value) -> Value {
        let mut ids = json!({});
        for (name, validator) in members(&document["x-amazon-apigateway-request-validators"]) {
            let mut validator = validator.clone();
            validator["name"] = name.as_str().into();
            let path = format!("restapis/{api}/requestvalidators");
            ids[name] = self.apigateway(sandbox, "POST", &path, &validator)["id"].clone();
        }
        ids
    }

    fn import_methods(&self, sandbox: &Sandbox, api: &str, document: &Value, validators: &Value) {
        let validator = document["x-amazon-apigateway-request-validator"]
            .as_str()
            .unwrap();
        let resources = self.read(sandbox, "apigateway", &format!("restapis/{api}/resources"));
        for resource in resources.json()["item"].as_array().unwrap() {
            let path = resource["path"].as_str().unwrap();
            for (method, operation) in members(&document["paths"][path]) {
                if method == "parameters" {
                    continue;
                }
                let models: Map<_, _> = members(&operation["requestBody"]["content"])
                    .map(|(kind, content)| {
                        let model = content["schema"]["$ref"].as_str().unwrap();
                        (kind.clone(), model.rsplit('/').next().into())
                    })
                    .collect();
                let operations = json!([
                    {"op": "replace", "path": "/requestValidatorId", "value": validators[validator]},
                    {"op": "replace", "path": "/requestModels", "value": models},
                ]);
                let id = resource["id"].as_str().unwrap();
                let path = format!(
                    "restapis/{api}/resources/{id}/methods/{}",
                    method.to_uppercase()
                );
                let operations = json!({ "patchOperations": operations });
                self.apigateway(sandbox, "PATCH", &path, &operations);
            }
        }
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
