//! What things are called, from the app's and the stage's name. One place, so that what deploys,
//! what finds and what destroys agree.

const STATEFUL: &str = "Stateful";
const STATELESS: &str = "Stateless";

/// `UserManagementBackend-Dev-Stateful`.
pub(crate) fn stateful_name(app: &str, stage: &str) -> String {
    format!("{app}-{}-{STATEFUL}", capitalized(stage))
}

/// `UserManagementBackend-Dev-Stateless`.
pub(crate) fn stateless_name(app: &str, stage: &str) -> String {
    format!("{app}-{}-{STATELESS}", capitalized(stage))
}

/// `UserManagementBackend-Pipeline`: of the pipeline, and of its stack.
pub(crate) fn pipeline_name(app: &str) -> String {
    format!("{app}-Pipeline")
}

/// `UserManagementBackend-Bootstrap`: the roles that outlive stages and pipeline.
pub(crate) fn bootstrap_name(app: &str) -> String {
    format!("{app}-Bootstrap")
}

/// `UserManagementBackend-Local`: no stack, but shown where stacks are.
pub(crate) fn local_name(app: &str) -> String {
    format!("{app}-Local")
}

/// The stage that a stack of this name belongs to, if it is one of the app's.
pub(crate) fn stack_stage(app: &str, stack: &str) -> Option<String> {
    let (stage, part) = stack
        .strip_prefix(app)?
        .strip_prefix('-')?
        .split_once('-')?;
    [STATEFUL, STATELESS]
        .contains(&part)
        .then(|| stage.to_lowercase())
}

/// The table. A name of its own lets the next deploy find it again when it outlives its stack.
pub(crate) fn table_name(app: &str, stage: &str) -> String {
    format!("{}-Table", stateful_name(app, stage))
}

/// The asset bucket of the app in an account and region: what it is called in the account's own
/// namespace, where nobody else can take the name first, and what in the one that all share, where S3
/// has no other. Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html>.
/// Everywhere, every call names the account that must own the bucket.
pub(crate) fn bucket_names(app: &str, account: &str, region: &str) -> [String; 2] {
    let global = format!("{}-assets-{account}-{region}", app.to_lowercase());
    [format!("{global}-an"), global]
}

/// The roles with which CloudFormation works on the stages' stacks, and on the pipeline's.
pub(crate) fn execution_role_names(app: &str, region: &str) -> [String; 2] {
    ["Execution", "ExecutionPipeline"].map(|duty| format!("{app}-{duty}-{region}"))
}

/// The bucket of what a pipeline's actions hand on to each other, in the account's own namespace.
pub(crate) fn pipeline_bucket_name(app: &str, account: &str, region: &str) -> String {
    format!("{}-builds-{account}-{region}-an", app.to_lowercase())
}

/// The pipeline's stages for one of the app's: `Prod-Stateful` and `Prod-Stateless`.
pub(crate) fn pipeline_stages(stage: &str) -> [String; 2] {
    [STATEFUL, STATELESS].map(|part| format!("{}-{part}", capitalized(stage)))
}

/// Whether a stage of the pipeline deploys one of the app's.
pub(crate) fn is_deploying_stage(name: &str) -> bool {
    let part = name.rsplit('-').next().unwrap_or_default();
    name.contains('-') && [STATEFUL, STATELESS].contains(&part)
}

/// The alarm that a stage's API answers with errors of its own.
pub(super) fn alarm_name(app: &str, stage: &str) -> String {
    format!("{}-APIErrors", stateless_name(app, stage))
}

/// Where the functions' artifacts are in the asset bucket.
pub(crate) const HANDLER_FOLDER: &str = "handler/";

/// The function's artifact in the asset bucket, named by its content.
pub(crate) fn handler_key(sha256: &str) -> String {
    format!("{HANDLER_FOLDER}{sha256}.zip")
}

/// The stage's name as names of stacks have it.
pub(super) fn capitalized(stage: &str) -> String {
    let mut letters = stage.chars();
    match letters.next() {
        Some(first) => first.to_ascii_uppercase().to_string() + letters.as_str(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stack_names_lead_back_to_their_stage() {
        for stage in ["dev", "prod", "eu1"] {
            for name in [stateful_name("App", stage), stateless_name("App", stage)] {
                assert_eq!(stack_stage("App", &name).as_deref(), Some(stage));
            }
        }
        for foreign in [
            "App-Pipeline",
            "App-Bootstrap",
            "Apple-Dev-Stateful",
            "App-Dev-Other",
            "App-Dev-Stateful-More",
        ] {
            assert_eq!(stack_stage("App", foreign), None, "{foreign}");
        }
    }

    #[test]
    fn the_longest_bucket_name_is_one_that_s3_takes() {
        let (app, account, region) = ("A".repeat(24), "111111111111", "ap-northeast-1");
        let pipeline = pipeline_bucket_name(&app, account, region);
        for name in bucket_names(&app, account, region)
            .iter()
            .chain([&pipeline])
        {
            assert!(name.len() <= 63, "{name}");
        }
    }
}
