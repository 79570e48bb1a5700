//! A stage on AWS: who reaches it, where, and what is known of it.

use std::collections::BTreeMap;

use aws_credential_types::provider::SharedCredentialsProvider;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::aws::cloudformation::{ChangeSet, CloudFormation, Mode, Stack};
use crate::aws::dynamodb::Items;
use crate::aws::s3::Bucket;
use crate::aws::sts::{self, Identity};
use crate::aws::{self, Cause, Profile, Session};
use crate::template;

use super::Error;
use super::proposals::{Kind, Proposals};

/// Outputs of stacks: by stack, by key.
pub(crate) type Outputs = BTreeMap<String, BTreeMap<String, String>>;

/// The table's key, as its template says.
pub(super) const TABLE_KEY: &str = "username";
/// The output that says what the table is called.
const TABLE_NAME: &str = "TableName";
/// The output that says where the API is.
pub(crate) const ENDPOINT_URL: &str = "EndpointURL";

/// Where a stage is to be, as far as that was decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The account, 12 digits; else that of the credentials.
    pub(crate) account: Option<String>,
    /// The region; else the profile's.
    pub(crate) region: Option<String>,
    /// The named profile of the shared AWS configuration; else the default one.
    pub(crate) profile: Option<String>,
    /// Whether that profile is meant whatever credentials the environment has.
    pub(crate) only_profile: bool,
}

/// An account and a region, and credentials for them.
#[derive(Debug, Clone)]
pub(crate) struct Cloud {
    pub(super) session: Session,
    pub(super) identity: Identity,
    proposals: Proposals,
}

impl Cloud {
    /// Goes to `place` and asks who is there.
    ///
    /// # Errors
    /// Also when that is another account than `place` says.
    pub(crate) async fn open(place: &Place) -> Result<Self, Error> {
        let profile = match &place.profile {
            None => Profile::Default,
            Some(name) if place.only_profile => Profile::Only(name),
            Some(name) => Profile::Rather(name),
        };
        let session = Session::open(profile, place.region.as_deref()).await?;
        let identity = sts::identity(&session).await?;
        match &place.account {
            Some(expected) if *expected != identity.account => Err(Error::WrongAccount {
                expected: expected.clone(),
                actual: identity.account,
                caller: identity.arn,
            }),
            _ => Ok(Self {
                session,
                identity,
                proposals: Proposals::default(),
            }),
        }
    }

