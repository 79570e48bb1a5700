//! A stage on AWS: where it is, and what its templates say.

use ipnet::IpNet;
use serde::Deserialize;
use struct_patch::Patch;

use super::limit::Limit;
use super::text::{Invalid, checked_text};
use super::{
    AccountId, Alarm, App, BillingMode, Capacity, PermissionsBoundary, Region, StageName,
    TableBilling, TargetEnv, Threshold,
};

/// How many days CloudWatch Logs may keep logs:
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>.
const RETENTIONS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// A stage on AWS. The table `[stages.NAME]` of `umb.toml`, [`StageTable`], has a key for each attribute that is not
/// skipped here; one that is left out has the value of [`StageSpec::new`].
#[derive(Debug, Clone, PartialEq, Patch)]
#[patch(name = "StageTable")]
#[patch(attribute(derive(Debug, Clone, Default, Deserialize)))]
#[patch(attribute(serde(deny_unknown_fields, expecting = "a table of the stage's keys")))]
pub(crate) struct StageSpec {
    #[patch(skip)]
    pub(crate) app: App,
    #[patch(skip)]
    pub(crate) name: StageName,
    /// The account; else that of the credentials.
    pub(crate) account: Option<AccountId>,
    /// The region; else the profile's.
    pub(crate) region: Option<Region>,
    /// The region that the shell names instead, if it is another one.
    #[patch(skip)]
    pub(crate) shell_region: Option<Region>,
    /// The named profile of the shared AWS configuration; else the default one.
    pub(crate) profile: Option<String>,
    /// Whether that profile is used even where the environment has credentials of its own.
    #[patch(skip)]
    pub(crate) only_profile: bool,
    /// How the table is billed; else as [`StageSpec::billing`] says.
    pub(crate) billing: Option<BillingMode>,
    /// Read capacity of a provisioned table.
    pub(crate) read_capacity: Option<Capacity>,
    /// Write capacity of a provisioned table.
    pub(crate) write_capacity: Option<Capacity>,
    /// Concurrent executions set aside for the function, 0 for none; else as many as are.
    pub(crate) reserved_concurrency: Option<u32>,
    /// Who may call the API.
    pub(crate) authorization: Authorization,
    /// Other accounts whose identities may call the API, if their own policies allow it too.
    pub(crate) allowed_accounts: Vec<AccountId>,
    /// The address blocks that requests may come from; any, if there are none.
    pub(crate) allowed_cidrs: Vec<Cidr>,
    /// Requests that each method of the API takes per second, on average.
    pub(crate) throttling_rate: Limit,
    /// Requests that each method of the API takes at once.
    pub(crate) throttling_burst: Limit,
    /// When the alarm on the API's errors goes off.
    pub(crate) alarm: Alarm,
    /// How many days CloudWatch keeps the logs of the function and of the API.
    pub(crate) log_retention_days: LogRetention,
    /// Whether the data must outlive mistakes.
    pub(crate) protected: bool,
    /// The policy that bounds the stage's roles.
    #[patch(skip)]
    pub(crate) boundary: Option<PermissionsBoundary>,
}

/// Who may call the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Authorization {
    /// Identities whose IAM policies allow it; requests are signed (SigV4).
    #[serde(rename = "AWS_IAM")]
    AwsIam,
    /// Anyone.
    #[serde(rename = "NONE")]
    None,
}

/// For how many days logs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct LogRetention(u32);

checked_text! {
    /// A block of addresses, such as `192.0.2.0/24` or `2001:db8::/32`, or one address.
    Cidr, check_cidr
}

/// How many bytes the policy of an API may have:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>.
const LARGEST_API_POLICY: usize = 8_192;
/// How many bytes of it are neither addresses nor accounts, at most.
const REST_OF_API_POLICY: usize = 700;
/// How many bytes an account takes as a principal, with quotes and comma, at most.
const ACCOUNT_IN_API_POLICY: usize = r#""arn:aws-us-gov:iam::111111111111:root","#.len();

/// A setting that cannot stand beside the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SettingConflict {
    pub(crate) key: &'static str,
    /// What is wrong with it, in words that follow key and value.
    pub(crate) rule: &'static str,
}

