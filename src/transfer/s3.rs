//! All users at once, moved by DynamoDB itself: umb only starts the transfer and watches it.

use crate::aws::dynamodb::import_export::{
    self, ExportError, NewTable, S3Location, State, Transfer,
};
use crate::aws::dynamodb::{self, Table};
use crate::aws::{self, AwsEnv};
use crate::model::{StackRef, StageName, StageSpec, names};
use crate::stage::{self, delete_and_wait, has_tags_of_stage, stage_table};
use crate::template::TABLE_KEY;
use crate::wait::{self, Pace};

/// A transfer that did not start, or did not succeed.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(test, derive(strum::AsRefStr, strum::VariantNames))]
pub(crate) enum Error {
    #[error("the stage {stage} has no table")]
    NoTable { stage: StageName },
    #[error(
        "the stage {stage} already has the table {table}, and DynamoDB can only import into a new one"
    )]
    HasTable { stage: StageName, table: String },
    #[error(
        "the stage {stage} is not protected, and only a protected one can import an existing table"
    )]
    NotProtected { stage: StageName },
    #[error("the table {table} has no point-in-time recovery, which DynamoDB exports from")]
    PitrDisabled { table: String, stage: StageName },
    #[error("the transfer failed: {reason}")]
    Failed { reason: String },
    #[error(transparent)]
    Aws(#[from] aws::Error),
    #[error(transparent)]
    Stage(#[from] stage::Error),
}

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) users: u64,
    /// Where the data is.
    pub(crate) data: S3Location,
}

/// Lets DynamoDB export all users of a stage to `location`; if such an export is already running, it is only watched.
/// `progress` gets the number of users so far.
///
/// # Errors
/// Also when the table has no point-in-time recovery to export from.
pub(crate) async fn export_to(
    env: &AwsEnv,
    stage: &StageSpec,
    location: &S3Location,
    progress: impl Fn(u64),
) -> Result<Moved, Error> {
    let session = env.session();
    let Some(table) = stage_table(env, stage).await? else {
        return Err(Error::NoTable {
            stage: stage.name.clone(),
        });
    };
    let running = import_export::running_exports(session, &table.arn).await?;
    let export = match running
        .into_iter()
        .find(|export| export.location == *location)
    {
        Some(export) => export,
        None => import_export::start_export(session, &table.arn, location)
            .await
            .map_err(|error| match error {
                ExportError::PitrDisabled => Error::PitrDisabled {
                    table: table.name,
                    stage: stage.name.clone(),
                },
                ExportError::Failed(error) => error.into(),
            })?,
    };
    let done = watch(
        async || import_export::export(session, &export.arn).await,
        progress,
    )
    .await?;
    Ok(done.moved())
}

/// Lets DynamoDB create a stage's table from what an export left at `location`; if such an import is already running, it is
/// only watched, and what a failed one left is deleted first. The next deploy of the stage imports the table.
///
/// # Errors
/// When there is a table already: DynamoDB can only import into a new one. When the stage is not protected:
/// CloudFormation imports only resources that it would not delete.
pub(crate) async fn import_from(
    env: &AwsEnv,
    stage: &StageSpec,
    location: &S3Location,
    progress: impl Fn(u64),
) -> Result<Moved, Error> {
    if !stage.protected {
        return Err(Error::NotProtected {
            stage: stage.name.clone(),
        });
    }
    let session = env.session();
    let name = names::table(&stage.app, &stage.name);
    let mut started = match dynamodb::table(session, &name).await? {
        Some(table) => Some(import_of(env, stage, location, &table).await?),
        None => None,
    };
    if started.take_if(|import| import.has_failed()).is_some() {
        // What it left is in the way.
        delete_and_wait(env, &name).await?;
    }
    let import = match started {
        Some(import) => import,
        None => {
            import_export::start_import(session, location, new_table(stage, name.clone())).await?
        }
    };
    let done = watch(
        async || import_export::import(session, &import.arn).await,
        progress,
    )
    .await?;
    finish(env, stage, &name).await?;
    Ok(done.moved())
}

/// Returns the import from `location` that creates `table`, unless the table already belongs to the stage.
async fn import_of(
    env: &AwsEnv,
    stage: &StageSpec,
    location: &S3Location,
    table: &Table,
) -> Result<Transfer, Error> {
    let import = import_export::import_into(env.session(), &table.arn).await?;
    let is_finished = has_tags_of_stage(env, &stage.app, &stage.name, table).await?;
    import
        .filter(|import| import.location == *location && !is_finished)
        .ok_or_else(|| Error::HasTable {
            stage: stage.name.clone(),
            table: table.name.clone(),
        })
}

fn new_table(stage: &StageSpec, name: String) -> NewTable {
    NewTable {
        name,
        key: TABLE_KEY,
        capacity: stage
            .capacity()
            .map(|(read, write)| (read.initial(), write.initial())),
    }
}

/// Makes a new table what the stage's template says, because a stack imports it as it is. The tags, by which a deploy
/// recognizes it, come last.
async fn finish(env: &AwsEnv, stage: &StageSpec, name: &str) -> Result<(), Error> {
    let session = env.session();
    dynamodb::protect(session, name, true).await?;
    dynamodb::enable_recovery(session, name).await?;
    if let Some(table) = dynamodb::table(session, name).await? {
        let tags = StackRef::stateful(&stage.app, &stage.name).tags();
        dynamodb::tag(session, &table.arn, &tags).await?;
    }
    Ok(())
}

/// Waits until a transfer has ended.
async fn watch(
    look: impl AsyncFn() -> Result<Transfer, aws::Error>,
    progress: impl Fn(u64),
) -> Result<Transfer, Error> {
    let transfer = wait::until(Pace::TRANSFER, async || {
        let transfer = look().await?;
        progress(transfer.items);
        Ok::<_, aws::Error>((transfer.state != State::Running).then_some(transfer))
    })
    .await?;
    match transfer.state {
        State::Failed(reason) => Err(Error::Failed { reason }),
        State::Running | State::Done => Ok(transfer),
    }
}

impl Transfer {
    fn has_failed(&self) -> bool {
        matches!(self.state, State::Failed(_))
    }

    fn moved(self) -> Moved {
        Moved {
            users: self.items,
            data: self.data.unwrap_or(self.location),
        }
    }
}
