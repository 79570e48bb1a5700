//! A question about a key of the pipeline.

use crate::error::Failure;
use crate::settings::Editor;
use crate::ui::Ui;

/// The table of the pipeline in umb.toml.
pub(super) const PIPELINE: &[&str] = &["pipeline"];
/// What a copy of umb's repository has as its own repository's name.
const PLACEHOLDER: &str = "OWNER/REPO";

/// A key that the pipeline needs.
pub(super) struct Question {
    /// The key, which is also the flag's name.
    pub(super) key: &'static str,
    /// What the flag says.
    pub(super) given: Option<String>,
    /// What it most likely is.
    pub(super) found: Option<String>,
}

impl Question {
    /// Sets the key: as the flag says, else as the file does, else as a person says who is asked, else as was found out.
    ///
    /// # Errors
    /// When none of them says it.
    pub(super) async fn answer(self, editor: &mut Editor, ui: &Ui) -> Result<(), Failure> {
        let Self { key, given, found } = self;
        let existing = editor.get(PIPELINE, key);
        let is_set = existing.is_some_and(|text| text != PLACEHOLDER);
        if given.is_none() && is_set {
            return Ok(());
        }
        let value = match given {
            Some(given) => Some(given),
            None if ui.can_ask() => ask(key, found, ui).await,
            None => found,
        };
        let value = value.ok_or_else(|| {
            Failure::usage(format!("the pipeline's {key} is not set")).hint(format!("pass --{key}"))
        })?;
        editor.set(PIPELINE, key, value);
        Ok(())
    }
}

async fn ask(key: &str, found: Option<String>, ui: &Ui) -> Option<String> {
    let default = found.as_ref().map(|found| format!(" [{found}]"));
    let default = default.unwrap_or_default();
    let answer = ui.ask(&format!("The pipeline's {key}{default}:")).await;
    answer.filter(|answer| !answer.is_empty()).or(found)
}
