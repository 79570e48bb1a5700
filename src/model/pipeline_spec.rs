//! The pipeline: where it is, and what its template says.

use serde::Deserialize;
use struct_patch::Patch;

use super::text::{Invalid, checked_text};
use super::{
    AccountId, App, LogRetention, PermissionsBoundary, Region, SettingConflict, StageName,
    TargetEnv,
};

/// How many stages fit, each as two of the pipeline's, into the 50 that CodePipeline takes, beside Source, UpdatePipeline,
/// Function and Synth: <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>. Roles of that many
/// accounts fit into a policy.
const MOST_STAGES: usize = 20;
/// How many patterns of paths a trigger may have:
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GitFilePathFilterCriteria.html>.
const MOST_PATHS: usize = 8;
/// How long a pattern may be, and a branch's name, in characters: the same page, and that of `GitBranchFilterCriteria`.
const LONGEST: usize = 255;
/// What CodeBuild provides for builds on Linux, without a GPU:
/// <https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-compute-types.html>.
const COMPUTE_TYPES: [&str; 6] = ["SMALL", "MEDIUM", "LARGE", "XLARGE", "2XLARGE", "4XLARGE"];
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
    /// The region that the shell names instead, if it is another one.
    #[patch(skip)]
    pub(crate) shell_region: Option<Region>,
    /// The named profile of the shared AWS configuration; else the default one.
    pub(crate) profile: Option<String>,
    /// Whether that profile is used even where the environment has credentials of its own.
    #[patch(skip)]
    pub(crate) only_profile: bool,
    /// The connection to the repository: its name, or its ARN.
    pub(crate) connection: Option<String>,
    pub(crate) repository: Option<Repository>,
    /// The branch whose commits are deployed.
    pub(crate) branch: Branch,
    /// Patterns of paths: only commits that touch one of them are deployed; all commits, if there are none.
    pub(crate) paths: Vec<PathPattern>,
    /// The stages, in the order in which they are deployed.
    pub(crate) stages: Vec<StageName>,
    /// The stages that a person must approve.
    pub(crate) approval: Vec<StageName>,
    /// The image of CodeBuild in which the repository's own function is built.
    pub(crate) build_image: BuildImage,
    /// How much of a machine CodeBuild provides for that.
    pub(crate) compute_type: ComputeType,
    /// A buildspec in the repository, instead of umb's own, for that.
    pub(crate) buildspec: Option<String>,
    /// Who is told of failed executions and of approvals that wait.
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
    /// Whether the repository has a function of its own, which the pipeline builds.
    pub(crate) builds_function: bool,
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

/// The umb that the pipeline's builds run: an object of a bucket, named by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunnerPin {
    pub(crate) bucket: String,
    /// Its SHA-256, in hexadecimal digits.
    pub(crate) sha256: String,
    /// The image of CodeBuild in which it runs.
    pub(crate) image: String,
}

checked_text! {
    /// A repository: `OWNER/REPO`, or deeper, as GitLab has it.
    Repository, check_repository
}

checked_text! {
    /// A branch, as git has it.
    Branch, check_branch
}

checked_text! {
    /// A pattern of paths, such as `src/**`.
    PathPattern, check_pattern
}

checked_text! {
    /// An image of CodeBuild for Linux, or one of a registry.
    BuildImage, check_image
}

