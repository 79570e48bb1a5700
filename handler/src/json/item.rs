//! What a DynamoDB item can hold. The limits are DynamoDB's:
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>.

use std::collections::HashMap;

pub use aws_sdk_dynamodb::types::AttributeValue;

/// The attributes of one DynamoDB item, by name.
pub type Item = HashMap<String, AttributeValue>;

/// How deep a value may be nested in an item. An attribute's own value is at level 1.
pub const MAX_DEPTH: usize = 32;
/// How many significant digits DynamoDB keeps of a number.
pub const MAX_DIGITS: usize = 38;

/// One thing that is wrong with a request, and where.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// JSON pointer (RFC 6901) into the request's body; empty for the body as a whole.
    pub pointer: String,
    /// What is wrong, as a sentence fragment that never repeats the value.
    pub detail: String,
}

impl Violation {
    /// A violation at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}
