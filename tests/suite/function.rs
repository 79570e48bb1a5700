//! A function of the project's own: its source written, changed, built and deployed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use toml::{Table, Value};

use crate::harness::{Sandbox, ministack};

/// What the tests change in the source: part of an answer that users see.
pub const BEFORE: &str = "does not exist";
pub const AFTER: &str = "is nobody here";

/// A sandbox in which cargo runs, with the toolchains and downloads of this machine.
pub fn with_cargo(sandbox: Sandbox) -> Sandbox {
    let variable = |name| std::env::var(name).unwrap();
    let home = |name: &str, default: &str| {
        std::env::var(name).unwrap_or_else(|_| format!("{}/{default}", variable("HOME")))
    };
    sandbox
        .with("PATH", &variable("PATH"))
        .with("CARGO_HOME", &home("CARGO_HOME", ".cargo"))
        .with("RUSTUP_HOME", &home("RUSTUP_HOME", ".rustup"))
}

/// Writes the source into a project, in a version that is quick to compile: it is the project's own.
pub fn write_source(sandbox: &Sandbox) {
    sandbox.umb(&["init", "--function"]).ok();
    let manifest = sandbox.work().join("handler/Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let (quick, _) = text.split_once("# What Lambda runs").unwrap();
    let profiles =
        "[profile.dev]\ndebug = false\n\n[profile.handler]\ninherits = \"dev\"\nstrip = true\n";
    fs::write(manifest, format!("{quick}{profiles}")).unwrap();
}

/// Lets all projects of the tests compile into one folder: the crates that they have in common once.
fn share_target(folder: &Path) {
    fs::create_dir_all(folder.join(".cargo")).unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("function");
    let config = format!("[build]\ntarget-dir = \"{}\"\n", target.display());
    fs::write(folder.join(".cargo/config.toml"), config).unwrap();
}

/// Changes a file of the source.
pub fn change(sandbox: &Sandbox, file: &str, before: &str, after: &str) {
    let path = sandbox.work().join("handler").join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(before), "{file}: {before}");
    fs::write(path, text.replace(before, after)).unwrap();
}

fn git(folder: &Path, args: &[&str]) {
    let output = Command::new("git")
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
}

#[test]
fn the_source_stands_alone_and_is_never_overwritten() {
    let sandbox = Sandbox::new();
    let run = sandbox.umb(&["init", "--function"]).ok();
    assert_eq!(run.stdout, "./handler\n./umb.toml\n");
    let settings = fs::read_to_string(sandbox.work().join("umb.toml")).unwrap();
    assert!(
        settings.ends_with("[function]\nsource = \"handler\"\n"),
        "{settings}"
    );
    for file in [
        "Cargo.lock",
        "Cargo.toml",
        "openapi.yaml",
        "rust-toolchain.toml",
        "src/lib.rs",
    ] {
        assert!(
            sandbox.work().join("handler").join(file).is_file(),
            "{file}"
        );
    }
    // What was changed by hand is a person's.
    change(&sandbox, "src/lib.rs", "//!", "//! Ours.");
    let ours = fs::read(sandbox.work().join("handler/src/lib.rs")).unwrap();
    let again = sandbox.umb(&["init", "--function"]).ok();
    assert_eq!(again.stdout, "");
    assert!(
        again
            .stderr
            .contains("handler is from the source of this umb's function"),
        "{again:#?}"
    );
    assert_eq!(
        ours,
        fs::read(sandbox.work().join("handler/src/lib.rs")).unwrap()
    );
    // A folder that umb has not written is nobody's business.
    fs::remove_file(sandbox.work().join("handler/.umb-source.zip")).unwrap();
    let run = sandbox.umb(&["init", "--function"]).fails(1);
    assert!(
        run.stderr
            .starts_with("error: there is something in ./handler, and umb has not written it\n"),
        "{run:#?}"
    );
}

