//! `umb doctor`

use serde::Serialize;

use crate::deploy::{self, Checkup, Cloud};
use crate::error::{Failure, Kind};
use crate::pipeline::{self, ConnectionStatus};
use crate::settings::{PIPELINE, Settings, Stage};
use crate::template;
use crate::ui::{Sign, Ui};

/// Look whether everything is there that deploys need, and say what is missing; changes nothing
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// Show a JSON array, an object for each finding
    #[arg(long)]
    json: bool,
}

/// Something that was looked at.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    /// What it is about, e.g. `stage dev`.
    pub(crate) about: String,
    pub(crate) verdict: Verdict,
    pub(crate) text: String,
    /// The next command, where something is to be done.
    pub(crate) hint: Option<String>,
}

/// Whether it is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Well,
    /// It works, and not as asked.
    Warning,
    Missing,
}

#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn well(&mut self, about: &str, text: impl Into<String>) {
        self.add(about, Verdict::Well, text.into(), None);
    }

    fn warning(&mut self, about: &str, text: impl Into<String>, hint: impl Into<String>) {
        self.add(about, Verdict::Warning, text.into(), Some(hint.into()));
    }

    fn missing(&mut self, about: &str, text: impl Into<String>, hint: impl Into<String>) {
        self.add(about, Verdict::Missing, text.into(), Some(hint.into()));
    }

    fn failure(&mut self, about: &str, failure: &Failure) {
        let hint = failure.hint_text().map(str::to_owned);
        self.add(about, Verdict::Missing, failure.cause().to_owned(), hint);
    }

    fn add(&mut self, about: &str, verdict: Verdict, text: String, hint: Option<String>) {
        self.0.push(Finding {
            about: about.to_owned(),
            verdict,
            text,
            hint,
        });
    }
}

impl DoctorArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let mut findings = Findings::default();
        match &settings.path {
            Some(path) => findings.well("settings", path.display().to_string()),
            None => findings.well("settings", "no umb.toml: the defaults"),
        }
        for name in settings.cloud_stage_names() {
            let stage = settings.cloud_stage(&name)?;
            check_stage(settings, &stage, &mut findings).await;
        }
        if settings.has_pipeline() {
            check_pipeline(settings, &mut findings).await;
        }
        let Findings(findings) = findings;
        if self.json {
            ui.print_json(&findings);
        } else {
            for finding in &findings {
                let Finding {
                    about, text, hint, ..
                } = finding;
                ui.finding(finding.verdict.sign(), about, text, hint.as_deref());
            }
        }
        let missing = findings
            .iter()
            .filter(|finding| finding.verdict == Verdict::Missing);
        match missing.count() {
            0 => Ok(()),
            1 => Err(Failure::new(Kind::Failed, "something is missing")),
            count => Err(Failure::new(
                Kind::Failed,
                format!("{count} things are missing"),
            )),
        }
    }
}

impl Verdict {
    fn sign(self) -> Sign {
        match self {
            Self::Well => Sign::Good,
            Self::Warning => Sign::Doubtful,
            Self::Missing => Sign::Bad,
        }
    }
}

async fn check_stage(settings: &Settings, stage: &Stage, findings: &mut Findings) {
    let about = format!("stage {}", stage.spec.name);
    let cloud = match Cloud::open(&stage.place).await {
        Ok(cloud) => cloud,
        // It may be well there: that cannot be told from here.
        Err(error @ deploy::Error::WrongAccount { .. }) => {
            let hint = "give the stage a `profile` in umb.toml, or pass --profile, to look there";
            return findings.warning(&about, error.to_string(), hint);
        }
        Err(error) => return findings.failure(&about, &error.into()),
    };
    let (account, region) = (cloud.account(), cloud.region());
    findings.well(&about, format!("account {account}, {region}"));
    let found = match deploy::checkup(&cloud, &stage.spec).await {
        Ok(found) => found,
        Err(error) => return findings.failure(&about, &error.into()),
    };
    let name = &stage.spec.name;
    let by_pipeline = settings.pipeline.stages.contains(name) && settings.has_pipeline();
    if !found.carries_reservation {
        reservation(&about, &found, by_pipeline, findings);
    }
    if by_pipeline {
        let own = settings.pipeline.place.account.as_deref();
        let pipelines = own.unwrap_or(account);
        what_a_pipeline_needs(&about, name, pipelines, account, &found, findings);
    }
}

