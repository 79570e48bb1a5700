//! CodeBuild as tests play it: the commands of a buildspec, in folders with new names, with what the image has.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use saphyr::{LoadableYamlNode as _, Yaml};
use tempfile::TempDir;

use super::awscli;

/// What the image's shell finds, besides umb's own tests: nothing of this machine that the image does not have.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A container of CodeBuild: a home, and a folder for each input.
pub struct Container {
    folder: TempDir,
    environment: BTreeMap<String, String>,
}

/// What a build said and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub output: String,
}

impl Container {
    /// A container with these variables beside those that every one has.
    pub fn new(environment: &BTreeMap<String, String>) -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["bin", "root", "src", "tmp"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        symlink(awscli(), folder.path().join("bin/aws")).unwrap();
        Self {
            folder,
            environment: environment.clone(),
        }
    }

    /// The folder of an input, which the first build of the container creates.
    pub fn input(&self, name: &str) -> PathBuf {
        self.folder.path().join("src").join(name)
    }

    /// Lets builds find Rust as an image that has rustup does, with the downloads of this machine.
    pub fn with_rust(mut self) -> Self {
        let bin = self.folder.path().join("root/.cargo/bin");
        fs::create_dir_all(&bin).unwrap();
        for name in ["cargo", "rustc", "rustup"] {
            symlink(found(name), bin.join(name)).unwrap();
        }
        let home = PathBuf::from(std::env::var_os("HOME").unwrap());
        for (name, default) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            let folder = std::env::var_os(name).map_or_else(|| home.join(default), PathBuf::from);
            let folder = folder.to_str().unwrap().to_owned();
            self.environment.insert(name.to_owned(), folder);
        }
        self
    }

    /// Runs the commands of a buildspec in the folder of the input `primary`, one after the other in one shell, as CodeBuild
    /// does.
    pub fn run(&self, buildspec: &str, primary: &str) -> Ran {
        let folder = self.folder.path();
        let inputs = fs::read_dir(folder.join("src")).unwrap().flatten();
        let inputs = inputs.map(|input| {
            let name = input.file_name().to_str().unwrap().to_owned();
            let variable = if name == primary {
                "CODEBUILD_SRC_DIR".to_owned()
            } else {
                format!("CODEBUILD_SRC_DIR_{name}")
            };
            (variable, input.path())
        });
        let script = format!("exec 2>&1\n{}", commands(buildspec).join("\n"));
        let output = Command::new("bash")
            .args(["-e", "-c", &script])
            .current_dir(self.input(primary))
            .env_clear()
            .env("PATH", format!("{}:{PATH}", folder.join("bin").display()))
            .env("HOME", folder.join("root"))
            // What a container forgets.
            .env("TMPDIR", folder.join("tmp"))
            .envs(inputs)
            .envs(&self.environment)
            .output()
            .unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            output: String::from_utf8(output.stdout).unwrap(),
        }
    }
}

/// The program of that name on this machine.
fn found(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let mut candidates = std::env::split_paths(&path).map(|folder| folder.join(name));
    candidates.find(|candidate| candidate.is_file()).unwrap()
}

fn document(buildspec: &str) -> Yaml<'_> {
    Yaml::load_from_str(buildspec).unwrap().remove(0)
}

/// The commands of all phases.
fn commands(buildspec: &str) -> Vec<String> {
    let document = document(buildspec);
    let phases = document.as_mapping_get("phases").unwrap();
    let mut commands = Vec::new();
    for phase in ["install", "pre_build", "build", "post_build"] {
        let listed = phases
            .as_mapping_get(phase)
            .and_then(|phase| phase.as_mapping_get("commands"));
        let listed = listed.and_then(|listed| listed.as_sequence());
        let listed = listed.into_iter().flatten();
        commands.extend(listed.map(|command| command.as_str().unwrap().to_owned()));
    }
    assert!(!commands.is_empty(), "{buildspec}");
    commands
}

/// The folder of an output artifact, as a buildspec names it.
pub fn output_folder(buildspec: &str, name: &str) -> String {
    let document = document(buildspec);
    let artifacts = document.as_mapping_get("artifacts").unwrap();
    let secondary = artifacts.as_mapping_get("secondary-artifacts");
    let artifact = secondary.map_or(artifacts, |all| all.as_mapping_get(name).unwrap());
    let folder = artifact.as_mapping_get("base-directory").unwrap();
    folder.as_str().unwrap().to_owned()
}
