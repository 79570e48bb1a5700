//! What a project's README says about the pipeline.

use std::io;
use std::path::Path;

use crate::error::Failure;
use crate::model::StageName;
use crate::settings::Settings;
use crate::ui::Ui;

const README: &str = "README.md";
/// The heading of the section.
const HEADING: &str = "## Deployed by umb";

/// Adds the section for those who work on the project, unless it is there already.
pub(super) fn add_section(project: &Path, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
    let path = project.join(README);
    let before = match fs_err::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        before => before?,
    };
    if before.contains(HEADING) {
        return Ok(());
    }
    let stages: Vec<_> = settings
        .pipeline
        .stages
        .iter()
        .map(StageName::as_str)
        .collect();
    let stages = stages.join(", then ");
    let section = format!(
        "{HEADING}\n\nEvery commit on the branch that `umb.toml` names is deployed: {stages}.\n\n\
         ```\numb pipeline status            # what is being deployed\n\
         umb pipeline watch             # follow it\n\
         umb pipeline logs              # why a build failed\n```\n"
    );
    let gap = if before.is_empty() { "" } else { "\n" };
    fs_err::write(&path, format!("{before}{gap}{section}"))?;
    ui.print(&path.display().to_string());
    Ok(())
}
