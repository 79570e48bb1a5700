//! Deploys a stage on AWS.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::client::Patience;
use crate::error::Failure;
use crate::model::Authorization;
use crate::settings::Settings;
use crate::stack::{Deployed, ENDPOINT_URL, Outputs, REST_API_ID, endpoint};
use crate::stage::{self, DeployRequest, Plan, Prepared, StageState};
use crate::ui::{Message, Outcome, Ui};
use crate::wait::{Pace, Pauses};

use super::super::build;
use super::super::deploy_options::DeployOptions;
use super::super::given_flags::CLOUD_OPTIONS;
use super::super::target::{CloudStage, announce, refuse_protected};

/// How often a deploy makes its plan, if somebody else is faster each time.
const ATTEMPTS: usize = 8;

/// Flags of `umb deploy STAGE`.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = CLOUD_OPTIONS)]
pub(super) struct StageOptions {
    /// Apply this plan, which `umb plan --out` saved, and nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["express", "revert_drift"])]
    pub(super) plan: Option<PathBuf>,
    /// Update only the function's code, directly; the next complete deploy replaces it
    #[arg(long, conflicts_with_all = ["plan", "express", "revert_drift"])]
    code_only: bool,
    /// Do not check after the deploy whether the API works
    #[arg(long)]
    no_verify: bool,
    /// Continue even if this table would be replaced or deleted, with its users
    #[arg(long, value_name = "TABLE_LOGICAL_ID")]
    allow_data_loss: Vec<String>,
    #[command(flatten)]
    options: DeployOptions,
}

/// What `umb deploy STAGE` works with.
struct Deploy<'a> {
    target: &'a CloudStage,
    request: DeployRequest<'a>,
    options: &'a StageOptions,
    yes: bool,
    ui: &'a Ui,
}

/// What was agreed to before it is asked for.
pub(super) struct Agreed {
    /// Exactly this plan.
    pub(super) plan: Option<Plan>,
    /// Everything that would be asked for.
    pub(super) yes: bool,
}

impl StageOptions {
    /// Deploys a stage, by a saved plan if there is one.
    pub(super) async fn deploy(
        &self,
        target: &CloudStage,
        settings: &Settings,
        agreed: Agreed,
        ui: &Ui,
    ) -> Result<(), Failure> {
        if target.spec.authorization == Authorization::None {
            ui.warning(format!(
                "authorization = \"NONE\": anyone can read and change the users of the stage {}",
                target.name()
            ));
        }
        if !self.allow_data_loss.is_empty() {
            refuse_protected(&target.spec, "--allow-data-loss")?;
        }
        if self.code_only {
            refuse_protected(&target.spec, "--code-only")?;
        }
        let Agreed { plan, yes } = agreed;
        let artifact = build::function(settings).await?;
        let deploy = Deploy {
            target,
            request: self.options.request(&target.spec, &artifact)?,
            options: self,
            yes,
            ui,
        };
        announce(&format!("the stage {}", target.name()), &target.env, ui);
        if self.code_only {
            return deploy.code_only().await;
        }
        let mut pauses = Pauses::new(Pace::STACK);
        for _ in 1..ATTEMPTS {
            match Box::pin(deploy.once(plan.clone())).await {
                Err(failure) if plan.is_none() && is_lost_race(&failure) => {
                    ui.warning(format!("{}: making a new plan", failure.cause()));
                    pauses.wait().await;
                }
                ended => return ended,
            }
        }
        Box::pin(deploy.once(plan)).await
    }
}

fn is_lost_race(failure: &Failure) -> bool {
    failure
        .find::<stage::Error>()
        .is_some_and(stage::Error::is_lost_race)
}

impl Deploy<'_> {
    /// Looks, plans, asks for consent where it is needed, and does exactly what was planned.
    async fn once(&self, plan: Option<Plan>) -> Result<(), Failure> {
        let target = self.target;
        let reporter = self.ui.reporter();
        let state = StageState::look(&target.env, target.app(), target.name()).await?;
        let state = state.settle(&target.env, &*reporter).await?;
        let request = &self.request;
        let prepared = match plan {
            Some(plan) => Prepared::from_saved(&target.env, request, plan, state, &*reporter).await,
            None => Prepared::new(&target.env, request, state, &*reporter).await,
        };
        drop(reporter);
        let deployed = match prepared {
            Ok(prepared) => self.apply(&prepared).await,
            Err(error) => Err(error.into()),
        };
        if deployed.is_err() {
            // The error is what matters. A change set that cannot be deleted now goes with the next update.
            let _ = target.env.discard_change_sets().await;
        }
        deployed
    }

    async fn apply(&self, prepared: &Prepared) -> Result<(), Failure> {
        prepared.plan.guard(&self.options.allow_data_loss)?;
        if prepared.plan.needs_consent() && !self.yes {
            self.ui.explain(&prepared.plan);
            self.ui.confirm("Deploy this?").await?;
        }
        let mut outputs = BTreeMap::new();
        let done = |deployed: Deployed| {
            outputs.clone_from(&deployed.outputs);
            self.ui.say(deployed);
        };
        let reporter = self.ui.reporter();
        stage::deploy(&self.target.env, &self.request, prepared, &*reporter, done).await?;
        if self.options.no_verify {
            return Ok(());
        }
        let mut patience = Patience::DEPLOYMENT;
        if let Some(api) = outputs.get(REST_API_ID) {
            let (env, stateless) = (&self.target.env, prepared.stateless());
            let is_updating = stage::check_access(env, stateless, api, &*reporter).await?;
            if is_updating {
                patience = Patience::SECURITY_POLICY;
            }
        }
        drop(reporter);
        self.verify(outputs.remove(ENDPOINT_URL), patience).await
    }

    async fn code_only(&self) -> Result<(), Failure> {
        let env = &self.target.env;
        let state = StageState::look(env, self.target.app(), self.target.name()).await?;
        state.refuse_unsettled()?;
        let reporter = self.ui.reporter();
        let stack = stage::deploy_code(env, &self.request, &state, &*reporter).await?;
        drop(reporter);
        self.ui.say(Message::Deployed {
            stack: stack.id.name(),
            outcome: Outcome::Code,
            outputs: Outputs::new(),
        });
        self.verify(endpoint(env, &stack), Patience::DEPLOYMENT)
            .await
    }

    /// Asks the new API for a user that does not exist.
    async fn verify(&self, endpoint: Option<String>, patience: Patience) -> Result<(), Failure> {
        let Some(endpoint) = endpoint.filter(|_| !self.options.no_verify) else {
            return Ok(());
        };
        if patience == Patience::SECURITY_POLICY {
            self.ui.note(
                "API Gateway is changing how the API may be reached, which may take a quarter of an hour",
            );
        }
        let verified = self.target.client_at(endpoint)?.verify(patience).await;
        let name = self.target.name();
        verified.map_err(|error| {
            Failure::from(error)
                .context("the stage is deployed, but its API does not work")
                .or_hint(format!(
                    "`umb status {name}` checks again; --no-verify deploys without checking"
                ))
        })
    }
}
