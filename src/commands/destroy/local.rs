//! Destroys the stage on this machine.

use crate::error::Failure;
use crate::local;
use crate::settings::Settings;
use crate::ui::{Message, Ui};

use super::super::target::LocalStage;

/// Deletes the stage with its users, after asking. Nothing is touched before.
pub(super) async fn destroy_local(settings: &Settings, yes: bool, ui: &Ui) -> Result<(), Failure> {
    let stage = LocalStage::new(settings)?;
    let name = &stage.name;
    if !stage.is_deployed() && local::running(&stage.folder)?.is_none() {
        // What a destroy that was interrupted left, if there was one.
        local::delete_leftovers(&stage.folder)?;
        ui.say(Message::Note {
            text: format!("{name} is not deployed"),
        });
        return Ok(());
    }
    if !yes {
        let folder = stage.folder.display();
        let question = format!("Delete {name} with all its users in {folder}?");
        ui.confirm(&question).await?;
    }
    if local::stop(&stage.folder).await? {
        ui.note(&format!("{name}: stopped"));
    }
    local::delete_data(&stage.folder).await?;
    ui.say(Message::Destroyed { stack: stage.name });
    Ok(())
}
