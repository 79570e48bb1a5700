//! `umb users export --to` and `import --from`: DynamoDB does the work, from and to S3.

use crate::aws::dynamodb::S3Location;
use crate::error::Failure;
use crate::transfer::{Counts, ProgressSink as _, s3};
use crate::ui::{TransferProgress, Ui};

use super::route::UserAccess;

/// Lets DynamoDB export all users to `location`.
pub(super) async fn export(
    access: UserAccess<'_>,
    location: &S3Location,
    ui: &Ui,
) -> Result<(), Failure> {
    let stage = access.cloud().await?;
    let name = stage.name();
    ui.note(&format!(
        "DynamoDB exports the users of {name} to {location}"
    ));
    let progress = ui.transfer_progress(None);
    let report = |users| report(&progress, users);
    let moved = s3::export_to(&stage.env, &stage.spec, location, report).await?;
    drop(progress);
    ui.note(&format!("{} users exported", moved.users));
    ui.print(&moved.data.to_string());
    Ok(())
}

/// Lets DynamoDB create the table of a stage from the users at `location`.
pub(super) async fn import(
    access: UserAccess<'_>,
    location: &S3Location,
    ui: &Ui,
) -> Result<(), Failure> {
    let stage = access.cloud().await?;
    let name = stage.name();
    ui.note(&format!(
        "DynamoDB imports the users of {location} into a table for {name}"
    ));
    let progress = ui.transfer_progress(None);
    let report = |users| report(&progress, users);
    let moved = s3::import_from(&stage.env, &stage.spec, location, report).await?;
    drop(progress);
    ui.show(&written(moved.users));
    ui.note(&format!("`umb deploy {name}` imports the table"));
    Ok(())
}

fn report(progress: &TransferProgress, users: u64) {
    progress.progress(&written(users));
}

fn written(users: u64) -> Counts {
    Counts {
        written: users,
        ..Counts::default()
    }
}
