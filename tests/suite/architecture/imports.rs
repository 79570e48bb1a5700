//! What a source file names, outside of its unit tests.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemUse, Path};

use super::tree::{SourceFile, Tree, absolute, flattened};

/// What a file names.
#[derive(Default)]
pub struct Imports {
    /// The files of the same crate that define what it names.
    pub files: BTreeSet<String>,
    /// Paths in other crates, and the macros that it calls.
    pub others: BTreeSet<String>,
}

impl Imports {
    pub fn of(file: &SourceFile, tree: &Tree) -> Self {
        let mut visitor = Visitor {
            file,
            tree,
            aliases: BTreeMap::new(),
            imports: Self::default(),
        };
        for item in &file.syntax.items {
            if let Item::Use(item) = item {
                visitor.add_aliases(item);
            }
        }
        visitor.visit_file(&file.syntax);
        visitor.imports.files.remove(&file.path);
        visitor.imports
    }
}

struct Visitor<'a> {
    file: &'a SourceFile,
    tree: &'a Tree,
    /// What `use` declares: name → path.
    aliases: BTreeMap<String, Vec<String>>,
    imports: Imports,
}

impl Visitor<'_> {
    fn add_aliases(&mut self, item: &ItemUse) {
        for (path, alias) in flattened(&item.tree) {
            self.aliases.insert(alias, path);
        }
    }

    fn add(&mut self, path: &[String]) {
        let mut path = path.to_vec();
        let first = path.first().cloned().unwrap_or_default();
        if let Some(target) = self.aliases.get(&first)
            && target.first() != Some(&first)
        {
            path = [target.clone(), path[1..].to_vec()].concat();
        }
        match path.first().map(String::as_str) {
            Some("crate" | "super" | "self") => {
                let path = absolute(&self.file.module, &path);
                if let Some(definition) = self.tree.definition(&path) {
                    self.imports.files.insert(definition.path.clone());
                }
            }
            Some(_) => {
                self.imports.others.insert(path.join("::"));
            }
            None => {}
        }
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for (path, _) in flattened(&item.tree) {
            self.add(&path);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let names: Vec<_> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        self.add(&names);
        visit::visit_path(self, path);
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<Path>()
                .is_ok_and(|condition| condition.is_ident("test"))
    })
}
