//! `umb init`

use std::path::{Path, PathBuf};

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::model::{AccountId, App, TargetEnv};
use crate::settings::{self, Editor, Environment, Flags, Settings};
use crate::template;
use crate::ui::Ui;

use super::super::git::Repository;
use super::function;
use super::question::{PIPELINE, Question};
use super::readme;

const PROD: &[&str] = &["stages", "prod"];
/// The buildspec in the repository, if it is to be changed there.
const BUILDSPEC: &str = "buildspec.yml";

/// Write umb.toml for a project with a pipeline
///
/// It asks, and suggests what it has found out, or takes flags instead. It also adds a section to the README.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb init                                        Ask for everything
  umb init --account 111111111111 --branch trunk  Ask for the rest
  umb init --notify team@example.com              Also send e-mails
  umb init --function                             Write the function's source")]
pub(crate) struct InitArgs {
    /// The project's folder: the root of its repository
    #[arg(long, value_name = "DIR", default_value = ".")]
    project: PathBuf,
    /// The app's name, the first part of every stack's name
    #[arg(long)]
    app: Option<App>,
    /// The account of the pipeline, 12 digits [default: that of the credentials]
    #[arg(long)]
    account: Option<AccountId>,
    /// The account of the stage prod, if it is different
    #[arg(long)]
    prod_account: Option<AccountId>,
    /// The repository, OWNER/REPO [default: git's remote `origin`]
    #[arg(long)]
    repository: Option<String>,
    /// The branch that is deployed [default: the current one]
    #[arg(long)]
    branch: Option<String>,
    /// The connection to the repository, by its name or ARN [default: one with the app's name]
    #[arg(long)]
    connection: Option<String>,
    /// The e-mail address to notify of failed executions
    #[arg(long, value_name = "ADDRESS")]
    notify: Option<String>,
    /// Write the source of umb's function into the project, to be changed there: alone, that is all it does
    #[arg(long)]
    function: bool,
    /// Also write the buildspec of the function's build into the project, to be changed there
    #[arg(long)]
    buildspec: bool,
}

impl InitArgs {
    pub(in crate::commands) async fn run(
        self,
        flags: Flags,
        environment: Environment,
        ui: &Ui,
    ) -> Result<(), Failure> {
        let project = self.project.clone();
        fs_err::create_dir_all(&project)?;
        let mut editor = Editor::open(&project)?;
        if let Some(app) = &self.app {
            editor.set(&[], "app", app.as_str());
        }
        if self.function {
            function::write(&project, &mut editor, ui)?;
        }
        if self.is_function_alone() {
            save(&editor, ui)?;
            ui.note("next:\n  umb build --test\n  umb deploy dev");
            return Ok(());
        }
        let repository = Repository::new(&project);
        let env = open_env(&editor, &flags, &environment).await;
        for question in self.questions(&editor, &repository, flags, env.as_ref()) {
            question.answer(&mut editor, ui).await?;
        }
        self.set_the_rest(&mut editor, ui)?;
        let settings = editor.settings(Flags::default(), &Environment::default())?;
        settings.pipeline().map_err(|error| match error {
            settings::Error::Missing { key } => {
                let flag = key.rsplit('.').next().unwrap_or(key);
                Failure::from(error).hint(format!("pass --{flag} with what it is"))
            }
            error => error.into(),
        })?;
        save(&editor, ui)?;
        readme::add_section(&project, &settings, ui)?;
        ui.note(&next_steps(&repository, &settings));
        Ok(())
    }

    /// Whether the pipeline is none of its business.
    fn is_function_alone(&self) -> bool {
        let texts = [
            &self.repository,
            &self.branch,
            &self.connection,
            &self.notify,
        ];
        let has_text = texts.into_iter().any(Option::is_some);
        let has_account = self.account.is_some() || self.prod_account.is_some();
        self.function && !has_text && !has_account && !self.buildspec
    }

