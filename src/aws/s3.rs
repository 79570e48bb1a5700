//! S3: the asset bucket and what is in it.
//!
//! Every call on a bucket names the account that must own it, so that a bucket which somebody else
//! made under a guessed name is refused rather than used.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketLocationConstraint,
    BucketNamespace, BucketVersioningStatus, CreateBucketConfiguration, Delete, ExpirationStatus,
    LifecycleExpiration, LifecycleRule, LifecycleRuleFilter, NoncurrentVersionExpiration,
    ObjectIdentifier, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    VersioningConfiguration,
};
use tokio::task::{JoinError, JoinSet};

use super::{Error, Session};

/// How many objects S3 deletes with one request:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>.
const BATCH: usize = 1000;
/// How many such requests are under way at once.
const AT_ONCE: usize = 4;

/// An object in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) key: String,
    /// When it was sent.
    pub(crate) sent: SystemTime,
}

/// A bucket of `owner`, which is an account's 12 digits.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    client: Client,
    region: String,
    /// The bucket's name.
    pub(crate) name: String,
    owner: String,
}

impl Bucket {
    /// The bucket `name` in the session's region.
    pub(crate) fn new(session: &Session, name: String, owner: String) -> Self {
        let config = aws_sdk_s3::config::Builder::from(session.config())
            // Emulators answer on one host name for all buckets.
            .force_path_style(session.endpoint().is_some())
            // An upload takes as long as the line needs; the SDK's stalled-stream protection ends
            // one that does not move.
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(4))
                    .operation_attempt_timeout(Duration::from_mins(5))
                    .operation_timeout(Duration::from_mins(15))
                    .build(),
            )
            .build();
        Self {
            client: Client::from_conf(config),
            region: session.region().to_owned(),
            name,
            owner,
        }
    }

    /// Whether it exists (and belongs to its owner).
    pub(crate) async fn exists(&self) -> Result<bool, Error> {
        found(
            "S3 HeadBucket",
            self.client
                .head_bucket()
                .bucket(&self.name)
                .expected_bucket_owner(&self.owner)
                .send()
                .await,
        )
    }

    /// Makes it; answers whether S3 could: not where it is to be in the account's own namespace, and S3
    /// has none here.
    pub(crate) async fn create(&self) -> Result<bool, Error> {
        let mut request = self.client.create_bucket().bucket(&self.name);
        let is_own = self.name.ends_with("-an");
        if is_own {
            request = request.bucket_namespace(BucketNamespace::AccountRegional);
        }
        // The one region that must not be named.
        if self.region != "us-east-1" {
            request = request.create_bucket_configuration(
                CreateBucketConfiguration::builder()
                    .location_constraint(BucketLocationConstraint::from(self.region.as_str()))
                    .build(),
            );
        }
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.code() {
                Some("BucketAlreadyOwnedByYou") => Ok(true),
                Some(
                    "InvalidArgument" | "InvalidBucketName" | "InvalidRequest" | "NotImplemented",
                ) if is_own => Ok(false),
                _ => Err(Error::of_call("S3 CreateBucket", error)),
            },
        }
    }

    /// Closes it to the public and to unencrypted connections, encrypts and versions what is in it, and
    /// lets what was replaced or deleted expire after 30 days. What is so already stays so.
    pub(crate) async fn harden(&self) -> Result<(), Error> {
        self.block_public_access().await?;
        self.encrypt().await?;
        self.version().await?;
        self.let_old_versions_expire().await?;
        self.refuse_plain_connections().await
    }

    async fn block_public_access(&self) -> Result<(), Error> {
        self.client
            .put_public_access_block()
            .bucket(&self.name)
            .expected_bucket_owner(&self.owner)
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
            .map_err(|error| Error::of_call("S3 PutPublicAccessBlock", error))?;
        Ok(())
    }

    async fn encrypt(&self) -> Result<(), Error> {
        let by_default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(ServerSideEncryption::Aes256)
            .build()
            .map_err(|error| unbuilt("S3 PutBucketEncryption", error))?;
        let rule = ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(by_default)
            .build();
        let configuration = ServerSideEncryptionConfiguration::builder()
            .rules(rule)
            .build()
            .map_err(|error| unbuilt("S3 PutBucketEncryption", error))?;
        self.client
            .put_bucket_encryption()
            .bucket(&self.name)
            .expected_bucket_owner(&self.owner)
            .server_side_encryption_configuration(configuration)
            .send()
            .await
            .map_err(|error| Error::of_call("S3 PutBucketEncryption", error))?;
        Ok(())
    }

    async fn version(&self) -> Result<(), Error> {
        self.client
            .put_bucket_versioning()
            .bucket(&self.name)
            .expected_bucket_owner(&self.owner)
            .versioning_configuration(
                VersioningConfiguration::builder()
                    .status(BucketVersioningStatus::Enabled)
                    .build(),
            )
            .send()
            .await
            .map_err(|error| Error::of_call("S3 PutBucketVersioning", error))?;
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
            .map_err(|error| unbuilt("S3 PutBucketLifecycleConfiguration", error))?;
        let configuration = BucketLifecycleConfiguration::builder()
            .rules(rule)
            .build()
            .map_err(|error| unbuilt("S3 PutBucketLifecycleConfiguration", error))?;
        self.client
            .put_bucket_lifecycle_configuration()
            .bucket(&self.name)
            .expected_bucket_owner(&self.owner)
            .lifecycle_configuration(configuration)
            .send()
            .await
            .map_err(|error| Error::of_call("S3 PutBucketLifecycleConfiguration", error))?;
        Ok(())
    }

    async fn refuse_plain_connections(&self) -> Result<(), Error> {
        let bucket = format!("arn:{}:s3:::{}", partition(&self.region), self.name);
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
            .expected_bucket_owner(&self.owner)
            .policy(policy.to_string())
            .send()
            .await
            .map_err(|error| Error::of_call("S3 PutBucketPolicy", error))?;
        Ok(())
    }

    /// When the object `key` was sent; `None` where it is not there.
    pub(crate) async fn sent(&self, key: &str) -> Result<Option<SystemTime>, Error> {
        let head = self
            .client
            .head_object()
            .bucket(&self.name)
            .expected_bucket_owner(&self.owner)
            .key(key)
            .send()
            .await;
        let modified = head.as_ref().ok().and_then(|head| head.last_modified);
        let is_there = found("S3 HeadObject", head)?;
        Ok(is_there.then(|| system_time(modified)))
    }

    /// The current objects below `prefix`.
    pub(crate) async fn objects(&self, prefix: &str) -> Result<Vec<Object>, Error> {
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&self.name)
            .expected_bucket_owner(&self.owner)
            .prefix(prefix)
            .into_paginator()
            .send();
        let mut objects = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Error::of_call("S3 ListObjectsV2", error))?;
            objects.extend(
                page.contents
                    .unwrap_or_default()
                    .into_iter()
                    .map(|object| Object {
                        key: object.key.unwrap_or_default(),
                        sent: system_time(object.last_modified),
                    }),
            );
        }
        Ok(objects)
    }

    /// Deletes the current versions of objects; the bucket's own rules delete the rest in time.
    pub(crate) async fn delete_objects(&self, keys: &[String]) -> Result<(), Error> {
        let objects = keys
            .iter()
            .filter_map(|key| ObjectIdentifier::builder().key(key).build().ok())
            .collect();
        self.delete_versions(objects).await
    }

    /// Puts an object.
    pub(crate) async fn put(&self, key: &str, body: &'static [u8]) -> Result<(), Error> {
        self.client
            .put_object()
            .bucket(&self.name)
            .expected_bucket_owner(&self.owner)
            .key(key)
            .body(ByteStream::from_static(body))
            .send()
            .await
            .map_err(|error| Error::of_call("S3 PutObject", error))?;
        Ok(())
    }

    /// Deletes every version of every object, then the bucket itself.
    pub(crate) async fn delete(&self) -> Result<(), Error> {
        loop {
            let versions = self.versions().await?;
            if versions.is_empty() {
                break;
            }
            let mut deletions = JoinSet::new();
            for batch in versions.chunks(BATCH) {
                // So many at once, and no more: S3 answers impatience with SlowDown.
                if deletions.len() >= AT_ONCE {
                    ended(deletions.join_next().await)?;
                }
                let (bucket, batch) = (self.clone(), batch.to_vec());
                deletions.spawn(async move { bucket.delete_versions(batch).await });
            }
            while let Some(deletion) = deletions.join_next().await {
                ended(Some(deletion))?;
            }
        }
        self.client
            .delete_bucket()
            .bucket(&self.name)
            .expected_bucket_owner(&self.owner)
            .send()
            .await
            .map_err(|error| Error::of_call("S3 DeleteBucket", error))?;
        Ok(())
    }

    /// All versions of all objects, and all markers of deleted ones.
    async fn versions(&self) -> Result<Vec<ObjectIdentifier>, Error> {
        let mut all = Vec::new();
        let (mut key_marker, mut version_marker) = (None, None);
        loop {
            let page = self
                .client
                .list_object_versions()
                .bucket(&self.name)
                .expected_bucket_owner(&self.owner)
                .set_key_marker(key_marker)
                .set_version_id_marker(version_marker)
                .send()
                .await
                .map_err(|error| Error::of_call("S3 ListObjectVersions", error))?;
            let versions = page
                .versions()
                .iter()
                .map(|version| (version.key(), version.version_id()));
            let markers = page
                .delete_markers()
                .iter()
                .map(|marker| (marker.key(), marker.version_id()));
            all.extend(versions.chain(markers).filter_map(|(key, version)| {
                ObjectIdentifier::builder()
                    .set_key(key.map(str::to_owned))
                    .set_version_id(version.map(str::to_owned))
                    .build()
                    .ok()
            }));
            if page.is_truncated != Some(true) {
                return Ok(all);
            }
            key_marker = page.next_key_marker;
            version_marker = page.next_version_id_marker;
        }
    }

    async fn delete_versions(&self, objects: Vec<ObjectIdentifier>) -> Result<(), Error> {
        let delete = Delete::builder()
            .set_objects(Some(objects))
            .quiet(true)
            .build()
            .map_err(|error| unbuilt("S3 DeleteObjects", error))?;
        let output = self
            .client
            .delete_objects()
            .bucket(&self.name)
            .expected_bucket_owner(&self.owner)
            .delete(delete)
            .send()
            .await
            .map_err(|error| Error::of_call("S3 DeleteObjects", error))?;
        match output.errors().first() {
            None => Ok(()),
            Some(refused) => Err(Error::refused(
                "S3 DeleteObjects",
                refused.code().unwrap_or_default(),
                refused.message().unwrap_or_default(),
            )),
        }
    }
}

