//! What a run of the pipeline needs: the app's roles in MiniStack, which enforces their policies and trust;
//! the pipeline's actions as CodePipeline does them with those roles; and its builds as CodeBuild runs them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use percent_encoding::percent_decode_str;
use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{
    Key, MiniStack, Ran, Reply, Sandbox, compilers, copied, ministack_with_iam, peer, replay,
    run_buildspec, texts,
};

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
    /// Profiles of the pipeline's roles and of those that they take on.
    pub profiles: PathBuf,
}

impl World {
    /// The world of an app whose umb.toml ends with `settings`.
    pub fn new(settings: &str) -> Self {
        let aws = ministack_with_iam();
        let sandbox = Sandbox::on_default_account(aws);
        sandbox.settings(&format!(
            "[pipeline]\naccount = \"{ACCOUNT}\"\nregion = \"eu-west-1\"\nconnection = \"hub\"\n\
             repository = \"octo/backend\"\n{settings}"
        ));
        sandbox.umb(&["bootstrap", "prod"]).ok();
        sandbox.umb(&["synth", "pipeline"]).ok();
        let file = format!("umb.out/{}-Pipeline.template.json", sandbox.app);
        let template = fs::read(sandbox.work().join(file)).unwrap();
        let mut world = Self {
            aws,
            template: serde_json::from_slice(&template).unwrap(),
            profiles: sandbox.work().join("profiles"),
            sandbox,
        };
        world.make_roles();
        world.make_allowances();
        world
    }

    /// What MiniStack cannot know: that AWS is called by TLS, which the asset bucket insists on, and which table an
    /// ARN in a request is of.
    fn make_allowances(&self) {
        let bucket = self.asset_bucket();
        self.aws.send(
            &self.sandbox,
            ["s3", "DELETE", &format!("{bucket}?policy")],
            &[],
            None,
        );
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "dynamodb:ListTagsOfResource", "Resource": "*"}
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
        for (role, logical_id) in [("Pipeline", "PipelineRole"), ("Checks", "ChecksRole")] {
            let name = format!("{app}-{role}-eu-west-1");
            let policies = self.template["Resources"][logical_id]["Properties"]["Policies"].clone();
            self.make_role(&name, &policies);
            profiles += &profile(role, &name, "services");
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
        for (role, by) in [("Deployment", "Pipeline"), ("Check", "Checks")] {
            let name = format!("{app}-{role}-eu-west-1");
            self.let_sessions_in(&name);
            profiles += &profile(role, &name, by);
            profiles += &profile(&format!("{role}ByOther"), &name, "Other");
        }
        fs::write(&self.profiles, profiles).unwrap();
    }

