//! `umb destroy`

use crate::deploy::{self, Cloud};
use crate::error::Failure;
use crate::local;
use crate::settings::{LOCAL, Settings};
use crate::ui::Ui;

use super::attended::{attended, interruptible};
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
            LOCAL => interruptible(self.destroy_local(settings, ui)).await,
            ALL => interruptible(self.destroy_all(settings, ui)).await,
            _ => {
                let target = CloudStage::open(settings, &self.target).await?;
                attended(&target, ui, self.destroy_cloud(&target, ui)).await
            }
        }
    }

    async fn confirm(&self, ui: &Ui, question: &str) -> Result<(), Failure> {
        if self.yes {
            Ok(())
        } else {
            ui.confirm(question).await
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
        )
        .await?;
        local::delete_data(&stage.folder).await?;
        ui.print(&format!("{} is destroyed", stage.name));
        Ok(())
    }

    async fn destroy_cloud(&self, target: &CloudStage, ui: &Ui) -> Result<(), Failure> {
        let cloud = &target.cloud;
        let (app, stage) = (&target.stage.spec.app, &target.stage.spec.name);
        let place = format!("account {}, {}", cloud.account(), cloud.region());
        self.confirm(
            ui,
            &format!("Destroy the stage {stage} of {app} with all its users ({place})?"),
        )
        .await?;
        if !destroy_stage(cloud, app, stage, ui).await? {
            ui.print(&format!("the stage {stage} is not deployed ({place})"));
        }
        Ok(())
    }

    /// Looks everywhere first, asks once about all that is there, and only then begins.
    async fn destroy_all(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let app = &settings.app;
        let mut clouds = Vec::new();
        for place in settings.places()? {
            if let Some(cloud) = Cloud::open_if_configured(&place).await? {
                let stages = cloud.deployed_stages(app).await?;
                clouds.push((cloud, stages));
            }
        }
        if clouds.is_empty() {
            ui.note("AWS is not configured here: only this machine is looked at");
        }
        for (cloud, stages) in &clouds {
            let stages = match stages.as_slice() {
                [] => "no stage".to_owned(),
                stages => stages.join(", "),
            };
            let (account, region) = (cloud.account(), cloud.region());
            ui.note(&format!(
                "account {account}, {region}: {stages}, and the asset bucket"
            ));
        }
        self.confirm(
            ui,
            &format!("Destroy all this of {app}, with all users, and the local stage?"),
        )
        .await?;
        for (cloud, stages) in &clouds {
            for stage in stages {
                destroy_stage(cloud, app, stage, ui).await?;
            }
            deploy::destroy_bucket(cloud, app, &*ui.reporter()).await?;
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
