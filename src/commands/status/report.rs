//! The state of a stage of either kind.

use std::path::PathBuf;

use serde::Serialize;

use crate::model::StageName;
use crate::stage::StageStatus;
use crate::ui::{Show, health};

/// The state of a stage of either kind.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum StatusReport {
    Local(LocalStatus),
    Cloud(Box<StageStatus>),
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
        }
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
