//! Files that grow, and that an interrupted run may have left longer than it recorded.

use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use fs_err::{File, OpenOptions};

/// Opens a file, created if necessary, and cuts it to a length. Writing continues at its end.
pub(super) fn open_at(path: &Path, length: u64) -> io::Result<File> {
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    file.set_len(length)?;
    file.seek(SeekFrom::End(0))?;
    Ok(file)
}

/// Returns the path with `ending` appended to the file's name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Returns the folder that a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    folder.unwrap_or(Path::new("."))
}
