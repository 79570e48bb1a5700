//! What the roles of the pipeline may do: enough, and no more, as AWS's own schemas and documents have it.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::harness::{Sandbox, peer};

use super::synthesized::{BASE, OWN, combinations, read, sandbox, written};

#[test]
fn a_boundary_is_that_of_every_role() {
    let sandbox = Sandbox::new();
    sandbox.whole_settings(&format!(
        "permissions_boundary = \"Bounds\"\n[pipeline]\naccount = \"{OWN}\"\n{BASE}"
    ));
    for target in ["pipeline", "bootstrap"] {
        let template = read(&written(&sandbox, target));
        for (id, resource) in template["Resources"].as_object().unwrap() {
            if resource["Type"] == "AWS::IAM::Role" {
                let boundary = &resource["Properties"]["PermissionsBoundary"]["Fn::Sub"];
                assert!(
                    boundary.as_str().unwrap().ends_with(":policy/Bounds"),
                    "{id}"
                );
            }
        }
    }
}

/// The statements of a role's policies that allow something.
fn allowed(role: &Value) -> Vec<&Value> {
    let policies = role["Properties"]["Policies"]
        .as_array()
        .into_iter()
        .flatten();
    let statements = policies.flat_map(|policy| {
        policy["PolicyDocument"]["Statement"]
            .as_array()
            .into_iter()
            .flatten()
    });
    statements
        .map(|statement| {
            // A statement under a condition is the second of three.
            let conditional = statement["Fn::If"].as_array();
            conditional.map_or(statement, |parts| &parts[1])
        })
        .collect()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn no_statement_allows_a_wildcard_of_actions_and_each_star_is_explained() {
    let mut stars = 0;
    for (name, sandbox) in combinations() {
        for target in ["pipeline", "bootstrap"] {
            let template = read(&written(&sandbox, target));
            for (id, resource) in template["Resources"].as_object().unwrap() {
                for statement in allowed(resource) {
                    let actions = texts(&statement["Action"]);
                    assert!(!actions.is_empty(), "{name}: {id}: {statement}");
                    assert!(
                        actions.iter().all(|action| !action.contains('*')),
                        "{name}: {id}: {statement}"
                    );
                    stars += usize::from(texts(&statement["Resource"]).contains(&"*"));
                }
            }
        }
    }
    assert!(stars > 0, "the check sees none of the stars that there are");
    for file in ["pipeline.yaml", "bootstrap.yaml"] {
        let text = std::fs::read_to_string(format!("{}/assets/{file}", env!("CARGO_MANIFEST_DIR")));
        let text = text.unwrap();
        let lines: Vec<_> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            if line.trim() != "Resource: '*'" {
                continue;
            }
            let statement = (0..index).rev().find(|index| {
                let line = lines[*index].trim_start();
                line.starts_with("- Effect:") || line.starts_with("- Sid:")
            });
            let statement = statement.unwrap();
            assert!(
                lines[statement - 1].trim_start().starts_with('#'),
                "{file}:{}: why?",
                index + 1
            );
        }
    }
}

