//! Users in DynamoDB: one call per operation, atomic by conditions.
//!
//! The only module of the handler that knows DynamoDB's requests. It uses five actions: `PutItem`,
//! `GetItem`, `UpdateItem`, `DeleteItem` and `Scan`; the function's role allows exactly these.

use std::collections::HashMap;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Builder as ConfigBuilder, Region, SharedHttpClient,
};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls::{Provider as TlsProvider, rustls_provider::CryptoMode};

use crate::json::Item;
use crate::revision::{Precondition, Revision};
use crate::user::{Changes, REVISION, USERNAME, User, Username};

/// What an operation on the store can end in, other than success.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A user of this name already exists.
    #[error("the user already exists")]
    AlreadyExists,
    /// No user of this name exists.
    #[error("the user does not exist")]
    NotFound,
    /// The user exists, and is in another state than the precondition requires.
    #[error("the user does not meet the precondition")]
    PreconditionFailed,
    /// The user would be larger than an item may be (400 KB).
    #[error("the user is larger than 400 KB")]
    TooLarge,
    /// The table's throughput is used up, after the SDK's own retries.
    #[error("the table is throttled")]
    Busy,
    /// Anything else: the store's fault, not the caller's.
    #[error("DynamoDB failed: {code}")]
    Failed {
        /// `DynamoDB`'s error code, or what happened to the connection. Never the message, which may
        /// quote a user's attributes.
        code: String,
    },
}

/// Some users, and where to continue.
#[derive(Debug)]
pub struct Page {
    /// The users, in the table's order.
    pub users: Vec<User>,
    /// The last user that was read, if there may be more after it.
    pub last: Option<Username>,
}

/// A variable that the environment lacks.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set")]
pub struct MissingVariable(&'static str);

/// Users in one DynamoDB table.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    table: String,
}

impl Store {
    /// A store on the table `TABLE_NAME`, from the environment that Lambda gives a function.
    ///
    /// Region and credentials are plain variables there, so the SDK's provider chain, which would
    /// cost start-up time, is not used. Source:
    /// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>.
    ///
    /// # Errors
    /// The first variable that is missing.
    pub fn from_env() -> Result<Self, MissingVariable> {
        let variable = |name: &'static str| std::env::var(name).map_err(|_| MissingVariable(name));
        let credentials = Credentials::new(
            variable("AWS_ACCESS_KEY_ID")?,
            variable("AWS_SECRET_ACCESS_KEY")?,
            std::env::var("AWS_SESSION_TOKEN").ok(),
            None,
            "environment",
        );
        let tls = TlsProvider::Rustls(CryptoMode::Ring);
        let mut config = config(
            HttpClientBuilder::new().tls_provider(tls).build_https(),
            variable("AWS_REGION")?,
            credentials,
        );
        config.set_endpoint_url(
            variable("AWS_ENDPOINT_URL_DYNAMODB")
                .or_else(|_| variable("AWS_ENDPOINT_URL"))
                .ok(),
        );
        Ok(Self {
            client: Client::from_conf(config.build()),
            table: variable("TABLE_NAME")?,
        })
    }

    /// A store whose `DynamoDB` is embedded in this process, behind `http_client`.
    pub fn embedded(http_client: SharedHttpClient, table: impl Into<String>) -> Self {
        let credentials = Credentials::new("local", "local", None, None, "embedded");
        let config = config(http_client, "local".to_owned(), credentials);
        Self {
            client: Client::from_conf(config.build()),
            table: table.into(),
        }
    }

