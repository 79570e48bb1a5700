//! Destroys a stage on AWS.

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::model::{App, StageName};
use crate::stage::{self, StageState};
use crate::ui::{Message, Ui};

use super::super::target::CloudStage;
use super::consent::Consent;

/// Destroys a stage after asking, and says what still exists of it.
pub(super) async fn destroy_stage(
    target: &CloudStage,
    consent: &Consent<'_>,
    ui: &Ui,
) -> Result<(), Failure> {
    let (env, app, name) = (&target.env, target.app(), target.name());
    let place = format!("account {}, {}", env.account(), env.region());
    let state = StageState::look(env, app, name).await?;
    let deletes_retained = consent.delete_data && stage::has_table(env, app, name).await?;
    if state.is_empty() && !deletes_retained {
        report_leftovers(env, app, name, ui).await;
        let text = format!("the stage {name} is not deployed ({place})");
        ui.say(Message::Note { text });
        return Ok(());
    }
    let is_protected = state.is_protected() || deletes_retained;
    let users = if is_protected && !consent.delete_data {
        "its table stays, with all users"
    } else {
        "with all its users"
    };
    let question = format!("Destroy the stage {name} of {app}, {users} ({place})?");
    let whole_name = format!("{app}-{}", name.capitalized());
    consent
        .ask(&question, &whole_name, is_protected, ui)
        .await?;
    destroy(env, name, consent, ui).await?;
    report_leftovers(env, app, name, ui).await;
    Ok(())
}

/// Destroys a stage and says what is gone.
pub(super) async fn destroy(
    env: &AwsEnv,
    name: &StageName,
    consent: &Consent<'_>,
    ui: &Ui,
) -> Result<(), Failure> {
    let app = consent.app;
    let reporter = ui.reporter();
    for stack in stage::destroy(env, app, name, &*reporter).await? {
        ui.say(Message::Destroyed {
            stack: stack.name(),
        });
    }
    if consent.delete_data {
        stage::delete_table(env, app, name, &*reporter).await?;
    }
    Ok(())
}

/// Says what still exists of a stage and costs money. If that cannot be found out, it warns.
pub(super) async fn report_leftovers(env: &AwsEnv, app: &App, name: &StageName, ui: &Ui) {
    match stage::leftovers(env, app, name).await {
        Ok(leftovers) => ui.say(Message::Leftovers {
            stage: name.clone(),
            leftovers,
        }),
        Err(error) => ui.warning(format!(
            "cannot find out what is left of the stage {name}: {error}"
        )),
    }
}
