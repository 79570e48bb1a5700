//! What a run of the pipeline needs: the app's roles in MiniStack, which enforces their policies and trust;
//! the pipeline's actions as CodePipeline does them with those roles; and its builds as CodeBuild runs them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::harness::{Key, MiniStack, Sandbox, ministack_with_iam, peer, runner, texts};

const ACTIONS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/suite/pipeline/actions.py"
);
pub const ACCOUNT: &str = "111111111111";
const IAM: &str = "Version=2010-05-08";
pub const ASSUME: &str = "sts:AssumeRole";

/// A pipeline's world: the app's roles in MiniStack, the pipeline's template, and credentials to take them on.
pub struct World {
    pub aws: &'static MiniStack,
    pub sandbox: Sandbox,
    pub template: Value,
    pub parameters: BTreeMap<String, String>,
    /// Profiles of the pipeline's roles and of those that they take on.
    pub profiles: PathBuf,
    /// The keys of the artifacts of an execution, and its ID.
    pub artifacts: Mutex<BTreeMap<String, String>>,
    pub execution: Mutex<String>,
    /// Whether CodePipeline rolls prod back.
    pub rolls_back: AtomicBool,
}

impl World {
    /// The world of an app whose umb.toml ends with `settings`. The pipeline's runner is where a deploy puts it.
    pub fn new(settings: &str) -> Self {
        let aws = ministack_with_iam();
        let sandbox = Sandbox::on_default_account(aws);
        sandbox.settings(&format!(
            "[pipeline]\naccount = \"{ACCOUNT}\"\nregion = \"eu-west-1\"\nconnection = \"hub\"\n\
             repository = \"octo/backend\"\n{settings}"
        ));
        sandbox.umb(&["bootstrap", "prod"]).ok();
        let [template, parameters] = synthesized(&sandbox);
        let mut world = Self {
            aws,
            template,
            parameters: by_key(&parameters),
            profiles: sandbox.work().join("profiles"),
            artifacts: Mutex::default(),
            execution: Mutex::new("one".to_owned()),
            rolls_back: AtomicBool::new(false),
            sandbox,
        };
        world.make_roles();
        world.make_allowances();
        let umb = fs::read(runner()).unwrap();
        let sha256 = &world.parameters["RunnerSHA256"];
        world.put_as_root(&format!("{}/runner/{sha256}", world.asset_bucket()), &umb);
        let place = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
        world.put_as_root(&world.parameters["ArtifactBucketName"], place.as_bytes());
        world
    }

