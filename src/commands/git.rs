//! What git knows about a project.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder that may be a git repository.
pub(super) struct Repository(PathBuf);

impl Repository {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// `OWNER/REPO` of the remote `origin`.
    pub(super) fn path(&self) -> Option<String> {
        path_of(&self.remote()?)
    }

    /// The provider that AWS would connect to, by the remote's host; GitHub, if that does not say it.
    pub(super) fn provider(&self) -> &'static str {
        let remote = self.remote().unwrap_or_default();
        ["GitLab", "Bitbucket", "GitHub"]
            .into_iter()
            .find(|name| remote.contains(&format!("{}.", name.to_lowercase())))
            .unwrap_or("GitHub")
    }

    /// The current branch.
    pub(super) fn branch(&self) -> Option<String> {
        self.git(&["symbolic-ref", "--short", "HEAD"])
    }

    /// The folder's path in the repository; `None` if it is at its top.
    pub(super) fn below(&self) -> Option<String> {
        self.git(&["rev-parse", "--show-prefix"])
    }

    /// Whether a file is at the top of a branch of the remote `origin`, as git last saw that.
    pub(super) fn has(&self, branch: &str, file: &str) -> bool {
        let object = format!("refs/remotes/origin/{branch}:{file}");
        self.git(&["rev-parse", "--verify", "--quiet", &object])
            .is_some()
    }

    fn remote(&self) -> Option<String> {
        self.git(&["remote", "get-url", "origin"])
    }

    /// What git prints; `None` without git, without a repository, or if it prints nothing.
    fn git(&self, args: &[&str]) -> Option<String> {
        let mut git = Command::new("git");
        let output = git.arg("-C").arg(&self.0).args(args).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let text = text.trim();
        (output.status.success() && !text.is_empty()).then(|| text.to_owned())
    }
}

/// Returns what comes after the host, in both of git's forms: `git@HOST:OWNER/REPO.git` and
/// `https://HOST/OWNER/REPO.git`.
fn path_of(remote: &str) -> Option<String> {
    let path = match remote.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => remote.split_once(':')?.1,
    };
    let path = path.trim_matches('/').trim_end_matches(".git");
    path.contains('/').then(|| path.to_owned())
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
