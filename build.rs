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
use std::ffi::OsString;
use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use object::Endianness;
use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64};
use object::read::elf::{FileHeader as _, SectionHeader as _};
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The C library of provided.al2023:
/// <https://docs.aws.amazon.com/linux/al2023/ug/glibc-gcc-and-binutils.html>.
const NEWEST_GLIBC: (u32, u32) = (2, 34);
/// What Lambda takes as a direct upload:
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const LARGEST_ZIP: usize = 50 * 1024 * 1024;
/// The one entry of the artifact, the name that custom runtimes start.
const ENTRY: &str = "bootstrap";

fn main() -> Result<()> {
    println!("cargo::rerun-if-env-changed=UMB_HANDLER_ZIP");
    println!("cargo::rerun-if-env-changed=UMB_HANDLER_TARGET");
    println!("cargo::rerun-if-env-changed=UMB_TEST_FAKECLOUD");
    println!("cargo::rerun-if-changed=build.rs");
    // A test that cannot be run is to be seen in the summary as one that was not.
    println!("cargo::rustc-check-cfg=cfg(fakecloud)");
    if env::var_os("UMB_TEST_FAKECLOUD").is_some() {
        println!("cargo::rustc-cfg=fakecloud");
    }

    let artifact = match env::var_os("UMB_HANDLER_ZIP") {
        Some(path) => ready_made(Path::new(&path))?,
        None => pack(&built()?)?,
    };
    let architecture = checked(&artifact)?;

    let out = PathBuf::from(env::var("OUT_DIR")?).join("handler.zip");
    fs::write(&out, &artifact)?;
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
    let status = cargo(&root)?
        .args(["build", "--package", "umb-handler", "--bin", ENTRY])
        .args(["--profile", "handler", "--locked", "--target", &target])
        .arg("--target-dir")
        .arg(&folder)
        .status()?;
    if !status.success() {
        return Err("building the Lambda function failed, see above".into());
    }
    Ok(fs::read(folder.join(target).join("handler").join(ENTRY))?)
}

/// A cargo whose result depends on the sources and the toolchain alone: what the cargo that runs
/// this script (or clippy) was told for its own build is not handed on, and no path of this machine
/// ends up in the executable.
fn cargo(root: &Path) -> Result<Command> {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os().filter(|(name, _)| is_about_the_outer_build(name)) {
        command.env_remove(name);
    }
    let home = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => PathBuf::from(env::var_os("HOME").ok_or("HOME is not set")?).join(".cargo"),
    };
    let flags = [(home.as_path(), "/cargo"), (root, "/umb")]
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .join("\u{1f}");
    command
        .env("CARGO_ENCODED_RUSTFLAGS", flags)
        .current_dir(root);
    Ok(command)
}

fn is_about_the_outer_build(name: &OsString) -> bool {
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

/// A zip of the executable alone, the same bytes for the same executable: fixed time, fixed mode.
fn pack(executable: &[u8]) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(ENTRY, options)?;
    zip.write_all(executable)?;
    Ok(zip.finish()?.into_inner())
}

/// Checks an artifact and returns the Lambda architecture that it runs on.
fn checked(artifact: &[u8]) -> Result<&'static str> {
    if artifact.len() > LARGEST_ZIP {
        return Err(format!(
            "the artifact has {} bytes, Lambda takes {LARGEST_ZIP}",
            artifact.len()
        )
        .into());
    }
    let mut executable = Vec::new();
    ZipArchive::new(Cursor::new(artifact))?
        .by_name(ENTRY)?
        .read_to_end(&mut executable)?;

    let header = FileHeader64::<Endianness>::parse(&*executable)?;
    let endian = header.endian()?;
    let architecture = match header.e_machine(endian) {
        EM_X86_64 => "x86_64",
        EM_AARCH64 => "arm64",
        other => return Err(format!("{ENTRY} is for ELF machine {other:?}").into()),
    };
    for version in needed_glibc(header, endian, &executable)? {
        if version > NEWEST_GLIBC {
            return Err(format!(
                "{ENTRY} needs glibc {}.{}, provided.al2023 has {}.{}: build on an older \
                 distribution, or set UMB_HANDLER_TARGET to an installed musl target",
                version.0, version.1, NEWEST_GLIBC.0, NEWEST_GLIBC.1
            )
            .into());
        }
    }
    Ok(architecture)
}

/// The glibc versions that the executable's symbols ask for (`.gnu.version_r`).
fn needed_glibc(
    header: &FileHeader64<Endianness>,
    endian: Endianness,
    executable: &[u8],
) -> Result<Vec<(u32, u32)>> {
    let sections = header.sections(endian, executable)?;
    let mut versions = Vec::new();
    for section in sections.iter() {
        let Some((mut needs, strings)) = section.gnu_verneed(endian, executable)? else {
            continue;
        };
        let strings = sections.strings(endian, executable, strings)?;
        while let Some((_, mut auxiliaries)) = needs.next()? {
            while let Some(auxiliary) = auxiliaries.next()? {
                let name = std::str::from_utf8(auxiliary.name(endian, strings)?)?;
                versions.extend(name.strip_prefix("GLIBC_").and_then(parse_version));
            }
        }
    }
    Ok(versions)
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
        _ => None,
    }
}
