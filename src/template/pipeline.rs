//! The pipeline's stack, finished: what is generated from the list of stages that it deploys.
//!
//! Nothing here may depend on what is deployed, only on what deploys it: CodePipeline can roll a stage back
//! only as long as the pipeline's definition stays the same. Source:
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback.html>.

use serde_json::{Value, json};

use super::stacks::{Stack, app_tags, finished};
use super::yaml::{Error, parse};
use super::{Boundary, names};

const PIPELINE: &str = include_str!("../../assets/pipeline.yaml");
/// What its build runs.
pub(crate) const BUILDSPEC: &str = include_str!("../../assets/buildspecs/build.yml");
const UPDATE: &str = include_str!("../../assets/buildspecs/update.yml");
const CHECKS: &str = include_str!("../../assets/buildspecs/checks.yml");

/// The change set that the pipeline makes, guards and executes.
pub(crate) const CHANGE_SET: &str = "PipelineChange";
/// How many minutes a stage's alarm is watched after a deploy.
const WATCHED_MINUTES: &str = "5";

/// What shows in the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pipeline {
    pub(crate) app: String,
    /// Where it is: 12 digits, and a region, which is that of its stages, too.
    pub(crate) account: String,
    pub(crate) region: String,
    /// The connection to the repository: its ARN, of either service, or its name, where the ARN is not known yet.
    pub(crate) connection: String,
    /// `OWNER/REPO`.
    pub(crate) repository: String,
    pub(crate) branch: String,
    /// Patterns of paths: only commits that touch one of them are deployed; all, where there are none.
    pub(crate) paths: Vec<String>,
    /// In the order in which they are deployed.
    pub(crate) stages: Vec<PipelineStage>,
    /// What CodeBuild runs in, and how much of a machine it gets.
    pub(crate) build_image: String,
    pub(crate) compute_type: String,
    /// A buildspec in the repository, instead of umb's own, for the build.
    pub(crate) buildspec: Option<String>,
    /// The address of e-mail that is told of failures.
    pub(crate) notify: Option<String>,
    pub(crate) log_retention_days: u32,
    pub(crate) boundary: Option<Boundary>,
}

/// A stage that the pipeline deploys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PipelineStage {
    pub(crate) name: String,
    /// 12 digits.
    pub(crate) account: String,
    /// Whether a person must agree first.
    pub(crate) needs_approval: bool,
}

/// The stack.
pub(crate) fn pipeline(pipeline: &Pipeline) -> Result<Stack, Error> {
    let mut template = parse(PIPELINE)?;
    let resources = &mut template["Resources"];
    let build = pipeline.buildspec.as_deref().unwrap_or(BUILDSPEC);
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
    if !pipeline.paths.is_empty() {
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
    Ok(finished(
        names::pipeline_name(&pipeline.app),
        template,
        parameters(pipeline),
        app_tags(&pipeline.app),
        pipeline.boundary.as_ref(),
    ))
}

fn parameters(pipeline: &Pipeline) -> Vec<(&'static str, String)> {
    let build_host = if pipeline.build_image.contains("aarch64") {
        "ARM_CONTAINER"
    } else {
        "LINUX_CONTAINER"
    };
    let crosses = !foreign_accounts(pipeline).is_empty();
    let bucket = names::pipeline_bucket_name(&pipeline.app, &pipeline.account, &pipeline.region);
    vec![
        ("App", pipeline.app.clone()),
        ("ConnectionArn", pipeline.connection.clone()),
        ("Repository", pipeline.repository.clone()),
        ("Branch", pipeline.branch.clone()),
        ("BuildImage", pipeline.build_image.clone()),
        ("BuildHost", build_host.to_owned()),
        ("ComputeType", pipeline.compute_type.clone()),
        ("ArtifactBucketName", bucket),
        (
            "LogRetentionInDays",
            pipeline.log_retention_days.to_string(),
        ),
        ("CrossesAccounts", crosses.to_string()),
        ("Notify", pipeline.notify.clone().unwrap_or_default()),
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
    stateful.then(prepare(pipeline, stage, "Stateful"));
    stateful.then(check(pipeline, stage, "Stateful.Guard", "guard"));
    stateful.then(deploy(pipeline, stage, "Stateful"));

    let mut stateless = Actions::default();
    stateless.then(publish(pipeline, stage));
    stateless.then(prepare(pipeline, stage, "Stateless"));
    stateless.then(deploy(pipeline, stage, "Stateless"));
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
                        "AlarmName": names::alarm_name(&pipeline.app, &stage.name),
                        "AlarmStates": "ALARM",
                        "WaitTime": WATCHED_MINUTES,
                    },
                    "RoleArn": role(pipeline, stage, "Deployment"),
                }],
            }]},
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
    let [bucket, _] = names::bucket_names(&pipeline.app, &stage.account, &pipeline.region);
    json!({
        "Name": "Publish",
        "ActionTypeId": {"Category": "Deploy", "Owner": "AWS", "Provider": "S3", "Version": "1"},
        "RoleArn": role(pipeline, stage, "Deployment"),
        "Configuration": {"BucketName": bucket, "Extract": "true"},
        "InputArtifacts": [{"Name": "Handler"}],
    })
}

/// Proposes a change set of the stage's Stateful or Stateless.
fn prepare(pipeline: &Pipeline, stage: &PipelineStage, part: &str) -> Value {
    let stack = stack_name(pipeline, stage, part);
    json!({
        "Name": format!("{part}.Prepare"),
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
fn deploy(pipeline: &Pipeline, stage: &PipelineStage, part: &str) -> Value {
    json!({
        "Name": format!("{part}.Deploy"),
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
        plain("STAGE", &stage.name),
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

fn stack_name(pipeline: &Pipeline, stage: &PipelineStage, part: &str) -> String {
    format!(
        "{}-{}-{part}",
        pipeline.app,
        names::capitalized(&stage.name)
    )
}

/// A role of the stage's bootstrap stack.
fn role(pipeline: &Pipeline, stage: &PipelineStage, duty: &str) -> Value {
    json!({"Fn::Sub": role_arn(&pipeline.app, &stage.account, duty)})
}

fn role_arn(app: &str, account: &str, duty: &str) -> String {
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
                "FilePaths": {"Includes": pipeline.paths},
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
    let root = |account: &String| json!({"Fn::Sub": format!("arn:${{AWS::Partition}}:iam::{account}:root")});
    let roots: Vec<_> = accounts.iter().map(root).collect();
    let of = |account: &String| json!({"Fn::Sub": role_arn(&pipeline.app, account, "Deployment")});
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
fn foreign_accounts(pipeline: &Pipeline) -> Vec<String> {
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
