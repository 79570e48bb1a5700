//! The local stage of an earlier version, and what it was in the middle of.

use std::fs;
use std::path::PathBuf;

use crate::harness::Sandbox;

use super::fixture::{APP, path, text};

/// The local stage with the earlier version's files, and where they are.
fn restored() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    sandbox.whole_settings(&format!("app = \"{APP}\"\n"));
    let folder = sandbox.local_folder(APP);
    fs::create_dir_all(&folder).unwrap();
    for file in ["users.sqlite3", "server.json"] {
        fs::copy(path("local").join(file), folder.join(file)).unwrap();
    }
    sandbox.umb(&["deploy", "local"]).ok();
    (sandbox, folder)
}

/// Puts a file of the import or export where commands run.
fn put(sandbox: &Sandbox, file: &str) {
    let api = sandbox.output("local", "EndpointURL");
    let content = text(&format!("local/{file}")).replace("{API}", &api);
    fs::write(sandbox.work().join(file), content).unwrap();
}

#[test]
fn the_users_are_still_there() {
    let (sandbox, _) = restored();
    let users = sandbox.umb(&["users", "list"]).ok().stdout;
    assert!(
        users.contains("{\"$revision\":1,\"n\":1.5,\"username\":\"local-jürgen\"}\n"),
        "{users}"
    );
    assert!(users.lines().count() > 250, "{users}");
}

#[test]
fn an_import_continues_where_it_was_killed() {
    let (sandbox, _) = restored();
    for file in [
        "users.jsonl",
        "users.jsonl.umb-import",
        "users.jsonl.rejects.jsonl",
    ] {
        put(&sandbox, file);
    }
    let run = sandbox.umb(&["users", "import", "users.jsonl"]).fails(1);
    assert_eq!(
        run.stdout, "399 created, 0 updated, 0 skipped, 1 rejected\n",
        "{run:#?}"
    );
    let rejects = fs::read_to_string(sandbox.work().join("users.jsonl.rejects.jsonl")).unwrap();
    assert_eq!(rejects, text("local/users.jsonl.rejects.jsonl"));
    assert!(!sandbox.work().join("users.jsonl.umb-import").exists());
    let users = sandbox.umb(&["users", "list"]).ok().stdout;
    assert_eq!(users.lines().count(), 399 + 2);
}

#[test]
fn an_export_continues_where_it_was_killed() {
    let (sandbox, _) = restored();
    for file in ["export.jsonl.partial", "export.jsonl.umb-export"] {
        put(&sandbox, file);
    }
    sandbox.umb(&["users", "export", "export.jsonl"]).ok();
    let exported = fs::read_to_string(sandbox.work().join("export.jsonl")).unwrap();
    assert_eq!(exported, sandbox.umb(&["users", "list"]).ok().stdout);
}
