//! Builds and tests a function from its source, with cargo.

use std::env;
use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use super::cargo::{PROFILE, cargo};
use super::error::Error;
use super::function::Artifact;
use super::package::ENTRY;

/// The variable that names the target to build for, where it is not this host's.
const TARGET: &str = "UMB_HANDLER_TARGET";

/// The number of the signal that Ctrl-C sends.
const SIGINT: i32 = 2;

/// A function's source.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The folder of its manifest.
    pub(crate) folder: PathBuf,
    /// Whether the lock file must stay as it is.
    pub(crate) is_locked: bool,
}

impl Source {
    /// Runs its tests.
    pub(crate) async fn test(&self) -> Result<(), Error> {
        self.check()?;
        let mut command = self.cargo("test", &[])?;
        // The result is on standard output, which is for the result of umb.
        command.stdout(std::io::stderr());
        run(command, "test").await.map(|_| ())
    }

    /// Builds it for `target`, a triple of Rust's; else for this host. A triple that ends in a version of glibc, such as
    /// `x86_64-unknown-linux-gnu.2.34`, is built by cargo-zigbuild.
    ///
    /// # Errors
    /// Also when Lambda could not run it, or when it keeps another contract than that of this umb.
    pub(crate) async fn build(&self, target: Option<&str>) -> Result<Artifact, Error> {
        self.check()?;
        let target = target.map(str::to_owned).or_else(|| env::var(TARGET).ok());
        let platform = target.as_deref().unwrap_or(env::consts::OS);
        if !platform.contains("linux") {
            return Err(Error::NotLinux {
                platform: platform.to_owned(),
            });
        }
        let verb = if platform.contains(".2.") {
            "zigbuild"
        } else {
            "build"
        };
        let mut command = self.cargo(verb, &["--bin", ENTRY, "--profile", PROFILE])?;
        if let Some(target) = &target {
            command.args(["--target", target]);
        }
        command
            .arg("--message-format=json-render-diagnostics")
            .stdout(Stdio::piped());
        let messages = run(command, verb).await?;
        let executable =
            executable(&messages).ok_or_else(|| Error::NoSource(self.folder.clone()))?;
        Artifact::from_executable(&fs_err::read(executable)?)
    }

    fn check(&self) -> Result<(), Error> {
        if self.folder.join("Cargo.toml").is_file() {
            Ok(())
        } else {
            Err(Error::NoSource(self.folder.clone()))
        }
    }

    fn cargo(&self, verb: &str, arguments: &[&str]) -> Result<Command, Error> {
        let mut command = cargo(OsStr::new("cargo"), &self.folder).map_err(Error::Unfit)?;
        command.arg(verb).args(arguments);
        if self.is_locked {
            command.arg("--locked");
        }
        Ok(command.into())
    }
}

/// Runs a command to its end, and returns what it wrote to a standard output that is piped.
async fn run(mut command: Command, verb: &str) -> Result<String, Error> {
    let child = command.stdin(Stdio::null()).kill_on_drop(true).spawn();
    let output = child.map_err(Error::NoCargo)?;
    let output = output.wait_with_output().await?;
    // Ctrl-C at a terminal is for cargo as well, which may end first.
    if output.status.signal() == Some(SIGINT) {
        return Err(Error::Interrupted);
    }
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Error::Cargo {
            verb: verb.to_owned(),
        })
    }
}

/// Returns where cargo put the function, by its messages:
/// <https://doc.rust-lang.org/cargo/reference/external-tools.html#artifact-messages>.
fn executable(messages: &str) -> Option<PathBuf> {
    messages.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_function =
            message["reason"] == "compiler-artifact" && message["target"]["name"] == ENTRY;
        let path = message["executable"].as_str().filter(|_| is_function)?;
        Some(Path::new(path).to_owned())
    })
}
