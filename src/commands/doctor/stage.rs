//! Checks what a stage needs.

use crate::aws::{AwsEnv, EnvError};
use crate::error::Failure;
use crate::model::{AccountId, StackRef, StageSpec};
use crate::pipeline::is_current;
use crate::settings::Settings;
use crate::stack::{DeployedStack, NamedRole, find_app_stack};
use crate::stage::{self, Preflight};

use super::finding::Findings;

/// Checks what a stage needs in its account and region.
pub(super) async fn check(settings: &Settings, spec: &StageSpec, findings: &mut Findings) {
    let about = format!("stage {}", spec.name);
    let env = match AwsEnv::open(&spec.env()).await {
        Ok(env) => env,
        // Everything may be fine there: that cannot be seen from here.
        Err(error @ EnvError::WrongAccount { .. }) => {
            let hint = "give the stage a `profile` in umb.toml, or pass --profile, to check there";
            return findings.warning(&about, error.to_string(), hint);
        }
        Err(error) => return findings.failure(&about, &error.into()),
    };
    findings.ok(
        &about,
        format!("account {}, {}", env.account(), env.region()),
    );
    let checked = check_env(settings, spec, &env, findings).await;
    if let Err(failure) = checked {
        findings.failure(&about, &failure);
    }
}

async fn check_env(
    settings: &Settings,
    spec: &StageSpec,
    env: &AwsEnv,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let pipeline = &settings.pipeline;
    let by_pipeline = pipeline.is_wanted() && pipeline.stages.contains(&spec.name);
    let preflight = stage::preflight(env, spec).await?;
    if !preflight.allows_reservation {
        report_reservation(spec, &preflight, by_pipeline, findings);
    }
    if let (NamedRole::Deleted(arn), false) = (&preflight.logging_role, by_pipeline) {
        findings.warning(
            &format!("stage {}", spec.name),
            format!("the role that API Gateway logs with was deleted: {arn}"),
            format!("`umb deploy {}` replaces it, or says what does", spec.name),
        );
    }
    if by_pipeline {
        let account = pipeline.account.as_ref().unwrap_or(env.account());
        let bootstrap = find_app_stack(env, StackRef::bootstrap(&settings.app)).await?;
        let needs = PipelineNeeds {
            about: format!("stage {}", spec.name),
            account,
            fix: if account == env.account() {
                "umb deploy pipeline".to_owned()
            } else {
                format!("umb bootstrap {} --trust {account}", spec.name)
            },
        };
        needs.report(bootstrap.as_ref(), &preflight, findings);
    }
    Ok(())
}

/// Reports that the account does not allow a stage's reserved concurrency. `umb deploy` leaves it out, a pipeline does not.
pub(super) fn report_reservation(
    spec: &StageSpec,
    preflight: &Preflight,
    by_pipeline: bool,
    findings: &mut Findings,
) {
    let about = format!("stage {}", spec.name);
    let Preflight {
        quota, unreserved, ..
    } = preflight;
    let text = format!(
        "the account has {quota} concurrent executions, {unreserved} unreserved: too few to reserve any"
    );
    if by_pipeline {
        let hint = "set `reserved_concurrency = 0` for the stage in umb.toml: the pipeline does not leave it out by \
                    itself";
        findings.error(&about, text, hint);
    } else {
        let hint = "`umb deploy` leaves the reservation out; set `reserved_concurrency = 0` in umb.toml, or raise the \
                    quota";
        findings.warning(&about, text, hint);
    }
}

/// What the pipeline needs in the account of a stage.
struct PipelineNeeds<'a> {
    about: String,
    /// The pipeline's account.
    account: &'a AccountId,
    /// The command that creates what is missing.
    fix: String,
}

impl PipelineNeeds<'_> {
    fn report(
        &self,
        bootstrap: Option<&DeployedStack>,
        preflight: &Preflight,
        findings: &mut Findings,
    ) {
        let Self {
            about,
            account,
            fix,
        } = self;
        if let Some(stack) = bootstrap.filter(|stack| !stack.status().is_success()) {
            findings.stack(about, stack, fix);
        }
        match bootstrap.and_then(|stack| stack.parameters.pipeline_account.as_ref()) {
            Some(trusted) if trusted == *account && !bootstrap.is_some_and(is_current) => {
                let text = "the roles of the pipeline are those of an older umb";
                findings.error(about, text, format!("`{fix}` updates them"));
            }
            Some(trusted) if trusted == *account => {
                findings.ok(about, format!("the roles of account {account}'s pipeline"));
            }
            Some(other) => {
                let text = format!("its roles trust account {other}, not {account}");
                findings.error(about, text, format!("`{fix}` changes that"));
            }
            None => {
                findings.error(
                    about,
                    "no roles for the pipeline",
                    format!("`{fix}` creates them"),
                );
            }
        }
        if !preflight.has_bucket {
            let text = "no bucket for the pipeline to publish to";
            findings.error(about, text, format!("`{fix}` creates it"));
        }
        match &preflight.logging_role {
            NamedRole::Role => {}
            NamedRole::Nothing => {
                let text = "API Gateway has no role to log with";
                findings.error(about, text, format!("`{fix}` creates one"));
            }
            NamedRole::Deleted(arn) => {
                let text = format!("the role that API Gateway logs with was deleted: {arn}");
                findings.error(about, text, format!("`{fix}` replaces it"));
            }
        }
    }
}
