//! The settings of the bucket: private, encrypted, versioned, with a lifecycle.

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketVersioningStatus,
    ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
    NoncurrentVersionExpiration, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    VersioningConfiguration,
};

use crate::aws::busy::while_busy;
use crate::aws::error::Error;

use super::bucket::Bucket;

impl Bucket {
    /// Blocks public access and unencrypted connections, enables encryption and versioning, and
    /// lets replaced and deleted objects expire after 30 days. Changes nothing that is already set.
    pub(crate) async fn harden(&self) -> Result<(), Error> {
        while_busy(async || self.block_public_access().await).await?;
        while_busy(async || self.encrypt().await).await?;
        while_busy(async || self.version().await).await?;
        while_busy(async || self.let_old_versions_expire().await).await?;
        while_busy(async || self.refuse_plain_connections().await).await
    }

    async fn block_public_access(&self) -> Result<(), Error> {
        self.client
            .put_public_access_block()
            .bucket(&self.name)
            .expected_bucket_owner(self.owner.as_str())
            .public_access_block_configuration(
                PublicAccessBlockConfiguration::builder()
                    .block_public_acls(true)
                    .block_public_policy(true)
                    .ignore_public_acls(true)
                    .restrict_public_buckets(true)
                    .build(),
            )
            .send()
            .await
            .map_err(|error| Error::new("S3 PutPublicAccessBlock", error))?;
        Ok(())
    }

    async fn encrypt(&self) -> Result<(), Error> {
        let by_default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(ServerSideEncryption::Aes256)
            .build()
            .map_err(|error| Error::incomplete("S3 PutBucketEncryption", error))?;
        let rule = ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(by_default)
            .build();
        let configuration = ServerSideEncryptionConfiguration::builder()
            .rules(rule)
            .build()
            .map_err(|error| Error::incomplete("S3 PutBucketEncryption", error))?;
        self.client
            .put_bucket_encryption()
            .bucket(&self.name)
            .expected_bucket_owner(self.owner.as_str())
            .server_side_encryption_configuration(configuration)
            .send()
            .await
            .map_err(|error| Error::new("S3 PutBucketEncryption", error))?;
        Ok(())
    }

    async fn version(&self) -> Result<(), Error> {
        self.client
            .put_bucket_versioning()
            .bucket(&self.name)
            .expected_bucket_owner(self.owner.as_str())
            .versioning_configuration(
                VersioningConfiguration::builder()
                    .status(BucketVersioningStatus::Enabled)
                    .build(),
            )
            .send()
            .await
            .map_err(|error| Error::new("S3 PutBucketVersioning", error))?;
        Ok(())
    }

    async fn let_old_versions_expire(&self) -> Result<(), Error> {
        let rule = LifecycleRule::builder()
            .id("umb")
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix("").build())
            .noncurrent_version_expiration(
                NoncurrentVersionExpiration::builder()
                    .noncurrent_days(30)
                    .build(),
            )
            .expiration(
                LifecycleExpiration::builder()
                    .expired_object_delete_marker(true)
                    .build(),
            )
            .abort_incomplete_multipart_upload(
                AbortIncompleteMultipartUpload::builder()
                    .days_after_initiation(7)
                    .build(),
            )
            .build()
            .map_err(|error| Error::incomplete("S3 PutBucketLifecycleConfiguration", error))?;
        let configuration = BucketLifecycleConfiguration::builder()
            .rules(rule)
            .build()
            .map_err(|error| Error::incomplete("S3 PutBucketLifecycleConfiguration", error))?;
        self.client
            .put_bucket_lifecycle_configuration()
            .bucket(&self.name)
            .expected_bucket_owner(self.owner.as_str())
            .lifecycle_configuration(configuration)
            .send()
            .await
            .map_err(|error| Error::new("S3 PutBucketLifecycleConfiguration", error))?;
        Ok(())
    }

    async fn refuse_plain_connections(&self) -> Result<(), Error> {
        let bucket = format!("arn:{}:s3:::{}", self.region.partition().name(), self.name);
        let policy = serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": "OnlyTLS", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                "Resource": [bucket, format!("{bucket}/*")],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }],
        });
        self.client
            .put_bucket_policy()
            .bucket(&self.name)
            .expected_bucket_owner(self.owner.as_str())
            .policy(policy.to_string())
            .send()
            .await
            .map_err(|error| Error::new("S3 PutBucketPolicy", error))?;
        Ok(())
    }
}
