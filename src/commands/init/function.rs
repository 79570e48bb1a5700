//! `umb init --function`: the source of umb's function, in a project of its own.

use std::io;
use std::path::Path;

use similar::TextDiff;

use crate::artifact::{self, Files, function_source};
use crate::error::{Failure, Kind};
use crate::settings::Editor;
use crate::ui::Ui;

/// The folder that the source is written to, unless umb.toml names another.
const FOLDER: &str = "handler";
/// What umb has written, so that a later umb knows what has changed in its own source since. It is a dot file of the
/// source's folder.
const BASE: &str = ".umb-source.zip";
/// Where a later umb writes what has changed in its own source.
const PATCH: &str = "umb.out/function.patch";

/// Writes the source of umb's function into the project, and sets `function.source`; where it has been written before,
/// writes a patch of what has changed in it since.
///
/// # Errors
/// When there is something else in the folder.
pub(super) fn write(project: &Path, editor: &mut Editor, ui: &Ui) -> Result<(), Failure> {
    let name = editor
        .get(&["function"], "source")
        .unwrap_or(FOLDER)
        .to_owned();
    let folder = project.join(&name);
    let own = artifact::files(function_source::EMBEDDED)?;
    match fs_err::read(folder.join(BASE)) {
        Ok(base) => update(project, &name, &artifact::files(&base)?, &own, ui)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(&folder, &own, ui)?,
        Err(error) => return Err(error.into()),
    }
    fs_err::write(folder.join(BASE), function_source::EMBEDDED)?;
    editor.set(&["function"], "source", name);
    Ok(())
}

fn create(folder: &Path, own: &Files, ui: &Ui) -> Result<(), Failure> {
    let is_empty = !folder.exists() || fs_err::read_dir(folder)?.next().is_none();
    if !is_empty {
        let cause = format!(
            "there is something in {}, and umb has not written it",
            folder.display()
        );
        return Err(Failure::new(Kind::Failed, cause)
            .hint("name another folder in umb.toml: `[function] source = \"FOLDER\"`"));
    }
    for (path, text) in own {
        let path = folder.join(path);
        fs_err::create_dir_all(path.parent().unwrap_or(folder))?;
        fs_err::write(path, text)?;
    }
    ui.print(&folder.display().to_string());
    Ok(())
}

/// Writes what has changed from `base` to `own` as a patch, which a person applies: what was changed by hand is theirs.
fn update(project: &Path, name: &str, base: &Files, own: &Files, ui: &Ui) -> Result<(), Failure> {
    let patch = patch(name, base, own);
    if patch.is_empty() {
        ui.note(&format!("{name} is from the source of this umb's function"));
        return Ok(());
    }
    let path = project.join(PATCH);
    fs_err::create_dir_all(path.parent().unwrap_or(project))?;
    fs_err::write(&path, patch)?;
    ui.print(&path.display().to_string());
    ui.note(&format!("what has changed in umb's function since {name} was written: apply it with `git apply {PATCH}`"));
    Ok(())
}

/// Returns a patch in the unified format, as `git apply` and `patch -p1` take it.
fn patch(name: &str, base: &Files, own: &Files) -> String {
    let mut paths: Vec<_> = base.keys().chain(own.keys()).collect();
    paths.sort();
    paths.dedup();
    let mut patch = String::new();
    for path in paths {
        let [before, after] = [base.get(path), own.get(path)];
        let header = |side: &str, text: Option<&String>| match text {
            Some(_) => format!("{side}/{name}/{path}"),
            None => "/dev/null".to_owned(),
        };
        let (from, to) = (header("a", before), header("b", after));
        let [before, after] = [before, after].map(|text| text.map_or("", String::as_str));
        if before != after {
            let diff = TextDiff::from_lines(before, after);
            patch += &diff.unified_diff().header(&from, &to).to_string();
        }
    }
    patch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        let owned = list
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        owned.collect()
    }

    #[test]
    fn a_patch_has_what_was_changed_added_and_removed() {
        let base = files(&[
            ("a.rs", "one\ntwo\n"),
            ("gone.rs", "x\n"),
            ("same.rs", "y\n"),
        ]);
        let own = files(&[("a.rs", "one\n2\n"), ("new.rs", "z\n"), ("same.rs", "y\n")]);
        assert_eq!(
            patch("handler", &base, &own),
            "--- a/handler/a.rs\n+++ b/handler/a.rs\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n\
             --- a/handler/gone.rs\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\
             --- /dev/null\n+++ b/handler/new.rs\n@@ -0,0 +1 @@\n+z\n"
        );
        assert_eq!(patch("handler", &own, &own), "");
    }
}
