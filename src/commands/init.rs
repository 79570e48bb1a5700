//! `umb init`

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::deploy::{Cloud, Place};
use crate::error::{Failure, FileError};
use crate::settings::{Draft, Flags, PLACEHOLDER, Settings};
use crate::template;
use crate::ui::Ui;

/// The table of the pipeline in umb.toml.
const PIPELINE: &[&str] = &["pipeline"];
const PROD: &[&str] = &["stages", "prod"];
/// The buildspec in the repository, for who wants to change it.
const BUILDSPEC: &str = "buildspec.yml";
const README: &str = "README.md";
/// By what a README shows that it has the section already.
const HEADING: &str = "## Deployed by umb";

/// Write what a project with a pipeline needs: umb.toml, and a section of the README. Asks, and offers what it has
/// found out; takes flags instead
#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// The project's folder, the root of a repository that was made from umb's own; else this one
    #[arg(long, value_name = "DIR", default_value = ".")]
    project: PathBuf,
    /// The app's name, the first part of every stack's
    #[arg(long)]
    app: Option<String>,
    /// The account of the pipeline, 12 digits; else that of the credentials
    #[arg(long)]
    account: Option<String>,
    /// The account of the stage prod, if that is another one
    #[arg(long)]
    prod_account: Option<String>,
    /// The repository, OWNER/REPO; else git's remote `origin`
    #[arg(long)]
    repository: Option<String>,
    /// The branch that is deployed; else the one that git is on
    #[arg(long)]
    branch: Option<String>,
    /// The connection to the repository, by its name or ARN; else one with the app's name
    #[arg(long)]
    connection: Option<String>,
    /// The address of e-mail that is told of failed executions
    #[arg(long, value_name = "ADDRESS")]
    notify: Option<String>,
    /// Write the build's buildspec into the project, too, to be changed there
    #[arg(long)]
    buildspec: bool,
}

impl InitArgs {
    pub(super) async fn run(self, flags: Flags, ui: &Ui) -> Result<(), Failure> {
        let project = self.project.as_path();
        std::fs::create_dir_all(project).map_err(|source| cannot("make", project, source))?;
        let mut draft = Draft::open(project)?;
        // What is wrong in the file may be what is to be changed.
        let known = draft
            .settings(flags.clone())
            .map(|settings| settings.pipeline.place);
        let flagged = || Place {
            region: flags.region.clone(),
            only_profile: flags.profile.is_some(),
            profile: flags.profile.clone(),
            ..Place::default()
        };
        let place = Place {
            account: None,
            ..known.unwrap_or_else(|_| flagged())
        };
        // Whoever has no credentials yet is asked.
        let cloud = Cloud::open(&place).await.ok();
        if let Some(app) = self.app {
            draft.set(&[], "app", app);
        }
        let account = cloud.as_ref().map(|cloud| cloud.account().to_owned());
        let region = cloud.as_ref().map(|cloud| cloud.region().to_owned());
        let app = draft.get(&[], "app").unwrap_or("UserManagementBackend");
        let connection = app.to_owned();
        for (key, flag, given, found) in [
            ("account", "--account", self.account, account),
            ("region", "--region", flags.region, region),
            (
                "repository",
                "--repository",
                self.repository,
                repository(project),
            ),
            (
                "branch",
                "--branch",
                self.branch,
                branch(project).or(Some("main".to_owned())),
            ),
            (
                "connection",
                "--connection",
                self.connection,
                Some(connection),
            ),
        ] {
            let question = Question { key, flag, found };
            question.settle(&mut draft, given, ui).await?;
        }
        if let Some(account) = self.prod_account {
            draft.set(PROD, "account", account);
        }
        if let Some(address) = self.notify {
            draft.set(PIPELINE, "notify", format!("mailto:{address}"));
        }
        if self.buildspec {
            write_new(&project.join(BUILDSPEC), template::BUILDSPEC, ui)?;
            draft.set(PIPELINE, "buildspec", BUILDSPEC);
        }
        let settings = draft.settings(Flags::default())?;
        settings.pipeline_template()?;
        match draft.save()? {
            Some(path) => ui.print(&path.display().to_string()),
            None => ui.note("umb.toml is as it should be"),
        }
        explain(project, &settings, ui)?;
        next(project, &settings, ui);
        Ok(())
    }
}

/// A key that the pipeline needs.
struct Question {
    key: &'static str,
    flag: &'static str,
    /// What it most likely is.
    found: Option<String>,
}