    /// What the pipeline needs, with what it most likely is.
    fn questions(
        &self,
        editor: &Editor,
        repository: &Repository,
        flags: Flags,
        env: Option<&AwsEnv>,
    ) -> [Question; 5] {
        let question =
            |key, given: Option<String>, found: Option<String>| Question { key, given, found };
        let text = |account: &AccountId| account.to_string();
        let default_app = App::default();
        let app = editor.get(&[], "app").unwrap_or(default_app.as_str());
        let branch = repository.branch().unwrap_or_else(|| "main".to_owned());
        [
            question(
                "account",
                self.account.as_ref().map(text),
                env.map(|env| env.account().to_string()),
            ),
            question(
                "region",
                flags.region.map(|region| region.to_string()),
                env.map(|env| env.region().to_string()),
            ),
            question("repository", self.repository.clone(), repository.path()),
            question("branch", self.branch.clone(), Some(branch)),
            question("connection", self.connection.clone(), Some(app.to_owned())),
        ]
    }

    fn set_the_rest(&self, editor: &mut Editor, ui: &Ui) -> Result<(), Failure> {
        if let Some(account) = &self.prod_account {
            editor.set(PROD, "account", account.as_str());
        }
        if let Some(address) = &self.notify {
            editor.set(PIPELINE, "notify", format!("mailto:{address}"));
        }
        if self.buildspec {
            if editor.get(&["function"], "source").is_none() {
                return Err(
                    Failure::usage("--buildspec is for a function of the project's own")
                        .hint("pass --function, too"),
                );
            }
            let path = self.project.join(BUILDSPEC);
            write_new(&path, template::FUNCTION_BUILDSPEC, ui)?;
            editor.set(PIPELINE, "buildspec", BUILDSPEC);
        }
        Ok(())
    }
}

fn save(editor: &Editor, ui: &Ui) -> Result<(), Failure> {
    match editor.save()? {
        Some(path) => ui.print(&path.display().to_string()),
        None => ui.note("umb.toml is up to date"),
    }
    Ok(())
}

/// Opens where the pipeline is to be, to suggest account and region; `None` where that is not possible yet.
async fn open_env(editor: &Editor, flags: &Flags, environment: &Environment) -> Option<AwsEnv> {
    // What is wrong in the file may be just what is about to be changed.
    let settings = editor.settings(flags.clone(), environment);
    let target = settings.map_or_else(
        |_| TargetEnv {
            region: flags.region.clone(),
            only_profile: flags.profile.is_some(),
            profile: flags.profile.clone(),
            ..TargetEnv::default()
        },
        |settings| TargetEnv {
            account: None,
            ..settings.pipeline.env()
        },
    );
    AwsEnv::open(&target).await.ok()
}

/// Returns the commands that come next.
fn next_steps(repository: &Repository, settings: &Settings) -> String {
    let connection = settings.connection().unwrap_or_default();
    let mut steps = Vec::new();
    if !connection.starts_with("arn:") {
        let provider = repository.provider();
        steps.push(format!(
            "umb connection create --provider {provider} --name {connection}"
        ));
    }
    let own = settings.pipeline.account.as_ref();
    for name in &settings.pipeline.stages {
        let stage = settings.stage(name.as_str()).ok();
        let account = stage.and_then(|stage| stage.account.as_ref());
        if let (Some(account), Some(own)) = (account, own)
            && account != own
        {
            steps.push(format!(
                "umb bootstrap {name} --trust {own}    # with credentials of {account}"
            ));
        }
    }
    steps.push("umb deploy pipeline".to_owned());
    steps.push(
        "git commit and push: from then on, every commit on the branch is deployed".to_owned(),
    );
    format!("next:\n  {}", steps.join("\n  "))
}

/// Writes a file that does not exist yet.
fn write_new(path: &Path, text: &str, ui: &Ui) -> Result<(), Failure> {
    if path.exists() {
        ui.note(&format!(
            "{} already exists and stays as it is",
            path.display()
        ));
        return Ok(());
    }
    fs_err::write(path, text)?;
    ui.print(&path.display().to_string());
    Ok(())
}
