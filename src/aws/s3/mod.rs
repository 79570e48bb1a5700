//! S3: buckets and objects.
//!
//! Every call on a bucket names the account that must own it, so that a bucket which somebody else
//! created under a guessed name is refused rather than used.

mod bucket;
mod emptying;
mod settings;

pub(crate) use bucket::{Bucket, Object};
