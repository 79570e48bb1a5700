//! The Lambda function: a `provided.al2023` custom runtime.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use lambda_runtime::{LambdaEvent, service_fn};
use umb_handler::store::Store;
use umb_handler::{lambda, log, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    log::to(std::io::stdout);
    let router = router::router(Store::from_env()?);
    lambda_runtime::run(service_fn(
        async |event: LambdaEvent<ApiGatewayProxyRequest>| {
            let answer = lambda::handle(router.clone(), event).await;
            answer.map_err(lambda_runtime::Error::from)
        },
    ))
    .await
}
