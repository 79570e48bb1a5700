//! The Lambda function: a `provided.al2023` custom runtime.

use std::sync::Arc;

use lambda_runtime::{LambdaEvent, LambdaInvocation, Runtime, service_fn};
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::RwLock;
use tower::ServiceExt;
use tower::layer::layer_fn;
use umb_handler::store::Store;
use umb_handler::{contract, http, lambda, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    // `umb build` reads it from the executable.
    std::hint::black_box(contract::MARK);
    log::to(std::io::stdout);
    let router = http::router(Store::from_env()?);
    let function = service_fn(async |event: LambdaEvent<Value>| {
        let answer = lambda::handle(router.clone(), event).await;
        answer.map_err(lambda_runtime::Error::from)
    });
    // Held by every call until its response is sent.
    let calls = Arc::new(RwLock::new(()));
    let held = Arc::clone(&calls);
    let runtime = Runtime::new(function).layer(layer_fn(move |service| {
        let held = Arc::clone(&held);
        ServiceExt::<LambdaInvocation>::map_future(service, move |call| {
            let held = Arc::clone(&held);
            async move {
                let _held = held.read().await;
                call.await
            }
        })
    }));
    let mut terminate = signal(SignalKind::terminate())?;
    let terminated = async {
        terminate.recv().await;
        let _none = calls.write().await;
    };
    tokio::select! {
        ended = runtime.run() => ended,
        () = terminated => Ok(()),
    }
}
