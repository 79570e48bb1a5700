//! DynamoDB inside this process: an HTTP connector of the SDK that uses SQLite.
//!
//! The store is the same as on AWS, with another connector below it. No port is
//! opened and nothing is sent anywhere.

use std::fmt;
use std::path::Path;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use umb_handler::store::Store;
use umb_handler::user::USERNAME;

use super::error::Error;

/// The table's name.
pub(super) const TABLE: &str = "Users";

/// Opens the store in the file `path`, creating it if necessary.
pub(super) fn open(path: &Path) -> Result<Store, Error> {
    Ok(Store::embedded(http_client(database(path)?), TABLE))
}

/// Opens the database in the file `path`, creating it if necessary.
pub(super) fn database(path: &Path) -> Result<Database, Error> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| Error::Database {
        path: path.to_owned(),
        source,
    };
    let name = path
        .to_str()
        .ok_or_else(|| failed("its path is not UTF-8 text".into()))?;
    let database = Database::new(name).map_err(|error| failed(error.into()))?;
    match create_table(&database) {
        Ok(()) | Err(DynoxideError::ResourceInUseException(_)) => Ok(database),
        Err(error) => Err(failed(error.into())),
    }
}

fn create_table(database: &Database) -> Result<(), DynoxideError> {
    let request = serde_json::json!({
        "TableName": TABLE,
        "AttributeDefinitions": [{"AttributeName": USERNAME, "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": USERNAME, "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    });
    database.create_table(read(request.to_string().as_bytes())?)?;
    Ok(())
}

fn http_client(database: Database) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Connector(database));
    http_client_fn(move |_, _| connector.clone())
}

struct Connector(Database);

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let database = self.0.clone();
        HttpConnectorFuture::new(async move {
            // SQLite blocks.
            tokio::task::spawn_blocking(move || answer(&database, &request))
                .await
                .map_err(|error| ConnectorError::other(error.into(), None))?
        })
    }
}

fn answer(database: &Database, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let operation = request
        .headers()
        .get("x-amz-target")
        .and_then(|target| target.split('.').nth(1))
        .unwrap_or_default();
    let body = request.body().bytes().unwrap_or_default();
    let (status, body) = match dispatch(database, operation, body) {
        Ok(body) => (200, body),
        Err(error) => (error.status_code(), error.to_json()),
    };
    let status = status
        .try_into()
        .map_err(|_| ConnectorError::other("not an HTTP status".into(), None))?;
    Ok(HttpResponse::new(status, SdkBody::from(body)))
}

/// The five operations that the store uses.
fn dispatch(database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    match operation {
        "PutItem" => write(&database.put_item(read(body)?)?),
        "GetItem" => write(&database.get_item(read(body)?)?),
        "UpdateItem" => write(&database.update_item(read(body)?)?),
        "DeleteItem" => write(&database.delete_item(read(body)?)?),
        "Scan" => write(&database.scan(read(body)?)?),
        other => Err(DynoxideError::ValidationException(format!(
            "the local stage has no operation {other}"
        ))),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body)
        .map_err(|error| DynoxideError::ValidationException(error.to_string()))
}

fn write(output: &impl Serialize) -> Result<String, DynoxideError> {
    serde_json::to_string(output)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