    pub fn put_as_root(&self, path: &str, body: &[u8]) {
        let answer = self
            .aws
            .send(&self.sandbox, ["s3", "PUT", path], &[], Some(body));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// What MiniStack cannot know: that AWS is called by TLS, which the asset bucket insists on, and which table or alarm a
    /// request is about.
    pub fn make_allowances(&self) {
        let bucket = self.asset_bucket();
        self.aws.send(
            &self.sandbox,
            ["s3", "DELETE", &format!("{bucket}?policy")],
            &[],
            None,
        );
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["cloudwatch:DescribeAlarms", "dynamodb:ListTagsOfResource"], "Resource": "*"}
        ]});
        let role = format!("{}-Check-eu-west-1", self.sandbox.app);
        self.iam(&format!(
            "Action=PutRolePolicy&RoleName={role}&PolicyName=Tags&PolicyDocument={policy}"
        ));
    }

    /// Creates the pipeline's own roles, with their policies, for a user that represents AWS's services.
    fn make_roles(&mut self) {
        let (id, secret) = self.user(&format!("{}-services", self.sandbox.app));
        let mut profiles = format!(
            "[profile services]\nregion = eu-west-1\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n"
        );
        let app = self.sandbox.app.clone();
        let resources = self.template["Resources"].as_object().unwrap();
        for (id, resource) in resources {
            if resource["Type"] == "AWS::IAM::Role" {
                let mut role = resource["Properties"].clone();
                self.resolve(&mut role);
                let name = role["RoleName"].as_str().unwrap();
                self.make_role(name, &role["Policies"]);
                profiles += &profile(id.strip_suffix("Role").unwrap(), name, "services");
            }
        }
        self.make_role(
            &format!("{app}-Other"),
            &json!([{
                "PolicyName": "All",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Action": ASSUME, "Resource": "*"}
                ]},
            }]),
        );
        profiles += &profile("Other", &format!("{app}-Other"), "services");
        for (role, by) in [("Deployment", "Pipeline"), ("Check", "Plan")] {
            let name = format!("{app}-{role}-eu-west-1");
            self.let_sessions_in(&name);
            profiles += &profile(role, &name, by);
            profiles += &profile(&format!("{role}ByOther"), &name, "Other");
        }
        fs::write(&self.profiles, profiles).unwrap();
    }

    pub fn asset_bucket(&self) -> String {
        let bucket = self.action("Prod-Stateful", "Publish")["Configuration"]["BucketName"].clone();
        bucket.as_str().unwrap().to_owned()
    }

    pub fn iam(&self, query: &str) -> String {
        self.aws
            .form(&self.sandbox, "iam", &format!("{query}&{IAM}"))
    }

    fn user(&self, name: &str) -> Key {
        self.iam(&format!("Action=CreateUser&UserName={name}"));
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ASSUME, "Resource": "*"}
        ]});
        self.iam(&format!(
            "Action=PutUserPolicy&UserName={name}&PolicyName=All&PolicyDocument={policy}"
        ));
        let key = self.iam(&format!("Action=CreateAccessKey&UserName={name}"));
        let text = |element: &str| texts(&key, element)[0].as_str().unwrap().to_owned();
        (text("AccessKeyId"), text("SecretAccessKey"))
    }

    /// Says the same of a role's trust in MiniStack's words: there, `aws:PrincipalArn` of a session is the session's,
    /// and on AWS it is its role's
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>).
    fn let_sessions_in(&self, name: &str) {
        let role = self.iam(&format!("Action=GetRole&RoleName={name}"));
        let trust = texts(&role, "AssumeRolePolicyDocument")[0]
            .as_str()
            .unwrap()
            .to_owned();
        let trust = percent_decode_str(&trust).decode_utf8().unwrap();
        let mut trust: Value = serde_json::from_str(&trust).unwrap();
        let condition = &mut trust["Statement"][0]["Condition"];
        let roles = condition["ArnEquals"]["aws:PrincipalArn"].as_array();
        let sessions = roles.unwrap().iter().map(|role| {
            let role = role.as_str().unwrap();
            let session = role
                .replace(":iam:", ":sts:")
                .replace(":role/", ":assumed-role/");
            format!("{session}/*")
        });
        let sessions: Vec<_> = sessions.collect();
        *condition = json!({"ArnLike": {"aws:PrincipalArn": sessions}});
        self.iam(&format!(
            "Action=UpdateAssumeRolePolicy&RoleName={name}&PolicyDocument={trust}"
        ));
    }

    /// A role that the user may take on, with the policies of a template that ask for nothing of its stack.
    fn make_role(&self, name: &str, policies: &Value) {
        let services = format!("arn:aws:iam::{ACCOUNT}:user/{}-services", self.sandbox.app);
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ASSUME, "Principal": {"AWS": services}}
        ]});
        self.iam(&format!(
            "Action=CreateRole&RoleName={name}&AssumeRolePolicyDocument={trust}"
        ));
        for policy in policies.as_array().unwrap() {
            let (document, policy) = (&policy["PolicyDocument"], &policy["PolicyName"]);
            let policy = policy.as_str().unwrap();
            self.iam(&format!(
                "Action=PutRolePolicy&RoleName={name}&PolicyName={policy}&PolicyDocument={document}"
            ));
        }
    }

    /// Puts in what CloudFormation does, as far as roles and actions refer to it.
    pub fn resolve(&self, value: &mut Value) {
        match value {
            Value::Object(map) if map.len() == 1 => {
                if let Some(found) = self.resolved(map) {
                    *value = found;
                } else {
                    map.values_mut().for_each(|value| self.resolve(value));
                }
            }
            Value::Object(map) => map.values_mut().for_each(|value| self.resolve(value)),
            Value::Array(values) => {
                for value in values.iter_mut() {
                    self.resolve(value);
                }
                values.retain(|value| *value != json!({"Ref": "AWS::NoValue"}));
            }
            _ => {}
        }
    }

    /// What an intrinsic function comes to.
    fn resolved(&self, function: &Map<String, Value>) -> Option<Value> {
        let (name, argument) = function.iter().next()?;
        let text = match name.as_str() {
            "Fn::Sub" => argument.as_str()?.to_owned(),
            "Fn::GetAtt" => format!("${{{}.{}}}", argument[0].as_str()?, argument[1].as_str()?),
            "Ref" => format!("${{{}}}", argument.as_str()?),
            // All is in one account.
            "Fn::If" if argument[0] == "CrossesAccounts" => return Some(argument[2].clone()),
            _ => return None,
        };
        let bucket = format!("arn:aws:s3:::{}", self.parameters["ArtifactBucketName"]);
        let group = format!("/umb/{}-Pipeline", self.sandbox.app);
        let logs = format!("arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:{group}:*");
        let known = [
            ("AWS::Partition", "aws"),
            ("AWS::Region", "eu-west-1"),
            ("AWS::AccountId", ACCOUNT),
            ("AWS::StackName", &group[5..]),
            ("ArtifactBucket.Arn", &bucket),
            ("Logs", &group),
            ("Logs.Arn", &logs),
        ];
        let parameters = self.parameters.iter();
        let parameters = parameters.map(|(key, value)| (key.as_str(), value.as_str()));
        let known = known.into_iter().chain(parameters);
        let found = known.fold(text.clone(), |text, (key, value)| {
            text.replace(&format!("${{{key}}}"), value)
        });
        (found != text || name == "Fn::Sub").then(|| found.into())
    }

    /// An action of CodePipeline's, done as the role of a profile.
    pub fn act(&self, profile: &str, action: &str, arguments: &Value) -> Value {
        let output = Command::new(peer("python"))
            .args([ACTIONS, action, &arguments.to_string()])
            .env_clear()
            .env("AWS_CONFIG_FILE", &self.profiles)
            .env("AWS_PROFILE", profile)
            .env("AWS_ENDPOINT_URL", &self.aws.endpoint)
            .env("AWS_REGION", "eu-west-1")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// An action of a stage of the pipeline, by their names.
    pub fn action(&self, stage: &str, name: &str) -> Value {
        let stages = self.template["Resources"]["Pipeline"]["Properties"]["Stages"].as_array();
        let named = |value: &&Value, name: &str| value["Name"] == name;
        let stage = stages
            .unwrap()
            .iter()
            .find(|value| named(value, stage))
            .unwrap();
        let mut actions = stage["Actions"].as_array().unwrap().iter();
        let mut action = actions.find(|value| named(value, name)).unwrap().clone();
        self.resolve(&mut action);
        action
    }
}

/// The pipeline's template and its parameters, as `umb synth` writes them.
pub fn synthesized(sandbox: &Sandbox) -> [Value; 2] {
    sandbox
        .umb(&["synth", "pipeline", "--runner", runner()])
        .ok();
    ["template", "parameters"].map(|kind| {
        let file = format!("umb.out/{}-Pipeline.{kind}.json", sandbox.app);
        serde_json::from_slice(&fs::read(sandbox.work().join(file)).unwrap()).unwrap()
    })
}

/// Parameters by their keys.
pub fn by_key(parameters: &Value) -> BTreeMap<String, String> {
    pairs(parameters, "ParameterKey", "ParameterValue")
}

pub fn pairs(list: &Value, key: &str, value: &str) -> BTreeMap<String, String> {
    let list = list.as_array().unwrap().iter();
    list.map(|pair| [key, value].map(|part| pair[part].as_str().unwrap().to_owned()))
        .map(|[key, value]| (key, value))
        .collect()
}

pub fn profile(name: &str, role: &str, source: &str) -> String {
    format!(
        "[profile {name}]\nregion = eu-west-1\nrole_arn = arn:aws:iam::{ACCOUNT}:role/{role}\nsource_profile = {source}\n"
    )
}
