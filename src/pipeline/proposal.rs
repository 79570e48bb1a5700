//! What the pipeline's Plan proposes for a stage: shown to whoever approves it, then deployed as it is.

use std::io::{Cursor, Read as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use zip::ZipArchive;

use crate::stack::StackPlan;
use crate::stage::Plan;

use super::error::Error;
use super::handed_on::{read, write};

/// The file's name in the artifact.
const FILE_NAME: &str = "plan.json";
/// The newest format, as that of what Synth hands on.
const FORMAT: u32 = 1;
/// More than any plan has, in bytes.
const LARGEST: u64 = 1 << 26;

/// What the pipeline's Plan proposes for a stage.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Proposal {
    format: u32,
    pub(crate) plan: Plan,
}

impl Proposal {
    pub(crate) fn new(plan: Plan) -> Self {
        Self {
            format: FORMAT,
            plan,
        }
    }

    /// The plan of Stateless.
    pub(crate) fn stateless(&self) -> &StackPlan {
        &self.plan.stacks[1]
    }

    /// Writes it to a new folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Error> {
        fs_err::create_dir(folder)?;
        write(&folder.join(FILE_NAME), self)
    }

    /// Reads it from a folder.
    ///
    /// # Errors
    /// Also when it is of a newer umb's format.
    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE_NAME);
        let found: Self = read(&path)?;
        found.known(&path)
    }

    /// Reads it from the artifact that CodePipeline stores.
    ///
    /// # Errors
    /// Also when it is of a newer umb's format.
    pub(super) fn from_artifact(zip: &[u8]) -> Result<Self, Error> {
        let path = Path::new(FILE_NAME);
        let unknown = || Error::UnknownFormat {
            path: path.to_owned(),
        };
        let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(|_| unknown())?;
        let mut text = String::new();
        let file = archive.by_name(FILE_NAME).map_err(|_| unknown())?;
        file.take(LARGEST).read_to_string(&mut text)?;
        let found: Self = serde_json::from_str(&text).map_err(|_| unknown())?;
        found.known(path)
    }

    fn known(self, path: &Path) -> Result<Self, Error> {
        if self.format <= FORMAT && self.plan.stacks.len() == 2 {
            return Ok(self);
        }
        Err(Error::UnknownFormat {
            path: path.to_owned(),
        })
    }
}
