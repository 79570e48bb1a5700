//! Pages of the list of users, which keep every digit.

use struson::reader::{JsonReader as _, TransferError};
use umb_handler::json::{copy_value, reader};

/// One page of the list of users.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Each user as a JSON object on one line.
    pub(crate) users: Vec<String>,
    /// What the next page starts after, if there is one.
    pub(crate) next: Option<String>,
}

/// Reads a page.
///
/// # Errors
/// When it is not one.
pub(super) fn parse(text: &str) -> Result<Page, TransferError> {
    let mut page = Page {
        users: Vec::new(),
        next: None,
    };
    let mut json = reader(text);
    json.begin_object()?;
    while json.has_next()? {
        match json.next_name()? {
            "users" => {
                json.begin_array()?;
                while json.has_next()? {
                    page.users.push(copy_value(&mut json)?);
                }
                json.end_array()?;
            }
            "next" => page.next = Some(json.next_string()?),
            _ => json.skip_value()?,
        }
    }
    json.end_object()?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_lines_and_a_next() {
        let page = parse(r#"{"users":[{"a":1.50},{"b":[]}],"more":{},"next":"x"}"#).expect("valid");
        assert_eq!(page.users, [r#"{"a":1.50}"#, r#"{"b":[]}"#]);
        assert_eq!(page.next.as_deref(), Some("x"));
        assert!(parse("[]").is_err());
    }
}