/// A source that an older umb wrote is simulated: the base says something else than this umb's.
#[test]
fn a_later_umb_says_what_has_changed_as_a_patch() {
    let sandbox = Sandbox::new();
    sandbox.umb(&["init", "--function"]).ok();
    let handler = sandbox.work().join("handler");
    let older = |text: &str| {
        text.replace("//! ", "//! Once: ")
            .replace(BEFORE, "is unknown")
    };
    let problem = "src/http/problem.rs";
    let newest = fs::read_to_string(handler.join(problem)).unwrap();
    fs::write(handler.join(problem), older(&newest)).unwrap();
    let base = handler.join(".umb-source.zip");
    rezip(&base, problem, &older(&newest));
    git(&sandbox.work(), &["init", "--quiet"]);
    // A change of the project's own, elsewhere in the same file.
    let own = format!("{}\n// Ours.\n", older(&newest));
    fs::write(handler.join(problem), own).unwrap();
    let run = sandbox.umb(&["init", "--function"]).ok();
    assert_eq!(run.stdout, "./umb.out/function.patch\n");
    assert!(
        run.stderr.contains("`git apply umb.out/function.patch`"),
        "{run:#?}"
    );
    git(&sandbox.work(), &["apply", "umb.out/function.patch"]);
    let patched = fs::read_to_string(handler.join(problem)).unwrap();
    assert_eq!(patched, format!("{newest}\n// Ours.\n"));
    let again = sandbox.umb(&["init", "--function"]).ok();
    assert_eq!(again.stdout, "");
}

/// Replaces a file in an archive.
fn rezip(archive: &Path, name: &str, text: &str) {
    use std::io::{Read as _, Write as _};
    let bytes = fs::read(archive).unwrap();
    let mut old = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut new = zip::ZipWriter::new(fs::File::create(archive).unwrap());
    for index in 0..old.len() {
        let mut file = old.by_index(index).unwrap();
        let path = file.name().unwrap().into_owned();
        let mut content = String::new();
        file.read_to_string(&mut content).unwrap();
        let options = zip::write::SimpleFileOptions::default();
        new.start_file(path.as_str(), options).unwrap();
        let content = if path == name { text } else { &content };
        new.write_all(content.as_bytes()).unwrap();
    }
    new.finish().unwrap();
}

#[test]
fn a_stage_runs_the_function_of_its_project() {
    let aws = ministack();
    let [one, two] = [(); 2].map(|()| with_cargo(Sandbox::on(aws)));
    let built = [&one, &two].map(|sandbox| {
        write_source(sandbox);
        share_target(&sandbox.work());
        change(sandbox, "src/http/problem.rs", BEFORE, AFTER);
        let run = sandbox.umb(&["build", "--locked"]).ok();
        assert!(run.stderr.contains("umb.out/handler.zip: "), "{run:#?}");
        fs::read(sandbox.work().join("umb.out/handler.zip")).unwrap()
    });
    assert!(built[0] == built[1], "another folder makes another package");
    one.umb(&["deploy", "dev"]).ok();
    let run = one
        .umb(&["users", "get", "nobody", "--stage", "dev"])
        .fails(1);
    assert!(run.stderr.contains(AFTER), "{run:#?}");

    // Routes are umb's: a function that keeps another contract is not deployed.
    change(&one, "openapi.yaml", "openapi: ", "# ours\nopenapi: ");
    for args in [&["build"][..], &["plan", "dev"], &["deploy", "dev"]] {
        let run = one.umb(args).fails(1);
        assert!(
            run.stderr.contains(
                "error: the function keeps another contract than the API that this umb deploys\n"
            ),
            "{args:?}: {run:#?}"
        );
    }
}

