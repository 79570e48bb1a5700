//! The asset bucket: where CloudFormation finds the function's package.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use crate::aws::AwsEnv;
use crate::aws::s3::{Bucket, Object};
use crate::model::names::{self, AssetBucketNames, HANDLER_FOLDER};
use crate::model::{App, StackRef};
use crate::template::DeployedParameters;

use super::error::Error;
use super::event::{Event, Reporter, Upload};

/// How long a package is kept that no stack uses any more.
const RETENTION: Duration = Duration::from_hours(30 * 24);

/// The two buckets that may be the app's asset bucket.
#[derive(Debug, Clone)]
pub(crate) struct AssetBuckets {
    /// In the account's own namespace.
    pub(crate) account_regional: Bucket,
    /// In the namespace that all accounts share.
    pub(crate) global: Bucket,
}

impl AssetBuckets {
    pub(crate) fn new(env: &AwsEnv, app: &App) -> Self {
        let names = AssetBucketNames::new(app, env.account(), env.region());
        let bucket = |name| Bucket::new(env.session(), name, env.account().clone());
        Self {
            account_regional: bucket(names.account_regional),
            global: bucket(names.global),
        }
    }

    /// Both buckets.
    pub(crate) fn both(self) -> [Bucket; 2] {
        [self.account_regional, self.global]
    }

    /// Returns the bucket to use: the one that the Stateless stack names, else one that exists, else the one in the
    /// account's own namespace.
    pub(crate) async fn locate(self, in_use: Option<&str>) -> Result<Bucket, Error> {
        let Self {
            account_regional: own,
            global,
        } = self;
        if in_use == Some(&global.name) {
            return Ok(global);
        }
        if in_use != Some(&own.name) && !own.exists().await? && global.exists().await? {
            return Ok(global);
        }
        Ok(own)
    }
}

/// Uploads `body` to `bucket` under `key`, which names its content, unless it is already there. Returns whether it was
/// uploaded.
///
/// # Errors
/// [`Error::NoNamespace`], where S3 has no account-regional namespaces.
pub(crate) async fn publish(
    bucket: &Bucket,
    key: &str,
    body: Cow<'static, [u8]>,
    reporter: &dyn Reporter,
) -> Result<bool, Error> {
    create(bucket, reporter).await?;
    let sent = bucket.sent(key).await?;
    // A package that would expire soon is uploaded again.
    if sent.is_some_and(|sent| is_fresh(sent, SystemTime::now())) {
        return Ok(false);
    }
    // Before anything is in it, and again with every package: a run that was killed in between may have left it
    // unprotected.
    bucket.harden().await?;
    let bytes = body.len();
    reporter.report(Event::Uploading {
        what: Upload::Function,
        bytes,
    });
    bucket.put(key, body).await?;
    reporter.report(Event::ArtifactUploaded { bytes });
    Ok(true)
}

/// Uploads a template that is too large for a request; returns its address. There is one of each stack at most.
///
/// # Errors
/// Also when the bucket does not exist yet.
pub(super) async fn put_template(
    env: &AwsEnv,
    stack: &StackRef,
    text: &str,
) -> Result<String, Error> {
    let bucket = AssetBuckets::new(env, stack.app()).account_regional;
    let key = names::template_key(stack);
    bucket.put(&key, text.as_bytes().to_vec().into()).await?;
    Ok(bucket.url(&key))
}

/// Creates the bucket if it does not exist.
async fn create(bucket: &Bucket, reporter: &dyn Reporter) -> Result<(), Error> {
    if bucket.exists().await? {
        return Ok(());
    }
    if !bucket.create().await? {
        return Err(Error::NoNamespace);
    }
    reporter.report(Event::BucketCreated {
        bucket: bucket.name.clone(),
    });
    Ok(())
}

/// Creates and protects the app's bucket in the account's own namespace, for whoever publishes into it.
///
/// # Errors
/// [`Error::NoNamespace`], where S3 has no account-regional namespaces.
pub(crate) async fn provide(env: &AwsEnv, app: &App, reporter: &dyn Reporter) -> Result<(), Error> {
    let bucket = AssetBuckets::new(env, app).account_regional;
    create(&bucket, reporter).await?;
    Ok(bucket.harden().await?)
}

fn is_fresh(sent: SystemTime, now: SystemTime) -> bool {
    now.duration_since(sent)
        .is_ok_and(|age| age < RETENTION / 2)
}

/// Deletes packages that no deployed stack uses and that are older than 30 days.
pub(crate) async fn expire(env: &AwsEnv, bucket: &Bucket) -> Result<(), Error> {
    let stacks = env.cloudformation().stacks().await?;
    let in_use: BTreeSet<_> = stacks
        .iter()
        .filter_map(|stack| DeployedParameters::parse(&stack.parameters).handler_key)
        .collect();
    let objects = bucket.objects(HANDLER_FOLDER).await?;
    let expired = expired(&objects, &in_use, SystemTime::now());
    if !expired.is_empty() {
        bucket.delete_objects(&expired).await?;
    }
    Ok(())
}

fn expired(objects: &[Object], in_use: &BTreeSet<String>, now: SystemTime) -> Vec<String> {
    objects
        .iter()
        .filter(|object| !in_use.contains(&object.key))
        .filter(|object| {
            now.duration_since(object.sent)
                .is_ok_and(|age| age > RETENTION)
        })
        .map(|object| object.key.clone())
        .collect()
}

/// Empties and deletes the app's asset bucket, if it exists.
pub(crate) async fn destroy(env: &AwsEnv, app: &App, reporter: &dyn Reporter) -> Result<(), Error> {
    for bucket in AssetBuckets::new(env, app).both() {
        if bucket.exists().await? {
            bucket.delete().await?;
            reporter.report(Event::BucketDeleted {
                bucket: bucket.name.clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_old_and_unused_expires() {
        let now = SystemTime::UNIX_EPOCH + RETENTION * 10;
        let object = |key: &str, age: Duration| Object {
            key: key.to_owned(),
            sent: now - age,
        };
        let old = RETENTION + Duration::from_secs(1);
        let objects = [
            object("old", old),
            object("used", old),
            object("new", RETENTION),
            // A clock that is slow must not make anything old.
            Object {
                key: "future".to_owned(),
                sent: now + old,
            },
        ];
        assert_eq!(expired(&objects, &["used".to_owned()].into(), now), ["old"]);
    }

    #[test]
    fn a_package_is_uploaded_again_long_before_it_expires() {
        let now = SystemTime::UNIX_EPOCH + RETENTION * 10;
        assert!(is_fresh(now, now));
        assert!(!is_fresh(now - RETENTION / 2, now));
    }
}
