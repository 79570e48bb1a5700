//! The cargo that builds a function. Also compiled into the build script.

use std::env;
use std::error::Error;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The profile of the function: small to load on a cold start.
pub(crate) const PROFILE: &str = "handler";

/// A cargo in `folder` whose result depends on the sources and the toolchain alone: what the cargo (or clippy) that runs
/// this process was told for its own build is not handed on, and no path of this machine ends up in the executable.
///
/// Only the folder of the registry's sources is renamed, because cargo hands the compiler the paths of a workspace's own
/// sources as seen from the workspace; so the same flags build the same dependencies in any folder.
///
/// # Errors
/// When there is no home folder.
pub(crate) fn cargo(
    program: &OsStr,
    folder: &Path,
) -> Result<Command, Box<dyn Error + Send + Sync>> {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os().filter(|(name, _)| is_about_another_build(name)) {
        command.env_remove(name);
    }
    let home = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => PathBuf::from(env::var_os("HOME").ok_or("HOME is not set")?).join(".cargo"),
    };
    command
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            format!("--remap-path-prefix={}=/cargo", home.display()),
        )
        .current_dir(folder);
    Ok(command)
}

fn is_about_another_build(name: &OsStr) -> bool {
    const PREFIXES: [&str; 6] = [
        "CARGO_BUILD_",
        "CARGO_CFG_",
        "CARGO_FEATURE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_PROFILE_",
    ];
    const NAMES: [&str; 11] = [
        "CARGO_TARGET_DIR",
        "CLIPPY_ARGS",
        "DEBUG",
        "HOST",
        "NUM_JOBS",
        "OPT_LEVEL",
        "PROFILE",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "RUSTFLAGS",
        "TARGET",
    ];
    name.to_str().is_some_and(|name| {
        NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    })
}