impl StageSpec {
    /// The stage `name` as it is without any setting.
    pub(crate) fn new(app: App, name: StageName) -> Self {
        let is_prod = name == StageName::prod();
        Self {
            app,
            account: None,
            region: None,
            shell_region: None,
            profile: None,
            only_profile: false,
            billing: None,
            read_capacity: None,
            write_capacity: None,
            reserved_concurrency: None,
            authorization: Authorization::AwsIam,
            allowed_accounts: Vec::new(),
            allowed_cidrs: Vec::new(),
            throttling_rate: Limit(50),
            throttling_burst: Limit(100),
            alarm: Alarm::On(Threshold::default()),
            log_retention_days: LogRetention::default(),
            protected: is_prod,
            boundary: None,
            name,
        }
    }

    /// The stage with the settings of `table`.
    ///
    /// # Errors
    /// A setting that has no effect because of another one.
    pub(crate) fn with(mut self, table: &StageTable) -> Result<Self, SettingConflict> {
        self.apply(table.clone());
        let is_set = [
            ("read_capacity", table.read_capacity.is_some()),
            ("write_capacity", table.write_capacity.is_some()),
        ];
        if let (Some(BillingMode::OnDemand), Some((key, _))) =
            (self.billing, is_set.into_iter().find(|(_, is_set)| *is_set))
        {
            return Err(SettingConflict {
                key,
                rule: "has no effect with billing = \"on-demand\"",
            });
        }
        if self.authorization == Authorization::None && !self.allowed_accounts.is_empty() {
            return Err(SettingConflict {
                key: "allowed_accounts",
                rule: "has no effect with authorization = \"NONE\", which does not ask for an account",
            });
        }
        let addresses: usize = self
            .allowed_cidrs
            .iter()
            .map(|cidr| cidr.as_str().len() + 3)
            .sum();
        let accounts = self.allowed_accounts.len() * ACCOUNT_IN_API_POLICY;
        if REST_OF_API_POLICY + addresses + accounts > LARGEST_API_POLICY {
            let is_of_accounts = accounts > addresses;
            return Err(SettingConflict {
                key: if is_of_accounts {
                    "allowed_accounts"
                } else {
                    "allowed_cidrs"
                },
                rule: "is more than the policy of an API may have, 8,192 bytes: join address blocks, or put a firewall before the API",
            });
        }
        Ok(self)
    }

    /// Where the stage is to be.
    pub(crate) fn env(&self) -> TargetEnv {
        TargetEnv {
            account: self.account.clone(),
            region: self.region.clone(),
            shell_region: self.shell_region.clone(),
            profile: self.profile.clone(),
            only_profile: self.only_profile,
            role: None,
        }
    }

    /// How the table is billed, as far as that was decided. Whoever sets a capacity wants a provisioned table.
    pub(crate) fn billing(&self) -> Option<TableBilling> {
        let has_capacity = self.read_capacity.is_some() || self.write_capacity.is_some();
        let implied = has_capacity.then_some(BillingMode::Provisioned);
        self.billing.or(implied).map(|mode| match mode {
            BillingMode::OnDemand => TableBilling::OnDemand,
            BillingMode::Provisioned => TableBilling::Provisioned {
                read: self.read_capacity.unwrap_or_default(),
                write: self.write_capacity.unwrap_or_default(),
            },
        })
    }

    /// The stage with what was not decided as it is deployed.
    #[must_use]
    pub(crate) fn keeping(mut self, billing: Option<TableBilling>, concurrency: u32) -> Self {
        if let (None, Some(billing)) = (self.billing(), billing) {
            self.billing = Some(billing.mode());
            let capacity = billing.capacity();
            self.read_capacity = capacity.map(|(read, _)| read);
            self.write_capacity = capacity.map(|(_, write)| write);
        }
        self.reserved_concurrency = self.reserved_concurrency.or(Some(concurrency));
        self
    }

    /// Read and write capacity, if they are set aside.
    pub(crate) fn capacity(&self) -> Option<(Capacity, Capacity)> {
        self.billing().and_then(TableBilling::capacity)
    }

    /// Whether a capacity follows its load.
    pub(crate) fn scales(&self) -> bool {
        self.capacity()
            .is_some_and(|(read, write)| read.scaling().or(write.scaling()).is_some())
    }

    /// How many concurrent executions are set aside for the function, if any are. Lambda would take 0 as an order to
    /// stop the function.
    pub(crate) fn reservation(&self) -> Option<u32> {
        self.reserved_concurrency.filter(|reserved| *reserved > 0)
    }
}

impl LogRetention {
    /// The number of days.
    pub(crate) fn days(self) -> u32 {
        self.0
    }
}

impl Default for LogRetention {
    fn default() -> Self {
        Self(30)
    }
}

impl TryFrom<u32> for LogRetention {
    type Error = Invalid;

