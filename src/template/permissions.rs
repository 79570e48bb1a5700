//! The IAM policies of the people and programs that run umb: what its commands call, and what CloudFormation calls with
//! their permissions.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::bootstrap::{Bootstrap, bootstrap};
use super::intrinsics::resolved;
use super::yaml::{Error, parse};

const PERMISSIONS: &str = include_str!("../../assets/permissions.yaml");

/// How many characters a managed policy may have, without blanks. Source:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
pub(crate) const LARGEST_MANAGED_POLICY: usize = 6_144;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(strum::VariantArray))]
pub(crate) enum Task {
    Plan,
    Deploy,
    Destroy,
    Users,
    Transfer,
    TransferS3,
    Bootstrap,
    Pipeline,
    /// All of that.
    Everything,
}

/// Which apps a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Apps {
    /// The one of that name.
    One,
    /// All whose names begin with that one.
    WithPrefix,
}

/// The parameters of the bootstrap stack that begin with the app's name.
const NAMED_AFTER_APP: [&str; 3] = ["App", "AssetBucket", "PipelineBucket"];

/// Which role of the bootstrap stack may do what CloudFormation does for a stack, and which of its actions are needed.
type Handlers = (&'static str, fn(&str) -> bool);

impl Task {
    /// As `assets/permissions.yaml` names it.
    fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Deploy => "deploy",
            Self::Destroy => "destroy",
            Self::Users => "users",
            Self::Transfer => "transfer",
            Self::TransferS3 => "transfer-s3",
            Self::Bootstrap => "bootstrap",
            Self::Pipeline => "pipeline",
            Self::Everything => "everything",
        }
    }

    fn handlers(self) -> &'static [Handlers] {
        match self {
            // To detect drift.
            Self::Plan => &[(STAGE, reads)],
            Self::Deploy | Self::Everything => &[(STAGE, any)],
            Self::Destroy => &[(STAGE, deletes)],
            // The pipeline's stacks have roles of their own.
            Self::Users | Self::Transfer | Self::TransferS3 | Self::Bootstrap | Self::Pipeline => {
                &[]
            }
        }
    }

    fn includes(self, other: &str) -> bool {
        self == Self::Everything || self.name() == other
    }
}

const STAGE: &str = "ExecutionRole";

fn any(_: &str) -> bool {
    true
}

/// The part of an action after its service.
fn verb(action: &str) -> &str {
    action.split(':').nth(1).unwrap_or_default()
}

fn begins(action: &str, beginnings: &[&str]) -> bool {
    let verb = verb(action);
    beginnings
        .iter()
        .any(|beginning| verb.starts_with(beginning))
}

fn reads(action: &str) -> bool {
    begins(action, &["Describe", "Get", "List", "GET"])
}

fn deletes(action: &str) -> bool {
    const ENDS: [&str; 6] = [
        "DELETE",
        "Delete",
        "Deregister",
        "Detach",
        "Remove",
        "Untag",
    ];
    reads(action) || begins(action, &ENDS)
}

/// The policy of the role that only a table whose capacity follows its load takes.
const CAPACITY: &str = "Capacity";

