//! Sorts users by username, however many there are: runs that fit into memory are sorted and written to files, then
//! merged.

use std::io::{self, BufRead as _, BufReader, BufWriter, Lines, Seek as _, Write};
use std::path::Path;

use itertools::Itertools as _;
use serde::Deserialize;

use super::error::Error;
use super::user_writer::UserWriter;

/// The length of a run, in bytes.
const RUN: usize = 16 * 1024 * 1024;

/// A user's JSON object, ordered by username.
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

/// Writes the users of `gathered`, which has a JSON object on each line, sorted by username. `folder` holds the runs
/// meanwhile.
pub(super) fn by_username<W: Write>(
    gathered: impl io::Read,
    folder: &Path,
    mut writer: UserWriter<W>,
) -> Result<(), Error> {
    let runs = runs(BufReader::new(gathered).lines(), folder).map_err(Error::Read)?;
    let users = runs.into_iter().kmerge_by(|one, other| match (one, other) {
        (Ok(one), Ok(other)) => one < other,
        // A read error comes first, and ends the merge.
        (one, _) => one.is_err(),
    });
    for user in users {
        let mut line = user.map_err(Error::Read)?.text;
        line.push('\n');
        writer.write(&line)?;
    }
    writer.flush()
}

/// Returns the users in sorted runs.
fn runs(
    lines: Lines<BufReader<impl io::Read>>,
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

/// Returns some users, sorted, from a file of their own.
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
