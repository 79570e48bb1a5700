//! Chooses a connection for each request: with or without TLS, directly or through a proxy.

use std::collections::HashMap;
use std::env;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{
    Provider as TlsProvider, TlsContext, rustls_provider::CryptoMode,
};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use http::Uri;

use super::error::{Error, Unreached};
use super::proxies::{Proxies, Proxy};
use super::trust::{CaBundle, tls_context};

/// How umb reaches the network. Clones share their connections.
#[derive(Debug, Clone)]
pub(crate) struct Network(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    proxies: Proxies,
    bundle: Option<CaBundle>,
    /// What TLS trusts, once it is used.
    tls: OnceLock<TlsContext>,
    connectors: Mutex<HashMap<Key, SharedHttpConnector>>,
}

/// What a connector is for: the patience to connect and to read, whether with TLS, and the proxy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    connect: Option<Duration>,
    read: Option<Duration>,
    is_tls: bool,
    proxy: Option<Uri>,
}

/// Where a response came from.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// The request's URL, without its query.
    pub(crate) url: String,
}

impl Network {
    /// The network as the environment describes it, with `bundle` for the machine's certificates.
    ///
    /// # Errors
    /// When a variable cannot be right.
    pub(crate) fn of_environment(bundle: Option<CaBundle>) -> Result<Self, Error> {
        let proxies = Proxies::read(|name| env::var(name).ok())?;
        Ok(Self::new(proxies, bundle))
    }

    /// The network of this machine alone.
    pub(crate) fn direct() -> Self {
        Self::new(Proxies::default(), None)
    }

    fn new(proxies: Proxies, bundle: Option<CaBundle>) -> Self {
        Self(Arc::new(Shared {
            proxies,
            bundle,
            tls: OnceLock::new(),
            connectors: Mutex::default(),
        }))
    }

    /// The client for AWS's SDKs.
    pub(crate) fn http_client(&self) -> SharedHttpClient {
        let network = self.clone();
        http_client_fn(move |settings, _| network.connector(settings))
    }

    /// A connector that is this patient.
    pub(crate) fn connector(&self, settings: &HttpConnectorSettings) -> SharedHttpConnector {
        SharedHttpConnector::new(Choosing {
            network: self.clone(),
            settings: settings.clone(),
        })
    }
}

/// Sends each request by the connector that its URL needs.
#[derive(Debug)]
struct Choosing {
    network: Network,
    settings: HttpConnectorSettings,
}

impl HttpConnector for Choosing {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri: Uri = match request.uri().parse() {
            Ok(uri) => uri,
            Err(error) => {
                let error = ConnectorError::user(Box::new(error));
                return HttpConnectorFuture::ready(Err(error));
            }
        };
        let shared = &self.network.0;
        let proxy = shared.proxies.of(&uri);
        let connector = match shared.connector(&self.settings, &uri, proxy) {
            Ok(connector) => connector,
            Err(error) => {
                let error = ConnectorError::user(Box::new(error));
                return HttpConnectorFuture::ready(Err(error));
            }
        };
        let proxy = proxy.map(|proxy| (proxy.shown(), proxy.variable));
        let sent = connector.call(request);
        HttpConnectorFuture::new(async move {
            match sent.await {
                Ok(response) => Ok(with_route(response, &uri)),
                Err(error) => Err(unreached(error, &uri, proxy)),
            }
        })
    }
}

/// The scheme, name and port of a URL.
fn origin(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("http");
    let authority = uri.authority().map_or("", |all| all.as_str());
    format!("{scheme}://{authority}")
}

fn with_route(mut response: HttpResponse, uri: &Uri) -> HttpResponse {
    response.add_extension(Route {
        url: origin(uri) + uri.path(),
    });
    response
}

/// The same error with what could not be reached. Whether it is worth another attempt stays as it is.
fn unreached(
    error: ConnectorError,
    uri: &Uri,
    proxy: Option<(String, &'static str)>,
) -> ConnectorError {
    let (is_timeout, is_io, is_user) = (error.is_timeout(), error.is_io(), error.is_user());
    let kind = error.as_other();
    let unreached = Box::new(Unreached {
        origin: origin(uri),
        proxy,
        source: Box::new(error),
    });
    if is_timeout {
        ConnectorError::timeout(unreached)
    } else if is_io {
        ConnectorError::io(unreached)
    } else if is_user {
        ConnectorError::user(unreached)
    } else {
        ConnectorError::other(unreached, kind)
    }
}

impl Shared {
    fn connector(
        &self,
        settings: &HttpConnectorSettings,
        uri: &Uri,
        proxy: Option<&Proxy>,
    ) -> Result<SharedHttpConnector, Error> {
        let key = Key {
            connect: settings.connect_timeout(),
            read: settings.read_timeout(),
            // A proxy may want TLS, too.
            is_tls: uri.scheme_str() != Some("http") || proxy.is_some_and(Proxy::is_tls),
            proxy: proxy.map(Proxy::uri),
        };
        let mut connectors = self
            .connectors
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(connector) = connectors.get(&key) {
            return Ok(connector.clone());
        }
        let mut builder = Connector::builder()
            .connector_settings(settings.clone())
            .sleep_impl(TokioSleep::new());
        if let Some(proxy) = proxy {
            builder.set_proxy_config(Some(proxy.config()?));
        }
        let connector = if key.is_tls {
            let tls = builder.tls_provider(TlsProvider::Rustls(CryptoMode::Ring));
            tls.tls_context(self.tls()?).build()
        } else {
            builder.build_http()
        };
        let connector = SharedHttpConnector::new(connector);
        connectors.insert(key, connector.clone());
        Ok(connector)
    }

    fn tls(&self) -> Result<TlsContext, Error> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls.clone());
        }
        let tls = tls_context(self.bundle.as_ref())?;
        Ok(self.tls.get_or_init(|| tls).clone())
    }
}
