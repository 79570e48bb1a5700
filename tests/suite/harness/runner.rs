//! This umb as the pipeline's builds run it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// This umb without its symbols: the same executable, and a third of what is to be uploaded.
pub fn runner() -> &'static str {
    static RUNNER: LazyLock<PathBuf> = LazyLock::new(stripped);
    RUNNER.to_str().unwrap()
}

fn stripped() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("runner");
    fs::create_dir_all(&folder).unwrap();
    // Test binaries may run at the same time: one strips, the others wait.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let (umb, runner) = (Path::new(env!("CARGO_BIN_EXE_umb")), folder.join("umb"));
    let changed = |path: &Path| fs::metadata(path).and_then(|found| found.modified()).ok();
    if changed(&runner) < changed(umb) {
        let half = folder.join("half");
        let stripped = Command::new("strip").arg("-o").arg(&half).arg(umb).status();
        assert!(
            stripped.is_ok_and(|status| status.success()),
            "the tests need strip, which comes with a C compiler"
        );
        fs::rename(half, &runner).unwrap();
    }
    runner
}
