//! The source files of a crate, parsed, and the modules that they are.

use std::fs;
use std::path::{Path, PathBuf};

use syn::{Item, UseTree};

/// A source file.
pub struct SourceFile {
    /// Relative to the repository.
    pub path: String,
    /// The names of the module that it is, from the crate's root on: empty for `lib.rs`.
    pub module: Vec<String>,
    /// Whether it is the module of a folder, or of the whole crate.
    pub is_folder: bool,
    pub syntax: syn::File,
}

/// All source files of a crate.
pub struct Tree {
    pub files: Vec<SourceFile>,
}

impl Tree {
    /// Parses the files below `folder`, which is relative to the repository.
    pub fn parse(folder: &str) -> Self {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = repository.join(folder);
        // Files that only hold unit tests may import everything.
        let files = rust_files(&root).into_iter().filter(|path| {
            !path
                .iter()
                .any(|name| name == "tests" || name == "tests.rs")
        });
        let files = files.map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let inside = path.strip_prefix(&root).unwrap().with_extension("");
            let mut module: Vec<_> = inside
                .iter()
                .map(|name| name.to_str().unwrap().to_owned())
                .collect();
            let is_folder = matches!(module.last().unwrap().as_str(), "mod" | "lib");
            if is_folder {
                module.pop();
            }
            SourceFile {
                path: path.strip_prefix(repository).unwrap().display().to_string(),
                module,
                is_folder,
                syntax: syn::parse_file(&text).unwrap(),
            }
        });
        Self {
            files: files.collect(),
        }
    }

    fn module(&self, module: &[String]) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.module == module)
    }

    /// Returns the file that defines what an absolute path names. Re-exports are followed; `None` for a path that names a
    /// folder alone.
    pub fn definition(&self, path: &[String]) -> Option<&SourceFile> {
        let depth = (0..=path.len())
            .rev()
            .find(|depth| self.module(&path[..*depth]).is_some())?;
        let file = self.module(&path[..depth])?;
        if !file.is_folder {
            return Some(file);
        }
        let name = path.get(depth)?;
        let target =
            re_export(file, name).unwrap_or_else(|| panic!("{} re-exports no {name}", file.path));
        self.definition(&[target, path[depth + 1..].to_vec()].concat())
    }
}

/// Returns the absolute path that a folder's module re-exports as `name`.
fn re_export(file: &SourceFile, name: &str) -> Option<Vec<String>> {
    let uses = file.syntax.items.iter().filter_map(|item| match item {
        Item::Use(item) => Some(&item.tree),
        _ => None,
    });
    uses.flat_map(flattened)
        .find(|(_, alias)| alias == name)
        .map(|(path, _)| absolute(&file.module, &path))
}

/// Returns the paths of a use tree, each with the name that it gets.
pub fn flattened(tree: &UseTree) -> Vec<(Vec<String>, String)> {
    match tree {
        UseTree::Path(path) => {
            let inner = flattened(&path.tree).into_iter();
            inner
                .map(|(rest, alias)| ([vec![path.ident.to_string()], rest].concat(), alias))
                .map(|(mut path, alias)| {
                    // `use a::{self}` imports `a`.
                    path.pop_if(|last| last == "self");
                    let alias = if alias == "self" {
                        path.last().cloned()
                    } else {
                        Some(alias)
                    };
                    (path, alias.unwrap_or_default())
                })
                .collect()
        }
        UseTree::Group(group) => group.items.iter().flat_map(flattened).collect(),
        UseTree::Name(name) => vec![(vec![name.ident.to_string()], name.ident.to_string())],
        UseTree::Rename(name) => vec![(vec![name.ident.to_string()], name.rename.to_string())],
        UseTree::Glob(_) => Vec::new(),
    }
}

/// Returns a path from the crate's root on, as the module `module` sees it; names of other crates stay as they are.
pub fn absolute(module: &[String], path: &[String]) -> Vec<String> {
    let mut base = module.to_vec();
    let mut rest = path;
    let mut is_relative = false;
    while let [first, others @ ..] = rest {
        match first.as_str() {
            "crate" => base.clear(),
            "self" => {}
            "super" => {
                base.pop();
            }
            _ => break,
        }
        is_relative = true;
        rest = others;
    }
    if is_relative {
        [&base, rest].concat()
    } else {
        // A child of the same folder, as `mod.rs` names it.
        [module, rest].concat()
    }
}

/// Returns the files of a folder that Rust compiles.
pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}