/// That the account cannot carry the reserved concurrency of a stage: `umb deploy` leaves it out, a pipeline does not.
fn reservation(about: &str, found: &Checkup, by_pipeline: bool, findings: &mut Findings) {
    let (quota, unreserved) = found.concurrency;
    let text = format!(
        "the account has {quota} concurrent executions, {unreserved} unreserved: too few to set any aside"
    );
    if by_pipeline {
        let way_out = "set `reserved_concurrency = 0` for the stage in umb.toml: the pipeline does not leave it \
                       out by itself";
        findings.missing(about, text, way_out);
    } else {
        let way_out = "`umb deploy` leaves the reservation out; set `reserved_concurrency = 0` in umb.toml, or \
                       raise the quota";
        findings.warning(about, text, way_out);
    }
}

/// Whether the pipeline of the account `pipelines` finds what it needs in the account of a stage.
fn what_a_pipeline_needs(
    about: &str,
    stage: &str,
    pipelines: &str,
    account: &str,
    found: &Checkup,
    findings: &mut Findings,
) {
    let bootstrap = if pipelines == account {
        "umb deploy pipeline".to_owned()
    } else {
        format!("umb bootstrap {stage} --trust {pipelines}")
    };
    match found.trusted.as_deref() {
        Some(trusted) if trusted == pipelines => {
            findings.well(
                about,
                format!("the roles of account {pipelines}'s pipeline"),
            );
        }
        Some(other) => {
            let text = format!("its roles trust account {other}, not {pipelines}");
            findings.missing(about, text, format!("`{bootstrap}` makes them"));
        }
        None => {
            let text = "no roles for the pipeline";
            findings.missing(about, text, format!("`{bootstrap}` makes them"));
        }
    }
    if !found.has_bucket {
        let text = "no bucket for the pipeline to publish into";
        findings.missing(about, text, format!("`{bootstrap}` makes it"));
    }
    if !found.has_logging_role {
        let text = "API Gateway has no role to log with";
        findings.missing(about, text, format!("`{bootstrap}` gives it one"));
    }
}

async fn check_pipeline(settings: &Settings, findings: &mut Findings) {
    match pipeline_findings(settings, findings).await {
        Ok(()) => {}
        Err(failure) => findings.failure(PIPELINE, &failure),
    }
}

async fn pipeline_findings(settings: &Settings, findings: &mut Findings) -> Result<(), Failure> {
    let wanted = settings.pipeline_template()?;
    let cloud = Cloud::open(&settings.pipeline.place).await?;
    match pipeline::find_connection(&cloud, &wanted.connection).await {
        Ok(found) if found.status == ConnectionStatus::Available => {
            let text = format!("the connection {} to {}", found.name, found.provider);
            findings.well(PIPELINE, text);
        }
        Ok(found) => {
            let text = format!("the connection {} cannot be used yet", found.name);
            let way_out = "`umb connection status --wait` says what to do, and waits for it";
            findings.missing(PIPELINE, text, way_out);
        }
        Err(error) => findings.failure(PIPELINE, &error.into()),
    }
    let name = template::pipeline_name(&settings.app);
    if let Some(stack) = deploy::find(&cloud, &name, &settings.app).await? {
        findings.well(PIPELINE, format!("{name}: {}", stack.status));
    } else {
        let text = format!("{name} is not deployed");
        findings.missing(PIPELINE, text, "`umb deploy pipeline`");
    }
    Ok(())
}
