//! JSON text that keeps every digit: read as DynamoDB attribute values, written from them, and compared.
//!
//! A streaming reader and writer, because they pass a number on as its text: `serde_json` holds it as `f64`, or, with its
//! `arbitrary_precision`, mistakes an object with a certain key for a number.

mod item;
mod number;
mod read;
mod text;
mod write;

pub use item::{AttributeValue, Item, MAX_DEPTH, MAX_DIGITS, Violation};
pub use read::parse_object;
pub use text::{are_equal, compact, copy_value, members, pretty, reader};
pub use write::{View, Writer, document, write_item, write_object};
