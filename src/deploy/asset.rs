//! The asset bucket: where CloudFormation finds the function's artifact.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use crate::aws::s3::{Bucket, Object};
use crate::template;

use super::{Cloud, Error, Event, Reporter};

/// How long an artifact stays that no stack uses any more.
const RETENTION: Duration = Duration::from_hours(30 * 24);

/// Where an app's artifacts are, or are to be: the bucket that its Stateless stack names, else the one
/// that is there, else one in the account's own namespace.
pub(super) async fn locate(
    cloud: &Cloud,
    app: &str,
    in_use: Option<&str>,
) -> Result<Bucket, Error> {
    let [own, global] = cloud.asset_buckets(app);
    if in_use == Some(&global.name) {
        return Ok(global);
    }
    if in_use != Some(&own.name) && !own.exists().await? && global.exists().await? {
        return Ok(global);
    }
    Ok(own)
}

/// Sees to it that `body` is in `bucket` under `key`, which names its content: what is there already is
/// not sent again. Answers whether it was sent.
///
/// # Errors
/// [`Error::NoNamespace`], where S3 has no namespaces of accounts.
pub(super) async fn publish(
    bucket: &Bucket,
    key: &str,
    body: &'static [u8],
    reporter: &dyn Reporter,
) -> Result<bool, Error> {
    make(bucket, reporter).await?;
    let sent = bucket.sent(key).await?;
    // One that would expire soon is sent again, and so begins anew.
    if sent.is_some_and(|sent| is_fresh(sent, SystemTime::now())) {
        return Ok(false);
    }
    // Before anything is in it, and again with every artifact: a run that was killed in between may
    // have left it bare.
    bucket.harden().await?;
    bucket.put(key, body).await?;
    reporter.report(Event::ArtifactUploaded { bytes: body.len() });
    Ok(true)
}

/// Makes the bucket, if it is not there.
///
/// # Errors
/// [`Error::NoNamespace`], where S3 has no namespaces of accounts.
async fn make(bucket: &Bucket, reporter: &dyn Reporter) -> Result<(), Error> {
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

/// Makes the app's bucket in the account's own namespace, closed, for whoever publishes into it.
///
/// # Errors
/// [`Error::NoNamespace`], where S3 has no namespaces of accounts.
pub(super) async fn provide(
    cloud: &Cloud,
    app: &str,
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    let [own, _] = cloud.asset_buckets(app);
    make(&own, reporter).await?;
    Ok(own.harden().await?)
}

fn is_fresh(sent: SystemTime, now: SystemTime) -> bool {
    now.duration_since(sent)
        .is_ok_and(|age| age < RETENTION / 2)
}

/// Deletes artifacts that no deployed stack of the app uses and that are older than 30 days.
pub(super) async fn expire(cloud: &Cloud, bucket: &Bucket) -> Result<(), Error> {
    let stacks = cloud.cloudformation().stacks().await?;
    let in_use: BTreeSet<_> = stacks
        .iter()
        .filter_map(|stack| stack.parameters.get(template::HANDLER_KEY))
        .map(String::as_str)
        .collect();
    let objects = bucket.objects(template::HANDLER_FOLDER).await?;
    let expired = expired(&objects, &in_use, SystemTime::now());
    if !expired.is_empty() {
        bucket.delete_objects(&expired).await?;
    }
    Ok(())
}

fn expired(objects: &[Object], in_use: &BTreeSet<&str>, now: SystemTime) -> Vec<String> {
    objects
        .iter()
        .filter(|object| !in_use.contains(object.key.as_str()))
        .filter(|object| {
            now.duration_since(object.sent)
                .is_ok_and(|age| age > RETENTION)
        })
        .map(|object| object.key.clone())
        .collect()
}

/// Empties and deletes `bucket`, if it is there.
pub(super) async fn destroy(bucket: &Bucket, reporter: &dyn Reporter) -> Result<(), Error> {
    if bucket.exists().await? {
        bucket.delete().await?;
        reporter.report(Event::BucketDeleted {
            bucket: bucket.name.clone(),
        });
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
            // A clock that is behind makes nothing old.
            Object {
                key: "future".to_owned(),
                sent: now + old,
            },
        ];
        assert_eq!(expired(&objects, &["used"].into(), now), ["old"]);
    }

    #[test]
    fn an_artifact_is_sent_again_long_before_it_expires() {
        let now = SystemTime::UNIX_EPOCH + RETENTION * 10;
        assert!(is_fresh(now, now));
        assert!(!is_fresh(now - RETENTION / 2, now));
    }
}
