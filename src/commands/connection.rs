//! `umb connection`

use clap::ValueEnum;

use crate::deploy::Cloud;
use crate::error::{Failure, Kind};
use crate::pipeline::{self, Connection, ConnectionStatus, Provider};
use crate::settings::Settings;
use crate::ui::Ui;

use super::attended::interruptible;

/// The connection through which the pipeline gets at the repository
#[derive(Debug, clap::Args)]
pub(crate) struct ConnectionArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Create(CreateArgs),
    Status(StatusArgs),
    List(ListArgs),
    Delete(DeleteArgs),
}

/// Make a connection, and wait for the person who finishes it in the console
#[derive(Debug, clap::Args)]
struct CreateArgs {
    /// What to connect to
    #[arg(long, value_enum, ignore_case = true)]
    provider: ProviderArg,
    /// Its name, up to 32 characters; else that of [pipeline] in umb.toml, else the app's. One that is there is
    /// taken
    #[arg(long)]
    name: Option<String>,
    /// The ARN of the host that the provider runs on, where it is one of one's own
    #[arg(long, value_name = "ARN")]
    host: Option<String>,
    /// Do not wait until it can be used
    #[arg(long)]
    no_wait: bool,
}

/// Show whether a connection can be used, and what is to be done if not
#[derive(Debug, clap::Args)]
struct StatusArgs {
    #[command(flatten)]
    connection: Wanted,
    /// Wait until it can be used
    #[arg(long)]
    wait: bool,
    /// Show it as a JSON object
    #[arg(long)]
    json: bool,
}

/// List all connections of the account and region
#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Show them as a JSON array
    #[arg(long)]
    json: bool,
}

/// Delete a connection that no pipeline uses
#[derive(Debug, clap::Args)]
struct DeleteArgs {
    #[command(flatten)]
    connection: Wanted,
    /// Do it without asking
    #[arg(long, short)]
    yes: bool,
}

#[derive(Debug, clap::Args)]
struct Wanted {
    /// Its name or ARN; else that of [pipeline] in umb.toml, else the app's name
    connection: Option<String>,
}

impl Wanted {
    async fn find(&self, cloud: &Cloud, settings: &Settings) -> Result<Connection, Failure> {
        let wanted = self
            .connection
            .as_deref()
            .or(settings.pipeline.connection.as_deref())
            .unwrap_or(&settings.app);
        Ok(pipeline::find_connection(cloud, wanted).await?)
    }
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

impl ConnectionArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        match self.verb {
            // Waiting for a person has a way of its own to be interrupted.
            Verb::Create(args) => args.run(settings, ui).await,
            Verb::Status(args) => args.run(settings, ui).await,
            Verb::List(args) => interruptible(args.run(settings, ui)).await,
            Verb::Delete(args) => interruptible(args.run(settings, ui)).await,
        }
    }
}

impl CreateArgs {
    async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let provider = Provider::from(self.provider);
        if provider.has_host() != self.host.is_some() {
            let name = provider.name();
            return Err(Failure::usage(if provider.has_host() {
                format!("{name} needs --host")
            } else {
                format!("{name} has no --host")
            }));
        }
        let named = settings.pipeline.connection.as_deref();
        let named = named.filter(|named| !named.starts_with("arn:"));
        let name = self.name.as_deref().or(named).unwrap_or(&settings.app);
        let cloud = Cloud::open(&settings.pipeline.place).await?;
        let host = self.host.as_deref();
        let made = pipeline::create_connection(&cloud, &settings.app, name, provider, host).await?;
        let made = if self.no_wait {
            explain(ui, &cloud, &made);
            made
        } else {
            available(ui, &cloud, made).await?
        };
        ui.print(&made.arn);
        if settings.pipeline.connection.is_none() {
            let key = format!("connection = {:?}", made.name);
            ui.note(&format!("put `{key}` into [pipeline] of umb.toml"));
        }
        Ok(())
    }
}

impl StatusArgs {
    async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let cloud = Cloud::open(&settings.pipeline.place).await?;
        let mut connection = self.connection.find(&cloud, settings).await?;
        if self.wait {
            connection = available(ui, &cloud, connection).await?;
        }
        if self.json {
            ui.print_json(&connection);
        } else {
            ui.print(&line(&connection));
            explain(ui, &cloud, &connection);
        }
        Ok(())
    }
}

impl ListArgs {
    async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let cloud = Cloud::open(&settings.pipeline.place).await?;
        let connections = pipeline::connections(&cloud).await?;
        if self.json {
            ui.print_json(&connections);
            return Ok(());
        }
        for connection in &connections {
            ui.print(&line(connection));
        }
        Ok(())
    }
}

impl DeleteArgs {
    async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let cloud = Cloud::open(&settings.pipeline.place).await?;
        let connection = self.connection.find(&cloud, settings).await?;
        let name = &connection.name;
        if !self.yes {
            let to = &connection.provider;
            ui.confirm(&format!("Delete the connection {name} to {to}?"))
                .await?;
        }
        pipeline::delete_connection(&cloud, &connection).await?;
        ui.note(&format!("connection deleted: {name}"));
        Ok(())
    }
}

/// Waits until a connection can be used; says first what a person must do.
async fn available(ui: &Ui, cloud: &Cloud, connection: Connection) -> Result<Connection, Failure> {
    if connection.status == ConnectionStatus::Available {
        return Ok(connection);
    }
    explain(ui, cloud, &connection);
    let name = &connection.name;
    tokio::select! {
        available = pipeline::until_available(cloud, &connection) => Ok(available?),
        Ok(()) = tokio::signal::ctrl_c() => Err(Failure::new(Kind::Interrupted, "interrupted")
            .hint(format!("`umb connection status {name} --wait` goes on waiting"))),
    }
}

/// Says what must be done before a connection can be used, if anything.
pub(super) fn explain(ui: &Ui, cloud: &Cloud, connection: &Connection) {
    let (name, provider) = (&connection.name, &connection.provider);
    let page = pipeline::finish_page(cloud);
    match connection.status {
        ConnectionStatus::Available => {}
        ConnectionStatus::Pending => ui.note(&format!(
            "{name} is pending until a person lets {provider} know: open\n  {page}\n\
             choose {name}, then \"Update pending connection\""
        )),
        ConnectionStatus::Error => ui.note(&format!(
            "{provider} takes {name} no more: delete it, and make it anew"
        )),
    }
}

fn line(connection: &Connection) -> String {
    let status = match connection.status {
        ConnectionStatus::Available => "available",
        ConnectionStatus::Pending => "pending",
        ConnectionStatus::Error => "error",
    };
    let Connection {
        name,
        arn,
        provider,
        ..
    } = connection;
    format!("{name:<32}  {provider:<12}  {status:<9}  {arn}")
}
