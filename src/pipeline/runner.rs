//! The umb that the pipeline's builds run. A person chose it when they deployed the pipeline; a commit cannot.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::artifact;
use crate::aws::AwsEnv;
use crate::model::names::{self, AssetBucketNames};
use crate::model::{App, Pipeline, RunnerPin, StackRef};
use crate::stack::asset_bucket::AssetBuckets;
use crate::stack::{Event, Reporter, Upload, find_app_stack};
use crate::template::VERSION;

use super::error::Error;

/// The images of CodeBuild in which umb runs, by the processor that it is for. Both are Amazon Linux 2023 and have the AWS
/// CLI: <https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html>.
const IMAGES: [(&str, &str); 2] = [
    ("x86_64", "aws/codebuild/amazonlinux-x86_64-standard:5.0"),
    ("arm64", "aws/codebuild/amazonlinux-aarch64-standard:3.0"),
];

/// The image in which umb runs, unless it is for another processor.
pub(crate) const RUNNER_IMAGE: &str = IMAGES[0].1;

/// An umb for Linux.
#[derive(Debug, Clone)]
pub(crate) struct Runner {
    executable: Vec<u8>,
    sha256: String,
    image: &'static str,
}

impl Runner {
    /// Reads an umb of this version from a file; else this very umb.
    ///
    /// # Errors
    /// When it does not run on CodeBuild, or is another version: the pipeline's definition fits this one alone.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, Error> {
        let own = std::env::current_exe()?;
        let path = file.unwrap_or(&own);
        let executable = fs_err::read(path)?;
        let unfit = |reason: String| Error::UnfitRunner {
            path: path.to_owned(),
            is_own: file.is_none(),
            reason,
        };
        let architecture =
            artifact::architecture("it", &executable).map_err(|error| unfit(error.to_string()))?;
        match artifact::umb_version(&executable) {
            None => return Err(unfit("it is no umb".to_owned())),
            Some(version) if version.to_string() != VERSION => {
                return Err(unfit(format!(
                    "it is umb {version}, and this is umb {VERSION}"
                )));
            }
            Some(_) => {}
        }
        let image = IMAGES.iter().find(|(name, _)| *name == architecture);
        let (_, image) =
            image.ok_or_else(|| unfit(format!("CodeBuild has no image for {architecture}")))?;
        Ok(Self {
            sha256: hex::encode(Sha256::digest(&executable)),
            executable,
            image,
        })
    }

    /// Where the pipeline finds it.
    pub(crate) fn pin(&self, pipeline: &Pipeline) -> RunnerPin {
        let buckets = AssetBucketNames::new(&pipeline.app, &pipeline.account, &pipeline.region);
        RunnerPin {
            bucket: buckets.account_regional,
            sha256: self.sha256.clone(),
            image: self.image.to_owned(),
        }
    }

    /// Uploads it to where the pipeline finds it, unless it is already there. It never expires: whatever pipeline names it
    /// can be rolled back to.
    pub(crate) async fn publish(
        &self,
        env: &AwsEnv,
        app: &App,
        reporter: &dyn Reporter,
    ) -> Result<(), Error> {
        let bucket = AssetBuckets::new(env, app).account_regional;
        let key = names::runner_key(&self.sha256);
        if bucket.sent(&key).await?.is_none() {
            let bytes = self.executable.len();
            reporter.report(Event::Uploading {
                what: Upload::Runner,
                bytes,
            });
            bucket.put(&key, self.executable.clone().into()).await?;
            reporter.report(Event::RunnerUploaded { bytes });
        }
        Ok(())
    }
}

/// Returns the umb that the deployed pipeline's builds run; `None` if there is no pipeline, or if its builds still compile
/// umb.
pub(crate) async fn deployed_runner(env: &AwsEnv, app: &App) -> Result<Option<RunnerPin>, Error> {
    let stack = find_app_stack(env, StackRef::pipeline(app)).await?;
    Ok(stack.and_then(|stack| stack.parameters.runner))
}
