//! The server: binds a port, records it, and serves until it is told to stop.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header::HOST};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use umb_handler::http::{RequestId, router};
use umb_handler::log;

use super::auth::{Key, authenticate};
use super::embedded_dynamodb;
use super::error::Error;
use super::state_dir::{ServerRecord, StateDir, this_binary};

/// Which port to serve on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    /// This one and no other.
    Exactly(u16),
    /// This one if it is free, else any.
    Preferably(u16),
    /// Any that is free.
    Any,
}

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Served {
    /// Every request was completed.
    ToTheEnd,
    Interrupted,
}

/// A server that listens, but does not serve yet.
pub(crate) struct BoundServer {
    /// By which other processes find it.
    pub(crate) record: ServerRecord,
    router: Router,
    listener: TcpListener,
    _lock: fs_err::File,
}

impl BoundServer {
    /// Takes the folder's lock, opens the database and listens on a loopback port.
    pub(crate) async fn new(folder: &Path, port: Option<u16>, auth: bool) -> Result<Self, Error> {
        let folder = StateDir::new(folder);
        folder.create()?;
        let lock = folder.lock().await?;
        let last = folder.read_record();
        folder.forget_record()?;
        let port = match (port, last) {
            (Some(port), _) => Port::Exactly(port),
            (None, Some(last)) => Port::Preferably(last.port),
            (None, None) => Port::Any,
        };
        let listener = listen(port).await?;
        let port = listener.local_addr().map_err(Error::Serve)?.port();
        let store = embedded_dynamodb::open(&folder.database())?;
        let mut router = router(store);
        if auth {
            let key = Key::read_or_create(&folder.credentials());
            let key = key.map_err(|error| folder.failed(error))?;
            router = router.layer(middleware::from_fn(move |request, next| {
                authenticate(key.clone(), request, next)
            }));
        }
        let record = ServerRecord {
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

    /// Serves until a signal says to stop, then completes the running requests. A second SIGINT ends it at once.
    pub(crate) async fn serve(self) -> Result<Served, Error> {
        log::to(std::io::stderr);
        let mut terminate = signal(SignalKind::terminate()).map_err(Error::Serve)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Serve)?;
        let (stop, stopping) = oneshot::channel::<()>();
        let signals = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            drop(stop);
            interrupt.recv().await;
        };
        let serving = axum::serve(self.listener, self.router).with_graceful_shutdown(async {
            let _ = stopping.await;
        });
        tokio::select! {
            served = serving => served.map(|()| Served::ToTheEnd).map_err(Error::Serve),
            () = signals => Ok(Served::Interrupted),
        }
    }
}

/// Serves the stage in `folder` as a background process, which survives the terminal that it was started from.
pub(crate) async fn serve(folder: &Path, port: Option<u16>, auth: bool) -> Result<(), Error> {
    let _hangup = signal(SignalKind::hangup()).map_err(Error::Serve)?;
    BoundServer::new(folder, port, auth).await?.serve().await?;
    Ok(())
}

async fn listen(port: Port) -> Result<TcpListener, Error> {
    let bind = async |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await;
    match port {
        Port::Exactly(port) => bind(port)
            .await
            .map_err(|source| Error::PortTaken { port, source }),
        Port::Any => bind(0).await.map_err(Error::Serve),
        Port::Preferably(port) => match bind(port).await {
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

/// Refuses requests for other hosts. The stage needs no credentials, so a web page must not reach it through a name that
/// resolves to this machine (DNS rebinding).
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
