//! The pipeline's stack, finished: what is generated from the list of stages that it deploys.
//!
//! Nothing here may depend on what is deployed, only on what deploys it: CodePipeline can roll a stage back
//! only as long as the pipeline's definition stays the same. Source:
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback.html>.

use serde_json::{Value, json};

use crate::model::names::{self, AssetBucketNames};
use crate::model::{AccountId, App, Pipeline, PipelineStage, StackRef};

use super::stack::RenderedStack;
use super::yaml::{Error, parse};

const PIPELINE: &str = include_str!("../../assets/pipeline.yaml");
/// What its build runs.
pub(crate) const BUILDSPEC: &str = include_str!("../../assets/buildspecs/build.yml");
const UPDATE: &str = include_str!("../../assets/buildspecs/update.yml");
const CHECKS: &str = include_str!("../../assets/buildspecs/checks.yml");

/// The change set that the pipeline makes, guards and executes.
pub(crate) const CHANGE_SET: &str = "PipelineChange";
/// How many minutes a stage's alarm is watched after a deploy.
const WATCHED_MINUTES: &str = "5";

/// Renders the stack.
///
/// # Errors
/// Only for a defect of the template's body.
pub(crate) fn pipeline(pipeline: &Pipeline) -> Result<RenderedStack, Error> {
    let mut template = parse(PIPELINE)?;
    let resources = &mut template["Resources"];
    let build = pipeline.spec.buildspec.as_deref().unwrap_or(BUILDSPEC);
    for (project, buildspec) in [
        ("BuildProject", build),
        ("UpdateProject", UPDATE),
        ("ChecksProject", CHECKS),
    ] {
        resources[project]["Properties"]["Source"]["BuildSpec"] = buildspec.into();
    }
    let definition = &mut resources["Pipeline"]["Properties"];
    let stages = pipeline.stages.iter();
    append(
        &mut definition["Stages"],
        stages.flat_map(|stage| stages_of(pipeline, stage)),
    );
    if !pipeline.spec.paths.is_empty() {
        definition["Triggers"] = trigger(pipeline);
        // Every commit would start an execution all the same.
        let source = &mut definition["Stages"][0]["Actions"][0];
        source["Configuration"]["DetectChanges"] = "false".into();
    }
    let stages = pipeline.stages.iter();
    let deployment: Vec<_> = stages
        .map(|stage| role(pipeline, stage, "Deployment"))
        .collect();
    let actions = &mut resources["PipelineRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    append(
        &mut actions["Statement"][0]["Resource"],
        distinct(deployment),
    );
    let stages = pipeline.stages.iter();
    let checks: Vec<_> = stages.map(|stage| role(pipeline, stage, "Check")).collect();
    append(
        &mut resources["ChecksRole"]["Properties"]["Policies"],
        [json!({
            "PolicyName": "Stages",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": distinct(checks)}
            ]},
        })],
    );
    share_artifacts(resources, pipeline);
    let id = StackRef::pipeline(&pipeline.app);
    let boundary = pipeline.boundary.as_ref();
    Ok(RenderedStack::new(
        id,
        template,
        parameters(pipeline),
        boundary,
    ))
}

fn parameters(pipeline: &Pipeline) -> Vec<(&'static str, String)> {
    let build_host = if pipeline.spec.build_image.contains("aarch64") {
        "ARM_CONTAINER"
    } else {
        "LINUX_CONTAINER"
    };
    let crosses = !foreign_accounts(pipeline).is_empty();
    let (app, account, region) = (&pipeline.app, &pipeline.account, &pipeline.region);
    let bucket = names::pipeline_bucket(app, account.as_str(), region.as_str());
    let notify = pipeline.spec.notify.as_ref();
    let notify = notify.map(|notify| notify.address().to_owned());
    vec![
        ("App", pipeline.app.to_string()),
        ("ConnectionArn", pipeline.connection.clone()),
        ("Repository", pipeline.repository.to_string()),
        ("Branch", pipeline.spec.branch.clone()),
        ("BuildImage", pipeline.spec.build_image.clone()),
        ("BuildHost", build_host.to_owned()),
        ("ComputeType", pipeline.spec.compute_type.clone()),
        ("ArtifactBucketName", bucket),
        (
            "LogRetentionInDays",
            pipeline.spec.log_retention_days.days().to_string(),
        ),
        ("CrossesAccounts", crosses.to_string()),
        ("Notify", notify.unwrap_or_default()),
    ]
}

