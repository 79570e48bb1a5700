//! The asset bucket: where CloudFormation finds the function's artifact.

use crate::aws::s3::Bucket;

use super::{Error, Event, Reporter};

/// Sees to it that `body` is in `bucket` under `key`, which names its content: what is there
/// already is not sent again.
pub(super) async fn publish(
    bucket: &Bucket,
    key: &str,
    body: &'static [u8],
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    if !bucket.exists().await? {
        bucket.create().await?;
        reporter.report(Event::BucketCreated {
            bucket: bucket.name.clone(),
        });
    }
    if !bucket.has(key).await? {
        bucket.put(key, body).await?;
        reporter.report(Event::ArtifactUploaded { bytes: body.len() });
    }
    Ok(())
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
