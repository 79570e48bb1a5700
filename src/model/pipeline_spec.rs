//! The pipeline: where it is, and what its template says.

use serde::Deserialize;
use struct_patch::Patch;

use super::text::{Invalid, checked_text};
use super::{
    AccountId, App, LogRetention, PermissionsBoundary, Region, SettingConflict, StageName,
    TargetEnv,
};

/// How many stages fit, each with an approval and in an account of its own, into the 51,200 bytes that CloudFormation
/// takes as a template.
const MOST_STAGES: usize = 6;
/// What a template of a project may have as its repository. It counts as none.
const PLACEHOLDER: &str = "OWNER/REPO";

/// The pipeline as it is configured. The table `[pipeline]` of `umb.toml`, [`PipelineTable`], has a key for each
/// attribute that is not skipped here; one that is left out has the value of [`PipelineSpec::default`].
#[derive(Debug, Clone, PartialEq, Eq, Patch)]
#[patch(name = "PipelineTable")]
#[patch(attribute(derive(Debug, Clone, Default, Deserialize)))]
#[patch(attribute(serde(deny_unknown_fields, expecting = "a table of the pipeline's keys")))]
pub(crate) struct PipelineSpec {
    /// The account, which is also that of the stages that name none.
    pub(crate) account: Option<AccountId>,
    /// The region, which is also that of the stages.
    pub(crate) region: Option<Region>,
    /// The named profile of the shared AWS configuration; else the default one.
    pub(crate) profile: Option<String>,
    /// Whether that profile is used even where the environment has credentials of its own.
    #[patch(skip)]
    pub(crate) only_profile: bool,
    /// The connection to the repository: its name, or its ARN.
    pub(crate) connection: Option<String>,
    pub(crate) repository: Option<Repository>,
    /// The branch whose commits are deployed.
    pub(crate) branch: String,
    /// Patterns of paths: only commits that touch one of them are deployed; all commits, if there are none.
    pub(crate) paths: Vec<String>,
    /// The stages, in the order in which they are deployed.
    pub(crate) stages: Vec<StageName>,
    /// The stages that a person must approve.
    pub(crate) approval: Vec<StageName>,
    /// The image that CodeBuild runs.
    pub(crate) build_image: String,
    /// How much of a machine CodeBuild provides.
    pub(crate) compute_type: String,
    /// A buildspec in the repository, instead of umb's own, for the build.
    pub(crate) buildspec: Option<String>,
    /// Who is told of failed executions.
    pub(crate) notify: Option<Notify>,
    /// How many days CloudWatch keeps the builds' logs.
    pub(crate) log_retention_days: LogRetention,
}

/// The pipeline with everything that its template needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pipeline {
    pub(crate) app: App,
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    /// The connection to the repository: its ARN; its name where the ARN is not known yet.
    pub(crate) connection: String,
    pub(crate) repository: Repository,
    /// The stages, in the order in which they are deployed.
    pub(crate) stages: Vec<PipelineStage>,
    /// The policy that bounds the pipeline's roles.
    pub(crate) boundary: Option<PermissionsBoundary>,
    /// The rest, as it is configured.
    pub(crate) spec: PipelineSpec,
}

/// A stage that the pipeline deploys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PipelineStage {
    pub(crate) name: StageName,
    pub(crate) account: AccountId,
    /// Whether a person must approve it first.
    pub(crate) needs_approval: bool,
}

checked_text! {
    /// A repository: `OWNER/REPO`, or deeper, as GitLab has it.
    Repository, check_repository
}

/// An e-mail address that is told of failures, written `mailto:ADDRESS`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Notify(String);

impl Default for PipelineSpec {
    fn default() -> Self {
        Self {
            account: None,
            region: None,
            profile: None,
            only_profile: false,
            connection: None,
            repository: None,
            branch: "main".to_owned(),
            paths: Vec::new(),
            stages: vec![StageName::prod()],
            approval: Vec::new(),
            build_image: "aws/codebuild/amazonlinux-x86_64-standard:5.0".to_owned(),
            compute_type: "BUILD_GENERAL1_MEDIUM".to_owned(),
            buildspec: None,
            notify: None,
            log_retention_days: LogRetention::default(),
        }
    }
}

impl PipelineSpec {
    /// The pipeline with the settings of `table`.
    ///
    /// # Errors
    /// Stages that the pipeline cannot deploy, or an approval for a stage that it does not deploy.
    pub(crate) fn with(mut self, table: PipelineTable) -> Result<Self, SettingConflict> {
        self.apply(table);
        self.repository = self
            .repository
            .filter(|repository| repository.as_str() != PLACEHOLDER);
        let is_twice =
            |name: &&StageName| self.stages.iter().filter(|other| other == name).count() > 1;
        if self.stages.is_empty()
            || self.stages.len() > MOST_STAGES
            || self.stages.iter().any(|name| is_twice(&name))
        {
            return Err(SettingConflict {
                key: "stages",
                rule: "must be one to six stages, each once: the template of more does not fit into a request",
            });
        }
        if self.approval.iter().any(|name| !self.stages.contains(name)) {
            return Err(SettingConflict {
                key: "approval",
                rule: "must be stages that the pipeline deploys: see pipeline.stages",
            });
        }
        Ok(self)
    }

    /// Whether `umb.toml` asks for a pipeline.
    pub(crate) fn is_wanted(&self) -> bool {
        self.connection.is_some() || self.repository.is_some()
    }

    /// Where the pipeline is to be.
    pub(crate) fn env(&self) -> TargetEnv {
        TargetEnv {
            account: self.account.clone(),
            region: self.region.clone(),
            profile: self.profile.clone(),
            only_profile: self.only_profile,
        }
    }
}

impl Notify {
    /// The address.
    pub(crate) fn address(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Notify {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.strip_prefix("mailto:") {
            Some(address) if address.contains('@') => Ok(Self(address.to_owned())),
            _ => Err(Invalid("must be an e-mail address: mailto:ADDRESS")),
        }
    }
}

fn check_repository(text: &str) -> Result<(), Invalid> {
    let is_word = |word: &str| !word.is_empty() && !word.contains(char::is_whitespace);
    if text.contains('/') && text.split('/').all(is_word) {
        Ok(())
    } else {
        Err(Invalid(
            "must be the repository's owner and name, with a slash between them",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stages_that_it_deploys_are_approved() {
        let table = PipelineTable {
            approval: Some(vec![StageName::dev()]),
            ..PipelineTable::default()
        };
        let refused = PipelineSpec::default().with(table);
        assert_eq!(refused.expect_err("refused").key, "approval");
    }

    #[test]
    fn a_placeholder_is_no_repository() {
        let table = PipelineTable {
            repository: Some(Some(PLACEHOLDER.parse().expect("valid"))),
            ..PipelineTable::default()
        };
        let spec = PipelineSpec::default().with(table).expect("valid");
        assert!(!spec.is_wanted());
    }
}
