//! What a commit may not do by itself: make something broader.

use std::path::PathBuf;

use crate::error::{Failure, Kind};
use crate::pipeline::{Approvals, digest_of_broader};
use crate::stack::{StackPlan, broader_lines};

/// The flag with what people have allowed the execution.
#[derive(Debug, clap::Args)]
pub(in crate::commands) struct ApprovalsFlag {
    // Only the pipeline's own builds have it.
    #[arg(long, value_name = "DIR", hide = true)]
    approvals: Option<PathBuf>,
}

impl ApprovalsFlag {
    /// Refuses what makes something broader, unless a person has allowed exactly that.
    pub(super) fn check(&self, stacks: &[StackPlan]) -> Result<(), Failure> {
        let Some(digest) = digest_of_broader(stacks) else {
            return Ok(());
        };
        let approvals = self.approvals.clone().map(Approvals::new);
        if approvals.is_some_and(|approvals| approvals.allow(&digest)) {
            return Ok(());
        }
        let all = stacks.iter().flat_map(|stack| {
            let lines = broader_lines(&stack.broader).into_iter();
            lines.map(|line| format!("{}, {line}", stack.stack))
        });
        let all: Vec<_> = all.collect();
        let cause = format!(
            "nobody has allowed what this commit makes broader: {}",
            all.join("; ")
        );
        Err(Failure::new(Kind::Failed, cause).hint(format!(
            "`umb pipeline approve --broader {digest}`, run by a person, allows this execution exactly that, and retries"
        )))
    }
}
