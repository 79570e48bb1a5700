//! A stack with everything that CloudFormation is given.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::model::{PermissionsBoundary, StackRef};

use super::boundary;
use super::parameters::DEPLOYED_BY;
use super::provenance::{Provenance, VERSION};

/// How many hexadecimal digits of a SHA-256 tell two states of one stack apart.
const DIGITS: usize = 16;

/// A template, with the parameters and tags that go with it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RenderedStack {
    pub(crate) id: StackRef,
    pub(crate) template: Value,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// Changes whenever template, parameters or tags do.
    pub(crate) digest: String,
    /// The ARN of the role that CloudFormation is to work with; else it has the rights of its caller.
    pub(crate) role: Option<String>,
}

impl RenderedStack {
    /// Completes a stack: bounds its roles and records its provenance.
    pub(super) fn new(
        id: StackRef,
        mut template: Value,
        parameters: Vec<(&str, String)>,
        boundary: Option<&PermissionsBoundary>,
    ) -> Self {
        if let Some(boundary) = boundary {
            boundary::apply(boundary, &mut template);
        }
        let parameters = parameters
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value));
        let mut stack = Self {
            tags: id.tags(),
            id,
            template,
            parameters: parameters.collect(),
            digest: String::new(),
            role: None,
        };
        stack.digest = digest(&stack);
        let deployed_by = format!("umb {VERSION}, {}", stack.digest);
        stack.parameters.insert(DEPLOYED_BY.to_owned(), deployed_by);
        stack
    }

    /// A stack that an umb has rendered earlier, from the template and the parameters that it wrote.
    pub(crate) fn written(
        id: StackRef,
        template: Value,
        parameters: BTreeMap<String, String>,
    ) -> Self {
        let provenance = parameters.get(DEPLOYED_BY);
        let provenance = provenance.and_then(|text| Provenance::parse(text));
        Self {
            tags: id.tags(),
            id,
            template,
            parameters,
            digest: provenance.map_or_else(String::new, |provenance| provenance.digest),
            role: None,
        }
    }

    /// The stack's name.
    pub(crate) fn name(&self) -> String {
        self.id.name()
    }
}

/// A digest of template, parameters and tags. The serialization is canonical: serde_json sorts an object's keys.
fn digest(stack: &RenderedStack) -> String {
    let whole: Value = serde_json::json!([stack.template, stack.parameters, stack.tags]);
    let mut digest = hex::encode(Sha256::digest(whole.to_string()));
    digest.truncate(DIGITS);
    digest
}
