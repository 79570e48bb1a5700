//! S3: the asset bucket and what is in it.
//!
//! Every call on a bucket names the account that must own it, so that a bucket which somebody else
//! made under a guessed name is refused rather than used.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketNamespace, CreateBucketConfiguration, Delete, ObjectIdentifier,
    PublicAccessBlockConfiguration,
};

use super::{Error, Session};

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

    /// Makes it, in the account's own namespace and closed to the public.
    pub(crate) async fn create(&self) -> Result<(), Error> {
        let mut request = self.client.create_bucket().bucket(&self.name);
        if self.name.ends_with("-an") {
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
            Ok(_) => {}
            Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => {}
            Err(error) => return Err(Error::of_call("S3 CreateBucket", error)),
        }
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

    /// Whether it has an object `key`.
    pub(crate) async fn has(&self, key: &str) -> Result<bool, Error> {
        found(
            "S3 HeadObject",
            self.client
                .head_object()
                .bucket(&self.name)
                .expected_bucket_owner(&self.owner)
                .key(key)
                .send()
                .await,
        )
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
            let page = self
                .client
                .list_object_versions()
                .bucket(&self.name)
                .expected_bucket_owner(&self.owner)
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
            let objects: Vec<_> = versions
                .chain(markers)
                .filter_map(|(key, version)| {
                    ObjectIdentifier::builder()
                        .set_key(key.map(str::to_owned))
                        .set_version_id(version.map(str::to_owned))
                        .build()
                        .ok()
                })
                .collect();
            if objects.is_empty() {
                break;
            }
            self.delete_objects(objects).await?;
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

    async fn delete_objects(&self, objects: Vec<ObjectIdentifier>) -> Result<(), Error> {
        let delete = Delete::builder()
            .set_objects(Some(objects))
            .quiet(true)
            .build()
            .map_err(|error| {
                Error::of_call::<aws_sdk_s3::operation::delete_objects::DeleteObjectsError, ()>(
                    "S3 DeleteObjects",
                    SdkError::construction_failure(error),
                )
            })?;
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
