//! The state of a stage of either kind.

use std::path::PathBuf;

use serde::Serialize;

use crate::model::{AccountId, Region, StageName};
use crate::stage::StageStatus;
use crate::ui::{Show, health};

/// The state of a stage of either kind.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum StatusReport {
    Local(LocalStatus),
    Cloud(Box<StageStatus>),
    Pipeline(PipelineReport),
}

/// The state of the pipeline's stack.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PipelineReport {
    pub(super) pipeline: String,
    pub(super) account: AccountId,
    pub(super) region: Region,
    /// What CloudFormation says; `None` if it is not deployed.
    pub(super) status: Option<String>,
    /// The version of the umb that deployed it last.
    pub(super) umb: Option<String>,
    /// The SHA-256 of the umb that its builds run.
    pub(super) runner: Option<String>,
}

/// The state of the stage on this machine.
#[derive(Debug, Clone, Serialize)]
pub(super) struct LocalStatus {
    stage: &'static str,
    pub(super) folder: PathBuf,
    pub(super) deployed: bool,
    /// The API's address; `None` if the server is not running.
    pub(super) endpoint: Option<String>,
    /// Whether the API works; `None` if it was not asked.
    pub(super) healthy: Option<bool>,
    /// Why it does not work.
    pub(super) problem: Option<String>,
}

impl LocalStatus {
    pub(super) fn new(folder: PathBuf, deployed: bool) -> Self {
        Self {
            stage: StageName::LOCAL,
            folder,
            deployed,
            endpoint: None,
            healthy: None,
            problem: None,
        }
    }
}

impl Show for StatusReport {
    fn text(&self) -> String {
        match self {
            Self::Cloud(status) => status.text(),
            Self::Local(status) => status.text(),
            Self::Pipeline(report) => report.text(),
        }
    }
}

impl Show for PipelineReport {
    fn text(&self) -> String {
        let (account, region) = (&self.account, &self.region);
        let heading = format!("{} (account {account}, {region})", self.pipeline);
        let state = match (&self.status, &self.umb, &self.runner) {
            (None, ..) => "not deployed: `umb deploy pipeline` deploys it".to_owned(),
            (Some(status), Some(umb), Some(runner)) => {
                format!("{status}, its builds run umb {umb}\n  SHA-256 {runner}")
            }
            (Some(status), ..) => format!("{status}, its builds compile umb"),
        };
        format!("{heading}\n  {state}")
    }
}

impl Show for LocalStatus {
    fn text(&self) -> String {
        let mut lines = vec![format!("{} ({})", self.stage, self.folder.display())];
        lines.push(match &self.endpoint {
            _ if !self.deployed => "  not deployed".to_owned(),
            None => "  not running: `umb deploy local` starts it".to_owned(),
            Some(endpoint) => {
                let health = health(self.healthy, self.problem.as_deref());
                format!("  {endpoint}  {health}")
            }
        });
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pipeline_as_people_and_programs_get_it() {
        let report = |status: Option<&str>, runner: Option<&str>| {
            StatusReport::Pipeline(PipelineReport {
                pipeline: "App-Pipeline".to_owned(),
                account: "111111111111".parse().expect("valid"),
                region: "eu-west-1".parse().expect("valid"),
                status: status.map(str::to_owned),
                umb: status.map(|_| "0.2.0".to_owned()),
                runner: runner.map(str::to_owned),
            })
        };
        let digest = "0".repeat(64);
        let reports = vec![
            report(None, None),
            report(Some("CREATE_COMPLETE"), None),
            report(Some("UPDATE_COMPLETE"), Some(&digest)),
        ];
        let text = anstream::adapter::strip_str(&reports.text()).to_string();
        insta::assert_snapshot!("pipeline_report_text", text);
        insta::assert_json_snapshot!("pipeline_report_json", reports);
    }

    #[test]
    fn local_statuses_as_people_and_programs_get_them() {
        let status = |deployed: bool, endpoint: Option<&str>| LocalStatus {
            endpoint: endpoint.map(str::to_owned),
            healthy: endpoint.map(|_| true),
            ..LocalStatus::new("/home/jo/.local/state/umb/App/local".into(), deployed)
        };
        let statuses = vec![
            StatusReport::Local(status(false, None)),
            StatusReport::Local(status(true, None)),
            StatusReport::Local(status(true, Some("http://127.0.0.1:8080/"))),
        ];
        let text = anstream::adapter::strip_str(&statuses.text()).to_string();
        insta::assert_snapshot!("local_status_text", text);
        insta::assert_json_snapshot!("local_status_json", statuses);
    }
}