    /// The same where AWS is configured; `None` where there is no region or there are no credentials.
    pub(crate) async fn open_if_configured(place: &Place) -> Result<Option<Self>, Error> {
        match Self::open(place).await {
            Ok(cloud) => Ok(Some(cloud)),
            Err(Error::Aws(error))
                if matches!(error.cause(), Cause::NoRegion | Cause::NoCredentials) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// What calls go through.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// The region.
    pub(crate) fn region(&self) -> &str {
        self.session.region()
    }

    /// The account, 12 digits.
    pub(crate) fn account(&self) -> &str {
        &self.identity.account
    }

    /// The ARN of the role of this name in the account.
    pub(crate) fn role_arn(&self, name: &str) -> String {
        // arn:PARTITION:sts::ACCOUNT:…
        let partition = self.identity.arn.split(':').nth(1).unwrap_or("aws");
        format!("arn:{partition}:iam::{}:role/{name}", self.account())
    }

    /// Where credentials come from.
    pub(crate) fn credentials_provider(&self) -> Result<SharedCredentialsProvider, Error> {
        let provider = self.session.credentials_provider();
        Ok(provider.ok_or_else(aws::Error::no_credentials)?)
    }

    /// The outputs of a stage's stacks; `None` where it is not deployed as a whole.
    pub(crate) async fn outputs(&self, app: &str, stage: &str) -> Result<Option<Outputs>, Error> {
        let cloudformation = self.cloudformation();
        let (stateful, stateless) = (
            template::stateful_name(app, stage),
            template::stateless_name(app, stage),
        );
        let stacks = tokio::try_join!(
            cloudformation.stack(&stateful),
            cloudformation.stack(&stateless)
        )?;
        let (Some(stateful), Some(stateless)) = stacks else {
            return Ok(None);
        };
        let is_deployed = [&stateful, &stateless]
            .iter()
            .all(|stack| !stack.outputs.is_empty());
        let outputs =
            [stateful, stateless].map(|stack| (stack.name, self.reachable(stack.outputs)));
        Ok(is_deployed.then(|| outputs.into()))
    }

    /// The stages of the app that have a stack here, whether the settings still know them or not.
    pub(crate) async fn deployed_stages(&self, app: &str) -> Result<Vec<String>, Error> {
        let stacks = self.cloudformation().stacks().await?;
        let mut stages: Vec<_> = stacks
            .iter()
            .filter(|stack| {
                stack
                    .tags
                    .get(template::APP_TAG)
                    .is_some_and(|tag| tag == app)
            })
            .filter_map(|stack| template::stack_stage(app, &stack.name))
            .collect();
        stages.sort();
        stages.dedup();
        Ok(stages)
    }

    /// Throws away the change sets of this run that were not executed.
    pub(crate) async fn abandon(&self) -> Result<(), Error> {
        self.proposals.discard(&self.cloudformation()).await
    }

    /// Asks for a change set; until it is released, it goes with [`Self::abandon`].
    pub(super) async fn propose(
        &self,
        wanted: &template::Stack,
        kind: Kind,
        mode: Mode,
    ) -> Result<ChangeSet, Error> {
        let cloudformation = self.cloudformation();
        self.proposals
            .make(&cloudformation, wanted, kind, mode)
            .await
    }

    /// No longer minds a change set: it was executed, or is kept for later.
    pub(crate) fn release(&self, change_set: &ChangeSet) {
        self.proposals.release(change_set);
    }

    /// Where the console shows what happens to a stack.
    pub(super) fn console(&self, stack_arn: &str) -> String {
        let host = match stack_arn.split(':').nth(1) {
            Some("aws-cn") => "console.amazonaws.cn",
            Some("aws-us-gov") => "console.amazonaws-us-gov.com",
            _ => "console.aws.amazon.com",
        };
        let region = self.region();
        let stack = utf8_percent_encode(stack_arn, NON_ALPHANUMERIC);
        format!(
            "https://{region}.{host}/cloudformation/home?region={region}#/stacks/events?stackId={stack}"
        )
    }

    pub(super) fn cloudformation(&self) -> CloudFormation {
        CloudFormation::new(&self.session)
    }

    /// The app's asset bucket: in the account's own namespace, and in the one that all share.
    pub(super) fn asset_buckets(&self, app: &str) -> [Bucket; 2] {
        template::bucket_names(app, self.account(), self.region())
            .map(|name| Bucket::new(&self.session, name, self.account().to_owned()))
    }

    /// The items of a deployed stage's table; `None` where it is not deployed as a whole.
    pub(crate) async fn items(&self, app: &str, stage: &str) -> Result<Option<Items>, Error> {
        let outputs = self.outputs(app, stage).await?.unwrap_or_default();
        let table = outputs
            .into_values()
            .find_map(|mut outputs| outputs.remove(TABLE_NAME));
        Ok(table.map(|table| Items::new(&self.session, table, TABLE_KEY)))
    }

    /// Where the API of a Stateless stack is, as it is reachable from here.
    pub(crate) fn endpoint(&self, stateless: &Stack) -> Option<String> {
        self.reachable(stateless.outputs.clone())
            .remove(ENDPOINT_URL)
    }

    /// Outputs as they are reachable from here: behind an emulator, the API is below the emulator's
    /// own endpoint, at the path that emulators share.
    pub(super) fn reachable(
        &self,
        mut outputs: BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        if let (Some(endpoint), Some(api), Some(url)) = (
            self.session.endpoint(),
            outputs.get("RestAPIId").cloned(),
            outputs.get_mut(ENDPOINT_URL),
        ) {
            let endpoint = endpoint.trim_end_matches('/');
            let stage = url.trim_end_matches('/').rsplit('/').next().unwrap_or("v1");
            *url = format!("{endpoint}/restapis/{api}/{stage}/_user_request_/");
        }
        outputs
    }
}
