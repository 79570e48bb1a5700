//! Flags that change what a deploy of a stage does, and so what its plan says.

use crate::artifact::Artifact;
use crate::aws::cloudformation::Mode;
use crate::error::Failure;
use crate::model::StageSpec;
use crate::stage::DeployRequest;

use super::given_flags::CLOUD_OPTIONS;
use super::target::refuse_protected;

/// Flags that change what a deploy of a stage does.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = CLOUD_OPTIONS)]
pub(super) struct DeployOptions {
    /// Deploy even if a newer umb deployed the stage last
    #[arg(long)]
    allow_downgrade: bool,
    /// Also change back what was changed by hand
    #[arg(long, conflicts_with = "express")]
    revert_drift: bool,
    /// Do not wait until resources are stable (CloudFormation's express mode, for Stateless)
    #[arg(long)]
    express: bool,
}

impl DeployOptions {
    /// What a deploy of `stage`, which runs `artifact`, is asked for.
    ///
    /// # Errors
    /// For a flag that a protected stage does not take.
    pub(super) fn request<'a>(
        &self,
        stage: &'a StageSpec,
        artifact: &'a Artifact,
    ) -> Result<DeployRequest<'a>, Failure> {
        if self.express {
            refuse_protected(stage, "--express")?;
        }
        let mode = if self.revert_drift {
            Mode::RevertDrift
        } else if self.express {
            Mode::Express
        } else {
            Mode::Standard
        };
        Ok(DeployRequest {
            stage,
            artifact,
            mode,
            allows_downgrade: self.allow_downgrade,
        })
    }
}
