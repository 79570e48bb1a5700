//! What tests do to stacks behind umb's back.

use std::thread;
use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{MiniStack, Sandbox, texts};

const PATIENCE: Duration = Duration::from_mins(1);

/// A resource that is not complete before somebody signals it.
pub fn held() -> Value {
    json!({
        "Type": "AWS::CloudFormation::WaitCondition",
        "CreationPolicy": {"ResourceSignal": {"Count": 1, "Timeout": "PT10M"}}
    })
}

/// A resource that cannot be created, after `other`.
pub fn failing(other: &str) -> Value {
    json!({
        "Type": "Custom::Failing",
        "DependsOn": other,
        "Properties": {"ServiceToken": "arn:aws:lambda:eu-west-1:111111111111:function:none"}
    })
}

impl MiniStack {
    /// Calls an action of CloudFormation.
    pub fn cloudformation(
        &self,
        sandbox: &Sandbox,
        action: &str,
        pairs: &[(&str, &str)],
    ) -> String {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(key, value)| format!("&{key}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        let query = format!("Action={action}&Version=2010-05-15{}", pairs.concat());
        self.form(sandbox, "cloudformation", &query)
    }

    /// The stack's status; empty if there is no stack.
    pub fn status(&self, sandbox: &Sandbox, stack: &str) -> String {
        let answer = self.cloudformation(sandbox, "DescribeStacks", &[("StackName", stack)]);
        texts(&answer, "StackStatus")[0]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Waits until the stack has the status.
    pub fn until_status(&self, sandbox: &Sandbox, stack: &str, status: &str) {
        let started = Instant::now();
        loop {
            let now = self.status(sandbox, stack);
            if now == status {
                return;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "{stack} is {now}, not {status}"
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The names of the change sets that wait on a stack.
    pub fn change_sets(&self, sandbox: &Sandbox, stack: &str) -> Value {
        let answer = self.cloudformation(sandbox, "ListChangeSets", &[("StackName", stack)]);
        texts(&answer, "ExecutionStatus")
            .as_array()
            .unwrap()
            .iter()
            .filter(|status| *status == "AVAILABLE")
            .cloned()
            .collect()
    }

    /// The stack's template.
    pub fn template(&self, sandbox: &Sandbox, stack: &str) -> Value {
        let answer = self.cloudformation(sandbox, "GetTemplate", &[("StackName", stack)]);
        let (_, body) = answer.split_once("<TemplateBody>").unwrap();
        let (body, _) = body.split_once("</TemplateBody>").unwrap();
        let body = body
            .replace("&quot;", "\"")
            .replace("&#x27;", "'")
            .replace("&apos;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&");
        serde_json::from_str(&body).unwrap()
    }

    /// Begins to update a stack, with the parameters and tags that it has.
    pub fn update_stack(
        &self,
        sandbox: &Sandbox,
        (stack, template): (&str, &Value),
        parameters: &[(&str, &str)],
        options: &[(&str, &str)],
    ) {
        let template = template.to_string();
        let mut pairs = vec![
            ("StackName".to_owned(), stack.to_owned()),
            ("TemplateBody".to_owned(), template.clone()),
            (
                "Capabilities.member.1".to_owned(),
                "CAPABILITY_NAMED_IAM".to_owned(),
            ),
        ];
        let known: Value = serde_json::from_str(&template).unwrap();
        let names = known["Parameters"].as_object().into_iter().flatten();
        for (number, (name, _)) in names.enumerate() {
            let prefix = format!("Parameters.member.{}", number + 1);
            pairs.push((format!("{prefix}.ParameterKey"), name.clone()));
            let given = parameters.iter().find(|(key, _)| key == name);
            pairs.push(match given {
                Some((_, value)) => (format!("{prefix}.ParameterValue"), (*value).to_owned()),
                None => (format!("{prefix}.UsePreviousValue"), "true".to_owned()),
            });
        }
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .chain(options.iter().copied())
            .collect();
        let answer = self.cloudformation(sandbox, "UpdateStack", &pairs);
        assert!(answer.contains("UpdateStackResult"), "{answer}");
    }

    /// Completes, or fails, a resource that is held.
    pub fn signal(&self, sandbox: &Sandbox, stack: &str, logical_id: &str, status: &str) {
        let pairs = [
            ("StackName", stack),
            ("LogicalResourceId", logical_id),
            ("UniqueId", "test"),
            ("Status", status),
        ];
        let answer = self.cloudformation(sandbox, "SignalResource", &pairs);
        assert!(answer.contains("SignalResourceResponse"), "{answer}");
    }

    /// The sandbox's asset bucket.
    pub fn bucket(&self, sandbox: &Sandbox) -> String {
        let buckets = texts(&self.read(sandbox, "s3", "").body, "Name");
        buckets[0].as_str().unwrap().to_owned()
    }

    /// Creates a table without tags.
    pub fn make_table(&self, sandbox: &Sandbox, name: &str) {
        let table = json!({
            "TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        });
        let target = "DynamoDB_20120810.CreateTable";
        self.target(sandbox, "dynamodb", target, &table.to_string());
    }

    /// Copies the artifact in the sandbox's bucket to `key` and deletes it where it was; returns its key.
    pub fn move_artifact(&self, sandbox: &Sandbox, key: &str) -> String {
        let bucket = self.bucket(sandbox);
        let objects = self
            .read(sandbox, "s3", &format!("{bucket}?list-type=2"))
            .body;
        let old = texts(&objects, "Key")[0].as_str().unwrap().to_owned();
        let source = format!("/{bucket}/{old}");
        let copy = [("x-amz-copy-source", source.as_str())];
        self.send(
            sandbox,
            ["s3", "PUT", &format!("{bucket}/{key}")],
            &copy,
            None,
        );
        self.send(
            sandbox,
            ["s3", "DELETE", &format!("{bucket}/{old}")],
            &[],
            None,
        );
        old
    }

    /// Makes a subnet in a stack's network, which then cannot be deleted; returns its id.
    pub fn make_subnet(&self, sandbox: &Sandbox, stack: &str, network: &str) -> String {
        let pairs = [("StackName", stack), ("LogicalResourceId", network)];
        let resource = self.cloudformation(sandbox, "DescribeStackResource", &pairs);
        let network = texts(&resource, "PhysicalResourceId");
        let network = network[0].as_str().unwrap();
        let query = format!(
            "Action=CreateSubnet&Version=2016-11-15&VpcId={network}&CidrBlock=10.0.1.0%2F24"
        );
        let answer = self.form(sandbox, "ec2", &query);
        texts(&answer, "subnetId")[0].as_str().unwrap().to_owned()
    }

    /// Deletes a subnet.
    pub fn delete_subnet(&self, sandbox: &Sandbox, subnet: &str) {
        let query = format!("Action=DeleteSubnet&Version=2016-11-15&SubnetId={subnet}");
        self.form(sandbox, "ec2", &query);
    }

    /// A function's configuration.
    pub fn function(&self, sandbox: &Sandbox, name: &str) -> Value {
        let path = format!("2015-03-31/functions/{name}/configuration");
        self.read(sandbox, "lambda", &path).json()
    }

    /// Deletes a function.
    pub fn delete_function(&self, sandbox: &Sandbox, name: &str) {
        let path = format!("2015-03-31/functions/{name}");
        self.send(sandbox, ["lambda", "DELETE", &path], &[], None);
    }

    /// Replaces a function's code with a zip that is not umb's, and waits until that is done.
    pub fn replace_code(&self, sandbox: &Sandbox, name: &str) {
        // Only the end-of-central-directory record: a zip without entries.
        let zip = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==";
        let body = json!({ "ZipFile": zip }).to_string();
        let path = format!("2015-03-31/functions/{name}/code");
        self.send(
            sandbox,
            ["lambda", "PUT", &path],
            &[],
            Some(body.as_bytes()),
        );
        let started = Instant::now();
        while self.function(sandbox, name)["LastUpdateStatus"] != "Successful" {
            assert!(started.elapsed() < PATIENCE);
            thread::sleep(Duration::from_millis(10));
        }
    }
}
