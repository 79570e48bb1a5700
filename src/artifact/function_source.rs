//! The source of the embedded function, for projects that want to change it.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use super::error::Error;

/// A function's source: the text of each file, by its path.
pub(crate) type Files = BTreeMap<String, String>;

/// The archive of the source that the embedded function was built from, standing alone: `build.rs` packs it.
pub(crate) const EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/handler-source.zip"));

/// Returns the files of an archive.
///
/// # Errors
/// When it is no archive of text files.
pub(crate) fn files(archive: &[u8]) -> Result<Files, Error> {
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(Error::no_archive)?;
    let mut files = Files::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(Error::no_archive)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let name = file.name().map_err(Error::no_archive)?.into_owned();
        files.insert(name, text);
    }
    Ok(files)
}
