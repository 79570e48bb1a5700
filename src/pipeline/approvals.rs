//! What people allow a commit to make broader: objects that only they may write, each named by an execution, which is of one
//! commit, and a digest of exactly what becomes broader. The same commit in another execution has to be allowed again.

use std::path::PathBuf;

use crate::aws::AwsEnv;
use crate::model::{App, names};
use crate::stack::asset_bucket::AssetBuckets;
use crate::stack::{StackPlan, broader_digest};

use super::error::Error;

/// What people have allowed an execution: a folder with a file for each digest.
#[derive(Debug, Clone)]
pub(crate) struct Approvals(PathBuf);

impl Approvals {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Whether a person has allowed what has this digest.
    pub(crate) fn allow(&self, digest: &str) -> bool {
        self.0.join(digest).is_file()
    }
}

/// Records that a person allows an execution what has this digest.
pub(crate) async fn approve_broader(
    env: &AwsEnv,
    app: &App,
    execution: &str,
    digest: &str,
) -> Result<(), Error> {
    let bucket = AssetBuckets::new(env, app).account_regional;
    let key = names::approval_key(execution, digest);
    Ok(bucket.put(&key, digest.as_bytes().to_vec().into()).await?)
}

/// Returns a digest of everything that becomes broader in these stacks; `None` if nothing does.
pub(crate) fn digest_of_broader<'a>(
    stacks: impl IntoIterator<Item = &'a StackPlan> + Clone,
) -> Option<String> {
    let mut all = stacks.clone().into_iter();
    if all.all(|stack| stack.broader.is_empty()) {
        return None;
    }
    let all = stacks.into_iter();
    let all = all.map(|stack| (stack.stack.as_str(), stack.broader.as_slice()));
    Some(broader_digest(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_the_folder_is_allowed() {
        let folder = tempfile::tempdir().expect("a folder");
        let approvals = Approvals::new(folder.path().to_owned());
        assert!(!approvals.allow("00ff"));
        assert!(!approvals.allow(""), "the folder itself");
        fs_err::write(folder.path().join("00ff"), "").expect("written");
        assert!(approvals.allow("00ff") && !approvals.allow("00fe"));
        assert!(!Approvals::new("none".into()).allow("00ff"));
    }
}
