//! What is asked of the service under either of its names: policies often allow only one of them.

use std::collections::BTreeMap;

use crate::aws::cause::Cause;
use crate::aws::error::Error;
use crate::aws::session::Session;

use super::connection::Connection;
use super::service::{current, former};

/// How ARNs name the service under its former name.
const FORMER: &str = ":codestar-connections:";

/// Asks the service under the name that an ARN has, and under the other one where the credentials do not allow that. Of two
/// refusals, the first one counts.
macro_rules! by_arn {
    ($arn:expr, $operation:ident($($argument:expr),*)) => {{
        let is_former = $arn.contains(FORMER);
        let asked = if is_former {
            former::$operation($($argument),*).await
        } else {
            current::$operation($($argument),*).await
        };
        match asked {
            Err(error) if error.cause() == Cause::Denied => {
                let again = if is_former {
                    current::$operation($($argument),*).await
                } else {
                    former::$operation($($argument),*).await
                };
                again.map_err(|_| error)
            }
            asked => asked,
        }
    }};
}

/// Returns the connection with this ARN; `None` if there is none.
pub(crate) async fn connection(session: &Session, arn: &str) -> Result<Option<Connection>, Error> {
    by_arn!(arn, connection(session, arn))
}

/// Returns all connections of the account and region, each once.
pub(crate) async fn connections(session: &Session) -> Result<Vec<Connection>, Error> {
    let both = tokio::join!(current::connections(session), former::connections(session));
    let (mut all, others) = match both {
        (Ok(current), Ok(former)) => (current, former),
        // Not every region has both, and hardly a policy allows both.
        (Ok(one), Err(error)) | (Err(error), Ok(one)) if is_absence(&error) => (one, Vec::new()),
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    for other in others {
        if !all.iter().any(|one| one.identity() == other.identity()) {
            all.push(other);
        }
    }
    Ok(all)
}

/// Creates a connection, which is pending, and returns its ARN.
pub(crate) async fn create(
    session: &Session,
    name: &str,
    provider: &str,
    host: Option<&str>,
    tags: &BTreeMap<String, String>,
) -> Result<String, Error> {
    by_arn!("", create(session, name, provider, host, tags))
}

/// Returns the tags of a connection.
pub(crate) async fn tags(session: &Session, arn: &str) -> Result<BTreeMap<String, String>, Error> {
    by_arn!(arn, tags(session, arn))
}

/// Deletes a connection. If there is none, that is fine.
pub(crate) async fn delete(session: &Session, arn: &str) -> Result<(), Error> {
    by_arn!(arn, delete(session, arn))
}

/// Whether an error says that the service cannot be asked under this name.
fn is_absence(error: &Error) -> bool {
    matches!(error.cause(), Cause::Denied | Cause::Unreachable)
}
