//! The table that is there without its stack: it stayed when the stack went, with its users.

use crate::aws::dynamodb::{self, Table};
use crate::template;
use crate::wait::{self, Pace};

use super::{Cloud, Error, Event, Reporter};

/// The stage's table, whether a stack has it or not.
///
/// # Errors
/// When a table of that name is not umb's.
pub(super) async fn table(cloud: &Cloud, app: &str, stage: &str) -> Result<Option<Table>, Error> {
    let name = template::table_name(app, stage);
    let Some(table) = dynamodb::table(&cloud.session, &name).await? else {
        return Ok(None);
    };
    if is_tagged(cloud, app, stage, &table).await? {
        Ok(Some(table))
    } else {
        Err(Error::ForeignTable { table: name })
    }
}

/// Whether a table has the tags of the stage's.
pub(super) async fn is_tagged(
    cloud: &Cloud,
    app: &str,
    stage: &str,
    table: &Table,
) -> Result<bool, Error> {
    let tags = dynamodb::tags(&cloud.session, &table.arn).await?;
    Ok(template::tags(app, stage)
        .iter()
        .all(|(key, value)| tags.get(key) == Some(value)))
}

/// Whether the stage's table is there, in a stack or not.
pub(crate) async fn has_retained_table(
    cloud: &Cloud,
    app: &str,
    stage: &str,
) -> Result<bool, Error> {
    Ok(table(cloud, app, stage).await?.is_some())
}

/// Deletes a table that no stack has, with its users; answers whether there was one.
pub(crate) async fn delete_table(
    cloud: &Cloud,
    app: &str,
    stage: &str,
    reporter: &dyn Reporter,
) -> Result<bool, Error> {
    let Some(table) = table(cloud, app, stage).await? else {
        return Ok(false);
    };
    if table.is_protected {
        dynamodb::protect(&cloud.session, &table.name, false).await?;
    }
    delete(cloud, &table.name).await?;
    reporter.report(Event::TableDeleted { table: table.name });
    Ok(true)
}

/// Deletes a table, whoever's it is, and waits until it is gone.
pub(super) async fn delete(cloud: &Cloud, name: &str) -> Result<(), Error> {
    dynamodb::delete(&cloud.session, name).await?;
    wait::until(Pace::STACK, async || {
        let table = dynamodb::table(&cloud.session, name).await?;
        Ok::<_, Error>(table.is_none().then_some(()))
    })
    .await
}
