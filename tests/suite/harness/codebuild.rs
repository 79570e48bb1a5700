//! CodeBuild as tests play it: the commands of a buildspec, in a folder that holds what the step before handed on.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::Value;
use tempfile::TempDir;

/// What a build said and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub output: String,
}

/// Runs the commands of a project's buildspec, one after the other in one shell, as CodeBuild does.
pub fn run_buildspec(
    template: &Value,
    project: &str,
    folder: &Path,
    environment: &BTreeMap<String, String>,
) -> Ran {
    let buildspec = &template["Resources"][project]["Properties"]["Source"]["BuildSpec"];
    let documents = Yaml::load_from_str(buildspec.as_str().unwrap()).unwrap();
    let phases = documents[0].as_mapping_get("phases").unwrap();
    let mut commands = Vec::new();
    for phase in ["install", "pre_build", "build", "post_build"] {
        let listed = phases
            .as_mapping_get(phase)
            .and_then(|phase| phase.as_mapping_get("commands"));
        let listed = listed
            .and_then(|listed| listed.as_sequence())
            .into_iter()
            .flatten();
        commands.extend(listed.map(|command| command.as_str().unwrap().to_owned()));
    }
    assert!(!commands.is_empty(), "{project}");
    let output = Command::new("bash")
        .args(["-e", "-c", &format!("exec 2>&1\n{}", commands.join("\n"))])
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", folder)
        .envs(environment)
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        output: String::from_utf8(output.stdout).unwrap(),
    }
}

/// A PATH on which the compilation takes no time, because the test run has done it: `cargo build` puts its binary
/// where a release build does. What was asked of it is in the file `asked`. It refuses a home below `target/`, which
/// cargo would then not create itself.
pub fn compilers(source: &Path) -> BTreeMap<String, String> {
    let bin = source.join(".cargo/bin");
    fs::create_dir_all(&bin).unwrap();
    let umb = env!("CARGO_BIN_EXE_umb");
    let cargo = format!(
        "#!/bin/sh\ncase \"$CARGO_HOME\" in \"$PWD/target\"*) exit 1;; esac\necho \"cargo $*\" >> asked\nif [ \"$1\" = build ]; then mkdir -p target/release && cp {umb} target/release/umb; fi\n"
    );
    let rustup = "#!/bin/sh\necho \"rustup $*\" >> asked\n";
    for (name, script) in [("cargo", cargo.as_str()), ("rustup", rustup)] {
        let path = bin.join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
    [("PATH".to_owned(), path)].into()
}

/// A copy of an artifact, as CodeBuild finds it: unpacked from an archive that knows no modes.
pub fn copied(build: &Path) -> TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().flatten() {
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), &target).unwrap();
                fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
            }
        }
    }
    let folder = TempDir::new().unwrap();
    copy(build, folder.path());
    folder
}
