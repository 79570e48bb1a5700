//! CloudFormation as a test plays it: prepared responses, without a network.

use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudformation::Client;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

use super::client::CloudFormation;

/// Returns the response to an action of the query protocol: a status and its XML; `None` for no response at all.
type Conversation = dyn FnMut(&str) -> Option<(u16, String)> + Send;

#[derive(Clone)]
struct Replay(Arc<Mutex<Conversation>>);

impl std::fmt::Debug for Replay {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Replay")
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let action = body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action="));
        let response = (self.0.lock().expect("no panic"))(action.unwrap_or_default());
        HttpConnectorFuture::ready(match response {
            Some((status, xml)) => {
                let status = status.try_into().expect("a status");
                Ok(HttpResponse::new(status, SdkBody::from(xml)))
            }
            None => Err(ConnectorError::io("the network is down".into())),
        })
    }
}

impl CloudFormation {
    /// A client whose calls `conversation` responds to. They are not retried.
    pub(crate) fn replayed(
        conversation: impl FnMut(&str) -> Option<(u16, String)> + Send + 'static,
    ) -> Self {
        let connector = SharedHttpConnector::new(Replay(Arc::new(Mutex::new(conversation))));
        let credentials = Credentials::new("id", "secret", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .build();
        Self {
            client: Client::new(&config),
        }
    }
}
