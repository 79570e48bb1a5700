//! The pipeline as it was decided.

use crate::deploy::Place;
use crate::template;

use super::file::PipelineFile;
use super::rules::{valid_account, valid_notify, valid_repository, valid_retention};
use super::{Error, Settings, Stage};

/// What a template of a project may have for its repository: as good as nothing.
pub(crate) const PLACEHOLDER: &str = "OWNER/REPO";

/// So many, each with an approval and in an account of its own, fit into CloudFormation's 51,200 bytes.
const MOST_STAGES: usize = 6;

/// The pipeline, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pipeline {
    /// Where it is to be.
    pub(crate) place: Place,
    /// The name or the ARN of the connection to its repository, if that was decided.
    pub(crate) connection: Option<String>,
    /// `OWNER/REPO`, if that was decided.
    repository: Option<String>,
    branch: String,
    paths: Vec<String>,
    /// The stages that it deploys, in that order.
    pub(crate) stages: Vec<String>,
    /// Those of them that a person must agree to.
    approval: Vec<String>,
    build_image: String,
    compute_type: String,
    buildspec: Option<String>,
    notify: Option<String>,
    log_retention_days: u32,
}

impl Pipeline {
    /// What the file says, at what flags and environment decided of its `place`.
    pub(super) fn resolve(file: PipelineFile, place: Place) -> Result<Self, Error> {
        let account = file
            .account
            .map(|account| valid_account("pipeline.account", account));
        let stages = file.stages.unwrap_or_else(|| vec!["prod".to_owned()]);
        let approval = file.approval.unwrap_or_default();
        if let Some(unknown) = approval.iter().find(|name| !stages.contains(name)) {
            return Err(Error::Invalid {
                name: "pipeline.approval".to_owned(),
                value: unknown.clone(),
                rule: "must be one of pipeline.stages",
            });
        }
        let is_twice = stages
            .iter()
            .any(|name| stages.iter().filter(|other| *other == name).count() > 1);
        if stages.is_empty() || stages.len() > MOST_STAGES || is_twice {
            return Err(Error::Invalid {
                name: "pipeline.stages".to_owned(),
                value: stages.join(", "),
                rule: "must be one to six stages, each once: the template of more does not fit into a request",
            });
        }
        Ok(Self {
            place: Place {
                account: account.transpose()?,
                region: place.region.or(file.region),
                profile: place.profile.or(file.profile),
                ..place
            },
            connection: file.connection,
            repository: file
                .repository
                .filter(|repository| repository != PLACEHOLDER)
                .map(valid_repository)
                .transpose()?,
            branch: file.branch.unwrap_or_else(|| "main".to_owned()),
            paths: file.paths.unwrap_or_default(),
            stages,
            approval,
            build_image: file
                .build_image
                .unwrap_or_else(|| "aws/codebuild/amazonlinux-x86_64-standard:5.0".to_owned()),
            compute_type: file
                .compute_type
                .unwrap_or_else(|| "BUILD_GENERAL1_MEDIUM".to_owned()),
            buildspec: file.buildspec,
            notify: file.notify.map(valid_notify).transpose()?,
            log_retention_days: valid_retention(file.log_retention_days.unwrap_or(30))?,
        })
    }
}

impl Settings {
    /// Whether a pipeline is wanted, as far as `umb.toml` says.
    pub(crate) fn has_pipeline(&self) -> bool {
        self.pipeline.connection.is_some() || self.pipeline.repository.is_some()
    }

    /// The name or ARN of the connection to the pipeline's repository.
    ///
    /// # Errors
    /// When `umb.toml` does not say it.
    pub(crate) fn connection(&self) -> Result<&str, Error> {
        let connection = self.pipeline.connection.as_deref();
        connection.ok_or(Error::Missing {
            key: "pipeline.connection",
        })
    }

    /// What shows in the pipeline's template; its connection is as `umb.toml` has it, by its name or ARN.
    ///
    /// # Errors
    /// When `umb.toml` does not say all that is needed, or has a stage in another region than the pipeline.
    pub(crate) fn pipeline_template(&self) -> Result<template::Pipeline, Error> {
        let connection = self.connection()?.to_owned();
        let pipeline = &self.pipeline;
        let missing = |key| Error::Missing { key };
        let account = pipeline.place.account.clone();
        let account = account.ok_or_else(|| missing("pipeline.account"))?;
        let region = pipeline.place.region.clone();
        let region = region.ok_or_else(|| missing("pipeline.region"))?;
        let repository = pipeline.repository.clone();
        let repository = repository.ok_or_else(|| missing("pipeline.repository"))?;
        let stages = pipeline.stages.iter().map(|name| {
            let Stage { place, spec } = self.cloud_stage(name)?;
            if let Some(cidr) = spec.admission.cidrs.first() {
                return Err(Error::Invalid {
                    name: format!("stages.{name}.allowed_cidrs"),
                    value: cidr.clone(),
                    rule: "keeps the pipeline's smoke test out, whose address is CodeBuild's",
                });
            }
            match place.region {
                Some(other) if other != region => Err(Error::Invalid {
                    name: format!("stages.{name}.region"),
                    value: other,
                    rule: "must be the pipeline's: it deploys in its own region",
                }),
                _ => Ok(template::PipelineStage {
                    name: name.clone(),
                    account: place.account.unwrap_or_else(|| account.clone()),
                    needs_approval: pipeline.approval.contains(name),
                }),
            }
        });
        Ok(template::Pipeline {
            app: self.app.clone(),
            connection,
            repository,
            branch: pipeline.branch.clone(),
            paths: pipeline.paths.clone(),
            stages: stages.collect::<Result<_, _>>()?,
            build_image: pipeline.build_image.clone(),
            compute_type: pipeline.compute_type.clone(),
            buildspec: pipeline.buildspec.clone(),
            notify: pipeline.notify.clone(),
            log_retention_days: pipeline.log_retention_days,
            boundary: self.boundary.clone(),
            account,
            region,
        })
    }
}