/// Returns the policy for a task. Account and region may be `*` where they are not known; `scales` if the capacity of a
/// stage's table follows its load.
///
/// # Errors
/// Only for a defect of the templates' bodies.
pub(crate) fn policy(
    about: &Bootstrap,
    partition: &str,
    apps: Apps,
    task: Task,
    scales: bool,
) -> Result<Value, Error> {
    let roles = bootstrap(about)?;
    let mut known = roles.parameters.clone();
    if apps == Apps::WithPrefix {
        for name in NAMED_AFTER_APP {
            let value = known.entry(name.to_owned()).or_default();
            debug_assert!(value.to_lowercase().starts_with(&about.app.lowercase()));
            value.insert(about.app.as_str().len(), '*');
        }
    }
    known.insert("AWS::Partition".to_owned(), partition.to_owned());
    known.insert("AWS::Region".to_owned(), about.region.clone());
    let global = known["AssetBucket"].trim_end_matches("-an").to_owned();
    known.insert("GlobalAssetBucket".to_owned(), global);
    let own = resolved(&parse(PERMISSIONS)?, &known, &about.account);
    let mut statements = Statements::default();
    for statement in list(&own["Statements"]) {
        if list(&statement["For"]).any(|name| task.includes(text(name))) {
            let resource = &own["Resources"][text(&statement["On"])];
            statements.add(
                text(&statement["Sid"]),
                list(&statement["Action"]).map(text),
                resource,
                &Value::Null,
            );
        }
    }
    let roles = resolved(&roles.template, &known, &about.account);
    // What is deployed may scale, whatever the settings say.
    let scales = scales || matches!(task, Task::Plan | Task::Destroy);
    for (role, is_needed) in task.handlers() {
        let policies = list(&roles["Resources"][role]["Properties"]["Policies"]);
        for policy in policies.filter(|policy| scales || policy["PolicyName"] != CAPACITY) {
            for statement in list(&policy["PolicyDocument"]["Statement"]) {
                let actions = list(&statement["Action"])
                    .map(text)
                    .filter(|action| is_needed(action));
                statements.add(
                    text(&policy["PolicyName"]),
                    actions,
                    &statement["Resource"],
                    &statement["Condition"],
                );
            }
        }
    }
    Ok(json!({"Version": "2012-10-17", "Statement": statements.documents()}))
}

/// The elements of a list, or a value that stands for a list of one.
fn list(value: &Value) -> impl Iterator<Item = &Value> {
    let (several, one) = match value {
        Value::Array(values) => (values.as_slice(), None),
        Value::Null => (&[][..], None),
        one => (&[][..], Some(one)),
    };
    several.iter().chain(one)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Statements, those about the same resources under the same conditions in one.
#[derive(Default)]
struct Statements {
    /// By resource and condition: the place among all, the ID and the actions.
    by_object: BTreeMap<String, Map<String, Value>>,
    order: Vec<String>,
}

impl Statements {
    fn add<'a>(
        &mut self,
        sid: &str,
        actions: impl Iterator<Item = &'a str>,
        resource: &Value,
        condition: &Value,
    ) {
        let mut actions: Vec<_> = actions.map(str::to_owned).collect();
        if actions.is_empty() {
            return;
        }
        let mut resources: Vec<_> = list(resource).map(text).collect();
        resources.sort_unstable();
        let object = json!([resources, condition]).to_string();
        let known = self.by_object.get(&object);
        actions.extend(
            list(&known.map_or(Value::Null, |statement| statement["Action"].clone()))
                .map(|action| text(action).to_owned()),
        );
        actions.sort_unstable();
        actions.dedup();
        let sid = match known {
            Some(statement) => statement["Sid"].clone(),
            None => self.unused(sid).into(),
        };
        let mut statement = Map::new();
        statement.insert("Sid".to_owned(), sid);
        statement.insert("Effect".to_owned(), "Allow".into());
        statement.insert("Action".to_owned(), json!(actions));
        statement.insert("Resource".to_owned(), json!(resources));
        if !condition.is_null() {
            statement.insert("Condition".to_owned(), condition.clone());
        }
        if self.by_object.insert(object.clone(), statement).is_none() {
            self.order.push(object);
        }
    }

    /// The ID, with a number behind it if another statement has it.
    fn unused(&self, sid: &str) -> String {
        let has = |wanted: &str| {
            self.by_object
                .values()
                .any(|statement| statement["Sid"] == wanted)
        };
        let mut wanted = sid.to_owned();
        let mut number = 2;
        while has(&wanted) {
            wanted = format!("{sid}{number}");
            number += 1;
        }
        wanted
    }

    fn documents(mut self) -> Vec<Value> {
        let statements = self
            .order
            .iter()
            .filter_map(|object| self.by_object.remove(object));
        statements.map(Value::from).collect()
    }
}