impl Question {
    /// Settles what the key is: as the flag says, else as the file does, else as a person says who is asked,
    /// else as was found out.
    async fn settle(
        self,
        draft: &mut Draft,
        given: Option<String>,
        ui: &Ui,
    ) -> Result<(), Failure> {
        let Self { key, flag, found } = self;
        let is_settled = draft
            .get(PIPELINE, key)
            .is_some_and(|text| text != PLACEHOLDER);
        if given.is_none() && is_settled {
            return Ok(());
        }
        let value = match given {
            Some(given) => given,
            None if ui.can_ask() => {
                let default = found
                    .as_ref()
                    .map_or_else(String::new, |found| format!(" [{found}]"));
                let answer = ui.ask(&format!("The pipeline's {key}{default}:")).await;
                let answer = answer.filter(|answer| !answer.is_empty()).or(found);
                answer.ok_or_else(|| needs(key, flag))?
            }
            None => found.ok_or_else(|| needs(key, flag))?,
        };
        draft.set(PIPELINE, key, value);
        Ok(())
    }
}

fn needs(key: &str, flag: &str) -> Failure {
    Failure::usage(format!("the pipeline's {key} is not known")).hint(format!("say it with {flag}"))
}

/// `OWNER/REPO` of git's remote `origin`.
fn repository(project: &Path) -> Option<String> {
    path_of(&remote(project)?)
}

fn remote(project: &Path) -> Option<String> {
    git(project, &["remote", "get-url", "origin"])
}

/// What AWS connects to, by the remote's host; GitHub, where that says nothing.
fn provider(remote: &str) -> &'static str {
    ["GitLab", "Bitbucket", "GitHub"]
        .into_iter()
        .find(|name| remote.contains(&format!("{}.", name.to_lowercase())))
        .unwrap_or("GitHub")
}

/// What is behind the host, in both of git's forms: `git@HOST:OWNER/REPO.git` and `https://HOST/OWNER/REPO.git`.
fn path_of(remote: &str) -> Option<String> {
    let path = match remote.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => remote.split_once(':')?.1,
    };
    let path = path.trim_matches('/').trim_end_matches(".git");
    path.contains('/').then(|| path.to_owned())
}

fn branch(project: &Path) -> Option<String> {
    git(project, &["symbolic-ref", "--short", "HEAD"])
}

/// What git answers, where there is git and a repository.
fn git(project: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(project)
        .args(args)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

/// Adds to the project's README what whoever works on it should know.
fn explain(project: &Path, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
    let path = project.join(README);
    let before = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        before => before.map_err(|source| cannot("read", &path, source))?,
    };
    if before.contains(HEADING) {
        return Ok(());
    }
    let stages = settings.pipeline.stages.join(", then ");
    let section = format!(
        "{HEADING}\n\nEvery commit on the branch that `umb.toml` names is tested, built and deployed: {stages}.\n\n\
         ```\numb pipeline status            # what is being deployed\n\
         umb pipeline watch             # follow it\n\
         umb pipeline logs              # why a build failed\n```\n"
    );
    let gap = if before.is_empty() { "" } else { "\n" };
    std::fs::write(&path, format!("{before}{gap}{section}"))
        .map_err(|source| cannot("write", &path, source))?;
    ui.print(&path.display().to_string());
    Ok(())
}

/// Says what comes next.
fn next(project: &Path, settings: &Settings, ui: &Ui) {
    let provider = provider(&remote(project).unwrap_or_default());
    let connection = settings.connection().unwrap_or_default();
    let mut steps = Vec::new();
    if !connection.starts_with("arn:") {
        steps.push(format!(
            "umb connection create --provider {provider} --name {connection}"
        ));
    }
    let own = settings.pipeline.place.account.as_deref();
    for stage in &settings.pipeline.stages {
        let place = settings.cloud_stage(stage).map(|stage| stage.place);
        let account = place.ok().and_then(|place| place.account);
        if let (Some(account), Some(own)) = (account, own)
            && account != own
        {
            steps.push(format!(
                "umb bootstrap {stage} --trust {own}    # with credentials of {account}"
            ));
        }
    }
    steps.push("umb deploy pipeline".to_owned());
    steps.push(
        "git commit and push: every commit on the branch is deployed from then on".to_owned(),
    );
    ui.note(&format!("next:\n  {}", steps.join("\n  ")));
}

/// Writes a file that is not there yet.
fn write_new(path: &Path, text: &str, ui: &Ui) -> Result<(), Failure> {
    if path.exists() {
        ui.note(&format!("{} is there and stays as it is", path.display()));
        return Ok(());
    }
    std::fs::write(path, text).map_err(|source| cannot("write", path, source))?;
    ui.print(&path.display().to_string());
    Ok(())
}

fn cannot(verb: &'static str, path: &Path, source: std::io::Error) -> Failure {
    let path = path.to_owned();
    FileError { verb, path, source }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_remote_are_read() {
        for remote in [
            "git@github.com:octo/backend.git",
            "https://github.com/octo/backend.git",
            "https://user@github.com/octo/backend/",
            "ssh://git@github.com:22/octo/backend.git",
        ] {
            assert_eq!(path_of(remote).as_deref(), Some("octo/backend"), "{remote}");
        }
        assert_eq!(
            path_of("git@gitlab.com:a/b/c.git").as_deref(),
            Some("a/b/c")
        );
        assert_eq!(path_of("/srv/git/backend"), None);
    }
}
