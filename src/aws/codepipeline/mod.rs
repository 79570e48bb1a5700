//! CodePipeline: pipelines and their executions. Source:
//! <https://docs.aws.amazon.com/codepipeline/latest/APIReference/Welcome.html>.

mod execution;
mod pipeline;
mod state;

pub(crate) use execution::{ActionExecution, Execution, FailedRule};
pub(crate) use pipeline::{Approval, Pipeline, using};
pub(crate) use state::{ActionState, StageState};
