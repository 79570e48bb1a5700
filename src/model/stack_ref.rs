//! The app's CloudFormation stacks: what they are called, and how their tags say whose they are.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::{App, StageName};

/// The tag that says which app a stack belongs to. A name alone may be anybody's, such as that of the CDK sample.
const APP_TAG: &str = "umb:app";
/// The tag that says which stage of the app it belongs to.
const STAGE_TAG: &str = "umb:stage";

/// One of the app's stacks, whether it exists or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StackRef {
    pub(crate) app: App,
    pub(crate) part: StackPart,
}

/// What a stack holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StackPart {
    /// A stage's table.
    Stateful(StageName),
    /// A stage's function, API, dashboard and alarms.
    Stateless(StageName),
    /// The pipeline.
    Pipeline,
    /// The pipeline's roles, which outlive it and the stages.
    Bootstrap,
}

impl StackRef {
    /// The stack that holds a stage's table.
    pub(crate) fn stateful(app: &App, stage: &StageName) -> Self {
        Self::new(app, StackPart::Stateful(stage.clone()))
    }

    /// The stack that serves a stage's table.
    pub(crate) fn stateless(app: &App, stage: &StageName) -> Self {
        Self::new(app, StackPart::Stateless(stage.clone()))
    }

    /// Both stacks of a stage, in the order in which they are deployed.
    pub(crate) fn pair(app: &App, stage: &StageName) -> [Self; 2] {
        [Self::stateful(app, stage), Self::stateless(app, stage)]
    }

    /// The pipeline's stack.
    pub(crate) fn pipeline(app: &App) -> Self {
        Self::new(app, StackPart::Pipeline)
    }

    /// The stack of the pipeline's roles.
    pub(crate) fn bootstrap(app: &App) -> Self {
        Self::new(app, StackPart::Bootstrap)
    }

    fn new(app: &App, part: StackPart) -> Self {
        Self {
            app: app.clone(),
            part,
        }
    }

    /// The stack's name, e.g. `UserManagementBackend-Dev-Stateful`.
    pub(crate) fn name(&self) -> String {
        self.to_string()
    }

    /// The app that the stack belongs to.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// The stage that the stack belongs to; `None` for what belongs to the app as a whole.
    pub(crate) fn stage(&self) -> Option<&StageName> {
        match &self.part {
            StackPart::Stateful(stage) | StackPart::Stateless(stage) => Some(stage),
            StackPart::Pipeline | StackPart::Bootstrap => None,
        }
    }

    /// The tags that say whose the stack is.
    pub(crate) fn tags(&self) -> BTreeMap<String, String> {
        let mut tags = app_tags(&self.app);
        tags.extend(
            self.stage()
                .map(|stage| (STAGE_TAG.to_owned(), stage.to_string())),
        );
        tags
    }

    /// Whether something with the tags `tags` belongs to the stack's owner: the stage, or the app as a whole.
    pub(crate) fn owns(&self, tags: &BTreeMap<String, String>) -> bool {
        self.tags()
            .iter()
            .all(|(key, value)| tags.get(key) == Some(value))
    }

    /// The stage of the app that a stack with these tags belongs to.
    pub(crate) fn stage_of(app: &App, tags: &BTreeMap<String, String>) -> Option<StageName> {
        let is_of_app = tags.get(APP_TAG).is_some_and(|tag| tag == app.as_str());
        tags.get(STAGE_TAG).filter(|_| is_of_app)?.parse().ok()
    }
}

/// The tags of what belongs to the app, and to no stage.
pub(crate) fn app_tags(app: &App) -> BTreeMap<String, String> {
    [(APP_TAG.to_owned(), app.to_string())].into()
}

impl fmt::Display for StackRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let app = &self.app;
        match &self.part {
            StackPart::Stateful(stage) => {
                write!(formatter, "{app}-{}-Stateful", stage.capitalized())
            }
            StackPart::Stateless(stage) => {
                write!(formatter, "{app}-{}-Stateless", stage.capitalized())
            }
            StackPart::Pipeline => write!(formatter, "{app}-Pipeline"),
            StackPart::Bootstrap => write!(formatter, "{app}-Bootstrap"),
        }
    }
}

impl Serialize for StackRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_has_a_name_and_tags() {
        let (app, dev) = (App::default(), StageName::dev());
        let [stateful, stateless] = StackRef::pair(&app, &dev);
        assert_eq!(stateful.name(), "UserManagementBackend-Dev-Stateful");
        assert_eq!(stateless.name(), "UserManagementBackend-Dev-Stateless");
        assert_eq!(
            StackRef::pipeline(&app).name(),
            "UserManagementBackend-Pipeline"
        );
        assert_eq!(
            StackRef::bootstrap(&app).name(),
            "UserManagementBackend-Bootstrap"
        );
        assert_eq!(StackRef::stage_of(&app, &stateful.tags()), Some(dev));
        assert_eq!(
            StackRef::stage_of(&app, &StackRef::pipeline(&app).tags()),
            None
        );
    }

    #[test]
    fn only_the_same_owner_owns() {
        let (app, dev) = (App::default(), StageName::dev());
        let [stateful, stateless] = StackRef::pair(&app, &dev);
        assert!(stateful.owns(&stateless.tags()));
        assert!(StackRef::pipeline(&app).owns(&stateful.tags()));
        assert!(!stateful.owns(&StackRef::pipeline(&app).tags()));
        assert!(!stateful.owns(&StackRef::stateful(&app, &StageName::prod()).tags()));
        let other: App = "Other".parse().expect("valid");
        assert_eq!(StackRef::stage_of(&other, &stateful.tags()), None);
    }
}
