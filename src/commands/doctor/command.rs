//! `umb doctor`

use crate::error::{Failure, Kind};
use crate::settings::Settings;
use crate::ui::Ui;

use super::finding::Findings;
use super::{pipeline, stage};

/// Check that everything needed to deploy is in place
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb doctor           Check the stages and the pipeline
  umb doctor --json    The same, as JSON")]
pub(crate) struct DoctorArgs {
    /// Show a JSON array, an object for each finding
    #[arg(long)]
    pub(in crate::commands) json: bool,
}

impl DoctorArgs {
    pub(in crate::commands) async fn run(
        &self,
        settings: &Settings,
        ui: &Ui,
    ) -> Result<(), Failure> {
        let mut findings = Findings::default();
        match settings.path() {
            Some(path) => findings.ok("settings", path.display().to_string()),
            None => findings.ok("settings", "no umb.toml: the defaults"),
        }
        for spec in settings.stages() {
            stage::check(settings, spec, &mut findings).await;
        }
        if settings.pipeline.is_wanted() {
            pipeline::check(settings, &mut findings).await;
        }
        ui.show(&findings.list);
        match findings.errors() {
            0 => Ok(()),
            1 => Err(Failure::new(Kind::Failed, "something is missing")),
            count => Err(Failure::new(
                Kind::Failed,
                format!("{count} things are missing"),
            )),
        }
    }
}
