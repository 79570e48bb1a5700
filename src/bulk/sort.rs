//! Users in the order of their names, however many there are: runs that fit into memory are sorted and put
//! into files, then merged.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Lines, Seek as _, Write};
use std::path::Path;

use itertools::Itertools as _;
use serde::Deserialize;

use super::Error;
use super::sheet::Sheet;

/// How long a run is, in bytes.
const RUN: usize = 16 * 1024 * 1024;

/// A user's JSON object, in the order of its name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct User {
    username: String,
    text: String,
}

impl User {
    fn parse(text: String) -> io::Result<Self> {
        #[derive(Deserialize)]
        struct Named {
            username: String,
        }
        let Named { username } = serde_json::from_str(&text)?;
        Ok(Self { username, text })
    }
}

/// Writes the users of `gathered`, a JSON object a line, into `sheet` by their names; `folder` holds the runs
/// meanwhile.
pub(super) fn by_username<W: Write>(
    gathered: File,
    folder: &Path,
    mut sheet: Sheet<W>,
) -> Result<(), Error> {
    let runs = runs(BufReader::new(gathered).lines(), folder).map_err(Error::Read)?;
    let users = runs.into_iter().kmerge_by(|one, other| match (one, other) {
        (Ok(one), Ok(other)) => one < other,
        // What cannot be read comes first, and ends it.
        (one, _) => one.is_err(),
    });
    for user in users {
        let mut line = user.map_err(Error::Read)?.text;
        line.push('\n');
        sheet.write(&line)?;
    }
    sheet.flush()
}

/// The users in sorted runs.
fn runs(
    lines: Lines<BufReader<File>>,
    folder: &Path,
) -> io::Result<Vec<impl Iterator<Item = io::Result<User>>>> {
    let (mut runs, mut users, mut length) = (Vec::new(), Vec::new(), 0);
    for line in lines {
        let line = line?;
        length += line.len();
        users.push(User::parse(line)?);
        if length > RUN {
            runs.push(run(std::mem::take(&mut users), folder)?);
            length = 0;
        }
    }
    runs.push(run(users, folder)?);
    Ok(runs)
}

/// Some users in a file of theirs, sorted.
fn run(
    mut users: Vec<User>,
    folder: &Path,
) -> io::Result<impl Iterator<Item = io::Result<User>> + use<>> {
    users.sort_unstable();
    let mut output = BufWriter::new(tempfile::tempfile_in(folder)?);
    for user in users {
        writeln!(output, "{}", user.text)?;
    }
    let mut file = output.into_inner()?;
    file.rewind()?;
    Ok(BufReader::new(file)
        .lines()
        .map(|line| line.and_then(User::parse)))
}
