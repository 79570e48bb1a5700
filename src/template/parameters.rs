//! The parameters of the app's stacks that umb reads back from deployed ones.

use std::collections::BTreeMap;

use crate::model::{AccountId, RunnerPin};

use super::provenance::Provenance;

/// Which umb deployed the stack.
pub(super) const DEPLOYED_BY: &str = "DeployedBy";
/// Of Stateful: whether the stage is protected.
pub(super) const PROTECTED: &str = "Protected";
/// Of Stateless: where the function's package is.
pub(super) const HANDLER_BUCKET: &str = "HandlerBucket";
pub(super) const HANDLER_KEY: &str = "HandlerKey";
/// Of Stateless: the concurrent executions set aside for the function; empty for none.
pub(super) const RESERVED_CONCURRENCY: &str = "ReservedConcurrency";
/// Of Stateless and Bootstrap: whether the stack gives API Gateway the role that it logs with.
pub(super) const SETS_LOGGING_ROLE: &str = "SetsLoggingRole";
/// Of Bootstrap: the account whose pipeline is trusted.
pub(super) const PIPELINE_ACCOUNT: &str = "PipelineAccount";

/// Of Pipeline: the umb that its builds run.
pub(super) const RUNNER_BUCKET: &str = "RunnerBucket";
pub(super) const RUNNER_SHA256: &str = "RunnerSHA256";
pub(super) const RUNNER_IMAGE: &str = "RunnerImage";

/// The parameters of a deployed stack, as far as umb knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DeployedParameters {
    pub(crate) provenance: Option<Provenance>,
    /// Whether the stage is protected, so that its table outlives its stack.
    pub(crate) is_protected: bool,
    pub(crate) handler_bucket: Option<String>,
    pub(crate) handler_key: Option<String>,
    /// The concurrent executions set aside for the function.
    pub(crate) reserved_concurrency: u32,
    /// Whether the stack gives API Gateway the role that it logs with; `None` where it was never asked.
    pub(crate) sets_logging_role: Option<bool>,
    pub(crate) pipeline_account: Option<AccountId>,
    pub(crate) runner: Option<RunnerPin>,
}

impl DeployedParameters {
    /// Reads the parameters of a deployed stack.
    pub(crate) fn parse(parameters: &BTreeMap<String, String>) -> Self {
        let text = |key: &str| parameters.get(key).map(String::as_str);
        let is_true = |key| text(key).map(|value| value == "true");
        Self {
            provenance: text(DEPLOYED_BY).and_then(Provenance::parse),
            is_protected: is_true(PROTECTED).unwrap_or(false),
            handler_bucket: text(HANDLER_BUCKET).map(str::to_owned),
            handler_key: text(HANDLER_KEY).map(str::to_owned),
            reserved_concurrency: text(RESERVED_CONCURRENCY)
                .and_then(|value| value.parse().ok())
                .unwrap_or(0),
            sets_logging_role: is_true(SETS_LOGGING_ROLE),
            pipeline_account: text(PIPELINE_ACCOUNT).and_then(|value| value.parse().ok()),
            runner: match (text(RUNNER_BUCKET), text(RUNNER_SHA256), text(RUNNER_IMAGE)) {
                (Some(bucket), Some(sha256), Some(image)) => Some(RunnerPin {
                    bucket: bucket.to_owned(),
                    sha256: sha256.to_owned(),
                    image: image.to_owned(),
                }),
                _ => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_parameters_are_as_good_as_none() {
        let of = |pairs: &[(&str, &str)]| {
            let owned = pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            DeployedParameters::parse(&owned.collect())
        };
        assert_eq!(
            of(&[("Other", "x"), (DEPLOYED_BY, "hand")]),
            DeployedParameters::default()
        );
        let parameters = of(&[(RESERVED_CONCURRENCY, "10"), (SETS_LOGGING_ROLE, "false")]);
        assert_eq!(parameters.reserved_concurrency, 10);
        assert_eq!(parameters.sets_logging_role, Some(false));
    }
}
