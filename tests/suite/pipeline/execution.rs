//! An execution of the pipeline: artifacts go through its bucket, each action is done as its role, and each build runs in
//! a container of its own.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::harness::{Container, Ran, Reply, output_folder, replay};

use super::world::{World, pairs};

impl World {
    /// Hands on a commit with these files, as Source does, in place of any other.
    pub fn commit(&self, files: &[(&str, &str)]) {
        let folder = TempDir::new().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        self.commit_folder(folder.path());
    }

    /// Hands on a commit with everything in a folder.
    pub fn commit_folder(&self, folder: &Path) {
        self.artifacts.lock().unwrap().clear();
        self.store("Source", "Source", folder);
    }

    /// Hands on the settings of the sandbox, as a commit.
    pub fn commit_settings(&self) {
        let settings = fs::read_to_string(self.sandbox.work().join("umb.toml")).unwrap();
        self.commit(&[("umb.toml", &settings)]);
    }

    /// Hands on the settings of the sandbox as a commit, and what Synth makes of it.
    pub fn synthesize(&self) {
        self.commit_settings();
        let ran = self.build("Synth", "Synth");
        assert_eq!(ran.code, 0, "{ran:#?}");
    }

    /// Hands on the settings of the sandbox as another commit, in another execution, up to the plan of prod.
    pub fn plan(&self, execution: &str) -> Ran {
        execution.clone_into(&mut self.execution.lock().unwrap());
        self.synthesize();
        self.publish();
        self.cloudformation("Prod-Stateful", "Stateful.Prepare");
        self.build("Prod-Stateful", "Plan")
    }

    /// Stores an artifact where CodePipeline does, as a role.
    pub fn store(&self, role: &str, name: &str, folder: &Path) {
        let key = format!(
            "{}/{name}/{}",
            self.parameters["ArtifactFolder"],
            Uuid::new_v4()
        );
        let bucket = &self.parameters["ArtifactBucketName"];
        let arguments = json!({"bucket": bucket, "key": key, "folder": folder});
        assert_eq!(
            self.act(role, "store", &arguments),
            json!({}),
            "{role}: {name}"
        );
        self.artifacts.lock().unwrap().insert(name.to_owned(), key);
    }

    /// Unpacks an artifact into a folder, as a role.
    pub fn load(&self, role: &str, name: &str, folder: &Path) {
        let key = self.artifacts.lock().unwrap()[name].clone();
        let bucket = &self.parameters["ArtifactBucketName"];
        let arguments = json!({"bucket": bucket, "key": key, "folder": folder});
        assert_eq!(
            self.act(role, "load", &arguments),
            json!({}),
            "{role}: {name}"
        );
    }

    /// Runs a CloudFormation action; returns the result.
    pub fn cloudformation(&self, stage: &str, name: &str) -> Value {
        let action = self.action(stage, name);
        let settings = &action["Configuration"];
        let (stack, change_set) = (&settings["StackName"], &settings["ChangeSetName"]);
        if settings["ActionMode"] == "CHANGE_SET_EXECUTE" {
            let arguments = json!({"stack": stack, "change_set": change_set});
            return self.act("Deployment", "execute", &arguments);
        }
        assert_eq!(settings["ActionMode"], "CHANGE_SET_REPLACE");
        let folder = TempDir::new().unwrap();
        let input = action["InputArtifacts"][0]["Name"].as_str().unwrap();
        self.load("Deployment", input, folder.path());
        let file = |key: &str| {
            let (artifact, path) = settings[key].as_str().unwrap().split_once("::").unwrap();
            assert_eq!(artifact, input);
            fs::read_to_string(folder.path().join(path)).unwrap()
        };
        let arguments = json!({
            "stack": stack, "change_set": change_set, "template": file("TemplatePath"),
            "configuration": file("TemplateConfiguration"), "role": settings["RoleArn"],
        });
        self.act("Deployment", "prepare", &arguments)
    }

    /// Puts the function where the action Publish does, from the artifact Handler.
    pub fn publish(&self) {
        let folder = TempDir::new().unwrap();
        self.load("Deployment", "Handler", folder.path());
        let mut files = fs::read_dir(folder.path().join("handler"))
            .unwrap()
            .flatten();
        let file = files.next().unwrap().path();
        let key = format!("handler/{}", file.file_name().unwrap().to_str().unwrap());
        let arguments = json!({"bucket": self.asset_bucket(), "key": key, "file": file});
        assert_eq!(self.act("Deployment", "publish", &arguments), json!({}));
    }