checked_text! {
    /// How much of a machine CodeBuild provides.
    ComputeType, check_compute_type
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
            shell_region: None,
            profile: None,
            only_profile: false,
            connection: None,
            repository: None,
            branch: Branch("main".into()),
            paths: Vec::new(),
            stages: vec![StageName::prod()],
            approval: Vec::new(),
            build_image: BuildImage("aws/codebuild/amazonlinux-x86_64-standard:5.0".into()),
            compute_type: ComputeType("BUILD_GENERAL1_MEDIUM".into()),
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
                rule: "must be one to twenty stages, each once: CodePipeline takes no more than 50 of its own",
            });
        }
        if self.paths.len() > MOST_PATHS {
            return Err(SettingConflict {
                key: "paths",
                rule: "must be at most eight patterns: CodePipeline takes no more",
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
            shell_region: self.shell_region.clone(),
            profile: self.profile.clone(),
            only_profile: self.only_profile,
            role: None,
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

/// The rules of `git check-ref-format`, as far as a mistake can break them:
/// <https://git-scm.com/docs/git-check-ref-format>.
fn check_branch(text: &str) -> Result<(), Invalid> {
    let is_odd = |letter: char| letter.is_control() || " ~^:?*[\\".contains(letter);
    let is_component = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.strip_suffix(".lock").is_none()
            && !part.ends_with('.')
    };
    let is_branch = !text.starts_with('-')
        && text.chars().count() <= LONGEST
        && !text.contains("..")
        && !text.contains(is_odd)
        && text.split('/').all(is_component);
    if is_branch {
        Ok(())
    } else {
        Err(Invalid("must be the name of a branch, such as \"main\""))
    }
}

fn check_pattern(text: &str) -> Result<(), Invalid> {
    if (1..=LONGEST).contains(&text.chars().count()) {
        Ok(())
    } else {
        Err(Invalid("must be a pattern of paths, such as \"src/**\""))
    }
}

fn check_image(text: &str) -> Result<(), Invalid> {
    const AWS: &str = "aws/codebuild/";
    const NAMES: [&str; 5] = [
        "amazonlinux-aarch64-standard",
        "amazonlinux-x86_64-standard",
        "amazonlinux2-aarch64-standard",
        "amazonlinux2-x86_64-standard",
        "standard",
    ];
    let is_word = |word: &str| !word.is_empty() && !word.contains(char::is_whitespace);
    let is_image = match (text.strip_prefix(AWS), text.rsplit_once(':')) {
        (Some(own), _) => own
            .split_once(':')
            .is_some_and(|(name, version)| NAMES.contains(&name) && is_version(version)),
        // A registry's image has a path, and a tag or a digest.
        (None, Some((path, tag))) => is_word(path) && path.contains('/') && is_word(tag),
        (None, None) => false,
    };
    if is_image {
        Ok(())
    } else {
        Err(Invalid(
            "must be an image for Linux, such as \"aws/codebuild/amazonlinux-x86_64-standard:5.0\"",
        ))
    }
}

fn is_version(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit())
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || ".-_".contains(letter))
}

fn check_compute_type(text: &str) -> Result<(), Invalid> {
    let size = text.strip_prefix("BUILD_GENERAL1_").unwrap_or_default();
    if COMPUTE_TYPES.contains(&size) {
        Ok(())
    } else {
        Err(Invalid(
            "must be BUILD_GENERAL1_ and SMALL, MEDIUM, LARGE, XLARGE, 2XLARGE or 4XLARGE",
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
    fn what_aws_would_refuse_is_refused() {
        for (good, bad) in [
            ("main", ""),
            ("feat/x", "feat//x"),
            ("v1.2", "a..b"),
            ("a", "a b"),
            ("a", "-a"),
        ] {
            assert!(good.parse::<Branch>().is_ok(), "{good}");
            assert!(bad.parse::<Branch>().is_err(), "{bad}");
        }
        assert!("src/**".parse::<PathPattern>().is_ok());
        for bad in [String::new(), "x".repeat(256)] {
            assert!(bad.parse::<PathPattern>().is_err(), "{bad}");
        }
        for good in [
            "aws/codebuild/amazonlinux-aarch64-standard:3.0",
            "aws/codebuild/standard:7.0-25.01.01",
            "public.ecr.aws/docker/library/rust:1.95",
        ] {
            assert!(good.parse::<BuildImage>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "rust",
            "aws/codebuild/amazonlinux-x86_64-standard",
            "aws/codebuild/amazonlinux:5.0",
            "a b/c:1",
        ] {
            assert!(bad.parse::<BuildImage>().is_err(), "{bad}");
        }
        assert!("BUILD_GENERAL1_2XLARGE".parse::<ComputeType>().is_ok());
        for bad in ["", "SMALL", "BUILD_GENERAL1_HUGE", "build_general1_small"] {
            assert!(bad.parse::<ComputeType>().is_err(), "{bad}");
        }
        let pattern: PathPattern = "src/**".parse().expect("valid");
        let table = |count| PipelineTable {
            paths: Some(vec![pattern.clone(); count]),
            ..PipelineTable::default()
        };
        assert!(PipelineSpec::default().with(table(8)).is_ok());
        let refused = PipelineSpec::default().with(table(9));
        assert_eq!(refused.expect_err("refused").key, "paths");
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
