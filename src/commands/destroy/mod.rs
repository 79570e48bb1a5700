//! `umb destroy`

mod all;

use crate::deploy::{self, Cloud, Standing};
use crate::error::{Failure, Kind};
use crate::local;
use crate::settings::{LOCAL, PIPELINE, Settings};
use crate::ui::Ui;

use super::attended::{attended, interruptible};
use super::stage::{CloudStage, LocalStage};
use super::{lone, pipeline};

/// The target that is every stage of the app, and what they share.
const ALL: &str = "all";

/// Destroy a stage with its users, or everything of the app
#[derive(Debug, clap::Args)]
pub(crate) struct DestroyArgs {
    /// The stage, `pipeline`, or `all` for every stage, the pipeline and what they share
    target: String,
    /// Do it without asking; not enough for a protected stage
    #[arg(long, short)]
    yes: bool,
    /// The app's name, instead of typing it: for a protected stage
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
    /// Delete the table of a protected stage too, with its users
    #[arg(long)]
    delete_data: bool,
    /// Show what happens as JSON, an object a line
    #[arg(long)]
    json: bool,
}

impl DestroyArgs {
    pub(super) fn is_for_programs(&self) -> bool {
        self.json
    }

    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        match self.target.as_str() {
            LOCAL => interruptible(self.destroy_local(settings, ui)).await,
            PIPELINE => lone::resumable(pipeline::destroy(settings, self.yes, ui)).await,
            ALL => lone::resumable(self.destroy_all(settings, ui)).await,
            _ => {
                let target = CloudStage::open(settings, &self.target).await?;
                attended(&target, ui, self.destroy_cloud(&target, ui)).await
            }
        }
    }

    /// Asks, unless that was answered beforehand; what is protected takes more than a yes.
    async fn agree(
        &self,
        ui: &Ui,
        question: &str,
        app: &str,
        is_protected: bool,
    ) -> Result<(), Failure> {
        if is_protected {
            ui.confirm_name(question, app, self.confirm.as_deref())
                .await
        } else if self.yes {
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
            ui.say(&format!("{} is not deployed", stage.name));
            return Ok(());
        }
        let (name, folder) = (&stage.name, stage.folder.display());
        let question = format!("Delete {name} with all its users in {folder}?");
        self.agree(ui, &question, &settings.app, false).await?;
        local::delete_data(&stage.folder).await?;
        ui.destroyed(&stage.name);
        Ok(())
    }

    async fn destroy_cloud(&self, target: &CloudStage, ui: &Ui) -> Result<(), Failure> {
        let cloud = &target.cloud;
        let (app, stage) = (&target.stage.spec.app, &target.stage.spec.name);
        let place = place(cloud);
        let standing = Standing::look(cloud, app, stage).await?;
        let deletes_retained =
            self.delete_data && deploy::has_retained_table(cloud, app, stage).await?;
        if standing.is_empty() && !deletes_retained {
            inventory(cloud, app, stage, ui).await;
            let nothing = format!("the stage {stage} is not deployed ({place})");
            if !self.yes {
                return Err(Failure::new(Kind::Failed, nothing));
            }
            ui.say(&nothing);
            return Ok(());
        }
        let is_protected = standing.is_protected() || deletes_retained;
        let users = if is_protected && !self.delete_data {
            "its table stays, with all users"
        } else {
            "with all its users"
        };
        let question = format!("Destroy the stage {stage} of {app}, {users} ({place})?");
        self.agree(ui, &question, app, is_protected).await?;
        self.destroy_stage(cloud, app, stage, ui).await?;
        inventory(cloud, app, stage, ui).await;
        Ok(())
    }

    /// Destroys a stage and says what went.
    async fn destroy_stage(
        &self,
        cloud: &Cloud,
        app: &str,
        stage: &str,
        ui: &Ui,
    ) -> Result<(), Failure> {
        for stack in deploy::destroy_stage(cloud, app, stage, &*ui.reporter()).await? {
            ui.destroyed(&stack);
        }
        if self.delete_data {
            deploy::delete_table(cloud, app, stage, &*ui.reporter()).await?;
        }
        Ok(())
    }
}

fn place(cloud: &Cloud) -> String {
    format!("account {}, {}", cloud.account(), cloud.region())
}

/// Says what is still there of a stage and costs money. That it cannot be found out is no failure.
async fn inventory(cloud: &Cloud, app: &str, stage: &str, ui: &Ui) {
    match deploy::remains(cloud, app, stage).await {
        Ok(remnants) => ui.remnants(stage, &remnants),
        Err(error) => ui.warning(&format!(
            "what is left of the stage {stage} cannot be told: {error}"
        )),
    }
}
