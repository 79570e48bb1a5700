//! `umb build`, and which function the stages of a project run.

use std::path::{Path, PathBuf};

use crate::artifact::{Artifact, Source};
use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

use super::interrupt::stoppable;

/// Build the project's own function, and check that Lambda can run it
///
/// `umb init --function` writes its source; `umb deploy` builds it by itself.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb build                    Build the function that umb.toml names
  umb build --test --locked    Test it first, with exactly the locked crates
  umb build --out my.zip       Write it to another file")]
pub(crate) struct BuildArgs {
    /// The zip file to write
    #[arg(long, value_name = "FILE", default_value = "umb.out/handler.zip")]
    out: PathBuf,
    /// Run the function's tests first
    #[arg(long)]
    test: bool,
    /// Fail if the lock file would have to change
    #[arg(long)]
    locked: bool,
    /// What Rust builds it for; cargo-zigbuild, if that ends in a version of glibc, such as
    /// x86_64-unknown-linux-gnu.2.34 [default: UMB_HANDLER_TARGET, else this machine]
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
}

impl BuildArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        stoppable("build", self.build(settings, ui)).await
    }

    async fn build(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let Some(folder) = settings.function_source() else {
            return Err(
                Failure::usage("this project has no function of its own").hint(
                    "`umb init --function` writes the source of umb's function into the project",
                ),
            );
        };
        let source = Source {
            folder,
            is_locked: self.locked,
        };
        if self.test {
            source.test().await?;
        }
        let artifact = source.build(self.target.as_deref()).await?;
        if let Some(folder) = self.out.parent() {
            fs_err::create_dir_all(folder)?;
        }
        write(&artifact, &self.out, ui)
    }
}

/// Writes a function's package to a file, and says what it is.
pub(super) fn write(artifact: &Artifact, path: &Path, ui: &Ui) -> Result<(), Failure> {
    fs_err::write(path, &artifact.zip)?;
    ui.note(&format!(
        "{}: {} bytes for {}, SHA-256 {}",
        path.display(),
        artifact.zip.len(),
        artifact.architecture,
        artifact.sha256,
    ));
    Ok(())
}

/// Returns the function that the stages on AWS run: the project's own, built, or the embedded one.
pub(super) async fn function(settings: &Settings) -> Result<Artifact, Failure> {
    match settings.function_source() {
        Some(folder) => {
            let source = Source {
                folder,
                is_locked: false,
            };
            Ok(source.build(None).await?)
        }
        None => Ok(Artifact::embedded()),
    }
}
