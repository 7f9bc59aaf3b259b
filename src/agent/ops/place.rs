//! Where an agent keeps what it must remember: keys, tokens, the audit log.

use std::ffi::OsString;
use std::path::PathBuf;

/// The folder of the state: what systemd gives the service, else the user's own
/// (XDG Base Directory Specification: `$XDG_STATE_HOME`, by default `~/.local/state`; a path that is
/// not absolute is ignored).
///
/// `STATE_DIRECTORY` may hold several paths with colons between them (systemd.exec); the first is ours.
pub fn state_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |path: PathBuf| Some(path).filter(|path| path.is_absolute());
    let given = variable("STATE_DIRECTORY").and_then(|all| {
        let text = all.to_string_lossy().into_owned();
        absolute(text.split(':').next()?.into())
    });
    let named = |name: &str| absolute(variable(name)?.into());
    given.or_else(|| {
        let own = named("XDG_STATE_HOME").or_else(|| Some(named("HOME")?.join(".local/state")));
        Some(own?.join("cancuoc").join("agent"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systemd_comes_before_the_users_own() {
        let folder = |given: &[(&str, &str)]| {
            state_folder(|name| {
                let found = given.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            })
        };
        let all = [
            ("STATE_DIRECTORY", "/var/lib/cancuoc:/var/lib/other"),
            ("XDG_STATE_HOME", "/state"),
            ("HOME", "/home/clerk"),
        ];
        assert_eq!(folder(&all), Some("/var/lib/cancuoc".into()));
        assert_eq!(folder(&all[1..]), Some("/state/cancuoc/agent".into()));
        assert_eq!(
            folder(&all[2..]),
            Some("/home/clerk/.local/state/cancuoc/agent".into())
        );
        assert_eq!(folder(&[("XDG_STATE_HOME", "relative")]), None);
    }
}
