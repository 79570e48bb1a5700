//! The machine on AWS that umb may run on.

use std::{env, fs};

use aws_config::imds::region::ImdsRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_sdk_sts::config::SharedHttpClient;
use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::{AggregatedBytes, ByteStream};

/// Where another server than the machine's own answers about it:
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html>.
const OTHER_SERVER: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
/// What the firmware of an instance names: its ID, `i-…`. Source:
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html>.
const ASSET_TAG: &str = "/sys/devices/virtual/dmi/id/board_asset_tag";
/// What the paths begin with at which an instance names its role.
const ROLES: &str = "/latest/meta-data/iam/security-credentials";

/// Returns the region of the instance; `None` on any other machine, where nobody is asked: the answer would take seconds.
pub(super) async fn region(client: SharedHttpClient) -> Option<String> {
    let is_instance = fs::read_to_string(ASSET_TAG).is_ok_and(|tag| tag.starts_with("i-"));
    let is_said = env::var_os(OTHER_SERVER).is_some_and(|server| !server.is_empty());
    if !is_instance && !is_said {
        return None;
    }
    let config = ProviderConfig::without_region().with_http_client(client);
    let provider = ImdsRegionProvider::builder().configure(&config);
    let region = provider.build().region().await;
    region.map(|region| region.to_string())
}

/// The same client, through which a machine that is no instance has no role, whatever responds at the address of
/// instances: the SDK takes any text for a role's name, and panics where that makes no URL.
pub(super) fn without_false_roles(client: SharedHttpClient) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        let connector = client.http_connector(settings, components);
        SharedHttpConnector::new(Checked { connector })
    })
}

#[derive(Debug)]
struct Checked {
    connector: SharedHttpConnector,
}

impl HttpConnector for Checked {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let asks_for_role = request
            .uri()
            .parse::<http::Uri>()
            .is_ok_and(|uri| uri.path().starts_with(ROLES));
        let sent = self.connector.call(request);
        if !asks_for_role {
            return sent;
        }
        HttpConnectorFuture::new(async move { Ok(checked(sent.await?).await) })
    }
}

/// Returns the response, with status 404 if its body is markup instead of a role's name.
async fn checked(mut response: HttpResponse) -> HttpResponse {
    let body = ByteStream::new(response.take_body()).collect().await;
    let body = body.map(AggregatedBytes::into_bytes).unwrap_or_default();
    let is_markup = body.trim_ascii_start().starts_with(b"<");
    if is_markup && let Ok(not_found) = 404.try_into() {
        *response.status_mut() = not_found;
    }
    *response.body_mut() = SdkBody::from(body);
    response
}
