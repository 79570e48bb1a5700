//! Builds the Lambda function and packs it for embedding.
//!
//! The handler is compiled by a cargo of its own, in its own profile and its own target folder, so
//! that a change of the command-line tool alone never rebuilds it. `UMB_HANDLER_ZIP` names a
//! ready-made artifact instead (where this host cannot build for Linux, or for another
//! architecture); `UMB_HANDLER_TARGET` names another target triple to build for.
//!
//! Either way the artifact is checked before it is embedded: an ELF executable for `x86_64` or
//! `arm64`, no glibc symbol newer than what `provided.al2023` has, and small enough for Lambda.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest as _, Sha256};

#[path = "src/artifact/cargo.rs"]
mod cargo;
#[path = "src/artifact/executable.rs"]
mod executable;
#[path = "src/artifact/package.rs"]
mod package;

use cargo::{PROFILE, cargo};
use package::{ENTRY, EXECUTABLE, pack, unpack};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    println!("cargo::rerun-if-env-changed=UMB_HANDLER_ZIP");
    println!("cargo::rerun-if-env-changed=UMB_HANDLER_TARGET");
    println!("cargo::rerun-if-env-changed=UMB_TEST_FAKECLOUD");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/artifact");
    // A test that cannot be run is to be seen in the summary as one that was not.
    println!("cargo::rustc-check-cfg=cfg(fakecloud)");
    if env::var_os("UMB_TEST_FAKECLOUD").is_some() {
        println!("cargo::rustc-cfg=fakecloud");
    }

    let artifact = match env::var_os("UMB_HANDLER_ZIP") {
        Some(path) => ready_made(Path::new(&path))?,
        None => pack([(ENTRY, &built()?[..])], EXECUTABLE)?,
    };
    let (_, architecture) = unpack(&artifact).map_err(|error| {
        format!("{error}: build on an older distribution, or set UMB_HANDLER_TARGET to an installed musl target")
    })?;

    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("handler.zip"), &artifact)?;
    let source = source()?;
    let source = source
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_slice()));
    fs::write(out.join("handler-source.zip"), pack(source, 0o644)?)?;
    println!("cargo::rustc-env=UMB_HANDLER_ARCHITECTURE={architecture}");
    println!(
        "cargo::rustc-env=UMB_HANDLER_SHA256={}",
        hex::encode(Sha256::digest(&artifact))
    );
    Ok(())
}

fn ready_made(path: &Path) -> Result<Vec<u8>> {
    println!("cargo::rerun-if-changed={}", path.display());
    fs::read(path).map_err(|error| format!("UMB_HANDLER_ZIP={}: {error}", path.display()).into())
}

/// Returns the function's source as `umb init --function` writes it: standing alone, with its own manifest, lock file and
/// copy of the contract.
fn source() -> Result<Vec<(String, Vec<u8>)>> {
    println!("cargo::rerun-if-changed=handler/standalone");
    // Two names would already mean something where the files are.
    let mut files = Vec::new();
    for (name, path) in [
        (".gitignore", "handler/standalone/gitignore"),
        ("Cargo.lock", "handler/standalone/Cargo.lock"),
        ("Cargo.toml", "handler/standalone/manifest.toml"),
        ("build.rs", "handler/build.rs"),
        ("openapi.yaml", "assets/openapi.yaml"),
        (
            "rust-toolchain.toml",
            "handler/standalone/rust-toolchain.toml",
        ),
    ] {
        files.push((name.to_owned(), fs::read(path)?));
    }
    let mut folders = vec![PathBuf::from("handler/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix("handler")?.to_str().ok_or("not UTF-8")?;
                files.push((name.to_owned(), fs::read(&path)?));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Compiles `handler/` and returns the executable's bytes.
fn built() -> Result<Vec<u8>> {
    for input in [
        "Cargo.toml",
        "Cargo.lock",
        "assets/openapi.yaml",
        "handler/Cargo.toml",
        "handler/build.rs",
        "handler/src",
    ] {
        println!("cargo::rerun-if-changed={input}");
    }
    let target = env::var("UMB_HANDLER_TARGET").or_else(|_| env::var("TARGET"))?;
    if !target.contains("linux") {
        return Err(format!(
            "the Lambda function runs on Linux and cannot be built for {target}: set \
             UMB_HANDLER_TARGET to an installed Linux target, or UMB_HANDLER_ZIP to an artifact \
             that `umb artifact --out handler.zip` wrote elsewhere"
        )
        .into());
    }
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let folder = target_folder()?.join("handler");
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = cargo(&program, &root)?
        .args(["build", "--package", "umb-handler", "--bin", ENTRY])
        .args(["--profile", PROFILE, "--locked", "--target", &target])
        .arg("--target-dir")
        .arg(&folder)
        .status()?;
    if !status.success() {
        return Err("building the Lambda function failed, see above".into());
    }
    Ok(fs::read(folder.join(target).join(PROFILE).join(ENTRY))?)
}

/// The outer build's target folder, above `<profile>/build/<package>/out`. Every profile of the tool
/// shares the one handler below it.
///
/// Cargo marks a target folder with `CACHEDIR.TAG` only if it creates the folder itself, so that file says nothing
/// about where the folder is.
fn target_folder() -> Result<PathBuf> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    out.ancestors()
        .find(|folder| folder.ends_with("build"))
        .and_then(|build| build.parent()?.parent())
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("no target folder above {}", out.display()).into())
}
