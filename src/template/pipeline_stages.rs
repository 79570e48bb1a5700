//! What the pipeline does for one of the app's stages: two stages of its own, with their actions.

use serde_json::{Value, json};

use crate::model::names::{self, AssetBucketNames};
use crate::model::{AccountId, App, Pipeline, PipelineStage, StackRef};

/// The name of the change sets that the pipeline makes, plans by and executes.
pub(crate) const CHANGE_SET: &str = "PipelineChange";

/// The pipeline's stages for all of the app's.
pub(super) fn stages_of(pipeline: &Pipeline) -> impl Iterator<Item = Value> {
    let stages = pipeline.stages.iter().enumerate();
    stages.flat_map(|(index, stage)| pair(pipeline, stage, &format!("Plan{}", index + 1)))
}

/// The pipeline's two stages for one of the app's, whose plan is in the artifact `plan`: CodePipeline rolls back whole stages
/// of its own, and what holds data is never rolled back. Everything is planned before a person is asked.
fn pair(pipeline: &Pipeline, stage: &PipelineStage, plan: &str) -> [Value; 2] {
    let [stateful_name, stateless_name] = names::pipeline_stages(&stage.name);
    let mut stateful = Actions::default();
    stateful.then(publish(pipeline, stage));
    stateful.then(prepare(pipeline, stage));
    stateful.then(json!({
        "Name": names::PLAN_ACTION,
        "ActionTypeId": codebuild(),
        "RoleArn": {"Fn::GetAtt": ["StartRole", "Arn"]},
        "Configuration": {
            "ProjectName": {"Ref": "PlanProject"},
            "EnvironmentVariables": variables(&[
                ("EXECUTION", "#{codepipeline.PipelineExecutionId}"),
                ("STAGE", stage.name.as_str()),
            ]),
        },
        "InputArtifacts": [{"Name": "Templates"}],
        "OutputArtifacts": [{"Name": plan}],
    }));
    if stage.needs_approval {
        stateful.then(approval(stage));
    }
    stateful.then(execute(pipeline, stage));

    let mut stateless = Actions::default();
    // Again: a rollback runs this stage alone, perhaps long after the package has expired.
    stateless.then(publish(pipeline, stage));
    stateless.then(json!({
        "Name": "Stateless.Deploy",
        "ActionTypeId": codebuild(),
        "RoleArn": {"Fn::GetAtt": ["StartRole", "Arn"]},
        "Configuration": {
            "ProjectName": {"Ref": "DeployProject"},
            "PrimarySource": "Templates",
            "EnvironmentVariables": variables(&[
                ("EXECUTION", "#{codepipeline.PipelineExecutionId}"),
                ("PLAN", plan),
                ("STAGE", stage.name.as_str()),
            ]),
        },
        "InputArtifacts": [{"Name": "Templates"}, {"Name": plan}],
    }));
    [
        json!({"Name": stateful_name, "Actions": stateful.0}),
        json!({
            "Name": stateless_name,
            "Actions": stateless.0,
            "OnFailure": {"Result": "ROLLBACK"},
        }),
    ]
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

/// Proposes a change set of the stage's Stateful.
fn prepare(pipeline: &Pipeline, stage: &PipelineStage) -> Value {
    let stack = StackRef::stateful(&pipeline.app, &stage.name).name();
    json!({
        "Name": "Stateful.Prepare",
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
fn execute(pipeline: &Pipeline, stage: &PipelineStage) -> Value {
    json!({
        "Name": "Stateful.Deploy",
        "ActionTypeId": cloudformation(),
        "RoleArn": role(pipeline, stage, "Deployment"),
        "Configuration": {
            "ActionMode": "CHANGE_SET_EXECUTE",
            "StackName": StackRef::stateful(&pipeline.app, &stage.name).name(),
            "ChangeSetName": CHANGE_SET,
        },
    })
}

/// The variables of a build's environment, as CodePipeline takes them.
fn variables(pairs: &[(&str, &str)]) -> String {
    let variables = pairs.iter();
    let variables: Vec<_> = variables
        .map(|(name, value)| json!({"name": name, "value": value, "type": "PLAINTEXT"}))
        .collect();
    json!(variables).to_string()
}

pub(super) fn codebuild() -> Value {
    json!({"Category": "Build", "Owner": "AWS", "Provider": "CodeBuild", "Version": "1"})
}

fn cloudformation() -> Value {
    json!({"Category": "Deploy", "Owner": "AWS", "Provider": "CloudFormation", "Version": "1"})
}

/// A role of the stage's bootstrap stack.
pub(super) fn role(pipeline: &Pipeline, stage: &PipelineStage, duty: &str) -> Value {
    json!({"Fn::Sub": role_arn(&pipeline.app, &stage.account, duty)})
}

pub(super) fn role_arn(app: &App, account: &AccountId, duty: &str) -> String {
    format!("arn:${{AWS::Partition}}:iam::{account}:role/{app}-{duty}-${{AWS::Region}}")
}
