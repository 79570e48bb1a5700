//! Permissions that the resource types' handlers have and umb's templates do not need.

/// What CloudFormation reads keys with: the key's own policy allows it, and no other template has one.
pub const UNREAD: [&str; 5] = [
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListResourceTags",
];

/// What handlers may call for properties that umb's templates do not have, by what it is about.
pub const UNUSED: [(&str, &[&str]); 21] = [
    (
        "scaling by the clock, and of functions",
        &[
            "application-autoscaling:DeleteScheduledAction",
            "application-autoscaling:PutScheduledAction",
            "lambda:DeleteProvisionedConcurrencyConfig",
            "lambda:GetProvisionedConcurrencyConfig",
            "lambda:PutProvisionedConcurrencyConfig",
        ],
    ),
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
        &["logs:CreateLogDelivery", "logs:PutResourcePolicy"],
    ),
    (
        "buckets' other properties",
        &[
            "s3:PutBucketAbac",
            "s3:PutAnalyticsConfiguration",
            "s3:PutBucketCORS",
            "s3:PutInventoryConfiguration",
            "s3:PutMetricsConfiguration",
            "s3:PutBucketNotification",
            "s3:PutBucketReplication",
            "s3:PutReplicationConfiguration",
            "s3:PutBucketWebsite",
            "s3:DeleteBucketWebsite",
            "s3:PutAccelerateConfiguration",
            "s3:PutBucketObjectLockConfiguration",
            "s3:PutObjectLockConfiguration",
            "s3:PutBucketLogging",
            "s3:PutBucketOwnershipControls",
            "s3:PutIntelligentTieringConfiguration",
            "s3:PutBucketAcl",
            "s3:GetBucketAcl",
            "s3:PutObjectAcl",
            "s3:DeleteObject",
        ],
    ),
    (
        "tables of buckets' metadata",
        &[
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
