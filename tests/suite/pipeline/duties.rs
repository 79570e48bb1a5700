//! What each role of the pipeline does, and needs for that.

use std::collections::BTreeSet;

use super::roles::{actions, permissions, texts};
use super::synthesized::{read, sandbox, written};

/// What a build takes that has a log, inputs and outputs.
const BUILD: [&str; 7] = [
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "s3:GetBucketAcl",
    "s3:GetBucketLocation",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
];

/// What each role of the pipeline does, and where AWS says that it takes it.
const DUTIES: [(&str, &[&str]); 8] = [
    // https://docs.aws.amazon.com/codepipeline/latest/userguide/how-to-custom-role.html
    (
        "PipelineRole",
        &[
            "s3:GetBucketAcl",
            "s3:GetBucketLocation",
            "s3:GetBucketVersioning",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:PutObject",
            "sts:AssumeRole",
        ],
    ),
    // https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodestarConnectionSource.html
    (
        "SourceRole",
        &[
            "codeconnections:UseConnection",
            "codestar-connections:UseConnection",
            "s3:GetBucketAcl",
            "s3:GetBucketLocation",
            "s3:GetBucketVersioning",
            "s3:PutObject",
            "s3:PutObjectAcl",
        ],
    ),
    // https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeBuild.html
    (
        "StartRole",
        &[
            "codebuild:BatchGetBuilds",
            "codebuild:StartBuild",
            "codebuild:StopBuild",
        ],
    ),
    // https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html
    ("FunctionRole", &BUILD),
    (
        "SynthRole",
        &[
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "s3:GetBucketAcl",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:PutObject",
            "sts:AssumeRole",
        ],
    ),
    (
        "UpdateRole",
        &[
            "cloudformation:CreateChangeSet",
            "cloudformation:DeleteChangeSet",
            "cloudformation:DescribeChangeSet",
            "cloudformation:DescribeEvents",
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStacks",
            "cloudformation:ExecuteChangeSet",
            "cloudformation:GetTemplate",
            "cloudformation:TagResource",
            "cloudformation:UntagResource",
            "codeconnections:GetConnection",
            "codeconnections:ListConnections",
            "codestar-connections:GetConnection",
            "codestar-connections:ListConnections",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "s3:GetBucketAcl",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:ListBucket",
            "s3:PutObject",
        ],
    ),
    (
        "PlanRole",
        &[
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "s3:GetBucketAcl",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:ListBucket",
            "s3:PutObject",
            "sts:AssumeRole",
        ],
    ),
    (
        "DeployRole",
        &[
            "codepipeline:GetPipelineState",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "s3:GetBucketAcl",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "sts:AssumeRole",
        ],
    ),
];

#[test]
fn each_role_of_the_pipeline_does_what_its_duty_takes() {
    for (stages, key) in [
        ("", &[][..]),
        (
            "[stages.prod]\naccount = \"222222222222\"",
            &["kms:Decrypt", "kms:GenerateDataKey"],
        ),
    ] {
        let sandbox = sandbox("", &format!("[function]\nsource = \"handler\"\n{stages}"));
        let template = read(&written(&sandbox, "pipeline"));
        for (role, duty) in DUTIES {
            // Only a key of its own, which different accounts need, depends on a condition.
            let granted: BTreeSet<_> = actions(&template["Resources"][role])
                .into_iter()
                .filter(|action| !key.is_empty() || !action.starts_with("kms:"))
                .filter(|action| !key.contains(&action.as_str()))
                .collect();
            let expected: BTreeSet<_> = duty.iter().map(|action| (*action).to_owned()).collect();
            assert_eq!(granted, expected, "{role}");
        }
    }
}

#[test]
fn what_the_key_is_made_as_may_do_to_it_what_its_handlers_do() {
    let sandbox = sandbox("", "[stages.prod]\naccount = \"222222222222\"");
    let template = read(&written(&sandbox, "pipeline"));
    let statements = &template["Resources"]["ArtifactKey"]["Properties"]["KeyPolicy"]["Statement"];
    let made = statements
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["Sid"] == "Make")
        .unwrap();
    let allowed: BTreeSet<_> = texts(&made["Action"])
        .into_iter()
        .map(str::to_owned)
        .collect();
    let kinds = ["AWS::KMS::Key", "AWS::KMS::Alias"]
        .map(str::to_owned)
        .into();
    let missing: Vec<_> = permissions(&kinds)
        .into_iter()
        .filter(|action| !allowed.contains(action))
        .collect();
    // These are of no key that there is: the bootstrap stack's role has them.
    assert_eq!(missing, ["kms:CreateKey", "kms:ListAliases"]);
}
