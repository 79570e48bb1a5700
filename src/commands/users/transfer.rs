//! `umb users export --to` and `import --from`: DynamoDB does the work, from and to S3.

use crate::bulk::{Tally, Watcher as _};
use crate::deploy::{self, Moved, S3Place};
use crate::error::{Failure, Kind};
use crate::ui::Ui;

use super::super::stage::{Chosen, CloudStage};
use super::Target;

/// Has all users exported to `place`.
pub(super) async fn export(target: Target<'_>, place: &S3Place, ui: &Ui) -> Result<(), Failure> {
    let CloudStage { stage, cloud } = &*cloud_stage(target).await?;
    ui.note(&format!(
        "DynamoDB exports the users of {} to {place}",
        stage.spec.name
    ));
    let moved = watched(ui, async |progress| {
        Ok(deploy::export_to(cloud, &stage.spec, place, progress).await?)
    })
    .await?;
    ui.note(&format!("{} users exported", moved.users));
    ui.print(&moved.data.to_string());
    Ok(())
}

/// Has the table of a stage made of the users at `place`.
pub(super) async fn import(
    target: Target<'_>,
    place: &S3Place,
    ui: &Ui,
) -> Result<(Tally, String), Failure> {
    let CloudStage { stage, cloud } = &*cloud_stage(target).await?;
    ui.note(&format!(
        "DynamoDB imports the users of {place} into a table for {}",
        stage.spec.name
    ));
    let moved = watched(ui, async |progress| {
        Ok(deploy::import_from(cloud, &stage.spec, place, progress).await?)
    })
    .await?;
    let tally = Tally {
        written: moved.users,
        ..Tally::default()
    };
    Ok((tally, stage.spec.name.clone()))
}

async fn cloud_stage(target: Target<'_>) -> Result<Box<CloudStage>, Failure> {
    match Chosen::of(target.stage, target.settings).await? {
        Chosen::Cloud(stage) => Ok(stage),
        Chosen::Local(_) => Err(Failure::usage("the stage local is on this machine alone")
            .hint("name one on AWS: --stage dev; or leave out --to and --from")),
    }
}

/// Shows how far DynamoDB is; with Ctrl-C, only the watching ends.
async fn watched(
    ui: &Ui,
    work: impl AsyncFnOnce(&dyn Fn(u64)) -> Result<Moved, Failure>,
) -> Result<Moved, Failure> {
    let bar = ui.bulk_progress(None);
    let progress = |users| {
        bar.progress(&Tally {
            written: users,
            ..Tally::default()
        });
    };
    tokio::select! {
        moved = work(&progress) => moved,
        Ok(()) = tokio::signal::ctrl_c() => Err(Failure::new(Kind::Interrupted, "interrupted")
            .hint("DynamoDB goes on; the same command watches it again")),
    }
}
