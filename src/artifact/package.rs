//! The function's deployment package. Also compiled into the build script, which makes the embedded one.

use std::error::Error;
use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::executable::architecture;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The one entry of a package, the name that custom runtimes start.
pub(crate) const ENTRY: &str = "bootstrap";
/// What Lambda takes as a direct upload:
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const LARGEST_ZIP: usize = 50 * 1024 * 1024;
/// What Lambda unpacks: the same page.
const LARGEST_EXECUTABLE: u64 = 250 * 1024 * 1024;

/// The mode of an executable in a zip.
pub(crate) const EXECUTABLE: u32 = 0o755;

/// Makes a zip of files with their names, the same bytes for the same files: fixed time, fixed mode.
///
/// # Errors
/// Only for a defect of the zip library.
pub(crate) fn pack<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    mode: u32,
) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(mode);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(name, options)?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// Checks a package and returns its executable, with the Lambda architecture that it runs on.
///
/// # Errors
/// When Lambda could not run it: it is too large, has no entry `bootstrap`, or that is no executable for
/// provided.al2023.
pub(crate) fn unpack(zip: &[u8]) -> Result<(Vec<u8>, &'static str)> {
    if zip.len() > LARGEST_ZIP {
        return Err(format!(
            "the package has {} bytes, Lambda takes {LARGEST_ZIP}",
            zip.len()
        )
        .into());
    }
    let mut archive = ZipArchive::new(Cursor::new(zip))
        .map_err(|error| format!("the package is no zip: {error}"))?;
    let entry = archive
        .by_name(ENTRY)
        .map_err(|_| format!("the package has no entry {ENTRY}"))?;
    let mut executable = Vec::new();
    // A zip may claim any size, and unpack to any other.
    entry
        .take(LARGEST_EXECUTABLE + 1)
        .read_to_end(&mut executable)?;
    if executable.len() as u64 > LARGEST_EXECUTABLE {
        return Err(format!(
            "{ENTRY} is larger than {LARGEST_EXECUTABLE} bytes, which is what Lambda unpacks"
        )
        .into());
    }
    let architecture = architecture(ENTRY, &executable)?;
    Ok((executable, architecture))
}
