//! `umb users`

use clap::builder::NonEmptyStringValueParser;
use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::{self, path_segment, pretty};
use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

use super::stage::Chosen;

/// Create, read, update, delete and list users through the HTTP API
#[derive(Debug, clap::Args)]
pub(crate) struct UsersArgs {
    /// The stage; else UMB_STAGE, default_stage in umb.toml, the only deployed one of `local` and `dev`
    #[arg(long, global = true)]
    stage: Option<String>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Create a user
    Create {
        /// The username
        #[arg(long, value_parser = NonEmptyStringValueParser::new())]
        username: String,
        /// The e-mail address
        #[arg(long)]
        email: Option<String>,
        #[command(flatten)]
        attributes: Attributes,
    },
    /// Show a user
    Get {
        /// The username
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        username: String,
    },
    /// Set attributes of a user; all others stay as they are
    Update {
        /// The username
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        username: String,
        #[command(flatten)]
        attributes: Attributes,
    },
    /// List all users, one JSON object a line
    List,
    /// Delete a user
    Delete {
        /// The username
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        username: String,
    },
}

#[derive(Debug, clap::Args)]
struct Attributes {
    /// An attribute to set, as a string
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<(String, String)>,
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some(("username", _)) => Err("a user keeps the name that it was created with".to_owned()),
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("it must be KEY=VALUE, e.g. --set country=US".to_owned()),
    }
}

impl Attributes {
    fn into_json(self) -> Map<String, Value> {
        self.set
            .into_iter()
            .map(|(key, value)| (key, Value::String(value)))
            .collect()
    }
}

impl UsersArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        if matches!(&self.verb, Verb::Update { attributes, .. } if attributes.set.is_empty()) {
            return Err(Failure::usage("there is nothing to update")
                .hint("name at least one attribute: --set KEY=VALUE"));
        }
        let client = Chosen::of(self.stage, settings).await?.client().await?;
        match self.verb {
            Verb::List => list(&client, ui).await,
            Verb::Create {
                username,
                email,
                attributes,
            } => {
                let mut user = attributes.into_json();
                user.insert("username".to_owned(), username.into());
                user.extend(email.map(|email| ("email".to_owned(), email.into())));
                let user = Value::Object(user).to_string();
                show(&client, ui, Method::POST, "users", Some(&user)).await
            }
            Verb::Get { username } => show(&client, ui, Method::GET, &path(&username), None).await,
            Verb::Update {
                username,
                attributes,
            } => {
                let changes = Value::Object(attributes.into_json()).to_string();
                show(&client, ui, Method::PUT, &path(&username), Some(&changes)).await
            }
            Verb::Delete { username } => {
                let answer = client.send(Method::DELETE, &path(&username), None).await?;
                ui.print(&message(&answer.body));
                Ok(())
            }
        }
    }
}

fn path(username: &str) -> String {
    format!("users/{}", path_segment(username))
}

async fn show(
    client: &api::Client,
    ui: &Ui,
    method: Method,
    path: &str,
    body: Option<&str>,
) -> Result<(), Failure> {
    let answer = client.send(method, path, body).await?;
    ui.print(&pretty(&answer.body));
    Ok(())
}

/// Lists page by page, and writes each as it comes.
async fn list(client: &api::Client, ui: &Ui) -> Result<(), Failure> {
    let mut next = None;
    loop {
        let page = client.page(next.as_deref()).await?;
        page.users.iter().for_each(|user| ui.print(user));
        next = page.next;
        if next.is_none() {
            return Ok(());
        }
    }
}

fn message(body: &str) -> String {
    #[derive(Deserialize)]
    struct Message {
        message: String,
    }
    serde_json::from_str::<Message>(body).map_or_else(|_| body.to_owned(), |body| body.message)
}
