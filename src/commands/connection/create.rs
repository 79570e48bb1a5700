//! `umb connection create`

use clap::ValueEnum;

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline::{self, Provider};
use crate::settings::Settings;
use crate::ui::Ui;

use super::super::target::announce;
use super::show::{explain_status, until_available};

/// Create a connection, and wait for the person who completes it in the console
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb connection create --provider GitHub              Connect to GitHub
  umb connection create --provider GitLab --no-wait    Do not wait")]
pub(super) struct CreateArgs {
    /// What to connect to
    #[arg(long, value_enum, ignore_case = true)]
    provider: ProviderArg,
    /// Its name, up to 32 characters; an existing connection of that name is reused
    /// [default: that of [pipeline] in umb.toml, the app's name]
    #[arg(long)]
    name: Option<String>,
    /// The ARN of the host, for a provider that runs on a machine of your own
    #[arg(long, value_name = "ARN")]
    host: Option<String>,
    /// Do not wait until it can be used
    #[arg(long)]
    no_wait: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ProviderArg {
    #[value(name = "GitHub")]
    GitHub,
    #[value(name = "GitHubEnterpriseServer")]
    GitHubEnterpriseServer,
    #[value(name = "GitLab")]
    GitLab,
    #[value(name = "GitLabSelfManaged")]
    GitLabSelfManaged,
    #[value(name = "Bitbucket")]
    Bitbucket,
    #[value(name = "AzureDevOps")]
    AzureDevOps,
}

impl From<ProviderArg> for Provider {
    fn from(arg: ProviderArg) -> Self {
        match arg {
            ProviderArg::GitHub => Self::GitHub,
            ProviderArg::GitHubEnterpriseServer => Self::GitHubEnterpriseServer,
            ProviderArg::GitLab => Self::GitLab,
            ProviderArg::GitLabSelfManaged => Self::GitLabSelfManaged,
            ProviderArg::Bitbucket => Self::Bitbucket,
            ProviderArg::AzureDevOps => Self::AzureDevOps,
        }
    }
}

impl CreateArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let provider = Provider::from(self.provider);
        check_host(provider, self.host.as_deref())?;
        let configured = settings.pipeline.connection.as_deref();
        let configured = configured.filter(|connection| !connection.starts_with("arn:"));
        let name = self.name.as_deref().or(configured);
        let name = name.unwrap_or(settings.app.as_str());
        let env = AwsEnv::open(&settings.pipeline.env()).await?;
        announce("the connection", &env, ui);
        let host = self.host.as_deref();
        let mut connection =
            pipeline::create_connection(&env, &settings.app, name, provider, host).await?;
        if self.no_wait {
            explain_status(ui, &env, &connection);
        } else {
            connection = until_available(ui, &env, connection).await?;
        }
        ui.print(&connection.arn);
        if settings.pipeline.connection.is_none() {
            // A string of JSON is one of TOML.
            let name = serde_json::Value::from(connection.name.as_str());
            let line = format!("connection = {name}");
            ui.note(&format!("add `{line}` to [pipeline] in umb.toml"));
        }
        Ok(())
    }
}

fn check_host(provider: Provider, host: Option<&str>) -> Result<(), Failure> {
    let name = provider.name();
    match (provider.has_host(), host) {
        (true, None) => Err(Failure::usage(format!("{name} needs --host"))
            .hint("create the host in the CodePipeline console, and pass its ARN: --host ARN")),
        (false, Some(_)) => {
            Err(Failure::usage(format!("--host is not for {name}")).hint("leave it out"))
        }
        _ => Ok(()),
    }
}