/// What AWS says that a resource type's handlers may call, by its own schemas.
fn permissions(types: &BTreeSet<String>) -> BTreeSet<String> {
    let script = "
import cfnlint, json, pathlib, sys
folder = pathlib.Path(cfnlint.__file__).parent / 'data/schemas'
known = json.loads((folder / 'providers/eu-west-1.json').read_text())
found = set()
for name in sys.argv[1:]:
    handlers = json.loads((folder / f'resources/{known[name]}.json').read_text()).get('handlers', {})
    for kind in ('create', 'read', 'update', 'delete'):
        found |= set(handlers.get(kind, {}).get('permissions', []))
print('\\n'.join(sorted(found)))
";
    let output = Command::new(peer("python"))
        .args(["-c", script])
        .args(types)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn types(template: &Value) -> BTreeSet<String> {
    let resources = template["Resources"].as_object().unwrap().values();
    resources
        .map(|resource| resource["Type"].as_str().unwrap().to_owned())
        .collect()
}

fn actions(role: &Value) -> BTreeSet<String> {
    let statements = allowed(role).into_iter();
    let actions = statements.flat_map(|statement| texts(&statement["Action"]));
    actions.map(str::to_owned).collect()
}

/// What handlers may call for properties that umb's templates do not have, by what it is about.
const UNUSED: [(&str, &[&str]); 20] = [
    (
        "imports, replicas, streams and insights of tables",
        &[
            "dynamodb:DescribeImport",
            "dynamodb:ImportTable",
            "dynamodb:UpdateContributorInsights",
            "dynamodb:EnableKinesisStreamingDestination",
            "dynamodb:DisableKinesisStreamingDestination",
            "dynamodb:UpdateKinesisStreamingDestination",
            "dynamodb:CreateTableReplica",
            "dynamodb:AssociateTableReplica",
            "kinesis:DescribeStream",
            "kinesis:PutRecords",
        ],
    ),
    (
        "the items of a table",
        &[
            "dynamodb:Scan",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
            "dynamodb:PutItem",
            "dynamodb:GetItem",
            "dynamodb:DeleteItem",
            "dynamodb:BatchWriteItem",
        ],
    ),
    (
        "expiry and policies of tables",
        &[
            "dynamodb:UpdateTimeToLive",
            "dynamodb:PutResourcePolicy",
            "dynamodb:DeleteResourcePolicy",
        ],
    ),
    (
        "what an import logs and reads",
        &[
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
            "s3:GetObjectMetadata",
        ],
    ),
    (
        "keys of one's own for tables and functions",
        &[
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:RevokeGrant",
            "iam:CreateServiceLinkedRole",
        ],
    ),
    (
        "networks of functions",
        &[
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ],
    ),
    (
        "file systems of functions",
        &[
            "elasticfilesystem:DescribeMountTargets",
            "s3files:ListMountTargets",
        ],
    ),
    (
        "layers, versions, aliases and capacity of functions",
        &[
            "lambda:GetLayerVersion",
            "lambda:PublishVersion",
            "lambda:AssociateRuntimeAlias",
            "lambda:PassCapacityProvider",
            "lambda:PutFunctionScalingConfig",
        ],
    ),
    (
        "signing, runtimes and recursion of functions",
        &[
            "lambda:GetCodeSigningConfig",
            "lambda:PutFunctionCodeSigningConfig",
            "lambda:DeleteFunctionCodeSigningConfig",
            "lambda:PutRuntimeManagementConfig",
            "lambda:PutFunctionRecursionConfig",
        ],
    ),
    (
        "a boundary that is taken away",
        &["iam:DeleteRolePermissionsBoundary"],
    ),
    (
        "policies that are attached, in the pipeline's roles",
        &["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
    ),
    (
        "protection, indexes and other targets of log groups",
        &[
            "logs:AssociateKmsKey",
            "logs:DisassociateKmsKey",
            "logs:PutDataProtectionPolicy",
            "logs:DeleteDataProtectionPolicy",
            "logs:PutIndexPolicy",
            "logs:DeleteIndexPolicy",
            "logs:PutBearerTokenAuthentication",
            "logs:PutLogGroupDeletionProtection",
            "logs:DeleteResourcePolicy",
            "s3:REST.PUT.OBJECT",
            "firehose:TagDeliveryStream",
        ],
    ),
    (
        "how log groups are let into, in the pipeline's",
        &[
            "logs:CreateLogDelivery",
            "logs:DescribeResourcePolicies",
            "logs:PutResourcePolicy",
        ],
    ),
    (
        "buckets' other properties",
        &[
            "s3:PutBucketAbac",
            "s3:GetBucketAbac",
            "s3:PutAnalyticsConfiguration",
            "s3:GetAnalyticsConfiguration",
            "s3:PutBucketCORS",
            "s3:GetBucketCORS",
            "s3:PutInventoryConfiguration",
            "s3:GetInventoryConfiguration",
            "s3:PutMetricsConfiguration",
            "s3:GetMetricsConfiguration",
            "s3:PutBucketNotification",
            "s3:GetBucketNotification",
            "s3:PutBucketReplication",
            "s3:PutReplicationConfiguration",
            "s3:GetReplicationConfiguration",
            "s3:PutBucketWebsite",
            "s3:GetBucketWebsite",
            "s3:DeleteBucketWebsite",
            "s3:PutAccelerateConfiguration",
            "s3:GetAccelerateConfiguration",
            "s3:PutBucketObjectLockConfiguration",
            "s3:PutObjectLockConfiguration",
            "s3:GetBucketObjectLockConfiguration",
            "s3:PutBucketLogging",
            "s3:GetBucketLogging",
            "s3:PutBucketOwnershipControls",
            "s3:GetBucketOwnershipControls",
            "s3:PutIntelligentTieringConfiguration",
            "s3:GetIntelligentTieringConfiguration",
            "s3:PutBucketAcl",
            "s3:GetBucketAcl",
            "s3:PutObjectAcl",
            "s3:DeleteObject",
        ],
    ),
    (
        "tables of buckets' metadata",
        &[
            "s3:GetBucketMetadataTableConfiguration",
            "s3:CreateBucketMetadataTableConfiguration",
            "s3:DeleteBucketMetadataTableConfiguration",
            "s3:UpdateBucketMetadataJournalTableConfiguration",
            "s3:UpdateBucketMetadataInventoryTableConfiguration",
            "s3:UpdateBucketMetadataAnnotationTableConfiguration",
            "s3tables:CreateNamespace",
            "s3tables:CreateTable",
            "s3tables:CreateTableBucket",
            "s3tables:GetTable",
            "s3tables:PutTableBucketPolicy",
            "s3tables:PutTableEncryption",
            "s3tables:PutTablePolicy",
            "s3tables:GetTableMetadataLocation",
            "s3tables:UpdateTableMetadataLocation",
        ],
    ),
    (
        "no actions of IAM: a Put… is what it takes",
        &[
            "s3:DeleteBucketAnalyticsConfiguration",
            "s3:DeleteBucketCors",
            "s3:DeleteBucketEncryption",
            "s3:DeleteBucketLifecycle",
            "s3:DeleteBucketMetricsConfiguration",
            "s3:DeleteBucketReplication",
        ],
    ),
    (
        "data protection of topics",
        &["sns:PutDataProtectionPolicy"],
    ),
    (
        "what the key's own policy allows",
        &[
            "kms:DisableKey",
            "kms:DisableKeyRotation",
            "kms:EnableKey",
            "kms:EnableKeyRotation",
            "kms:GetKeyPolicy",
            "kms:GetKeyRotationStatus",
            "kms:ListResourceTags",
            "kms:PutKeyPolicy",
            "kms:ScheduleKeyDeletion",
            "kms:UntagResource",
            "kms:UpdateKeyDescription",
        ],
    ),
    (
        "keys and logs that tables mention",
        &["kms:DescribeKey", "kms:ListAliases"],
    ),
    (
        "buckets that tables and functions mention",
        &["s3:ListBucket"],
    ),
];

#[track_caller]
fn assert_enough_and_minimal(role: &Value, types: &BTreeSet<String>, extra: &[&str]) {
    let granted = actions(role);
    let documented = permissions(types);
    let beyond: Vec<_> = granted
        .iter()
        .filter(|action| !documented.contains(*action) && !extra.contains(&action.as_str()))
        .collect();
    assert!(
        beyond.is_empty(),
        "granted, and no handler calls it: {beyond:#?}"
    );
    let unused: BTreeSet<_> = UNUSED
        .iter()
        .flat_map(|(_, actions)| actions.iter().copied())
        .collect();
    let missing: Vec<_> = documented
        .iter()
        .filter(|action| !granted.contains(*action) && !unused.contains(action.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "a handler calls it, and it is not granted: {missing:#?}"
    );
}

#[test]
fn the_execution_roles_allow_what_the_resource_types_take_and_nothing_else() {
    let sandbox = sandbox(
        "notify = \"mailto:ops@example.com\"",
        "[stages.prod]\naccount = \"222222222222\"",
    );
    let bootstrap = read(&written(&sandbox, "bootstrap"));
    let role = |name: &str| &bootstrap["Resources"][name];
    let stages = sandbox.umb(&["synth", "prod"]).ok().stdout;
    let templates = stages
        .lines()
        .filter(|line| line.ends_with(".template.json"));
    let stage_types = templates
        .flat_map(|line| types(&read(&sandbox.work().join(line))))
        .collect();
    // How API Gateway is let into the group of the access logs, beyond what the group's own handlers do:
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
    let delivery = [
        "logs:DeleteLogDelivery",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:UpdateLogDelivery",
    ];
    assert_enough_and_minimal(role("ExecutionRole"), &stage_types, &delivery);
    let pipeline_types = types(&read(&written(&sandbox, "pipeline")));
    // CodeBuild's schema says nothing of its handlers; the second name of the connections' service.
    let extra = [
        "codebuild:BatchGetProjects",
        "codebuild:CreateProject",
        "codebuild:DeleteProject",
        "codebuild:UpdateProject",
        "codeconnections:PassConnection",
    ];
    assert_enough_and_minimal(role("PipelineExecutionRole"), &pipeline_types, &extra);
}

/// What each role of the pipeline does, and where AWS says that it takes it.
const DUTIES: [(&str, &[&str]); 6] = [
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
    (
        "BuildRole",
        &[
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "s3:GetBucketAcl",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:PutObject",
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
        ],
    ),
    (
        "ChecksRole",
        &[
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
        let sandbox = sandbox("", stages);
        let template = read(&written(&sandbox, "pipeline"));
        for (role, duty) in DUTIES {
            // What only stands under a condition is a key of one's own, where accounts differ.
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