    /// Creates a user that must not exist.
    pub async fn create(&self, user: &User) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(user.to_stored()))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", USERNAME)
            .send()
            .await
            .map_err(|error| failure(&error, StoreError::AlreadyExists))?;
        Ok(())
    }

    /// Reads a user as it is after every completed write.
    pub async fn get(&self, username: &Username) -> Result<User, StoreError> {
        let item = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(USERNAME, key(username))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failure(&error, StoreError::NotFound))?
            .item
            .ok_or(StoreError::NotFound)?;
        Ok(User::from_stored(username.clone(), item))
    }

    /// Sets attributes of a user that must exist and meet `precondition`; returns the whole user.
    pub async fn update(
        &self,
        username: &Username,
        changes: Changes,
        precondition: &Precondition,
    ) -> Result<User, StoreError> {
        let condition = Condition::new(precondition);
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(USERNAME, key(username))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values(condition.values)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(AllOld);
        let mut assignments = Vec::new();
        for (index, (name, value)) in changes.into_stored().into_iter().enumerate() {
            assignments.push(format!("#{index}=:{index}"));
            request = request
                .expression_attribute_names(format!("#{index}"), name)
                .expression_attribute_values(format!(":{index}"), value);
        }
        let item = request
            .update_expression(format!("SET {}", assignments.join(",")))
            .send()
            .await
            .map_err(|error| {
                let existing = match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(unmet)) => unmet.item(),
                    _ => None,
                };
                failure(&error, unmet(existing))
            })?
            .attributes
            .ok_or(StoreError::NotFound)?;
        Ok(User::from_stored(username.clone(), item))
    }

    /// Deletes a user that must exist and meet `precondition`.
    pub async fn delete(
        &self,
        username: &Username,
        precondition: &Precondition,
    ) -> Result<(), StoreError> {
        let condition = Condition::new(precondition);
        self.client
            .delete_item()
            .table_name(&self.table)
            .key(USERNAME, key(username))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values(condition.values)
            .return_values_on_condition_check_failure(AllOld)
            .send()
            .await
            .map_err(|error| {
                let existing = match error.as_service_error() {
                    Some(DeleteItemError::ConditionalCheckFailedException(unmet)) => unmet.item(),
                    _ => None,
                };
                failure(&error, unmet(existing))
            })?;
        Ok(())
    }

    /// Reads up to `limit` users that follow `after` in the table's order.
    pub async fn list(&self, limit: u16, after: Option<Username>) -> Result<Page, StoreError> {
        let output = self
            .client
            .scan()
            .table_name(&self.table)
            .limit(i32::from(limit))
            .consistent_read(true)
            .set_exclusive_start_key(
                after.map(|username| [(USERNAME.to_owned(), key(&username))].into()),
            )
            .send()
            .await
            .map_err(|error| failure(&error, StoreError::NotFound))?;
        let last = output
            .last_evaluated_key
            .and_then(|key| username_of(&key).ok());
        let users = output
            .items
            .unwrap_or_default()
            .into_iter()
            .map(|item| username_of(&item).map(|username| User::from_stored(username, item)))
            .collect::<Result<_, _>>()?;
        Ok(Page { users, last })
    }
}

/// Configures retries and timeouts: API Gateway gives up after 29 seconds.
fn config(
    http_client: SharedHttpClient,
    region: String,
    credentials: Credentials,
) -> ConfigBuilder {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client)
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(2))
                .operation_attempt_timeout(Duration::from_secs(8))
                .operation_timeout(Duration::from_secs(25))
                .build(),
        )
}

/// The condition of a write, in DynamoDB's form.
struct Condition {
    expression: String,
    names: HashMap<String, String>,
    values: Option<Item>,
}

impl Condition {
    fn new(precondition: &Precondition) -> Self {
        let mut expression = "attribute_exists(#key)".to_owned();
        let mut names = HashMap::from([("#key".to_owned(), USERNAME.to_owned())]);
        let mut values = Item::new();
        if let Precondition::OneOf(revisions) = precondition {
            let mut allowed = Vec::new();
            if revisions.iter().any(Revision::is_unversioned) {
                allowed.push("attribute_not_exists(#revision)".to_owned());
            }
            for (index, revision) in revisions.iter().enumerate() {
                values.insert(format!(":revision{index}"), revision.to_stored());
            }
            let all: Vec<_> = values.keys().map(String::as_str).collect();
            allowed.push(format!("#revision IN ({})", all.join(",")));
            expression = format!("{expression} AND ({})", allowed.join(" OR "));
            names.insert("#revision".to_owned(), REVISION.to_owned());
        }
        Self {
            expression,
            names,
            values: (!values.is_empty()).then_some(values),
        }
    }
}

/// Returns the error for an unmet condition, where DynamoDB returned the item `existing`.
fn unmet(existing: Option<&Item>) -> StoreError {
    match existing {
        Some(_) => StoreError::PreconditionFailed,
        None => StoreError::NotFound,
    }
}

fn key(username: &Username) -> AttributeValue {
    AttributeValue::S(username.as_str().to_owned())
}

/// Returns an item's username. An item that another writer gave an invalid name cannot be addressed by this API; it fails
/// the request rather than being left out.
fn username_of(item: &Item) -> Result<Username, StoreError> {
    item.get(USERNAME)
        .and_then(|value| value.as_s().ok())
        .and_then(|text| Username::parse(text).ok())
        .ok_or_else(|| StoreError::Failed {
            code: "UnaddressableUsername".to_owned(),
        })
}

/// Classifies a failed call; `unmet` is the error for its condition.
fn failure<E: ProvideErrorMetadata>(error: &SdkError<E>, unmet: StoreError) -> StoreError {
    let code = error.code().unwrap_or(match error {
        SdkError::TimeoutError(_) => "Timeout",
        SdkError::DispatchFailure(_) => "Unreachable",
        _ => "Unexpected",
    });
    match code {
        "ConditionalCheckFailedException" => unmet,
        "ValidationException" if names_item_size(error.message()) => StoreError::TooLarge,
        "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "ThrottlingException" => StoreError::Busy,
        other => StoreError::Failed {
            code: other.to_owned(),
        },
    }
}

/// Whether a write was refused because of its size. DynamoDB has no error code for that, and nobody else knows the size of
/// an item after an update, so the message decides: "Item size has exceeded the maximum allowed size", or "Item size to
/// update has exceeded …".
fn names_item_size(message: Option<&str>) -> bool {
    message.is_some_and(|message| message.contains("Item size"))
}
