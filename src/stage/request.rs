//! What a deploy is asked to bring about.

use crate::artifact::Artifact;
use crate::aws::cloudformation::Mode;
use crate::model::StageSpec;

/// A stage as it should be, and how to get there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeployRequest<'a> {
    pub(crate) stage: &'a StageSpec,
    /// The function that it runs.
    pub(crate) artifact: &'a Artifact,
    /// How CloudFormation deploys.
    pub(crate) mode: Mode,
    /// Whether this umb may deploy a stage that a newer one deployed last.
    pub(crate) allows_downgrade: bool,
}

impl DeployRequest<'_> {
    /// How CloudFormation deploys Stateful and Stateless. The stack that holds data is never deployed in express mode.
    pub(super) fn modes(&self) -> [Mode; 2] {
        match self.mode {
            Mode::Express => [Mode::Standard, Mode::Express],
            mode => [mode; 2],
        }
    }
}
