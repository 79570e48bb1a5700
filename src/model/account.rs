//! Where in AWS something is: account, region, and the partition that the region belongs to.

use super::text::{Invalid, checked_text};

checked_text! {
    /// An AWS account's ID: 12 digits.
    AccountId, check_account
}

checked_text! {
    /// An AWS region's code, such as `eu-west-1`. Whether there is such a region is for AWS to say.
    Region, check_region
}

/// A group of AWS regions with accounts, domains and ARNs of its own. Sources:
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>,
/// <https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Partition {
    /// Commercial regions.
    Aws,
    /// China.
    China,
    /// AWS GovCloud (US).
    UsGov,
    /// AWS European Sovereign Cloud.
    EuSovereign,
}

impl Region {
    /// The partition that the region belongs to; the commercial one for a region that is not known to be elsewhere.
    pub(crate) fn partition(&self) -> Partition {
        match self.as_str().split_once('-') {
            Some(("cn", _)) => Partition::China,
            Some(("eusc", _)) => Partition::EuSovereign,
            Some(("us", rest)) if rest.starts_with("gov-") => Partition::UsGov,
            _ => Partition::Aws,
        }
    }
}

impl Partition {
    /// The partition's name, as ARNs have it: `arn:aws-cn:…`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::UsGov => "aws-us-gov",
            Self::EuSovereign => "aws-eusc",
        }
    }

    /// The domain that the services' addresses are below:
    /// <https://docs.aws.amazon.com/general/latest/gr/s3.html>.
    pub(crate) fn domain(self) -> &'static str {
        match self {
            Self::Aws | Self::UsGov => "amazonaws.com",
            Self::China => "amazonaws.com.cn",
            Self::EuSovereign => "amazonaws.eu",
        }
    }

    /// The domain of the console. Each region's console is below it.
    pub(crate) fn console_domain(self) -> &'static str {
        match self {
            Self::Aws => "console.aws.amazon.com",
            Self::China => "console.amazonaws.cn",
            Self::UsGov => "console.amazonaws-us-gov.com",
            Self::EuSovereign => "console.amazonaws-eusc.eu",
        }
    }
}

fn check_account(text: &str) -> Result<(), Invalid> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(())
    } else {
        Err(Invalid("must be the 12 digits of an AWS account"))
    }
}

fn check_region(text: &str) -> Result<(), Invalid> {
    let is_code = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !text.is_empty() && text.bytes().all(is_code) {
        Ok(())
    } else {
        Err(Invalid("must be an AWS region, such as eu-west-1"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_in_its_partition() {
        for (region, partition, console) in [
            ("eu-west-1", "aws", "console.aws.amazon.com"),
            ("us-east-1", "aws", "console.aws.amazon.com"),
            ("cn-north-1", "aws-cn", "console.amazonaws.cn"),
            (
                "us-gov-west-1",
                "aws-us-gov",
                "console.amazonaws-us-gov.com",
            ),
            ("eusc-de-east-1", "aws-eusc", "console.amazonaws-eusc.eu"),
            ("local", "aws", "console.aws.amazon.com"),
        ] {
            let found = region.parse::<Region>().expect("valid").partition();
            assert_eq!((found.name(), found.console_domain()), (partition, console));
        }
    }

    #[test]
    fn accounts_and_regions_are_checked() {
        assert!("111111111111".parse::<AccountId>().is_ok());
        for invalid in ["", "1", "11111111111a", "1111111111111"] {
            assert!(invalid.parse::<AccountId>().is_err(), "{invalid}");
        }
        for invalid in ["", "EU-WEST-1", "eu west 1", "eu_west_1"] {
            assert!(invalid.parse::<Region>().is_err(), "{invalid}");
        }
    }
}