    fn try_from(days: u32) -> Result<Self, Self::Error> {
        if RETENTIONS.contains(&days) {
            Ok(Self(days))
        } else {
            Err(Invalid(
                "must be a period that CloudWatch Logs supports: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, \
                 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days",
            ))
        }
    }
}

fn check_cidr(text: &str) -> Result<(), Invalid> {
    let is_valid = text.parse::<IpNet>().is_ok() || text.parse::<std::net::IpAddr>().is_ok();
    if is_valid {
        Ok(())
    } else {
        Err(Invalid(
            "must be a block of addresses, such as 192.0.2.0/24",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(name: StageName) -> StageSpec {
        StageSpec::new(App::default(), name)
    }

    #[test]
    fn without_settings_only_prod_is_special_and_by_its_protection_alone() {
        let (dev, prod) = (stage(StageName::dev()), stage(StageName::prod()));
        for stage in [&dev, &prod] {
            assert_eq!((stage.billing(), stage.reservation()), (None, None));
        }
        assert!(prod.protected && !dev.protected);
    }

    fn provisioned(read: u32, write: u32) -> TableBilling {
        TableBilling::Provisioned {
            read: Capacity::Fixed(Limit(read)),
            write: Capacity::Fixed(Limit(write)),
        }
    }

    fn with(settings: &str) -> Result<StageSpec, SettingConflict> {
        stage(StageName::dev()).with(&toml::from_str(settings).expect("valid"))
    }

    #[test]
    fn a_capacity_is_that_of_a_provisioned_table() {
        let billing = |settings: &str| with(settings).expect("valid").billing();
        assert_eq!(billing("read_capacity = 7"), Some(provisioned(7, 5)));
        assert_eq!(
            billing("billing = \"provisioned\""),
            Some(provisioned(5, 5))
        );
        let scaled = billing("write_capacity = { min = 5, max = 50 }").expect("decided");
        assert_eq!(
            scaled.to_string(),
            "billing = \"provisioned\", read_capacity = 5, write_capacity = { min = 5, max = 50, target = 70 }"
        );
    }

    #[test]
    fn what_was_not_decided_stays_as_it_is_deployed() {
        let kept = |settings: &str, deployed| {
            let stage = with(settings).expect("valid").keeping(deployed, 10);
            (stage.billing(), stage.reserved_concurrency)
        };
        let old = Some(provisioned(7, 8));
        assert_eq!(kept("", None), (None, Some(10)));
        assert_eq!(kept("", old), (old, Some(10)));
        assert_eq!(
            kept("write_capacity = 9", old),
            (Some(provisioned(5, 9)), Some(10))
        );
        assert_eq!(
            kept("billing = \"on-demand\"\nreserved_concurrency = 0", old),
            (Some(TableBilling::OnDemand), Some(0))
        );
    }

    #[test]
    fn a_capacity_that_cannot_be_is_refused() {
        for (settings, expected) in [
            ("read_capacity = 0", "must be at least 1"),
            ("read_capacity = -1", "invalid value: integer `-1`"),
            (
                "read_capacity = true",
                "expected a number of units, or a table with min, max and target",
            ),
            ("read_capacity = { min = 5 }", "missing field `max`"),
            (
                "read_capacity = { min = 5, max = 4 }",
                "max must be at least min",
            ),
            (
                "read_capacity = { min = 5, max = 6, target = 91 }",
                "must be a percentage from 20 to 90",
            ),
            (
                "read_capacity = { min = 5, max = 6, goal = 50 }",
                "unknown field `goal`",
            ),
        ] {
            let refused = toml::from_str::<StageTable>(settings).expect_err(settings);
            assert!(refused.message().contains(expected), "{refused}");
        }
    }

    #[test]
    fn a_setting_without_effect_is_refused() {
        let refused = with("billing = \"on-demand\"\nread_capacity = 7");
        assert_eq!(refused.expect_err("refused").key, "read_capacity");
        let refused = with("authorization = \"NONE\"\nallowed_accounts = [\"111111111111\"]");
        assert_eq!(refused.expect_err("refused").key, "allowed_accounts");
    }

    #[test]
    fn address_blocks_are_checked() {
        for valid in ["192.0.2.0/24", "2001:db8::/32", "192.0.2.1"] {
            assert!(valid.parse::<Cidr>().is_ok(), "{valid}");
        }
        for invalid in ["", "192.0.2.0/33", "example.com"] {
            assert!(invalid.parse::<Cidr>().is_err(), "{invalid}");
        }
    }
}
