//! All users at once, moved by DynamoDB itself: umb only sets it going, and watches.

use crate::aws;
use crate::aws::dynamodb::transfer::{self, NewTable, NoExport, Place, State, Transfer};
use crate::aws::dynamodb::{self, Table};
use crate::template::{self, Billing, Stage};
use crate::wait::{self, Pace};

use super::cloud::TABLE_KEY;
use super::{Cloud, retained};

/// A transfer that did not come about, or did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the stage {stage} has no table")]
    NoTable { stage: String },
    #[error(
        "the stage {stage} has a table already, {table}, and DynamoDB imports into a new one alone"
    )]
    HasTable { stage: String, table: String },
    #[error("the stage {stage} is not protected, and only a protected one takes a table over")]
    AdoptsNothing { stage: String },
    #[error("the table {table} has no point-in-time recovery, out of which DynamoDB exports")]
    NoHistory { table: String },
    #[error("DynamoDB could not do it: {reason}")]
    Failed { reason: String },
    #[error(transparent)]
    Aws(#[from] aws::Error),
    #[error(transparent)]
    Deploy(#[from] super::Error),
}

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) users: u64,
    /// The place of the data.
    pub(crate) data: Place,
}

/// Has all users of a stage exported to `place`; one that is under way there is only watched. `progress` is told
/// how many users there are so far.
///
/// # Errors
/// When the table keeps no history to export from, or AWS says why it failed.
pub(crate) async fn export_to(
    cloud: &Cloud,
    stage: &Stage,
    place: &Place,
    progress: impl Fn(u64),
) -> Result<Moved, Error> {
    let session = &cloud.session;
    let Some(table) = retained::table(cloud, &stage.app, &stage.name).await? else {
        return Err(Error::NoTable {
            stage: stage.name.clone(),
        });
    };
    let under_way = transfer::exports_under_way(session, &table.arn).await?;
    let export = match under_way.into_iter().find(|export| export.place == *place) {
        Some(export) => export,
        None => transfer::start_export(session, &table.arn, place)
            .await
            .map_err(|error| match error {
                NoExport::NoHistory => Error::NoHistory { table: table.name },
                NoExport::Failed(error) => error.into(),
            })?,
    };
    let done = watch(
        async || transfer::export(session, &export.arn).await,
        progress,
    )
    .await?;
    Ok(done.moved())
}

/// Has a stage's table made out of what an export left at `place`; one that is under way is only watched, and
/// what is left of one that failed makes room. The next deploy of the stage takes the table over.
///
/// # Errors
/// When there is a table already: DynamoDB imports into a new one alone. When the stage is not protected:
/// CloudFormation takes over only what it would not delete.
pub(crate) async fn import_from(
    cloud: &Cloud,
    stage: &Stage,
    place: &Place,
    progress: impl Fn(u64),
) -> Result<Moved, Error> {
    if !stage.protected {
        return Err(Error::AdoptsNothing {
            stage: stage.name.clone(),
        });
    }
    let session = &cloud.session;
    let name = template::table_name(&stage.app, &stage.name);
    let mut begun = match dynamodb::table(session, &name).await? {
        Some(table) => Some(import_of(cloud, stage, place, &table).await?),
        None => None,
    };
    if begun.take_if(|import| import.has_failed()).is_some() {
        // What is left of it is in the way.
        retained::delete(cloud, &name).await?;
    }
    let import = match begun {
        Some(import) => import,
        None => transfer::start_import(session, place, new_table(stage, name.clone())).await?,
    };
    let done = watch(
        async || transfer::import(session, &import.arn).await,
        progress,
    )
    .await?;
    finish(cloud, stage, &name).await?;
    Ok(done.moved())
}

/// The import from `place` that `table` is of, if it is no stage's yet.
async fn import_of(
    cloud: &Cloud,
    stage: &Stage,
    place: &Place,
    table: &Table,
) -> Result<Transfer, Error> {
    let import = transfer::import_into(&cloud.session, &table.arn).await?;
    let is_finished = retained::is_tagged(cloud, &stage.app, &stage.name, table).await?;
    import
        .filter(|import| import.place == *place && !is_finished)
        .ok_or_else(|| Error::HasTable {
            stage: stage.name.clone(),
            table: table.name.clone(),
        })
}

fn new_table(stage: &Stage, name: String) -> NewTable {
    NewTable {
        name,
        key: TABLE_KEY,
        capacity: match stage.billing {
            Billing::OnDemand => None,
            Billing::Provisioned { read, write } => Some((read, write)),
        },
    }
}

/// Makes a new table what the stage's template says: a stack takes it over as it is. The tags, by which a deploy
/// knows it, come last.
async fn finish(cloud: &Cloud, stage: &Stage, name: &str) -> Result<(), Error> {
    let session = &cloud.session;
    dynamodb::protect(session, name, true).await?;
    dynamodb::keep_history(session, name).await?;
    if let Some(table) = dynamodb::table(session, name).await? {
        let tags = template::tags(&stage.app, &stage.name);
        dynamodb::tag(session, &table.arn, &tags).await?;
    }
    Ok(())
}

/// Looks until it is over.
async fn watch(
    look: impl AsyncFn() -> Result<Transfer, aws::Error>,
    progress: impl Fn(u64),
) -> Result<Transfer, Error> {
    let transfer = wait::until(Pace::TRANSFER, async || {
        let transfer = look().await?;
        progress(transfer.items);
        Ok::<_, Error>((transfer.state != State::UnderWay).then_some(transfer))
    })
    .await?;
    match transfer.state {
        State::Failed(reason) => Err(Error::Failed { reason }),
        State::UnderWay | State::Done => Ok(transfer),
    }
}

impl Transfer {
    fn has_failed(&self) -> bool {
        matches!(self.state, State::Failed(_))
    }

    fn moved(self) -> Moved {
        Moved {
            users: self.items,
            data: self.data.unwrap_or(self.place),
        }
    }
}
