//! Users as rows: usernames, e-mail addresses, and as much of the rest as fits.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The largest width of a column. The first page decides the width.
const WIDEST: usize = 40;
/// Between columns.
const GAP: &str = "  ";

/// A user: its attributes' names, and their values as JSON text.
pub(crate) type Row = Vec<(String, String)>;

/// A table that is written page by page.
#[derive(Debug)]
pub(crate) struct Table {
    /// How many columns a line has, if that is known.
    width: Option<usize>,
    /// The widths of the aligned columns, once the first page was written.
    columns: Option<[usize; 2]>,
}

impl Table {
    pub(super) fn new(width: Option<usize>) -> Self {
        Self {
            width,
            columns: None,
        }
    }

    /// Returns the lines of a page; those of the first one with the heading.
    pub(super) fn page(&mut self, users: &[Row]) -> Vec<String> {
        let mut rows: Vec<_> = users.iter().map(cells).collect();
        if self.columns.is_none() {
            rows.insert(0, ["USERNAME", "EMAIL", "ATTRIBUTES"].map(str::to_owned));
        }
        let columns = *self.columns.get_or_insert_with(|| {
            [0, 1].map(|column| {
                let widths = rows.iter().map(|row| row[column].width());
                widths.max().unwrap_or(0).min(WIDEST)
            })
        });
        rows.iter().map(|row| self.line(row, columns)).collect()
    }

    fn line(&self, [name, email, rest]: &[String; 3], columns: [usize; 2]) -> String {
        let line = format!(
            "{}{GAP}{}{GAP}{rest}",
            padded(name, columns[0]),
            padded(email, columns[1])
        );
        match self.width {
            Some(width) if line.width() > width => cut(&line, width),
            _ => line.trim_end().to_owned(),
        }
    }
}

/// Returns a user as cells, with control characters escaped, which would move the cursor.
fn cells(user: &Row) -> [String; 3] {
    let text = |wanted: &str| {
        let found = user.iter().find(|(name, _)| name == wanted);
        found.map_or_else(String::new, |(_, json)| plain(json))
    };
    let rest = user
        .iter()
        .filter(|(name, _)| !["username", "email"].contains(&name.as_str()))
        .map(|(name, json)| format!("{}={json}", name.escape_debug()));
    [
        text("username"),
        text("email"),
        rest.collect::<Vec<_>>().join(" "),
    ]
}

/// Returns a JSON string without its quotes, and anything else as it is.
fn plain(json: &str) -> String {
    match serde_json::from_str::<String>(json) {
        Ok(text) => text.escape_debug().to_string(),
        Err(_) => json.to_owned(),
    }
}

fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// Cuts `text` to `width`, with an ellipsis.
fn cut(text: &str, width: usize) -> String {
    let mut left = width.saturating_sub(1);
    let fits = text.chars().take_while(|letter| {
        let needed = letter.width().unwrap_or(0);
        let fits = needed <= left;
        left = left.saturating_sub(needed);
        fits
    });
    format!("{}…", fits.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(members: &[(&str, &str)]) -> Row {
        members
            .iter()
            .map(|(name, json)| ((*name).to_owned(), (*json).to_owned()))
            .collect()
    }

    #[test]
    fn columns_are_aligned_under_their_heading() {
        let mut table = Table::new(None);
        let first = [
            user(&[
                ("username", r#""john""#),
                ("email", r#""j@x.org""#),
                ("n", "1.50"),
            ]),
            user(&[("a", r#""b\nc""#), ("username", r#""日本""#)]),
        ];
        assert_eq!(
            table.page(&first),
            [
                "USERNAME  EMAIL    ATTRIBUTES",
                "john      j@x.org  n=1.50",
                r#"日本               a="b\nc""#,
            ]
        );
        assert_eq!(table.page(&[user(&[("username", r#""x""#)])]), ["x"]);
    }

    #[test]
    fn a_line_is_no_wider_than_the_terminal() {
        let mut table = Table::new(Some(12));
        let page = table.page(&[user(&[("username", r#""日本日本日本日本""#)])]);
        assert_eq!(page[1], "日本日本日…");
    }
}
