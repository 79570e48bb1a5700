//! The users on this machine straight from the file that they are in, whether its server runs or not: `SQLite`
//! sees to it that both see the same.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dynoxide::actions::batch_write_item::{BatchWriteItemRequest, PutRequest, WriteRequest};
use dynoxide::actions::scan::ScanRequest;
use dynoxide::{AttributeValue as Stored, Database, DynoxideError};
use struson::writer::{JsonStreamWriter, JsonWriter as _, WriterSettings};
use umb_handler::json::{AttributeValue, Item, Writer, write_number};
use umb_handler::user::{USERNAME, shown_name};

use super::Error;
use super::engine::{self, TABLE};
use super::record::Folder;

/// How long a page is to be, in bytes of JSON.
const PAGE: usize = 1024 * 1024;
/// How many users the first page has: of the largest there are, forty megabytes.
const FIRST: usize = 100;
/// How many users a page has at the most.
const MOST: usize = 4000;

/// The table of the stage on this machine.
#[derive(Clone)]
pub(crate) struct Table {
    database: Database,
    name: String,
    /// How many users the next page is to have: the engine reads as many, however large they are.
    users: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Table").field(&self.name).finish()
    }
}

impl Table {
    /// The one of the stage in `folder`, which is made if there is none.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        let path = Folder::new(folder).database();
        Ok(Self {
            database: engine::database(&path)?,
            name: path.display().to_string(),
            users: Arc::new(FIRST.into()),
        })
    }

    /// The path of its file.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Puts items, whether there are others with their keys or not; no two may have the same key.
    pub(crate) async fn put(&self, items: Vec<Item>) -> Result<(), Error> {
        self.ask(move |database| {
            let writes = items.into_iter().map(|item| {
                let put_request = Some(PutRequest {
                    item: stored(item)?,
                });
                Ok(WriteRequest {
                    put_request,
                    delete_request: None,
                })
            });
            let writes = writes.collect::<Result<_, DynoxideError>>()?;
            database.batch_write_item(BatchWriteItemRequest {
                request_items: [(TABLE.to_owned(), writes)].into(),
                ..BatchWriteItemRequest::default()
            })
        })
        .await?;
        Ok(())
    }

    /// One page of users, in the order of their names, behind `after`: JSON objects, a line each; and the name
    /// behind which the next page is, if there is one.
    pub(crate) async fn page(
        &self,
        after: Option<String>,
    ) -> Result<(String, Option<String>), Error> {
        let start = after.map(|after| [(USERNAME.to_owned(), Stored::S(after))].into());
        let request = ScanRequest {
            table_name: TABLE.to_owned(),
            limit: Some(self.users.load(Ordering::Relaxed)),
            exclusive_start_key: start,
            ..ScanRequest::default()
        };
        let users = Arc::clone(&self.users);
        self.ask(move |database| {
            let page = database.scan(request)?;
            let next = page
                .last_evaluated_key
                .and_then(|mut key| match key.remove(USERNAME)? {
                    Stored::S(name) => Some(name),
                    _ => None,
                });
            // Here, while the items are at hand: they are many small things, slow to hand over.
            let lines = lines(&page.items.unwrap_or_default())
                .map_err(|error| DynoxideError::ValidationException(error.to_string()))?;
            let fitting = PAGE * page.count / lines.len().max(1);
            users.store(fitting.clamp(1, MOST), Ordering::Relaxed);
            Ok((lines, next))
        })
        .await
    }

    /// Asks the engine, which blocks.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Database) -> Result<T, DynoxideError> + Send + 'static,
    ) -> Result<T, Error> {
        let database = self.database.clone();
        let asked = tokio::task::spawn_blocking(move || question(&database)).await;
        let failed = |is_busy, source| Error::Engine {
            path: self.name.clone().into(),
            is_busy,
            source,
        };
        match asked {
            Ok(Ok(answer)) => Ok(answer),
            // What is no mistake of ours: another process has the file for long.
            Ok(Err(error)) => Err(failed(error.status_code() == 500, error.into())),
            Err(error) => Err(failed(false, error.into())),
        }
    }
}

/// An item as the engine has it.
fn stored(item: Item) -> Result<dynoxide::Item, DynoxideError> {
    let members = item.into_iter();
    members
        .map(|(name, value)| Ok((name, stored_value(value)?)))
        .collect()
}

fn stored_value(value: AttributeValue) -> Result<Stored, DynoxideError> {
    Ok(match value {
        AttributeValue::S(text) => Stored::S(text),
        AttributeValue::N(number) => Stored::N(number),
        AttributeValue::Bool(is_true) => Stored::BOOL(is_true),
        AttributeValue::Null(is_null) => Stored::NULL(is_null),
        AttributeValue::M(item) => Stored::M(stored(item)?),
        AttributeValue::L(values) => Stored::L(
            values
                .into_iter()
                .map(stored_value)
                .collect::<Result<_, _>>()?,
        ),
        // Bytes and sets: JSON has none, so no user does.
        _ => {
            let text = "the users' database takes no value of a type that JSON lacks";
            return Err(DynoxideError::ValidationException(text.to_owned()));
        }
    })
}

/// Users as JSON objects, a line each, with their members in the order in which the API has them.
fn lines(items: &[dynoxide::Item]) -> io::Result<String> {
    let mut bytes = Vec::new();
    let settings = WriterSettings {
        multi_top_level_value_separator: Some("\n".to_owned()),
        ..WriterSettings::default()
    };
    let mut writer = JsonStreamWriter::new_custom(&mut bytes, settings);
    for item in items {
        write_members(item, shown_name, &mut writer)?;
    }
    if !items.is_empty() {
        writer.finish_document()?;
        bytes.push(b'\n');
    }
    String::from_utf8(bytes).map_err(io::Error::other)
}

fn write_members(
    item: &dynoxide::Item,
    shown: impl Fn(&str) -> Option<&str>,
    writer: &mut Writer,
) -> io::Result<()> {
    let members = item.iter();
    let mut members: Vec<_> = members
        .filter_map(|(name, value)| Some((shown(name)?, value)))
        .collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    writer.begin_object()?;
    for (name, value) in members {
        writer.name(name)?;
        write_value(value, writer)?;
    }
    writer.end_object()
}

fn write_value(value: &Stored, writer: &mut Writer) -> io::Result<()> {
    match value {
        Stored::S(text) => writer.string_value(text),
        Stored::N(number) => write_number(number, writer),
        Stored::BOOL(is_true) => writer.bool_value(*is_true),
        Stored::NULL(_) => writer.null_value(),
        Stored::M(item) => write_members(item, |name| Some(name), writer),
        Stored::L(values) => {
            writer.begin_array()?;
            for value in values {
                write_value(value, writer)?;
            }
            writer.end_array()
        }
        // Only umb writes here, and it has none of these: see `stored_value`.
        Stored::B(_) | Stored::SS(_) | Stored::NS(_) | Stored::BS(_) => {
            Err(io::Error::other("the table holds a value that no user has"))
        }
    }
}
