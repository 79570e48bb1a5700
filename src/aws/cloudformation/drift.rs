//! Drift: what was changed without CloudFormation.

use aws_sdk_cloudformation::types::{self, StackDriftDetectionStatus, StackResourceDriftStatus};
use serde::Serialize;

use crate::aws::error::Error;

use super::client::CloudFormation;

/// A resource that differs from its template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DriftedResource {
    pub(crate) logical_id: String,
    pub(crate) resource_type: String,
    /// Whether it was deleted.
    pub(crate) deleted: bool,
    pub(crate) differences: Vec<Difference>,
}

/// A property that differs from the template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    /// Where it is, e.g. `/RetentionInDays`.
    pub(crate) path: String,
    pub(crate) expected: Option<String>,
    pub(crate) actual: Option<String>,
}

impl CloudFormation {
    /// Starts drift detection for a stack and returns its ID.
    pub(crate) async fn detect_drift(&self, stack_arn: &str) -> Result<String, Error> {
        let output = self
            .client
            .detect_stack_drift()
            .stack_name(stack_arn)
            .send()
            .await
            .map_err(|error| Error::new("CloudFormation DetectStackDrift", error))?;
        Ok(output.stack_drift_detection_id.unwrap_or_default())
    }

    /// Returns why a detection failed, if it did; `None` while it is running.
    pub(crate) async fn drift_detected(
        &self,
        detection: &str,
    ) -> Result<Option<Result<(), String>>, Error> {
        let output = self
            .client
            .describe_stack_drift_detection_status()
            .stack_drift_detection_id(detection)
            .send()
            .await
            .map_err(|error| {
                Error::new("CloudFormation DescribeStackDriftDetectionStatus", error)
            })?;
        Ok(match output.detection_status {
            Some(StackDriftDetectionStatus::DetectionComplete) => Some(Ok(())),
            Some(StackDriftDetectionStatus::DetectionFailed) => {
                Some(Err(output.detection_status_reason.unwrap_or_default()))
            }
            _ => None,
        })
    }

    /// Returns the resources that the last detection found changed or deleted.
    pub(crate) async fn drifted_resources(
        &self,
        stack_arn: &str,
    ) -> Result<Vec<DriftedResource>, Error> {
        let mut drifted = Vec::new();
        let mut token = None;
        loop {
            let page = self
                .client
                .describe_stack_resource_drifts()
                .stack_name(stack_arn)
                .stack_resource_drift_status_filters(StackResourceDriftStatus::Modified)
                .stack_resource_drift_status_filters(StackResourceDriftStatus::Deleted)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| Error::new("CloudFormation DescribeStackResourceDrifts", error))?;
            let drifts = page.stack_resource_drifts.unwrap_or_default();
            drifted.extend(drifts.into_iter().map(DriftedResource::from));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(drifted);
            }
        }
    }
}

impl From<types::StackResourceDrift> for DriftedResource {
    fn from(drift: types::StackResourceDrift) -> Self {
        let differences = drift.property_differences.unwrap_or_default();
        Self {
            logical_id: drift.logical_resource_id.unwrap_or_default(),
            resource_type: drift.resource_type.unwrap_or_default(),
            deleted: drift.stack_resource_drift_status == Some(StackResourceDriftStatus::Deleted),
            differences: differences
                .into_iter()
                .map(|difference| Difference {
                    path: difference.property_path.unwrap_or_default(),
                    expected: difference.expected_value,
                    actual: difference.actual_value,
                })
                .collect(),
        }
    }
}