    pub fn asset_bucket(&self) -> String {
        let bucket =
            self.action("Prod-Stateless", "Publish")["Configuration"]["BucketName"].clone();
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
        let role = condition["ArnEquals"]["aws:PrincipalArn"]
            .as_str()
            .unwrap()
            .to_owned();
        let session = role
            .replace(":iam:", ":sts:")
            .replace(":role/", ":assumed-role/");
        *condition = json!({"ArnLike": {"aws:PrincipalArn": format!("{session}/*")}});
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
            let mut document = policy["PolicyDocument"].clone();
            let statements = document["Statement"].as_array_mut().unwrap();
            // What refers to the stack's own resources is not there: the pipeline's stack is not MiniStack's.
            statements.retain(|statement| {
                !statement.to_string().contains("Fn::GetAtt") && statement["Action"] == ASSUME
            });
            if statements.is_empty() {
                continue;
            }
            let document = self.resolved(&document.to_string());
            let policy_name = policy["PolicyName"].as_str().unwrap();
            self.iam(&format!(
                "Action=PutRolePolicy&RoleName={name}&PolicyName={policy_name}&PolicyDocument={document}"
            ));
        }
    }

    /// A template's text with what CloudFormation puts in.
    fn resolved(&self, text: &str) -> String {
        let mut value: Value = serde_json::from_str(text).unwrap();
        resolve(&mut value, &self.sandbox.app);
        value.to_string()
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
    fn action(&self, stage: &str, name: &str) -> Value {
        let stages = self.template["Resources"]["Pipeline"]["Properties"]["Stages"].as_array();
        let named = |value: &&Value, name: &str| value["Name"] == name;
        let stage = stages
            .unwrap()
            .iter()
            .find(|value| named(value, stage))
            .unwrap();
        let mut actions = stage["Actions"].as_array().unwrap().iter();
        let mut action = actions.find(|value| named(value, name)).unwrap().clone();
        resolve(&mut action, &self.sandbox.app);
        action
    }

    /// Runs a CloudFormation action with the artifact of Build in `build`; returns the result.
    pub fn cloudformation(&self, build: &Path, stage: &str, name: &str) -> Value {
        let settings = self.action(stage, name)["Configuration"].clone();
        let file = |key: &str| {
            let path = settings[key]
                .as_str()
                .unwrap()
                .strip_prefix("Build::")
                .unwrap()
                .to_owned();
            fs::read_to_string(build.join(path)).unwrap()
        };
        let (stack, change_set) = (&settings["StackName"], &settings["ChangeSetName"]);
        match settings["ActionMode"].as_str().unwrap() {
            "CHANGE_SET_REPLACE" => {
                let arguments = json!({
                    "stack": stack, "change_set": change_set, "template": file("TemplatePath"),
                    "configuration": file("TemplateConfiguration"), "role": settings["RoleArn"],
                });
                self.act("Deployment", "prepare", &arguments)
            }
            mode => {
                assert_eq!(mode, "CHANGE_SET_EXECUTE");
                let arguments = json!({"stack": stack, "change_set": change_set});
                self.act("Deployment", "execute", &arguments)
            }
        }
    }

    /// Puts the function where the action Publish does, from the artifact Handler.
    pub fn publish(&self, handler: &Path) {
        let bucket = self.asset_bucket();
        let files = fs::read_dir(handler.join("handler")).unwrap();
        let file = files.flatten().next().unwrap().path();
        let key = format!("handler/{}", file.file_name().unwrap().to_str().unwrap());
        let arguments = json!({"bucket": bucket, "key": key, "file": file});
        assert_eq!(self.act("Deployment", "publish", &arguments), json!({}));
    }

    /// Runs a check of the pipeline as CodeBuild does, in a clean folder with the artifact of Build.
    pub fn check(&self, build: &Path, stage: &str, name: &str) -> Ran {
        let variables = self.action(stage, name)["Configuration"]["EnvironmentVariables"].clone();
        let variables: Value = serde_json::from_str(variables.as_str().unwrap()).unwrap();
        let mut environment: BTreeMap<_, _> = variables
            .as_array()
            .unwrap()
            .iter()
            .map(|variable| {
                let text = |key: &str| variable[key].as_str().unwrap().to_owned();
                (text("name"), text("value"))
            })
            .collect();
        // CodeBuild hands its role's credentials to what it runs as containers do.
        let mut credentials = self.act("Checks", "credentials", &json!({}));
        credentials["Expiration"] = "2100-01-01T00:00:00Z".into();
        let endpoint = replay(move |_| Reply::json(200, &credentials));
        environment.insert("AWS_CONTAINER_CREDENTIALS_FULL_URI".to_owned(), endpoint);
        environment.insert("AWS_ENDPOINT_URL".to_owned(), self.aws.endpoint.clone());
        environment.insert("AWS_REGION".to_owned(), "eu-west-1".to_owned());
        environment.insert("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned());
        let folder = copied(build);
        run_buildspec(&self.template, "ChecksProject", folder.path(), &environment)
    }

    /// Runs the pipeline's build in a clean folder; returns the folder with what it produces.
    pub fn build(&self) -> TempDir {
        let source = TempDir::new().unwrap();
        fs::copy(
            self.sandbox.work().join("umb.toml"),
            source.path().join("umb.toml"),
        )
        .unwrap();
        let environment = compilers(source.path());
        let ran = run_buildspec(&self.template, "BuildProject", source.path(), &environment);
        assert_eq!(ran.code, 0, "{ran:#?}");
        source
    }
}

/// Puts in what CloudFormation does: pseudo parameters, and the parameters that the tests know.
fn resolve(value: &mut Value, app: &str) {
    match value {
        Value::Object(map) if map.len() == 1 && map.contains_key("Fn::Sub") => {
            let text = map["Fn::Sub"].as_str().unwrap();
            let text = text
                .replace("${AWS::Partition}", "aws")
                .replace("${AWS::Region}", "eu-west-1")
                .replace("${AWS::AccountId}", ACCOUNT)
                .replace("${App}", app);
            *value = text.into();
        }
        Value::Object(map) => map.values_mut().for_each(|value| resolve(value, app)),
        Value::Array(values) => values.iter_mut().for_each(|value| resolve(value, app)),
        _ => {}
    }
}

pub fn profile(name: &str, role: &str, source: &str) -> String {
    format!(
        "[profile {name}]\nregion = eu-west-1\nrole_arn = arn:aws:iam::{ACCOUNT}:role/{role}\nsource_profile = {source}\n"
    )
}

/// What the Build's artifacts are, by the names that the pipeline's actions use.
pub fn artifact(source: &TempDir, name: &str) -> PathBuf {
    let buildspec = include_str!("../../../assets/buildspecs/build.yml");
    let documents = Yaml::load_from_str(buildspec).unwrap();
    let artifacts = documents[0].as_mapping_get("artifacts").unwrap();
    let artifact = artifacts
        .as_mapping_get("secondary-artifacts")
        .unwrap()
        .as_mapping_get(name)
        .unwrap();
    let folder = artifact.as_mapping_get("base-directory").unwrap();
    source.path().join(folder.as_str().unwrap())
}
