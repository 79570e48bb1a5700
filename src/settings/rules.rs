//! What names and numbers may be.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::template::{Admission, Authorization};

use super::Error;

/// What a stage cannot be called, because targets of other kinds are.
const RESERVED: [&str; 3] = ["all", "bootstrap", "pipeline"];
/// So that the asset bucket's name fits into 63 characters.
const LONGEST_NAME: usize = 24;

/// What CloudWatch Logs takes:
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>.
const RETENTIONS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

pub(super) fn valid_stage_name(name: &str) -> Result<(), Error> {
    let invalid = |rule| Error::Invalid {
        name: "stage".to_owned(),
        value: name.to_owned(),
        rule,
    };
    if RESERVED.contains(&name) {
        return Err(invalid("is reserved: it is a target of another kind"));
    }
    if !is_name(name, |letter| letter.is_ascii_lowercase()) {
        return Err(invalid(
            "must be a small letter and up to 23 more small letters and digits",
        ));
    }
    Ok(())
}

pub(super) fn valid_app(app: String) -> Result<String, Error> {
    if is_name(&app, |letter| letter.is_ascii_alphabetic()) {
        Ok(app)
    } else {
        Err(Error::Invalid {
            name: "app".to_owned(),
            value: app,
            rule: "must be a letter and up to 23 more letters and digits",
        })
    }
}

fn is_name(text: &str, is_letter: fn(char) -> bool) -> bool {
    text.len() <= LONGEST_NAME
        && text.starts_with(is_letter)
        && text
            .chars()
            .all(|letter| letter.is_ascii_digit() || is_letter(letter))
}

pub(super) fn valid_account(name: &str, account: String) -> Result<String, Error> {
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(account)
    } else {
        Err(Error::Invalid {
            name: name.to_owned(),
            value: account,
            rule: "must be the 12 digits of an AWS account, in quotes",
        })
    }
}

/// Who may reach an API that asks for `authorization`.
pub(super) fn valid_admission(
    authorization: Authorization,
    accounts: Vec<String>,
    cidrs: Vec<String>,
) -> Result<Admission, Error> {
    if let (Authorization::None, Some(account)) = (authorization, accounts.first()) {
        return Err(Error::Invalid {
            name: "allowed_accounts".to_owned(),
            value: account.clone(),
            rule: "makes no sense with authorization = \"NONE\", which asks nobody for an account",
        });
    }
    let accounts = accounts
        .into_iter()
        .map(|account| valid_account("allowed_accounts", account));
    Ok(Admission {
        accounts: accounts.collect::<Result<_, _>>()?,
        cidrs: cidrs
            .into_iter()
            .map(valid_cidr)
            .collect::<Result<_, _>>()?,
    })
}

/// A block of addresses: `192.0.2.0/24`, `2001:db8::/32`, or one address.
fn valid_cidr(cidr: String) -> Result<String, Error> {
    let is_valid = cidr.parse::<IpNet>().is_ok() || cidr.parse::<IpAddr>().is_ok();
    if is_valid {
        Ok(cidr)
    } else {
        Err(Error::Invalid {
            name: "allowed_cidrs".to_owned(),
            value: cidr,
            rule: "must be a block of addresses, such as 192.0.2.0/24",
        })
    }
}

pub(super) fn valid_limit(name: &str, limit: u32) -> Result<u32, Error> {
    if limit > 0 {
        Ok(limit)
    } else {
        Err(Error::Invalid {
            name: name.to_owned(),
            value: limit.to_string(),
            rule: "must be at least 1",
        })
    }
}

pub(super) fn valid_retention(days: u32) -> Result<u32, Error> {
    if RETENTIONS.contains(&days) {
        Ok(days)
    } else {
        Err(Error::Invalid {
            name: "log_retention_days".to_owned(),
            value: days.to_string(),
            rule: "must be one that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, \
                   180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653",
        })
    }
}

/// `OWNER/REPO`, or deeper, as GitLab has it.
pub(super) fn valid_repository(repository: String) -> Result<String, Error> {
    let is_word = |word: &str| !word.is_empty() && !word.contains(char::is_whitespace);
    let is_path = repository.contains('/') && repository.split('/').all(is_word);
    if is_path {
        Ok(repository)
    } else {
        Err(Error::Invalid {
            name: "pipeline.repository".to_owned(),
            value: repository,
            rule: "must be the repository's owner and name, with a slash between them",
        })
    }
}

/// The address in `mailto:ADDRESS`.
pub(super) fn valid_notify(notify: String) -> Result<String, Error> {
    match notify.strip_prefix("mailto:") {
        Some(address) if address.contains('@') => Ok(address.to_owned()),
        _ => Err(Error::Invalid {
            name: "pipeline.notify".to_owned(),
            value: notify,
            rule: "must be an address of e-mail: mailto:ADDRESS",
        }),
    }
}
