//! Where a run happens: in an account, or on emulators that each have a part of what AWS has.

use std::env;
use std::sync::Arc;

use serde_json::json;

use crate::harness::{Moto, Sandbox, export_of, ministack, runner};
use crate::pipeline::around::{ACCOUNT, Around, on_moto};

use super::account::Account;
use super::report::Report;

/// An umb that the pipeline's builds can run, where the one under test is not portable.
const RUNNER: &str = "UMB_ACCEPTANCE_RUNNER";

/// The umb that the pipeline's builds run.
pub fn runner_of_builds() -> String {
    env::var(RUNNER).unwrap_or_else(|_| runner().to_owned())
}

/// Where the stages and the pipeline of an app are.
pub struct Place {
    pub account: Account,
    pub stages: Arc<Sandbox>,
    /// The same but on emulators: MiniStack has what stages need, moto what a pipeline needs.
    pub pipeline: Arc<Sandbox>,
    pub report: Report,
    moto: Option<Moto>,
}

impl Place {
    /// The app `app` in an account.
    pub fn aws(account: Account, app: &str) -> Self {
        let mut sandbox = Sandbox::of_the_environment();
        app.clone_into(&mut sandbox.app);
        let sandbox = Arc::new(sandbox);
        Self {
            account,
            pipeline: Arc::clone(&sandbox),
            stages: sandbox,
            report: Report::Direct,
            moto: None,
        }
        .settled()
    }

    /// The app `app` on emulators.
    pub fn emulators(app: &str) -> Self {
        let mut stages = Sandbox::on(ministack());
        let (moto, around, mut pipeline) = on_moto();
        *around.lock().unwrap() = Around {
            status: "PENDING",
            ..Around::default()
        };
        for sandbox in [&mut stages, &mut pipeline] {
            app.clone_into(&mut sandbox.app);
        }
        Self {
            account: Account::of_sandbox(&stages),
            stages: Arc::new(stages),
            pipeline: Arc::new(pipeline),
            report: Report::Held,
            moto: Some(moto),
        }
        .settled()
    }

    /// Without its settings, umb would work on another app.
    fn settled(self) -> Self {
        self.settings("");
        self
    }

    /// What there is in all of its accounts, as [`Account::names`] returns it.
    pub fn names(&self) -> Vec<String> {
        let mut names = self.account.names();
        if self.moto.is_some() {
            let account = Account::of_sandbox(&self.pipeline);
            names.extend(account.names());
            names.extend(account.connections());
        } else {
            names.extend(self.account.connections());
        }
        names
    }

    /// Writes umb.toml, with more about the stage `dev`.
    pub fn settings(&self, dev: &str) {
        let region = &self.account.region;
        let write = |sandbox: &Sandbox, account: &str| {
            let here = format!("account = \"{account}\"\nregion = \"{region}\"\n");
            let name = &sandbox.app;
            sandbox.settings(&format!(
                "[stages.dev]\n{here}throttling_rate = 1000\nthrottling_burst = 1000\n{dev}\n\
                 [stages.prod]\n{here}[stages.copy]\nprotected = true\n{here}[pipeline]\n{here}\
                 connection = \"{name}\"\nrepository = \"umb-acceptance/none\"\nstages = [\"dev\"]\n"
            ));
        };
        if self.moto.is_some() {
            write(&self.pipeline, ACCOUNT);
        }
        write(&self.stages, &self.account.number);
    }

    /// Both accounts of an app on emulators, or the one on AWS.
    pub fn sandboxes(&self) -> Vec<&Sandbox> {
        let pipeline = self.moto.as_ref().map(|_| &*self.pipeline);
        [&*self.stages].into_iter().chain(pipeline).collect()
    }

    /// Does what AWS's importer of OpenAPI documents does beside what MiniStack's does.
    pub fn complete_api(&self) {
        if self.moto.is_some() {
            ministack().complete_import(&self.stages);
        }
    }

    /// Writes what DynamoDB writes when it exports a table: MiniStack only records that it has. `location` is the data's.
    pub fn complete_export(&self, location: &str, table: &str) {
        if self.moto.is_none() {
            return;
        }
        let scan = json!({ "TableName": table }).to_string();
        let target = "DynamoDB_20120810.Scan";
        let items = ministack().target(&self.stages, "dynamodb", target, &scan);
        let file = export_of(items["Items"].as_array().unwrap());
        let (bucket, key) = location
            .trim_start_matches("s3://")
            .split_once('/')
            .unwrap();
        self.account
            .put_object(bucket, &format!("{key}/1.json.gz"), file);
    }
}
