//! Who may import whom, and what belongs where.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::Item;

use super::imports::Imports;
use super::tree::{SourceFile, Tree, rust_files};

/// For each folder of `src/`, the folders that it may import. Data flows one way: no folder is below one that it is
/// listed for.
const FOLDERS: [(&str, &[&str]); 19] = [
    ("main", &[]),
    ("lib", &[]),
    ("cli", &["commands", "model", "settings", "ui"]),
    (
        "commands",
        &[
            "artifact", "aws", "client", "error", "local", "model", "pipeline", "settings",
            "stack", "stage", "template", "transfer", "ui", "wait",
        ],
    ),
    (
        "ui",
        &[
            "aws", "error", "model", "pipeline", "stack", "stage", "transfer",
        ],
    ),
    (
        "error",
        &[
            "artifact", "aws", "client", "local", "model", "pipeline", "settings", "stack",
            "stage", "template", "transfer",
        ],
    ),
    ("settings", &["model"]),
    (
        "pipeline",
        &[
            "artifact", "aws", "model", "stack", "stage", "template", "wait",
        ],
    ),
    (
        "transfer",
        &[
            "aws", "client", "local", "model", "stage", "template", "wait",
        ],
    ),
    (
        "stage",
        &["artifact", "aws", "model", "stack", "template", "wait"],
    ),
    ("stack", &["aws", "model", "template", "wait"]),
    ("client", &["network", "wait"]),
    ("local", &["wait"]),
    ("template", &["model"]),
    ("aws", &["model", "network", "wait"]),
    ("artifact", &[]),
    ("model", &[]),
    ("network", &[]),
    ("wait", &[]),
];

/// What only certain folders of `src/` may name.
const OWNERS: [(&str, &[&str]); 9] = [
    ("aws_sdk_", &["aws"]),
    ("aws_config", &["aws"]),
    ("aws_smithy_", &["aws", "client", "local", "network"]),
    (
        "umb_handler",
        &["artifact", "client", "commands", "local", "transfer"],
    ),
    ("dynoxide", &["local"]),
    ("clap", &["cli", "commands"]),
    ("indicatif", &["ui"]),
    ("toml", &["settings"]),
    ("std::process::exit", &[]),
];

/// The file of `transfer/` that may import `stage/`: DynamoDB's own imports end in a stage's table.
const STAGE_IMPORTER: &str = "src/transfer/s3.rs";

/// How many lines a file of Rust may have.
const MOST_LINES: usize = 400;

/// The folder of `src/` that a file is in, or its own name.
fn folder(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap();
    let first = inside.split('/').next().unwrap();
    first.trim_end_matches(".rs")
}

fn imports(tree: &Tree) -> BTreeMap<&str, Imports> {
    tree.files
        .iter()
        .map(|file| (file.path.as_str(), Imports::of(file, tree)))
        .collect()
}

