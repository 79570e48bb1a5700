//! What Synth hands on to the stages: their templates with their parameters, and what says of which format that is.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::artifact::Artifact;
use crate::model::{App, StackRef, StageName};
use crate::stage::HandedOn;
use crate::template::{RenderedStack, VERSION};

use super::error::Error;

/// The manifest's name, beside the templates.
const MANIFEST: &str = "manifest.json";
/// The newest format. A newer umb reads older formats, because an approval or a rollback may hand it an artifact that an
/// older one made.
const FORMAT: u32 = 1;

/// What Synth says about what it hands on, so that an umb of another version knows whether it can read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    /// The version of the umb that made it.
    umb: String,
    /// The SHA-256 of the function's package.
    function: String,
}

/// What CodePipeline reads beside a template. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html>.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    parameters: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
}

/// Writes the manifest and the stacks of all stages to a new folder.
pub(crate) fn hand_on(
    artifact: &Artifact,
    stages: &[[RenderedStack; 2]],
    folder: &Path,
) -> Result<(), Error> {
    fs_err::create_dir_all(folder)?;
    let manifest = Manifest {
        format: FORMAT,
        umb: VERSION.to_owned(),
        function: artifact.sha256.clone(),
    };
    write(&folder.join(MANIFEST), &manifest)?;
    for stack in stages.iter().flatten() {
        let name = stack.name();
        write(&folder.join(template_file(&name)), &stack.template)?;
        let configuration = Configuration {
            parameters: stack.parameters.clone(),
            tags: stack.tags.clone(),
        };
        write(&folder.join(configuration_file(&name)), &configuration)?;
    }
    Ok(())
}

/// Reads what Synth handed on of a stage. CloudFormation is to work with the role of the ARN `role`.
///
/// # Errors
/// Also when it is of a newer umb's format, or was not written by umb.
pub(crate) fn handed_on(
    folder: &Path,
    app: &App,
    stage: &StageName,
    role: &str,
) -> Result<HandedOn, Error> {
    let path = folder.join(MANIFEST);
    let manifest: Manifest = read(&path)?;
    if manifest.format > FORMAT {
        return Err(Error::UnknownFormat { path });
    }
    let stack = |id: StackRef| {
        let name = id.name();
        let template = read(&folder.join(template_file(&name)))?;
        let configuration: Configuration = read(&folder.join(configuration_file(&name)))?;
        Ok::<_, Error>(RenderedStack {
            role: Some(role.to_owned()),
            ..RenderedStack::written(id, template, configuration.parameters)
        })
    };
    let [stateful, stateless] = StackRef::pair(app, stage);
    Ok(HandedOn {
        stacks: [stack(stateful)?, stack(stateless)?],
        function: manifest.function,
    })
}

/// Writes a file without blanks: CloudFormation takes templates of 51,200 bytes.
pub(super) fn write(path: &Path, content: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_string(content).unwrap_or_default();
    Ok(fs_err::write(path, text)?)
}

/// Reads a file of a format that this umb knows.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = fs_err::read_to_string(path)?;
    serde_json::from_str(&text).map_err(|_| Error::UnknownFormat {
        path: path.to_owned(),
    })
}

fn template_file(stack: &str) -> String {
    format!("{stack}.template.json")
}

fn configuration_file(stack: &str) -> String {
    format!("{stack}.configuration.json")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stage_is_read_as_it_was_handed_on_and_a_newer_format_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let (app, stage) = (App::default(), StageName::prod());
        let stack = |id| {
            let parameters = [("DeployedBy".to_owned(), "umb 0.1.0, 00ff".to_owned())];
            RenderedStack {
                role: Some("arn".to_owned()),
                ..RenderedStack::written(id, json!({"Resources": {}}), parameters.into())
            }
        };
        let stacks = StackRef::pair(&app, &stage).map(stack);
        let artifact = Artifact::embedded();
        hand_on(&artifact, std::slice::from_ref(&stacks), folder).expect("written");
        let found = handed_on(folder, &app, &stage, "arn").expect("read");
        assert_eq!(found.stacks, stacks);
        assert_eq!(found.stacks[0].digest, "00ff");
        assert_eq!(found.function, artifact.sha256);

        let path = folder.join(MANIFEST);
        let newer = Manifest {
            format: FORMAT + 1,
            ..read(&path).expect("read")
        };
        write(&path, &newer).expect("written");
        let refused = handed_on(folder, &app, &stage, "arn");
        assert!(matches!(refused, Err(Error::UnknownFormat { .. })));
    }
}
