//! The server itself: binds, tells where, serves until it is told to stop.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header::HOST};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use umb_handler::log;
use umb_handler::router::{RequestId, router};

use super::auth::{Key, authenticate};
use super::record::{Folder, Record, this_binary};
use super::{Error, engine};

/// Which port to serve on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    /// This one or none.
    Exactly(u16),
    /// This one, or any that is free.
    Rather(u16),
    /// Any that is free.
    Any,
}

/// A server that listens and has not yet begun to serve.
pub(crate) struct Ready {
    /// What it is to be found by.
    pub(crate) record: Record,
    router: Router,
    listener: TcpListener,
    _lock: File,
}

impl Ready {
    /// Takes the folder, opens the users and listens on a loopback port.
    pub(crate) async fn new(folder: &Path, port: Option<u16>, auth: bool) -> Result<Self, Error> {
        let folder = Folder::new(folder);
        folder.create()?;
        let lock = folder.lock().await?;
        let last = folder.read_record();
        folder.forget_record()?;
        let port = match (port, last) {
            (Some(port), _) => Port::Exactly(port),
            (None, Some(last)) => Port::Rather(last.port),
            (None, None) => Port::Any,
        };
        let listener = listen(port).await?;
        let port = listener.local_addr().map_err(Error::Serve)?.port();
        let store = engine::open(&folder.database())?;
        let mut router = router(store);
        if auth {
            let key = Key::read_or_make(&folder.credentials());
            let key = key.map_err(|error| folder.failed(error))?;
            router = router.layer(middleware::from_fn(move |request, next| {
                authenticate(key.clone(), request, next)
            }));
        }
        let record = Record {
            pid: std::process::id(),
            port,
            auth,
            binary: this_binary(),
        };
        folder.write_record(&record)?;
        Ok(Self {
            record,
            router: router
                .layer(middleware::from_fn(identify))
                .layer(middleware::from_fn(refuse_other_hosts)),
            listener,
            _lock: lock,
        })
    }

    /// Serves until a signal says to stop, then finishes the requests that are under way.
    pub(crate) async fn serve(self) -> Result<(), Error> {
        log::to(std::io::stderr);
        let mut terminate = signal(SignalKind::terminate()).map_err(Error::Serve)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Serve)?;
        axum::serve(self.listener, self.router)
            .with_graceful_shutdown(async move {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            })
            .await
            .map_err(Error::Serve)
    }
}

/// Serves the stage in `folder` as a background process does: whatever becomes of the terminal that
/// it was started from.
pub(crate) async fn serve(folder: &Path, port: Option<u16>, auth: bool) -> Result<(), Error> {
    let _hangup = signal(SignalKind::hangup()).map_err(Error::Serve)?;
    Ready::new(folder, port, auth).await?.serve().await
}

async fn listen(port: Port) -> Result<TcpListener, Error> {
    let bind = async |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await;
    match port {
        Port::Exactly(port) => bind(port)
            .await
            .map_err(|source| Error::PortTaken { port, source }),
        Port::Any => bind(0).await.map_err(Error::Serve),
        Port::Rather(port) => match bind(port).await {
            Ok(listener) => Ok(listener),
            Err(_) => bind(0).await.map_err(Error::Serve),
        },
    }
}

async fn identify(mut request: Request, next: Next) -> Response {
    let id = uuid::Uuid::new_v4().to_string();
    request.extensions_mut().insert(RequestId(id));
    next.run(request).await
}

/// The stage asks for no credentials, so a web page must not reach it through a name that it
/// points at this machine (DNS rebinding).
async fn refuse_other_hosts(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    match host {
        None | Some("127.0.0.1" | "localhost") => next.run(request).await,
        Some(_) => StatusCode::MISDIRECTED_REQUEST.into_response(),
    }
}
