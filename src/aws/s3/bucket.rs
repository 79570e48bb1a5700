//! A bucket and its objects.

use std::borrow::Cow;
use std::time::SystemTime;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketNamespace, CreateBucketConfiguration, ObjectIdentifier,
};

use crate::aws::busy::while_busy;
use crate::aws::error::Error;
use crate::aws::session::{Session, upload_timeouts};
use crate::model::{AccountId, Region};

/// An object in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) key: String,
    /// When it was uploaded.
    pub(crate) sent: SystemTime,
}

/// A bucket that belongs to the account `owner`.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    pub(super) client: Client,
    pub(super) region: Region,
    /// The bucket's name.
    pub(crate) name: String,
    pub(super) owner: AccountId,
    /// What replaces all of AWS, if anything does.
    endpoint: Option<String>,
}

impl Bucket {
    /// The bucket `name` in the session's region.
    pub(crate) fn new(session: &Session, name: String, owner: AccountId) -> Self {
        let config = Builder::from(session.config())
            // Emulators have one host name for all buckets.
            .force_path_style(session.endpoint().is_some())
            .build();
        Self {
            client: Client::from_conf(config),
            region: session.region().clone(),
            name,
            owner,
            endpoint: session.endpoint().map(str::to_owned),
        }
    }

    /// The address of an object, as CloudFormation takes it:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>.
    pub(crate) fn url(&self, key: &str) -> String {
        let (bucket, region) = (&self.name, &self.region);
        if let Some(endpoint) = &self.endpoint {
            return format!("{endpoint}/{bucket}/{key}");
        }
        let domain = region.partition().domain();
        format!("https://{bucket}.s3.{region}.{domain}/{key}")
    }

    /// Whether it exists (and belongs to its owner).
    pub(crate) async fn exists(&self) -> Result<bool, Error> {
        found(
            "S3 HeadBucket",
            self.client
                .head_bucket()
                .bucket(&self.name)
                .expected_bucket_owner(self.owner.as_str())
                .send()
                .await,
        )
    }

    /// Creates it; returns whether S3 could. It cannot if the bucket should be in the account's own namespace, and S3
    /// has none in the region.
    pub(crate) async fn create(&self) -> Result<bool, Error> {
        let mut request = self.client.create_bucket().bucket(&self.name);
        let is_own = self.name.ends_with("-an");
        if is_own {
            request = request.bucket_namespace(BucketNamespace::AccountRegional);
        }
        // The only region that must not be named.
        if self.region.as_str() != "us-east-1" {
            request = request.create_bucket_configuration(
                CreateBucketConfiguration::builder()
                    .location_constraint(BucketLocationConstraint::from(self.region.as_str()))
                    .build(),
            );
        }
        while_busy(async || match request.clone().send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.code() {
                Some("BucketAlreadyOwnedByYou") => Ok(true),
                Some(
                    "InvalidArgument" | "InvalidBucketName" | "InvalidRequest" | "NotImplemented",
                ) if is_own => Ok(false),
                _ => Err(Error::new("S3 CreateBucket", error)),
            },
        })
        .await
    }

    /// Returns when the object `key` was uploaded; `None` if there is none.
    pub(crate) async fn sent(&self, key: &str) -> Result<Option<SystemTime>, Error> {
        let head = self
            .client
            .head_object()
            .bucket(&self.name)
            .expected_bucket_owner(self.owner.as_str())
            .key(key)
            .send()
            .await;
        let modified = head.as_ref().ok().and_then(|head| head.last_modified);
        let is_there = found("S3 HeadObject", head)?;
        Ok(is_there.then(|| system_time(modified)))
    }

    /// Returns the current objects below `prefix`.
    pub(crate) async fn objects(&self, prefix: &str) -> Result<Vec<Object>, Error> {
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&self.name)
            .expected_bucket_owner(self.owner.as_str())
            .prefix(prefix)
            .into_paginator()
            .send();
        let mut objects = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Error::new("S3 ListObjectsV2", error))?;
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

    /// Deletes the current versions of objects; the bucket's lifecycle rules delete the rest later.
    pub(crate) async fn delete_objects(&self, keys: &[String]) -> Result<(), Error> {
        let objects = keys
            .iter()
            .filter_map(|key| ObjectIdentifier::builder().key(key).build().ok())
            .collect();
        self.delete_versions(objects).await
    }

    /// Returns the content of an object; `None` if there is none.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        const CALL: &str = "S3 GetObject";
        let object = self
            .client
            .get_object()
            .bucket(&self.name)
            .expected_bucket_owner(self.owner.as_str())
            .key(key)
            .send()
            .await;
        let object = match object {
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(None),
            object => object.map_err(|error| Error::new(CALL, error))?,
        };
        let body = object.body.collect().await;
        let body = body.map_err(|error| Error::interrupted(CALL, error))?;
        Ok(Some(body.to_vec()))
    }

    /// Puts an object.
    pub(crate) async fn put(&self, key: &str, body: Cow<'static, [u8]>) -> Result<(), Error> {
        let timeouts = Builder::new().timeout_config(upload_timeouts(body.len()));
        let body = match body {
            Cow::Borrowed(bytes) => ByteStream::from_static(bytes),
            Cow::Owned(bytes) => ByteStream::from(bytes),
        };
        self.client
            .put_object()
            .bucket(&self.name)
            .expected_bucket_owner(self.owner.as_str())
            .key(key)
            .body(body)
            .customize()
            .config_override(timeouts)
            .send()
            .await
            .map_err(|error| Error::new("S3 PutObject", error))?;
        Ok(())
    }
}

fn system_time(time: Option<DateTime>) -> SystemTime {
    time.and_then(|time| SystemTime::try_from(time).ok())
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Returns what a `Head…` call found. Its refusals have no body, hence no code: the status decides.
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
        _ => Err(Error::new(call, error)),
    }
}
