//! What the pipeline does for one of the app's stages: two stages of its own, with their actions.

use serde_json::{Value, json};

use crate::model::names::{self, AssetBucketNames};
use crate::model::{AccountId, App, Pipeline, PipelineStage, StackRef};

/// The change set that the pipeline makes, guards and executes.
pub(crate) const CHANGE_SET: &str = "PipelineChange";

/// The pipeline's two stages for one of the app's: CodePipeline rolls back whole stages of its own, and what
/// holds data is never rolled back.
pub(super) fn stages_of(pipeline: &Pipeline, stage: &PipelineStage) -> [Value; 2] {
    let [stateful_name, stateless_name] = names::pipeline_stages(&stage.name);
    let mut stateful = Actions::default();
    if stage.needs_approval {
        stateful.then(approval(stage));
    }
    stateful.then(prepare(pipeline, stage, Part::Stateful));
    stateful.then(check(pipeline, stage, "Stateful.Guard", "guard"));
    stateful.then(deploy(pipeline, stage, Part::Stateful));

    let mut stateless = Actions::default();
    stateless.then(publish(pipeline, stage));
    stateless.then(prepare(pipeline, stage, Part::Stateless));
    stateless.then(deploy(pipeline, stage, Part::Stateless));
    stateless.then(check(pipeline, stage, "SmokeTest", "verify"));
    [
        json!({"Name": stateful_name, "Actions": stateful.0}),
        json!({
            "Name": stateless_name,
            "Actions": stateless.0,
            "OnFailure": {"Result": "ROLLBACK"},
        }),
    ]
}

/// One of the two stacks of a stage.
#[derive(Debug, Clone, Copy)]
enum Part {
    Stateful,
    Stateless,
}

impl Part {
    /// The name that actions have for it.
    fn name(self) -> &'static str {
        match self {
            Self::Stateful => "Stateful",
            Self::Stateless => "Stateless",
        }
    }
}

/// Actions, one after the other.
#[derive(Debug, Default)]
struct Actions(Vec<Value>);

impl Actions {
    fn then(&mut self, mut action: Value) {
        action["RunOrder"] = (self.0.len() + 1).into();
        self.0.push(action);
    }
}

fn approval(stage: &PipelineStage) -> Value {
    json!({
        "Name": "Approve",
        "ActionTypeId": {"Category": "Approval", "Owner": "AWS", "Provider": "Manual", "Version": "1"},
        "Configuration": {"CustomData": format!("Deploy this commit to {}?", stage.name)},
    })
}

/// Puts the function where the stage's stack finds it, under the name of its content.
fn publish(pipeline: &Pipeline, stage: &PipelineStage) -> Value {
    let buckets = AssetBucketNames::new(&pipeline.app, &stage.account, &pipeline.region);
    json!({
        "Name": "Publish",
        "ActionTypeId": {"Category": "Deploy", "Owner": "AWS", "Provider": "S3", "Version": "1"},
        "RoleArn": role(pipeline, stage, "Deployment"),
        "Configuration": {"BucketName": buckets.account_regional, "Extract": "true"},
        "InputArtifacts": [{"Name": "Handler"}],
    })
}

/// Proposes a change set of the stage's Stateful or Stateless.
fn prepare(pipeline: &Pipeline, stage: &PipelineStage, part: Part) -> Value {
    let stack = stack_name(pipeline, stage, part);
    json!({
        "Name": format!("{}.Prepare", part.name()),
        "ActionTypeId": cloudformation(),
        "RoleArn": role(pipeline, stage, "Deployment"),
        "Configuration": {
            "ActionMode": "CHANGE_SET_REPLACE",
            "StackName": stack,
            "ChangeSetName": CHANGE_SET,
            "Capabilities": "CAPABILITY_IAM",
            "RoleArn": role(pipeline, stage, "Execution"),
            "TemplatePath": format!("Templates::{stack}.template.json"),
            "TemplateConfiguration": format!("Templates::{stack}.configuration.json"),
        },
        "InputArtifacts": [{"Name": "Templates"}],
    })
}

/// Executes what was proposed.
fn deploy(pipeline: &Pipeline, stage: &PipelineStage, part: Part) -> Value {
    json!({
        "Name": format!("{}.Deploy", part.name()),
        "ActionTypeId": cloudformation(),
        "RoleArn": role(pipeline, stage, "Deployment"),
        "Configuration": {
            "ActionMode": "CHANGE_SET_EXECUTE",
            "StackName": stack_name(pipeline, stage, part),
            "ChangeSetName": CHANGE_SET,
        },
    })
}

fn check(pipeline: &Pipeline, stage: &PipelineStage, name: &str, check: &str) -> Value {
    let plain =
        |name: &str, value: &str| json!({"name": name, "value": value, "type": "PLAINTEXT"});
    let role_arn = role_arn(&pipeline.app, &stage.account, "Check");
    let variables = [
        plain("CHECK", check),
        plain("STAGE", stage.name.as_str()),
        plain("ROLE_ARN", &role_arn),
    ];
    json!({
        "Name": name,
        "ActionTypeId": codebuild(),
        "RoleArn": {"Fn::GetAtt": ["StartRole", "Arn"]},
        "Configuration": {
            "ProjectName": {"Ref": "ChecksProject"},
            "EnvironmentVariables": {"Fn::Sub": json!(variables).to_string()},
        },
        "InputArtifacts": [{"Name": "Templates"}],
    })
}

pub(super) fn codebuild() -> Value {
    json!({"Category": "Build", "Owner": "AWS", "Provider": "CodeBuild", "Version": "1"})
}

fn cloudformation() -> Value {
    json!({"Category": "Deploy", "Owner": "AWS", "Provider": "CloudFormation", "Version": "1"})
}

fn stack_name(pipeline: &Pipeline, stage: &PipelineStage, part: Part) -> String {
    let (app, stage) = (&pipeline.app, &stage.name);
    match part {
        Part::Stateful => StackRef::stateful(app, stage).name(),
        Part::Stateless => StackRef::stateless(app, stage).name(),
    }
}

/// A role of the stage's bootstrap stack.
pub(super) fn role(pipeline: &Pipeline, stage: &PipelineStage, duty: &str) -> Value {
    json!({"Fn::Sub": role_arn(&pipeline.app, &stage.account, duty)})
}

pub(super) fn role_arn(app: &App, account: &AccountId, duty: &str) -> String {
    format!("arn:${{AWS::Partition}}:iam::{account}:role/{app}-{duty}-${{AWS::Region}}")
}
