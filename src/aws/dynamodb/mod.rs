//! DynamoDB: tables as a whole, many items at once, and imports and exports. Single items are the function's business.

pub(crate) mod import_export;
mod items;
mod table;

pub(crate) use import_export::S3Location;
pub(crate) use items::{Item, Items};
pub(crate) use table::{Table, delete, enable_recovery, protect, table, tag, tags};
