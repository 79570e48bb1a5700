//! Whether a person agrees to a destruction.

use crate::error::Failure;
use crate::model::App;
use crate::ui::Ui;

/// What the command line already agrees to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Consent<'a> {
    pub(super) app: &'a App,
    /// Whether to destroy without asking what is not protected.
    pub(super) yes: bool,
    /// The name of what is destroyed, as somebody who destroys what is protected must give it.
    pub(super) confirm: Option<&'a str>,
    /// Whether tables that outlive their stacks go too.
    pub(super) delete_data: bool,
}

impl Consent<'_> {
    /// Asks, unless the command line agrees already. What is protected takes its `name`. A name that is given must always
    /// be that: whoever gives another one means something else.
    ///
    /// # Errors
    /// When a person declines, or cannot be asked.
    pub(super) async fn ask(
        &self,
        question: &str,
        name: &str,
        is_protected: bool,
        ui: &Ui,
    ) -> Result<(), Failure> {
        if is_protected || self.confirm.is_some() {
            ui.confirm_name(question, name, self.confirm).await
        } else if self.yes {
            Ok(())
        } else {
            ui.confirm(question).await
        }
    }
}
