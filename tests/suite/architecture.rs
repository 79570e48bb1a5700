//! The rules of the house, checked from the source: who may know whom.

use std::fs;
use std::path::{Path, PathBuf};

/// For each room of `src/`, the rooms that it may name. `error` turns every room's errors into what a
/// person sees and so knows them all; every room may know itself.
const RULES: [(&str, &[&str]); 16] = [
    ("api", &["wait"]),
    ("artifact", &[]),
    ("aws", &[]),
    ("bulk", &["api", "aws", "local", "wait"]),
    ("cli", &["commands", "error", "settings"]),
    (
        "commands",
        &[
            "api", "artifact", "bulk", "cli", "deploy", "error", "local", "pipeline", "settings",
            "template", "ui",
        ],
    ),
    ("deploy", &["aws", "template", "wait"]),
    (
        "error",
        &[
            "api", "aws", "bulk", "deploy", "local", "pipeline", "settings", "template",
        ],
    ),
    ("lib", &["cli", "commands", "error", "ui"]),
    ("local", &["wait"]),
    ("main", &[]),
    ("pipeline", &["aws", "deploy", "template", "wait"]),
    ("settings", &["deploy", "template"]),
    ("template", &[]),
    ("ui", &["bulk", "deploy", "error", "pipeline"]),
    ("wait", &[]),
];

/// What only certain rooms may name.
const TERMS: [(&str, &[&str]); 9] = [
    ("aws_sdk_", &["aws"]),
    ("umb_handler::", &["bulk", "local"]),
    ("dynoxide::", &["local"]),
    ("clap::", &["cli", "commands", "error"]),
    ("indicatif::", &["ui"]),
    ("toml::", &["settings"]),
    ("toml_edit::", &["settings"]),
    ("println!", &[]),
    ("std::process::exit", &[]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Each source file's room, path and code (comments and unit tests left out).
fn rooms() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&root)
        .into_iter()
        .map(|path| {
            let inside = path.strip_prefix(&root).unwrap().to_owned();
            let first = inside
                .components()
                .next()
                .unwrap()
                .as_os_str()
                .to_str()
                .unwrap();
            let code = fs::read_to_string(&path)
                .unwrap()
                .lines()
                .take_while(|line| *line != "#[cfg(test)]")
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect::<Vec<_>>()
                .join("\n");
            (first.trim_end_matches(".rs").to_owned(), inside, code)
        })
        .collect()
}

/// The rooms that code names by `crate::…`, grouped imports included.
fn named_rooms(code: &str) -> Vec<String> {
    let mut named = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => {
                let mut depth = 0_usize;
                let mut item = String::new();
                for letter in group.chars() {
                    match letter {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => named.push(std::mem::take(&mut item)),
                        _ if depth == 0 => item.push(letter),
                        _ => {}
                    }
                }
                named.push(item);
            }
            None => named.push(rest.to_owned()),
        }
    }
    named
        .iter()
        .map(|item| {
            item.trim()
                .chars()
                .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                .collect()
        })
        .filter(|room: &String| !room.is_empty())
        .collect()
}

#[test]
fn every_room_knows_only_whom_it_may() {
    for (room, path, code) in rooms() {
        let (_, allowed) = RULES
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| panic!("no rule for {}", path.display()));
        for named in named_rooms(&code) {
            assert!(
                named == room || allowed.contains(&named.as_str()),
                "{} names {named}, and {room} may only name {allowed:?}",
                path.display()
            );
        }
    }
}

#[test]
fn what_belongs_to_one_room_is_named_there_alone() {
    for (room, path, code) in rooms() {
        for (term, allowed) in TERMS {
            assert!(
                !code.contains(term) || allowed.contains(&room.as_str()),
                "{} names {term}, which belongs to {allowed:?}",
                path.display()
            );
        }
    }
}

#[test]
fn grouped_imports_are_seen() {
    let code = "use crate::{api, aws::{Error, sts}, local};\nuse crate::ui::Ui;\nlet x = crate::wait::until();";
    assert_eq!(named_rooms(code), ["api", "aws", "local", "ui", "wait"]);
}