#[test]
fn every_folder_imports_only_what_it_may() {
    let tree = Tree::parse("src");
    let mut violations = Vec::new();
    for (path, imports) in imports(&tree) {
        let own = folder(path);
        let rule = FOLDERS.iter().find(|(name, _)| *name == own);
        let (_, allowed) = rule.unwrap_or_else(|| panic!("no rule for {path}"));
        for imported in &imports.files {
            let other = folder(imported);
            let is_allowed = other == own || allowed.contains(&other);
            let is_exception = own != "transfer" || other != "stage" || path == STAGE_IMPORTER;
            if !is_allowed || !is_exception {
                violations.push(format!("{path} imports {imported}"));
            }
        }
    }
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn every_allowed_import_is_used() {
    let tree = Tree::parse("src");
    let mut used = BTreeSet::new();
    for (path, imports) in imports(&tree) {
        used.extend(
            imports
                .files
                .iter()
                .map(|other| (folder(path).to_owned(), folder(other).to_owned())),
        );
    }
    let allowed = FOLDERS.iter().flat_map(|(own, others)| {
        others
            .iter()
            .map(move |other| ((*own).to_owned(), (*other).to_owned()))
    });
    let unused: Vec<_> = allowed.filter(|pair| !used.contains(pair)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn no_folder_imports_one_above_it() {
    let order: Vec<_> = FOLDERS.iter().map(|(name, _)| *name).collect();
    let place = |name: &str| order.iter().position(|other| *other == name).unwrap();
    for (own, allowed) in FOLDERS {
        for other in allowed {
            assert!(place(other) > place(own), "{own} imports {other}");
        }
    }
}

#[test]
fn no_files_import_each_other() {
    for crate_folder in ["src", "handler/src"] {
        let tree = Tree::parse(crate_folder);
        let imports = imports(&tree);
        let cycles = imports.keys().filter_map(|start| cycle(start, &imports));
        let cycles: Vec<_> = cycles.map(|cycle| cycle.join(" → ")).collect();
        assert!(cycles.is_empty(), "{cycles:#?}");
    }
}

/// Returns a path through the imports that leads from `start` back to it.
fn cycle<'a>(start: &'a str, imports: &'a BTreeMap<&str, Imports>) -> Option<Vec<&'a str>> {
    let mut seen = BTreeSet::new();
    let mut paths = vec![vec![start]];
    while let Some(path) = paths.pop() {
        for next in &imports[path.last().unwrap()].files {
            let mut longer = path.clone();
            longer.push(next);
            if next == start {
                return Some(longer);
            }
            if seen.insert(next) {
                paths.push(longer);
            }
        }
    }
    None
}

#[test]
fn what_belongs_to_one_folder_is_named_there_alone() {
    let tree = Tree::parse("src");
    for (path, imports) in imports(&tree) {
        for (name, owners) in OWNERS {
            let used = imports.others.iter().find(|other| {
                let is_prefix = name.ends_with('_');
                other.starts_with(name)
                    && (is_prefix
                        || other[name.len()..].starts_with("::")
                        || other.len() == name.len())
            });
            assert!(
                used.is_none() || owners.contains(&folder(path)),
                "{path} names {used:?}, which only {owners:?} may"
            );
        }
    }
}

#[test]
fn domain_and_storage_of_the_handler_know_no_http() {
    let tree = Tree::parse("handler/src");
    for (path, imports) in imports(&tree) {
        let is_http = path.starts_with("handler/src/http/");
        // These two put the router behind Lambda.
        let is_outside = path == "handler/src/lambda.rs" || path.contains("/bin/");
        for other in &imports.files {
            assert!(
                !other.starts_with("handler/src/http/") || is_http || is_outside,
                "{path} imports {other}"
            );
        }
        let names_http = imports
            .others
            .iter()
            .find(|other| other.starts_with("http::") || other.starts_with("axum"));
        assert!(
            names_http.is_none() || is_http || is_outside,
            "{path} names {names_http:?}"
        );
    }
}

#[test]
fn folders_hold_no_logic() {
    for crate_folder in ["src", "handler/src"] {
        let tree = Tree::parse(crate_folder);
        for file in tree.files.iter().filter(|file| file.is_folder) {
            let is_plain = |item: &Item| match item {
                Item::Mod(module) => module.content.is_none(),
                Item::Use(_) => true,
                _ => false,
            };
            let all_are = file.syntax.items.iter().all(is_plain);
            assert!(
                all_are,
                "{} does more than declare and re-export",
                file.path
            );
        }
    }
}

#[test]
fn no_file_is_long() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![repository.join("build.rs")];
    for folder in [
        "src",
        "handler/src",
        "handler/fuzz/fuzz_targets",
        "tests",
        "benches",
    ] {
        files.extend(rust_files(&repository.join(folder)));
    }
    let long = files.into_iter().filter_map(|file| {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        (lines > MOST_LINES).then(|| format!("{} has {lines} lines", file.display()))
    });
    let long: Vec<_> = long.collect();
    assert!(long.is_empty(), "{long:#?}");
}

/// The checks themselves: a tree that breaks the rules is caught.
#[test]
fn grouped_and_nested_imports_are_followed_to_their_definition() {
    let file = |path: &str, module: &[&str], text: &str| SourceFile {
        path: path.to_owned(),
        module: module.iter().map(ToString::to_string).collect(),
        is_folder: path.ends_with("mod.rs") || path.ends_with("lib.rs"),
        syntax: syn::parse_file(text).unwrap(),
    };
    let tree = Tree {
        files: vec![
            file("src/lib.rs", &[], "mod a; mod b;"),
            file(
                "src/a/mod.rs",
                &["a"],
                "mod x; pub(crate) use x::{self as renamed, X};",
            ),
            file(
                "src/a/x.rs",
                &["a", "x"],
                "use super::super::b; fn f() { b::y::call(); }",
            ),
            file(
                "src/b/mod.rs",
                &["b"],
                "pub(crate) mod y; mod z; pub(crate) use z::{Z, z};",
            ),
            file(
                "src/b/y.rs",
                &["b", "y"],
                "use crate::{a::X, b::{Z as Other, z}}; #[cfg(test)] mod tests { use crate::a::None; }",
            ),
            file(
                "src/b/z.rs",
                &["b", "z"],
                "fn f() { super::super::a::X::new(); std::process::exit(1) }",
            ),
        ],
    };
    let imports = imports(&tree);
    let files = |path: &str| {
        imports[path]
            .files
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
    };
    assert_eq!(files("src/a/x.rs"), ["src/b/y.rs"]);
    assert_eq!(files("src/b/y.rs"), ["src/a/x.rs", "src/b/z.rs"]);
    assert_eq!(files("src/b/z.rs"), ["src/a/x.rs"]);
    assert!(imports["src/b/z.rs"].others.contains("std::process::exit"));
    let cycle = cycle("src/a/x.rs", &imports).unwrap();
    assert_eq!(cycle.first(), cycle.last());
}
