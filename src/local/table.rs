//! The local stage's table, read and written directly, whether the server is running or not: SQLite keeps both
//! consistent.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dynoxide::actions::batch_write_item::{BatchWriteItemRequest, PutRequest, WriteRequest};
use dynoxide::actions::scan::ScanRequest;
use dynoxide::{AttributeValue as Stored, Database, DynoxideError};
use struson::writer::{JsonStreamWriter, JsonWriter as _, WriterSettings};
use umb_handler::json::{AttributeValue, Item, View, write_object};
use umb_handler::user::{USERNAME, shown_name};

use super::embedded_dynamodb::{self, TABLE};
use super::error::Error;
use super::state_dir::StateDir;

/// The intended length of a page, in bytes of JSON.
const PAGE: usize = 1024 * 1024;
/// How many users the first page has: 40 MB of the largest ones.
const FIRST: usize = 100;
/// How many users a page has at most.
const MOST: usize = 4000;

/// The table of the stage on this machine.
#[derive(Clone)]
pub(crate) struct Table {
    database: Database,
    name: String,
    /// How many users the next page will have. The database reads that many, however large they are.
    users: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Table").field(&self.name).finish()
    }
}

impl Table {
    /// Opens the table of the stage in `folder`, creating it if necessary.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        let path = StateDir::new(folder).database();
        Ok(Self {
            database: embedded_dynamodb::database(&path)?,
            name: path.display().to_string(),
            users: Arc::new(FIRST.into()),
        })
    }

    /// The path of the database.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Puts items, replacing existing ones. No two may have the same key.
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

    /// Reads one page of users, sorted by username, after `after`: JSON objects, one per line, and the username that the next
    /// page comes after, if there is one.
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
            // On this thread: moving the many small items to another one costs more than writing them.
            let lines = lines(&page.items.unwrap_or_default())
                .map_err(|error| DynoxideError::ValidationException(error.to_string()))?;
            let fitting = PAGE * page.count / lines.len().max(1);
            users.store(fitting.clamp(1, MOST), Ordering::Relaxed);
            Ok((lines, next))
        })
        .await
    }

    /// Asks the database, on a thread where it may block.
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
            // An internal error: another process has locked the file for long.
            Ok(Err(error)) => Err(failed(error.status_code() == 500, error.into())),
            Err(error) => Err(failed(false, error.into())),
        }
    }
}

/// Returns an item as the database stores it.
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
        // Bytes and sets: JSON lacks them, so no user has any.
        _ => {
            let text = "the local database stores no value of a type that JSON lacks";
            return Err(DynoxideError::ValidationException(text.to_owned()));
        }
    })
}

/// Returns users as the API shows them: JSON objects, one per line.
fn lines(items: &[dynoxide::Item]) -> io::Result<String> {
    let mut bytes = Vec::new();
    let settings = WriterSettings {
        multi_top_level_value_separator: Some("\n".to_owned()),
        ..WriterSettings::default()
    };
    let mut writer = JsonStreamWriter::new_custom(&mut bytes, settings);
    for item in items {
        write_object(item, shown_name, view, &mut writer)?;
    }
    if !items.is_empty() {
        writer.finish_document()?;
        bytes.push(b'\n');
    }
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Shows a value of the database.
fn view(value: &Stored) -> View<'_, Stored> {
    match value {
        Stored::S(text) => View::Text(text),
        Stored::N(digits) => View::Number(digits),
        Stored::BOOL(value) => View::Bool(*value),
        Stored::NULL(_) => View::Null,
        Stored::M(item) => View::Object(item),
        Stored::L(values) => View::List(values),
        // Only umb writes to this table, and never one of these: see `stored_value`.
        Stored::B(_) | Stored::SS(_) | Stored::NS(_) | Stored::BS(_) => View::Unsupported,
    }
}
