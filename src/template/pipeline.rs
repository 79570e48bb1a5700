//! The pipeline's stack, finished: what is generated from the list of stages that it deploys.
//!
//! Nothing here may depend on what is deployed, only on what deploys it: CodePipeline can roll a stage back
//! only as long as the pipeline's definition stays the same. Source:
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback.html>.

use serde_json::{Value, json};

use crate::model::names;
use crate::model::{AccountId, PathPattern, Pipeline, RunnerPin, StackRef};

use super::parameters::{RUNNER_BUCKET, RUNNER_IMAGE, RUNNER_SHA256};
use super::pipeline_stages::{codebuild, role, role_arn, stages_of};
use super::stack::RenderedStack;
use super::yaml::{Error, parse};

const PIPELINE: &str = include_str!("../../assets/pipeline.yaml");
/// What builds the repository's own function.
pub(crate) const FUNCTION_BUILDSPEC: &str = include_str!("../../assets/buildspecs/function.yml");
const SYNTH: &str = include_str!("../../assets/buildspecs/synth.yml");
const UPDATE: &str = include_str!("../../assets/buildspecs/update.yml");
const PLAN: &str = include_str!("../../assets/buildspecs/plan.yml");
const DEPLOY: &str = include_str!("../../assets/buildspecs/deploy.yml");

/// Renders the stack, whose builds run `runner`.
///
/// # Errors
/// Only for a defect of the template's body.
pub(crate) fn pipeline(pipeline: &Pipeline, runner: &RunnerPin) -> Result<RenderedStack, Error> {
    let mut template = parse(PIPELINE)?;
    let resources = &mut template["Resources"];
    for (project, buildspec) in [
        ("DeployProject", DEPLOY),
        ("PlanProject", PLAN),
        ("SynthProject", SYNTH),
        ("UpdateProject", UPDATE),
    ] {
        resources[project]["Properties"]["Source"]["BuildSpec"] = buildspec.into();
    }
    add_function(resources, pipeline);
    let definition = &mut resources["Pipeline"]["Properties"];
    append(&mut definition["Stages"], stages_of(pipeline));
    if !pipeline.spec.paths.is_empty() {
        definition["Triggers"] = trigger(pipeline);
        // Every commit would start an execution all the same.
        let source = &mut definition["Stages"][0]["Actions"][0];
        source["Configuration"]["DetectChanges"] = "false".into();
    }
    let roles = |duty: &str| {
        let stages = pipeline.stages.iter();
        distinct(stages.map(|stage| role(pipeline, stage, duty)).collect())
    };
    let (deployment, check) = (roles("Deployment"), roles("Check"));
    let actions = &mut resources["PipelineRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    append(&mut actions["Statement"][0]["Resource"], deployment.clone());
    for (id, roles) in [
        ("DeployRole", [deployment, check.clone()].concat()),
        ("PlanRole", check.clone()),
        ("SynthRole", check),
    ] {
        append(
            &mut resources[id]["Properties"]["Policies"],
            [json!({
                "PolicyName": "Stages",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": roles}
                ]},
            })],
        );
    }
    share_artifacts(resources, pipeline);
    let id = StackRef::pipeline(&pipeline.app);
    let boundary = pipeline.boundary.as_ref();
    Ok(RenderedStack::new(
        id,
        template,
        parameters(pipeline, runner),
        boundary,
    ))
}

/// Adds what builds the repository's own function between UpdatePipeline and Synth, or removes what is only for that.
fn add_function(resources: &mut Value, pipeline: &Pipeline) {
    if !pipeline.builds_function {
        if let Some(resources) = resources.as_object_mut() {
            resources.retain(|id, _| !["FunctionProject", "FunctionRole"].contains(&id.as_str()));
        }
        return;
    }
    let buildspec = pipeline.spec.buildspec.as_deref();
    resources["FunctionProject"]["Properties"]["Source"]["BuildSpec"] =
        buildspec.unwrap_or(FUNCTION_BUILDSPEC).into();
    let stages = &mut resources["Pipeline"]["Properties"]["Stages"];
    let synth = stages.as_array().map_or(0, |stages| stages.len() - 1);
    append(
        &mut stages[synth]["Actions"][0]["InputArtifacts"],
        [json!({"Name": "Function"})],
    );
    let action = json!({
        "Name": "Function",
        "ActionTypeId": codebuild(),
        "RoleArn": {"Fn::GetAtt": ["StartRole", "Arn"]},
        "Configuration": {"ProjectName": {"Ref": "FunctionProject"}},
        "InputArtifacts": [{"Name": "Source"}],
        "OutputArtifacts": [{"Name": "Function"}],
    });
    if let Some(stages) = stages.as_array_mut() {
        stages.insert(synth, json!({"Name": "Function", "Actions": [action]}));
    }
}

/// What an image of CodeBuild is for.
fn host(image: &str) -> String {
    let host = if image.contains("aarch64") {
        "ARM_CONTAINER"
    } else {
        "LINUX_CONTAINER"
    };
    host.to_owned()
}

fn parameters(pipeline: &Pipeline, runner: &RunnerPin) -> Vec<(&'static str, String)> {
    let crosses = !foreign_accounts(pipeline).is_empty();
    let (app, account, region) = (&pipeline.app, &pipeline.account, &pipeline.region);
    let bucket = names::pipeline_bucket(app, account.as_str(), region.as_str());
    let notify = pipeline.spec.notify.as_ref();
    let notify = notify.map(|notify| notify.address().to_owned());
    vec![
        ("App", pipeline.app.to_string()),
        ("ConnectionArn", pipeline.connection.clone()),
        ("Repository", pipeline.repository.to_string()),
        ("Branch", pipeline.spec.branch.as_str().to_owned()),
        (RUNNER_BUCKET, runner.bucket.clone()),
        (RUNNER_SHA256, runner.sha256.clone()),
        (RUNNER_IMAGE, runner.image.clone()),
        ("RunnerHost", host(&runner.image)),
        ("BuildImage", pipeline.spec.build_image.as_str().to_owned()),
        ("BuildHost", host(pipeline.spec.build_image.as_str())),
        (
            "ComputeType",
            pipeline.spec.compute_type.as_str().to_owned(),
        ),
        ("ArtifactBucketName", bucket),
        ("ArtifactFolder", names::artifact_folder(app)),
        (
            "LogRetentionInDays",
            pipeline.spec.log_retention_days.days().to_string(),
        ),
        ("CrossesAccounts", crosses.to_string()),
        ("Notify", notify.unwrap_or_default()),
    ]
}

/// What starts an execution, where not every commit does. Its branch must be said again here. Source:
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-filter.html>.
fn trigger(pipeline: &Pipeline) -> Value {
    let paths: Vec<_> = pipeline
        .spec
        .paths
        .iter()
        .map(PathPattern::as_str)
        .collect();
    json!([{
        "ProviderType": "CodeStarSourceConnection",
        "GitConfiguration": {
            "SourceActionName": "Source",
            "Push": [{
                "Branches": {"Includes": [{"Ref": "Branch"}]},
                "FilePaths": {"Includes": paths},
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
