//! AWS's own service models, pinned with botocore: every request that umb and its function send is held against them.

mod decode;
mod query;
mod rest;
mod rules;
mod shape;
mod xml;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};

use flate2::read::GzDecoder;
use serde_json::Value;

use super::peer;

/// The services that umb calls: the name that requests are signed for, and that of the model's folder.
const SERVICES: [(&str, &str); 14] = [
    ("apigateway", "apigateway"),
    ("cloudformation", "cloudformation"),
    ("codeconnections", "codeconnections"),
    ("codepipeline", "codepipeline"),
    ("codestar-connections", "codestar-connections"),
    ("dynamodb", "dynamodb"),
    ("iam", "iam"),
    ("lambda", "lambda"),
    ("logs", "logs"),
    ("monitoring", "cloudwatch"),
    ("s3", "s3"),
    ("servicequotas", "service-quotas"),
    ("sns", "sns"),
    ("sts", "sts"),
];

/// A request as it was sent.
#[derive(Debug, Default)]
pub struct Sent {
    pub method: String,
    /// The path with its query.
    pub target: String,
    /// Their names are in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Sent {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Whether an AWS SDK for Rust has made it, for AWS: tests send requests of their own, and users' requests go to the
    /// API.
    pub fn is_for_aws(&self) -> bool {
        self.header("user-agent").contains("aws-sdk-rust")
    }
}

/// A service's model.
pub struct Model(Value);

/// What a request asks for: an operation and its input, by the names of its members.
pub struct Asked {
    pub operation: String,
    pub input: Value,
}

/// Returns the service and the operation of a request, such as `dynamodb.GetItem`.
///
/// # Errors
/// What AWS would refuse.
pub fn check(sent: &Sent) -> Result<String, String> {
    let signed_for = signing_name(sent).ok_or("the request is not signed")?;
    let model = Model::of(signed_for).ok_or_else(|| format!("{signed_for} has no model here"))?;
    let asked = decode::decode(&model, sent).map_err(|error| format!("{signed_for}: {error}"))?;
    let name = format!("{signed_for}.{}", asked.operation);
    let mut broken = Vec::new();
    let input = &model.0["operations"][&asked.operation]["input"]["shape"];
    match input.as_str() {
        Some(shape) => shape::check(&model, shape, &asked.input, &name, &mut broken),
        None if asked
            .input
            .as_object()
            .is_some_and(|input| !input.is_empty()) =>
        {
            broken.push(format!("{name}: takes no input"));
        }
        None => {}
    }
    broken.extend(rules::broken(&name, &asked.input));
    broken.retain(|breach| !rules::is_excepted(breach));
    if broken.is_empty() {
        Ok(name)
    } else {
        Err(broken.join("; "))
    }
}

/// Returns the service that a request is signed for.
fn signing_name(sent: &Sent) -> Option<&str> {
    let (_, credential) = sent.header("authorization").split_once("Credential=")?;
    credential.split(',').next()?.split('/').nth(3)
}

impl Model {
    /// Returns the model of the service that requests are signed for by this name.
    fn of(signed_for: &str) -> Option<Arc<Self>> {
        static MODELS: LazyLock<Mutex<BTreeMap<String, Arc<Model>>>> =
            LazyLock::new(Mutex::default);
        let (_, folder) = SERVICES.iter().find(|(name, _)| *name == signed_for)?;
        let mut models = MODELS.lock().unwrap();
        let model = models
            .entry(signed_for.to_owned())
            .or_insert_with(|| Arc::new(Self::read(folder)));
        Some(Arc::clone(model))
    }

    /// Reads the newest version of a model.
    fn read(service: &str) -> Self {
        let versions = data().join(service);
        let newest = fs::read_dir(&versions)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .max()
            .unwrap();
        let file = File::open(newest.join("service-2.json.gz")).unwrap();
        Self(serde_json::from_reader(GzDecoder::new(file)).unwrap())
    }

    fn shape(&self, name: &str) -> &Value {
        &self.0["shapes"][name]
    }

    /// The members of a structure: name, and how it is referred to.
    fn members<'a>(&'a self, shape: &str) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        let members = self.shape(shape)["members"].as_object();
        members
            .into_iter()
            .flatten()
            .map(|(name, member)| (name.as_str(), member))
    }

    fn has_protocol(&self, name: &str) -> bool {
        let protocols = self.0["metadata"]["protocols"].as_array();
        protocols.is_some_and(|all| all.iter().any(|one| one == name))
    }
}

/// Returns the folder of botocore's models.
fn data() -> PathBuf {
    let libraries = peer("python").parent().unwrap().with_file_name("lib");
    let python = fs::read_dir(libraries).unwrap().next().unwrap().unwrap();
    python.path().join("site-packages/botocore/data")
}

/// The name of the shape that a reference refers to.
fn target(reference: &Value) -> &str {
    reference["shape"].as_str().unwrap_or_default()
}

/// What a member is called outside of the model.
fn wire_name<'a>(name: &'a str, member: &'a Value) -> &'a str {
    member["locationName"].as_str().unwrap_or(name)
}
