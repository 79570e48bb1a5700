//! S3: the asset bucket and what is in it.
//!
//! Every call on a bucket names the account that must own it, so that a bucket which somebody else
//! made under a guessed name is refused rather than used.

mod emptying;
mod settings;

use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketNamespace, CreateBucketConfiguration, ObjectIdentifier,
};

use super::{Error, Session};

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
}

fn system_time(time: Option<DateTime>) -> SystemTime {
    time.and_then(|time| SystemTime::try_from(time).ok())
        .unwrap_or(SystemTime::UNIX_EPOCH)
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