    /// Runs an action of CodeBuild as its project's role, in a container of its own: takes its inputs from the bucket of
    /// artifacts, and stores its outputs there if it succeeds.
    pub fn build(&self, stage: &str, name: &str) -> Ran {
        let action = self.action(stage, name);
        let settings = &action["Configuration"];
        let project = settings["ProjectName"]["Ref"].as_str().unwrap();
        let role = project.strip_suffix("Project").unwrap();
        let mut project = self.template["Resources"][project]["Properties"].clone();
        self.resolve(&mut project);
        let mut environment = pairs(
            &project["Environment"]["EnvironmentVariables"],
            "Name",
            "Value",
        );
        if let Some(variables) = settings["EnvironmentVariables"].as_str() {
            let variables: Value = serde_json::from_str(variables).unwrap();
            let variables = pairs(&variables, "name", "value").into_iter();
            environment.extend(variables.map(|(name, value)| (name, self.known(&value))));
        }
        environment.extend(self.credentials(role));
        if role == "Deploy" {
            environment.insert(
                "AWS_ENDPOINT_URL_CODEPIPELINE".to_owned(),
                self.codepipeline(),
            );
        }
        let mut container = Container::new(&environment);
        if role == "Function" {
            container = container.with_rust();
        }
        let names = |key: &str| -> Vec<String> {
            let listed = action[key].as_array().into_iter().flatten();
            let names = listed.map(|one| one["Name"].as_str().unwrap().to_owned());
            names.collect()
        };
        let inputs = names("InputArtifacts");
        for input in &inputs {
            self.load(role, input, &container.input(input));
        }
        let primary = settings["PrimarySource"].as_str().unwrap_or(&inputs[0]);
        let buildspec = project["Source"]["BuildSpec"].as_str().unwrap();
        let buildspec = if buildspec.contains('\n') {
            buildspec.to_owned()
        } else {
            fs::read_to_string(container.input(primary).join(buildspec)).unwrap()
        };
        let ran = container.run(&buildspec, primary);
        if ran.code == 0 {
            for output in names("OutputArtifacts") {
                let folder = container
                    .input(primary)
                    .join(output_folder(&buildspec, &output));
                if output == "Templates" {
                    without_metric_math(&folder);
                }
                self.store(role, &output, &folder);
            }
        }
        ran
    }

    /// How CodeBuild lets what it runs call AWS: with its role's credentials, as containers get them.
    fn credentials(&self, role: &str) -> [(String, String); 4] {
        let mut credentials = self.act(role, "credentials", &json!({}));
        credentials["Expiration"] = "2100-01-01T00:00:00Z".into();
        let endpoint = replay(move |_| Reply::json(200, &credentials));
        [
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", endpoint.as_str()),
            ("AWS_ENDPOINT_URL", &self.aws.endpoint),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    }

    /// CodePipeline, which no peer has: the state of the last stage, in which the execution is.
    fn codepipeline(&self) -> String {
        let kind = if self.rolls_back.load(Ordering::Relaxed) {
            "ROLLBACK"
        } else {
            "STANDARD"
        };
        let execution = json!({"pipelineExecutionId": "one", "status": "InProgress", "type": kind});
        let state =
            json!({"stageStates": [{"stageName": "Prod-Stateless", "latestExecution": execution}]});
        replay(move |request| {
            assert_eq!(request.operation(), "GetPipelineState");
            Reply::json(200, &state)
        })
    }

    /// What a variable of CodePipeline comes to.
    fn known(&self, value: &str) -> String {
        match value {
            "#{codepipeline.PipelineExecutionId}" => self.execution.lock().unwrap().clone(),
            other => {
                assert!(!other.contains("#{"), "{other}");
                other.to_owned()
            }
        }
    }
}

/// MiniStack's CloudWatch does not compute.
fn without_metric_math(folder: &Path) {
    for file in fs::read_dir(folder).unwrap().flatten() {
        let path = file.path();
        let text = fs::read_to_string(&path).unwrap();
        let without = text.replace("\"HasMetricMath\":\"true\"", "\"HasMetricMath\":\"false\"");
        fs::write(path, without).unwrap();
    }
}
