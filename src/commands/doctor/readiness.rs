//! Checks what a pipeline needs before it is deployed.

use std::path::Path;

use crate::aws::{AwsEnv, iam};
use crate::error::Failure;
use crate::model::Pipeline;
use crate::pipeline::forbidden_builds;
use crate::settings::Settings;
use crate::stage::preflight;

use super::super::git::Repository;
use super::finding::Findings;
use super::stage::report_reservation;

/// What findings about the pipeline are about.
pub(super) const ABOUT: &str = "pipeline";

/// Checks what must be in place before the pipeline's first execution and is not of its stacks.
pub(in crate::commands) async fn before_pipeline(
    settings: &Settings,
    env: &AwsEnv,
    wanted: &Pipeline,
    runner_image: &str,
) -> Findings {
    let mut findings = Findings::default();
    check_builds(env, wanted, runner_image, &mut findings).await;
    check_boundary(env, settings, &mut findings).await;
    check_branch(settings, wanted, &mut findings);
    for stage in &wanted.stages {
        let name = stage.name.as_str();
        if let Err(failure) = check_account(settings, env, name, &mut findings).await {
            findings.warning(
                &format!("stage {name}"),
                format!("cannot look into its account: {}", failure.cause()),
                "`umb doctor`, with credentials for it, checks what the pipeline needs there",
            );
        }
    }
    findings
}

/// Checks whether the account may run the pipeline's builds at all.
pub(super) async fn check_builds(
    env: &AwsEnv,
    wanted: &Pipeline,
    runner_image: &str,
    findings: &mut Findings,
) {
    match forbidden_builds(env, wanted, runner_image).await {
        Ok(forbidden) => {
            for kind in forbidden {
                let (region, domain) = (env.region(), env.partition().console_domain());
                findings.error(
                    ABOUT,
                    format!("the account may run no builds of {kind}, as new accounts may not"),
                    format!(
                        "ask AWS for at least one: https://{region}.{domain}/servicequotas/home/services/codebuild/quotas"
                    ),
                );
            }
        }
        Err(error) => {
            let failure = Failure::from(error);
            findings.warning(
                ABOUT,
                format!(
                    "cannot find out whether the account may run builds: {}",
                    failure.cause()
                ),
                "it may, unless it is new; servicequotas:ListServiceQuotas lets umb check",
            );
        }
    }
}

/// Checks whether the account has the policy that is to bound the roles.
pub(super) async fn check_boundary(env: &AwsEnv, settings: &Settings, findings: &mut Findings) {
    let Some(boundary) = &settings.boundary else {
        return;
    };
    let (name, account) = (boundary.as_str(), env.account());
    match iam::has_policy(env, name).await {
        Ok(true) => {}
        Ok(false) => findings.error(
            ABOUT,
            format!("the account {account} has no policy {name}, which is to bound the roles"),
            "`permissions_boundary` in umb.toml names it: create it, or name another one",
        ),
        Err(error) => findings.warning(
            ABOUT,
            format!("cannot find out whether the account has the policy {name}: {error}"),
            "iam:GetPolicy lets umb check",
        ),
    }
}

/// Checks whether the branch has umb.toml where the pipeline reads it, as far as git knows in the project's folder.
pub(super) fn check_branch(settings: &Settings, wanted: &Pipeline, findings: &mut Findings) {
    let Some(folder) = settings.path().and_then(Path::parent) else {
        return;
    };
    let repository = Repository::new(folder);
    if repository.path().as_deref() != Some(wanted.repository.as_str()) {
        return;
    }
    let (name, branch) = (&wanted.repository, wanted.spec.branch.as_str());
    if let Some(below) = repository.below() {
        findings.error(
            ABOUT,
            format!("umb.toml is in {below} of {name}, and the pipeline reads the one at its top"),
            "move it there, with what it names",
        );
    } else if !repository.has(branch, "umb.toml") {
        findings.warning(
            ABOUT,
            format!("as far as git knows here, the branch {branch} of {name} has no umb.toml"),
            format!("commit and push it to {branch}: no execution can succeed until then"),
        );
    }
}

/// Checks what a stage's account must allow, beside the roles: its reserved concurrency, and the boundary.
async fn check_account(
    settings: &Settings,
    pipeline: &AwsEnv,
    stage: &str,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let spec = settings.stage(stage)?;
    let env = AwsEnv::open(&spec.env()).await?;
    if env.account() != pipeline.account() {
        check_boundary(&env, settings, findings).await;
    }
    let preflight = preflight(&env, spec).await?;
    if !preflight.allows_reservation {
        report_reservation(spec, &preflight, true, findings);
    }
    Ok(())
}
