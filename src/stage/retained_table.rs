//! The table of a stage, which may outlive its stack with its users.

use crate::aws::AwsEnv;
use crate::aws::dynamodb::{self, Table};
use crate::model::{App, StackRef, StageName, StageSpec, names};
use crate::stack::{Event, Reporter};
use crate::wait::{self, Pace};

use super::error::Error;

/// Returns the stage's table, whether it belongs to a stack or not.
///
/// # Errors
/// Also when a table of that name belongs to somebody else.
pub(crate) async fn stage_table(env: &AwsEnv, stage: &StageSpec) -> Result<Option<Table>, Error> {
    table(env, &stage.app, &stage.name).await
}

/// Returns the table of a stage that `umb.toml` may not know any more.
///
/// # Errors
/// Also when a table of that name belongs to somebody else.
pub(super) async fn table(
    env: &AwsEnv,
    app: &App,
    stage: &StageName,
) -> Result<Option<Table>, Error> {
    let name = names::table(app, stage);
    let Some(table) = dynamodb::table(env.session(), &name).await? else {
        return Ok(None);
    };
    if has_tags_of_stage(env, app, stage, &table).await? {
        Ok(Some(table))
    } else {
        Err(Error::ForeignTable { table: name })
    }
}

/// Whether a table has the tags of the stage.
pub(crate) async fn has_tags_of_stage(
    env: &AwsEnv,
    app: &App,
    stage: &StageName,
    table: &Table,
) -> Result<bool, Error> {
    let tags = dynamodb::tags(env.session(), &table.arn).await?;
    Ok(StackRef::stateful(app, stage).owns(&tags))
}

/// Whether the stage has a table, in a stack or not.
pub(crate) async fn has_table(env: &AwsEnv, app: &App, stage: &StageName) -> Result<bool, Error> {
    Ok(table(env, app, stage).await?.is_some())
}

/// Deletes a table that belongs to no stack, with its users.
pub(crate) async fn delete_table(
    env: &AwsEnv,
    app: &App,
    stage: &StageName,
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    let Some(table) = table(env, app, stage).await? else {
        return Ok(());
    };
    if table.is_protected {
        dynamodb::protect(env.session(), &table.name, false).await?;
    }
    delete_and_wait(env, &table.name).await?;
    reporter.report(Event::TableDeleted { table: table.name });
    Ok(())
}

/// Deletes a table, whoever it belongs to, and waits until it is gone.
pub(crate) async fn delete_and_wait(env: &AwsEnv, name: &str) -> Result<(), Error> {
    dynamodb::delete(env.session(), name).await?;
    wait::until(Pace::STACK, async || {
        let table = dynamodb::table(env.session(), name).await?;
        Ok::<_, Error>(table.is_none().then_some(()))
    })
    .await
}
