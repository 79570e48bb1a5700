//! The shared configuration files of AWS and what the profile that a session uses says in them.

use std::env;

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use super::error::Error;
use super::profile::Profile;
use super::variables::check_endpoint;

/// The variable that names the profile.
const PROFILE: &str = "AWS_PROFILE";
/// The variables of which one is set where the environment has credentials:
/// <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>.
const CREDENTIALS: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];
/// From which likeness, of at most 1, a name may have been meant by another one.
const ALIKE: f64 = 0.8;

/// The files as they were read, and which profile counts.
#[derive(Debug)]
pub(super) struct SharedConfig(ProfileSet);

impl SharedConfig {
    /// Reads the files that the environment names, else those in `~/.aws`; without `profile`, `AWS_PROFILE` or the default
    /// one counts. Source: <https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html>.
    ///
    /// # Errors
    /// When a file cannot be parsed. A file that does not exist is empty.
    pub(super) async fn read(profile: Option<&str>) -> Result<Self, Error> {
        let selected = profile.map(|name| name.to_owned().into());
        let files = EnvConfigFiles::default();
        aws_config::profile::load(&Fs::real(), &Env::real(), &files, selected)
            .await
            .map(Self)
            .map_err(Error::unreadable_files)
    }

    /// Checks the profile that somebody named, and what it says that umb needs to know before a call.
    ///
    /// # Errors
    /// When there is no such profile; when its role takes a code from a device; when its endpoint is none.
    pub(super) fn check(&self, profile: Profile<'_>) -> Result<(), Error> {
        let named = match profile {
            Profile::Default => None,
            Profile::Only(name) => Some(name),
            // The settings' profile is of no importance where the environment has credentials; its own always is.
            Profile::Fallback(name) if env::var(PROFILE).is_ok_and(|said| said.trim() == name) => {
                Some(name)
            }
            Profile::Fallback(name) => (!environment_has_credentials()).then_some(name),
        };
        if let Some(name) = named {
            if self.0.get_profile(name).is_none() {
                return Err(Error::no_such_profile(name, self.nearest(name)));
            }
            self.check_mfa(name)?;
        }
        match self.get("endpoint_url") {
            Some(url) => check_endpoint("the profile's endpoint_url", url),
            None => Ok(()),
        }
    }

    /// The other profile whose name is most like `name`.
    fn nearest(&self, name: &str) -> Option<&str> {
        let by_likeness = |other: &&str| strsim::jaro_winkler(other, name);
        let alike = self.0.profiles().filter(|other| by_likeness(other) > ALIKE);
        alike.max_by(|a, b| by_likeness(a).total_cmp(&by_likeness(b)))
    }

    /// The SDK passes over `mfa_serial`, and AWS then denies the role.
    fn check_mfa(&self, name: &str) -> Result<(), Error> {
        let mut next = Some(name);
        let mut seen = Vec::new();
        while let Some(name) = next.filter(|name| !seen.contains(name)) {
            let Some(profile) = self.0.get_profile(name) else {
                break;
            };
            let takes_code = profile.get("role_arn").and(profile.get("mfa_serial"));
            if takes_code.is_some_and(|serial| !serial.trim().is_empty()) {
                return Err(Error::needs_mfa(name));
            }
            seen.push(name);
            next = profile.get("source_profile");
        }
        Ok(())
    }

    /// Returns a setting, as it is written.
    pub(super) fn get(&self, setting: &str) -> Option<&str> {
        self.0.get(setting)
    }
}

fn environment_has_credentials() -> bool {
    CREDENTIALS
        .iter()
        .any(|name| env::var(name).is_ok_and(|value| !value.trim().is_empty()))
}
