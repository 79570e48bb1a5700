//! `umb destroy`

use crate::deploy::{self, Cloud};
use crate::error::Failure;
use crate::local;
use crate::settings::{LOCAL, Settings};
use crate::ui::Ui;

use super::stage::{CloudStage, LocalStage};

/// The target that is every stage of the app, and what they share.
const ALL: &str = "all";

/// Destroy a stage with its users, or everything of the app
#[derive(Debug, clap::Args)]
pub(crate) struct DestroyArgs {
    /// The stage, or `all` for every stage and the asset bucket
    target: String,
    /// Do it without asking
    #[arg(long, short)]
    yes: bool,
}

impl DestroyArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        match self.target.as_str() {
            LOCAL => self.destroy_local(settings, ui).await,
            ALL => self.destroy_all(settings, ui).await,
            _ => self.destroy_cloud(settings, ui).await,
        }
    }

    fn confirm(&self, ui: &Ui, question: &str) -> Result<(), Failure> {
        if self.yes {
            Ok(())
        } else {
            ui.confirm(question)
        }
    }

    async fn destroy_local(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let stage = LocalStage::of(settings)?;
        if local::stop(&stage.folder).await? {
            ui.note(&format!("{}: stopped", stage.name));
        }
        if !local::deployed(&stage.folder) {
            ui.print(&format!("{} is not deployed", stage.name));
            return Ok(());
        }
        self.confirm(
            ui,
            &format!(
                "Delete {} with all its users in {}?",
                stage.name,
                stage.folder.display()
            ),
        )?;
        local::delete_data(&stage.folder)?;
        ui.print(&format!("{} is destroyed", stage.name));
        Ok(())
    }

    async fn destroy_cloud(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let CloudStage { cloud, .. } = CloudStage::open(settings, &self.target).await?;
        let (app, stage) = (&settings.app, &self.target);
        let place = format!("account {}, {}", cloud.account(), cloud.region());
        self.confirm(
            ui,
            &format!("Destroy the stage {stage} of {app} with all its users ({place})?"),
        )?;
        if !destroy_stage(&cloud, app, stage, ui).await? {
            ui.print(&format!("the stage {stage} is not deployed ({place})"));
        }
        Ok(())
    }

    async fn destroy_all(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let app = &settings.app;
        self.confirm(
            ui,
            &format!("Destroy every stage of {app} with all users, and the asset bucket?"),
        )?;
        for place in settings.places()? {
            let cloud = Cloud::open(&place).await?;
            for stage in cloud.deployed_stages(app).await? {
                destroy_stage(&cloud, app, &stage, ui).await?;
            }
            deploy::destroy_bucket(&cloud, app, &*ui.reporter()).await?;
        }
        let local = Self {
            target: LOCAL.to_owned(),
            yes: true,
        };
        local.destroy_local(settings, ui).await
    }
}

/// Destroys a stage and says what went; answers whether there was anything.
async fn destroy_stage(cloud: &Cloud, app: &str, stage: &str, ui: &Ui) -> Result<bool, Failure> {
    let destroyed = deploy::destroy_stage(cloud, app, stage, &*ui.reporter()).await?;
    for stack in &destroyed {
        ui.print(&format!("{stack} is destroyed"));
    }
    Ok(!destroyed.is_empty())
}
