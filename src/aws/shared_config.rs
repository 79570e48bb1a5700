//! The shared configuration files of AWS and what the profile that a session uses says in them.

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use super::error::Error;

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

    /// Returns a setting, as it is written.
    pub(super) fn get(&self, setting: &str) -> Option<&str> {
        self.0.get(setting)
    }
}
