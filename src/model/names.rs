//! The names of what is not a stack. One place, so that what deploys, what finds and what destroys agree.

use super::{AccountId, App, Region, StackRef, StageName};

/// The folder of the asset bucket that holds the function's packages.
pub(crate) const HANDLER_FOLDER: &str = "handler/";

/// The folder of the asset bucket that holds the umbs that the pipeline's builds run.
const RUNNER_FOLDER: &str = "runner/";
/// How many characters of a pipeline's name CodePipeline takes for the folder of its artifacts:
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/troubleshooting.html>.
const ARTIFACT_FOLDER_CHARS: usize = 20;

/// The two names that the app's asset bucket may have in an account and region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AssetBucketNames {
    /// In the account's own namespace, where nobody else can take the name first. Source:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html>.
    pub(crate) account_regional: String,
    /// In the namespace that all accounts share, for regions that have no other.
    pub(crate) global: String,
}

impl AssetBucketNames {
    /// The names for an app in an account and region.
    pub(crate) fn new(app: &App, account: &AccountId, region: &Region) -> Self {
        Self::from_texts(app, account.as_str(), region.as_str())
    }

    /// The same, where placeholders stand for an account and a region that are not known.
    pub(crate) fn from_texts(app: &App, account: &str, region: &str) -> Self {
        let global = format!("{}-assets-{account}-{region}", app.lowercase());
        Self {
            account_regional: format!("{global}-an"),
            global,
        }
    }
}

/// The stage on this machine, shown where a stack's name would be: `UserManagementBackend-Local`.
pub(crate) fn local_stage(app: &App) -> String {
    format!("{app}-Local")
}

/// The table of a stage. It has a fixed name so that the next deploy finds it again when it outlives its stack.
pub(crate) fn table(app: &App, stage: &StageName) -> String {
    format!("{}-Table", StackRef::stateful(app, stage))
}

/// The role that the pipeline deploys a stage with.
pub(crate) fn deployment_role(app: &App, region: &Region) -> String {
    format!("{app}-Deployment-{region}")
}

/// The role that the pipeline plans and checks a stage with.
pub(crate) fn check_role(app: &App, region: &Region) -> String {
    format!("{app}-Check-{region}")
}

/// The role that CloudFormation works with on the stages' stacks.
pub(crate) fn execution_role(app: &App, region: &Region) -> String {
    format!("{app}-Execution-{region}")
}

/// The role that CloudFormation works with on the pipeline's stack.
pub(crate) fn pipeline_execution_role(app: &App, region: &Region) -> String {
    format!("{app}-ExecutionPipeline-{region}")
}

/// The bucket for what a pipeline's actions hand on to each other, in the account's own namespace.
pub(crate) fn pipeline_bucket(app: &App, account: &str, region: &str) -> String {
    format!("{}-builds-{account}-{region}-an", app.lowercase())
}

/// The folder of that bucket that CodePipeline writes the artifacts to, each to a folder of its own.
pub(crate) fn artifact_folder(app: &App) -> String {
    let pipeline = StackRef::pipeline(app).name();
    pipeline.chars().take(ARTIFACT_FOLDER_CHARS).collect()
}

/// The pipeline's stages that deploy one of the app's: `Prod-Stateful` and `Prod-Stateless`.
pub(crate) fn pipeline_stages(stage: &StageName) -> [String; 2] {
    ["Stateful", "Stateless"].map(|part| format!("{}-{part}", stage.capitalized()))
}

/// The action of the pipeline that brings the pipeline to what a commit says.
pub(crate) const UPDATE_ACTION: &str = "UpdatePipeline";

/// The action of the pipeline that plans what a commit does to one of the app's stages.
pub(crate) const PLAN_ACTION: &str = "Plan";

/// Whether a stage of the pipeline deploys one of the app's.
pub(crate) fn is_deploying_stage(name: &str) -> bool {
    name.ends_with("-Stateful") || is_stateless_stage(name)
}

/// Whether a stage of the pipeline deploys what holds no data of one of the app's.
pub(crate) fn is_stateless_stage(name: &str) -> bool {
    name.ends_with("-Stateless")
}

/// The alarm on errors that a stage's API returns.
pub(crate) fn alarm(app: &App, stage: &StageName) -> String {
    format!("{}-APIErrors", StackRef::stateless(app, stage))
}

/// The key of a function's package in the asset bucket: its content's SHA-256, in hexadecimal digits.
pub(crate) fn handler_key(sha256: &str) -> String {
    format!("{HANDLER_FOLDER}{sha256}.zip")
}

/// The key of a stack's template in the asset bucket, where it is too large for a request.
pub(crate) fn template_key(stack: &StackRef) -> String {
    format!("templates/{stack}.json")
}

/// The key of what says that a person allows an execution what its commit makes broader, of which this is the digest.
pub(crate) fn approval_key(execution: &str, digest: &str) -> String {
    format!("approvals/{execution}/{digest}")
}

/// The key of an umb that the pipeline's builds run: its SHA-256, in hexadecimal digits.
pub(crate) fn runner_key(sha256: &str) -> String {
    format!("{RUNNER_FOLDER}{sha256}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bucket_name_fits_into_what_s3_allows() {
        let app: App = "A".repeat(24).parse().expect("valid");
        let (account, region) = ("111111111111", "ap-northeast-1");
        let AssetBucketNames {
            account_regional,
            global,
        } = AssetBucketNames::from_texts(&app, account, region);
        for name in [
            account_regional,
            global,
            pipeline_bucket(&app, account, region),
        ] {
            assert!(name.len() <= 63, "{name}");
        }
    }
}