#[test]
fn what_cannot_be_built_is_said_in_a_line() {
    let sandbox = Sandbox::new();
    let run = sandbox.umb(&["build"]).fails(2);
    assert_eq!(
        run.stderr,
        "error: this project has no function of its own\n\
         hint: `umb init --function` writes the source of umb's function into the project\n"
    );
    sandbox.settings("[function]\nsource = \"handler\"\n");
    let run = sandbox.umb(&["build"]).fails(2);
    assert!(
        run.stderr.contains("error: there is no function in "),
        "{run:#?}"
    );
    sandbox.umb(&["init", "--function"]).ok();
    let run = sandbox.umb(&["build"]).fails(1);
    assert!(
        run.stderr.starts_with("error: cannot run cargo\n"),
        "{run:#?}"
    );
    let sandbox = with_cargo(sandbox);
    change(&sandbox, "src/lib.rs", "//!", "this is no Rust\n//!");
    share_target(&sandbox.work());
    let run = sandbox.umb(&["build"]).fails(1);
    assert!(
        run.stderr
            .ends_with("error: `cargo build` failed, see above\n"),
        "{run:#?}"
    );
    let run = sandbox
        .umb(&["build", "--target", "aarch64-apple-darwin"])
        .fails(1);
    assert!(
        run.stderr
            .contains("is not Linux, on which Lambda runs the function"),
        "{run:#?}"
    );
}

/// A TOML file of this repository.
fn toml(path: &str) -> Table {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    text.parse().unwrap()
}

/// A dependency with what it takes from the workspace.
fn resolved(name: &str, dependency: &Value, workspace: &Table) -> Table {
    let full = |value: &Value| match value {
        Value::String(version) => {
            Table::from_iter([("version".to_owned(), version.as_str().into())])
        }
        value => value.as_table().unwrap().clone(),
    };
    let mut own = full(dependency);
    let shared = if own.remove("workspace").is_some() {
        full(&workspace["dependencies"][name])
    } else {
        Table::new()
    };
    let features = [&shared, &own]
        .into_iter()
        .filter_map(|table| table.get("features"));
    let features: BTreeSet<_> = features
        .flat_map(|list| list.as_array().unwrap())
        .map(|feature| feature.as_str().unwrap().to_owned())
        .collect();
    let mut whole = shared;
    whole.extend(own);
    if !features.is_empty() {
        let features: Vec<_> = features.into_iter().map(Value::from).collect();
        whole.insert("features".to_owned(), features.into());
    }
    whole
}

#[test]
fn the_source_that_stands_alone_is_the_one_that_is_embedded() {
    let (root, inside, alone) = (
        toml("Cargo.toml"),
        toml("handler/Cargo.toml"),
        toml("handler/standalone/manifest.toml"),
    );
    let workspace = root["workspace"].as_table().unwrap();
    for kind in ["dependencies", "build-dependencies", "dev-dependencies"] {
        let [inside, alone] = [&inside, &alone].map(|manifest| {
            let listed = manifest[kind].as_table().unwrap().iter();
            let listed = listed.map(|(name, one)| (name.clone(), resolved(name, one, workspace)));
            listed.collect::<BTreeMap<_, _>>()
        });
        assert_eq!(inside, alone, "{kind}");
    }
    // There is no other profile that it could inherit something from.
    let mut profile = root["profile"]["release"].as_table().unwrap().clone();
    // Which packages are compiled otherwise: none of them is the function's.
    profile.remove("package");
    profile.extend(root["profile"]["handler"].as_table().unwrap().clone());
    assert_eq!(Value::from(profile), alone["profile"]["handler"]);
    for key in ["edition", "license", "rust-version"] {
        assert_eq!(workspace["package"][key], alone["package"][key], "{key}");
    }
    let toolchain = &toml("handler/standalone/rust-toolchain.toml")["toolchain"]["channel"];
    let minimum = alone["package"]["rust-version"].as_str().unwrap();
    assert_eq!(toolchain.as_str().unwrap(), format!("{minimum}.0"));
    // The same crates, by their checksums.
    let packages = |path: &str| -> BTreeSet<[String; 3]> {
        let lock = toml(path);
        let packages = lock["package"].as_array().unwrap().iter();
        let packages = packages.filter(|package| package.get("checksum").is_some());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        packages
            .map(|package| ["name", "version", "checksum"].map(|key| text(&package[key])))
            .collect()
    };
    let (whole, part) = (
        packages("Cargo.lock"),
        packages("handler/standalone/Cargo.lock"),
    );
    let other: Vec<_> = part.difference(&whole).collect();
    assert!(
        other.is_empty(),
        "the lock file is not that of the workspace: {other:#?}"
    );
}
