//! What `umb.toml` leaves open of a deployed stage: it stays as it is.

use crate::aws::{self, AwsEnv};
use crate::model::{Capacity, Limit, StageSpec, TableBilling};
use crate::stack::{Event, Reporter};
use crate::template::table_billing;

use super::error::Error;
use super::retained_table::stage_table;
use super::state::StageState;

/// Returns the stage with its table's billing and its function's concurrency as they are deployed, where `umb.toml`
/// does not say otherwise; reports what only stays for that reason.
///
/// # Errors
/// Also when the stage's table belongs to somebody else.
pub(crate) async fn as_deployed(
    env: &AwsEnv,
    stage: &StageSpec,
    state: &StageState,
    reporter: &dyn Reporter,
) -> Result<StageSpec, Error> {
    let billing = match stage.billing() {
        Some(_) => None,
        None => deployed_billing(env, stage, state).await?,
    };
    let stateless = state.stateless.as_ref();
    let concurrency = stateless.map_or(0, |stack| stack.parameters.reserved_concurrency);
    let kept: Vec<_> = [
        billing
            .filter(|billing| *billing != TableBilling::OnDemand)
            .map(|billing| billing.to_string()),
        (stage.reserved_concurrency.is_none() && concurrency > 0)
            .then(|| format!("reserved_concurrency = {concurrency}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !kept.is_empty() {
        reporter.report(Event::Note {
            text: format!(
                "{} keeps what is deployed and umb.toml does not set: {}",
                stage.name,
                kept.join(", ")
            ),
        });
    }
    Ok(stage.clone().keeping(billing, concurrency))
}

/// Returns how the stage's table is billed: as its stack's template says, else, where it outlived its stack, as it is.
async fn deployed_billing(
    env: &AwsEnv,
    stage: &StageSpec,
    state: &StageState,
) -> Result<Option<TableBilling>, Error> {
    if let Some(stack) = &state.stateful {
        let template = env.cloudformation().template(stack.arn()).await?;
        let template = serde_json::from_str(&template).unwrap_or_default();
        if let Some(billing) = table_billing(&template) {
            return Ok(Some(billing));
        }
        // Not umb's, or changed by hand: the table itself knows.
    }
    let table = stage_table(env, stage).await?;
    Ok(table.map(|table| as_it_is(&table)))
}

fn as_it_is(table: &aws::dynamodb::Table) -> TableBilling {
    let units = table.units.and_then(|(read, write)| {
        Some((Limit::try_from(read).ok()?, Limit::try_from(write).ok()?))
    });
    units.map_or(TableBilling::OnDemand, |(read, write)| {
        TableBilling::Provisioned {
            read: Capacity::Fixed(read),
            write: Capacity::Fixed(write),
        }
    })
}