/// A request that lacks what it needs: a defect of this file.
fn unbuilt(call: &'static str, error: BuildError) -> Error {
    Error::of_call::<aws_sdk_s3::operation::delete_objects::DeleteObjectsError, ()>(
        call,
        SdkError::construction_failure(error),
    )
}

/// What a deletion on a task of its own came to.
fn ended(joined: Option<Result<Result<(), Error>, JoinError>>) -> Result<(), Error> {
    match joined {
        None => Ok(()),
        Some(Ok(deleted)) => deleted,
        Some(Err(error)) => Err(Error::refused(
            "S3 DeleteObjects",
            "InternalError",
            &error.to_string(),
        )),
    }
}

fn system_time(time: Option<DateTime>) -> SystemTime {
    time.and_then(|time| SystemTime::try_from(time).ok())
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The part of AWS that a region is in, as ARNs name it. Source:
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>.
fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

/// A `Head…` call as a question. Its refusals carry no body, hence no code: the status decides.
fn found<T, E>(
    call: &'static str,
    result: Result<T, SdkError<E, aws_smithy_runtime_api::client::orchestrator::HttpResponse>>,
) -> Result<bool, Error>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let Err(error) = result else {
        return Ok(true);
    };
    match error
        .raw_response()
        .map(|response| response.status().as_u16())
    {
        Some(404) => Ok(false),
        Some(403) => Err(Error::refused(
            call,
            "AccessDenied",
            "the bucket is not accessible, or belongs to another account",
        )),
        _ => Err(Error::of_call(call, error)),
    }
}
