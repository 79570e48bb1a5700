//! What an account must allow before a pipeline can run in it.

use crate::aws::{self, AwsEnv};
use crate::model::{App, Pipeline, StackRef};

use super::error::Error;

/// Returns the kinds of builds that the pipeline runs and of which the account may run none, as Service Quotas calls them, e.g.
/// `Linux/Small`. New accounts may run none of some:
/// <https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html>.
pub(crate) async fn forbidden_builds(
    env: &AwsEnv,
    pipeline: &Pipeline,
    runner_image: &str,
) -> Result<Vec<String>, Error> {
    let quotas = aws::servicequotas::quotas(env.session(), "codebuild").await?;
    let mut kinds = vec![kind(runner_image, "BUILD_GENERAL1_SMALL")];
    if pipeline.builds_function {
        let spec = &pipeline.spec;
        kinds.push(kind(spec.build_image.as_str(), spec.compute_type.as_str()));
    }
    kinds.dedup();
    kinds.retain(|kind| {
        let quota = format!("Concurrently running builds for {kind} environment");
        // A kind that AWS gives another name is not checked.
        quotas.get(&quota).is_some_and(|allowed| *allowed < 1.0)
    });
    Ok(kinds)
}

/// Returns the addresses that the deployed pipeline does not tell of failures yet, because nobody has confirmed them.
pub(crate) async fn unconfirmed(env: &AwsEnv, app: &App) -> Result<Vec<String>, Error> {
    let (partition, region, account) = (env.partition().name(), env.region(), env.account());
    let topic = StackRef::pipeline(app).name();
    let topic_arn = format!("arn:{partition}:sns:{region}:{account}:{topic}");
    Ok(aws::sns::unconfirmed(env.session(), &topic_arn).await?)
}

/// How Service Quotas calls builds with that image on that machine.
fn kind(image: &str, compute_type: &str) -> String {
    let platform = if image.contains("aarch64") {
        "ARM"
    } else {
        "Linux"
    };
    let size = match compute_type.trim_start_matches("BUILD_GENERAL1_") {
        "SMALL" => "Small",
        "MEDIUM" => "Medium",
        "LARGE" => "Large",
        "XLARGE" => "XLarge",
        "2XLARGE" => "2XLarge",
        other => other,
    };
    format!("{platform}/{size}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_builds_are_called_as_their_quotas_are() {
        let image = "aws/codebuild/amazonlinux-x86_64-standard:5.0";
        assert_eq!(kind(image, "BUILD_GENERAL1_SMALL"), "Linux/Small");
        let image = "aws/codebuild/amazonlinux-aarch64-standard:3.0";
        assert_eq!(kind(image, "BUILD_GENERAL1_2XLARGE"), "ARM/2XLarge");
    }
}
