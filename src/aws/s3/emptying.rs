//! Emptying and deleting the bucket.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use tokio::task::{JoinError, JoinSet};

use crate::aws::error::Error;

use super::bucket::Bucket;

/// How many objects S3 deletes with one request:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>.
const BATCH: usize = 1000;
/// How many such requests run at the same time.
const AT_ONCE: usize = 4;

impl Bucket {
    /// Deletes every version of every object, then the bucket itself.
    pub(crate) async fn delete(&self) -> Result<(), Error> {
        self.empty().await?;
        self.delete_bucket().await
    }

    /// Deletes everything in it, every version.
    pub(crate) async fn empty(&self) -> Result<(), Error> {
        loop {
            let versions = self.versions().await?;
            if versions.is_empty() {
                return Ok(());
            }
            let mut deletions = JoinSet::new();
            for batch in versions.chunks(BATCH) {
                // No more at the same time: S3 would answer with SlowDown.
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
    }

    async fn delete_bucket(&self) -> Result<(), Error> {
        self.client
            .delete_bucket()
            .bucket(&self.name)
            .expected_bucket_owner(self.owner.as_str())
            .send()
            .await
            .map_err(|error| Error::new("S3 DeleteBucket", error))?;
        Ok(())
    }

    /// Returns all versions of all objects, and all delete markers.
    async fn versions(&self) -> Result<Vec<ObjectIdentifier>, Error> {
        let mut all = Vec::new();
        let (mut key_marker, mut version_marker) = (None, None);
        loop {
            let page = self
                .client
                .list_object_versions()
                .bucket(&self.name)
                .expected_bucket_owner(self.owner.as_str())
                .set_key_marker(key_marker)
                .set_version_id_marker(version_marker)
                .send()
                .await
                .map_err(|error| Error::new("S3 ListObjectVersions", error))?;
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

    pub(super) async fn delete_versions(
        &self,
        objects: Vec<ObjectIdentifier>,
    ) -> Result<(), Error> {
        let delete = Delete::builder()
            .set_objects(Some(objects))
            .quiet(true)
            .build()
            .map_err(|error| Error::incomplete("S3 DeleteObjects", error))?;
        let output = self
            .client
            .delete_objects()
            .bucket(&self.name)
            .expected_bucket_owner(self.owner.as_str())
            .delete(delete)
            .send()
            .await
            .map_err(|error| Error::new("S3 DeleteObjects", error))?;
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

/// Returns the result of a deletion in its own task.
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
