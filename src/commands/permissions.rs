//! `umb permissions`

use crate::error::Failure;
use crate::model::{App, Partition, Region, StageSpec};
use crate::settings::Settings;
use crate::template::{self, Apps, Bootstrap, LARGEST_MANAGED_POLICY, Task};
use crate::ui::Ui;

/// What stands for what is not known.
const ANY: &str = "*";

/// Print the IAM policy that a command needs, for this app
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb permissions deploy > policy.json             For whoever deploys stages
  umb permissions users                            For whoever works with users
  umb permissions everything                       For all of umb with this app
  umb permissions everything --app-prefix Preview  For all apps named Preview…")]
pub(crate) struct PermissionsArgs {
    /// What the policy is for
    #[arg(value_enum)]
    command: CommandName,
    /// Cover every app whose name starts with PREFIX, instead of the app in umb.toml
    #[arg(long, value_name = "PREFIX")]
    app_prefix: Option<App>,
}

/// The commands that need the same.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum CommandName {
    /// Also status, outputs, drift, diagnose, watch and doctor
    Plan,
    /// Also cancel and rollback
    Deploy,
    Destroy,
    /// Through the API
    Users,
    /// users import and export, also with --via table
    Transfer,
    /// users export --to and import --from, without access to the S3 bucket
    TransferS3,
    Bootstrap,
    /// deploy pipeline, pipeline and connection
    Pipeline,
    /// All of them
    Everything,
}

impl PermissionsArgs {
    pub(super) fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let scales = settings.stages().any(StageSpec::scales);
        let (mut about, partition) = (about(settings), partition(settings));
        let mut apps = Apps::One;
        if let Some(prefix) = &self.app_prefix {
            about.app = prefix.clone();
            apps = Apps::WithPrefix;
        }
        let policy = template::policy(&about, partition, apps, self.task(), scales)?;
        let size = policy.to_string().len();
        if size > LARGEST_MANAGED_POLICY {
            ui.note(&format!(
                "{size} characters: more than the {LARGEST_MANAGED_POLICY} of a managed policy; take those of the commands one \
                 by one, or an inline policy of a role"
            ));
        }
        ui.print(&format!("{policy:#}"));
        Ok(())
    }

    fn task(&self) -> Task {
        match self.command {
            CommandName::Plan => Task::Plan,
            CommandName::Deploy => Task::Deploy,
            CommandName::Destroy => Task::Destroy,
            CommandName::Users => Task::Users,
            CommandName::Transfer => Task::Transfer,
            CommandName::TransferS3 => Task::TransferS3,
            CommandName::Bootstrap => Task::Bootstrap,
            CommandName::Pipeline => Task::Pipeline,
            CommandName::Everything => Task::Everything,
        }
    }
}

/// The app where all of its stages are, and its pipeline if there is to be one: in one account and region, if they are all
/// said to be in the same.
fn about(settings: &Settings) -> Bootstrap {
    let pipeline = Some(&settings.pipeline).filter(|pipeline| pipeline.is_wanted());
    let accounts = settings.stages().map(|stage| stage.account.as_ref());
    let accounts = accounts.chain(pipeline.map(|pipeline| pipeline.account.as_ref()));
    let regions = settings.stages().map(|stage| stage.region.as_ref());
    let regions = regions.chain(pipeline.map(|pipeline| pipeline.region.as_ref()));
    let account = only(accounts).map_or_else(|| ANY.to_owned(), ToString::to_string);
    Bootstrap {
        app: settings.app.clone(),
        pipeline_account: account.clone(),
        account,
        region: only(regions).map_or_else(|| ANY.to_owned(), ToString::to_string),
        boundary: settings.boundary.clone(),
        sets_logging_role: false,
    }
}

fn partition(settings: &Settings) -> &'static str {
    let regions = settings.stages().map(|stage| stage.region.as_ref());
    only(regions)
        .map_or(Partition::Aws, Region::partition)
        .name()
}

/// The value that all have in common.
fn only<'a, T: PartialEq>(mut values: impl Iterator<Item = Option<&'a T>>) -> Option<&'a T> {
    let first = values.next().flatten()?;
    values.all(|other| other == Some(first)).then_some(first)
}