/// The pipeline's two stages for one of the app's: CodePipeline rolls back whole stages of its own, and what
/// holds data is never rolled back.
fn stages_of(pipeline: &Pipeline, stage: &PipelineStage) -> [Value; 2] {
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
    stateless.then(check(pipeline, stage, "SmokeTest", "smoke-test"));
    [
        json!({"Name": stateful_name, "Actions": stateful.0}),
        json!({
            "Name": stateless_name,
            "Actions": stateless.0,
            "OnFailure": {"Result": "ROLLBACK"},
            "OnSuccess": {"Conditions": [{
                "Result": "ROLLBACK",
                "Rules": [{
                    "Name": "NoErrors",
                    "RuleTypeId": {
                        "Category": "Rule", "Owner": "AWS", "Provider": "CloudWatchAlarm", "Version": "1",
                    },
                    "Configuration": {
                        "AlarmName": names::alarm(&pipeline.app, &stage.name),
                        "AlarmStates": "ALARM",
                        "WaitTime": WATCHED_MINUTES,
                    },
                    "RoleArn": role(pipeline, stage, "Deployment"),
                }],
            }]},
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
            "TemplatePath": format!("Build::templates/{stack}.template.json"),
            "TemplateConfiguration": format!("Build::templates/{stack}.configuration.json"),
        },
        "InputArtifacts": [{"Name": "Build"}],
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
        "ActionTypeId": {"Category": "Build", "Owner": "AWS", "Provider": "CodeBuild", "Version": "1"},
        "RoleArn": {"Fn::GetAtt": ["StartRole", "Arn"]},
        "Configuration": {
            "ProjectName": {"Ref": "ChecksProject"},
            "EnvironmentVariables": {"Fn::Sub": json!(variables).to_string()},
        },
        "InputArtifacts": [{"Name": "Build"}],
    })
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
fn role(pipeline: &Pipeline, stage: &PipelineStage, duty: &str) -> Value {
    json!({"Fn::Sub": role_arn(&pipeline.app, &stage.account, duty)})
}

fn role_arn(app: &App, account: &AccountId, duty: &str) -> String {
    format!("arn:${{AWS::Partition}}:iam::{account}:role/{app}-{duty}-${{AWS::Region}}")
}

/// What starts an execution, where not every commit does. Its branch must be said again here. Source:
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-filter.html>.
fn trigger(pipeline: &Pipeline) -> Value {
    json!([{
        "ProviderType": "CodeStarSourceConnection",
        "GitConfiguration": {
            "SourceActionName": "Source",
            "Push": [{
                "Branches": {"Includes": [{"Ref": "Branch"}]},
                "FilePaths": {"Includes": pipeline.spec.paths},
            }],
        },
    }])
}

/// Lets the deployment roles of other accounts read the artifacts.
fn share_artifacts(resources: &mut Value, pipeline: &Pipeline) {
    let accounts = foreign_accounts(pipeline);
    if accounts.is_empty() {
        return;
    }
    let root = |account: &AccountId| json!({"Fn::Sub": format!("arn:${{AWS::Partition}}:iam::{account}:root")});
    let roots: Vec<_> = accounts.iter().map(root).collect();
    let of =
        |account: &AccountId| json!({"Fn::Sub": role_arn(&pipeline.app, account, "Deployment")});
    let roles: Vec<_> = accounts.iter().map(of).collect();
    let only_they = json!({"ArnEquals": {"aws:PrincipalArn": roles}});
    append(
        &mut resources["ArtifactBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"],
        [
            json!({
                "Sid": "OtherAccounts", "Effect": "Allow", "Principal": {"AWS": roots},
                "Action": ["s3:GetObject", "s3:GetObjectVersion"],
                "Resource": {"Fn::Sub": "${ArtifactBucket.Arn}/*"},
                "Condition": only_they,
            }),
            json!({
                "Sid": "OtherAccountsLook", "Effect": "Allow", "Principal": {"AWS": roots},
                "Action": ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"],
                "Resource": {"Fn::GetAtt": ["ArtifactBucket", "Arn"]},
                "Condition": only_they,
            }),
        ],
    );
    append(
        &mut resources["ArtifactKey"]["Properties"]["KeyPolicy"]["Statement"],
        [json!({
            "Sid": "OtherAccounts", "Effect": "Allow", "Principal": {"AWS": roots},
            "Action": ["kms:Decrypt", "kms:DescribeKey"],
            "Resource": "*",
            "Condition": only_they,
        })],
    );
}

/// The stages' accounts other than the pipeline's, each once.
fn foreign_accounts(pipeline: &Pipeline) -> Vec<AccountId> {
    let accounts = pipeline.stages.iter().map(|stage| stage.account.clone());
    distinct(
        accounts
            .filter(|account| *account != pipeline.account)
            .collect(),
    )
}

/// The same in the same order, each once.
fn distinct<T: PartialEq>(all: Vec<T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for one in all {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}

fn append(list: &mut Value, more: impl IntoIterator<Item = Value>) {
    if let Some(list) = list.as_array_mut() {
        list.extend(more);
    }
}
