//! Connections to where repositories are: AWS CodeConnections, which was CodeStar Connections until 2024. Source:
//! <https://docs.aws.amazon.com/dtconsole/latest/userguide/connections.html>.

mod connection;
mod either;
mod service;

pub(crate) use connection::{Connection, Status};
pub(crate) use either::{connection, connections, create, delete, tags};
