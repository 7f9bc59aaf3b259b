//! The program in a home of its own: nothing of the person who runs the tests is read or changed.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;

use super::program::finish;

/// Longest time that one run may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// A folder for one test, with nothing in it. Removed when dropped.
pub struct Home(PathBuf);

impl Home {
    pub fn new() -> Self {
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let name = format!("cancuoc-home-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A path in the folder as an option takes it.
    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Writes a file and gives its path.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self.text(name)
    }

    /// Writes the program's configuration file.
    pub fn configure(&self, toml: &str) {
        self.write("config/cancuoc/config.toml", toml);
    }

    /// The program, knowing no other folder and no PC/SC service.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cancuoc"));
        command
            .args(arguments)
            .current_dir(&self.0)
            .env_clear()
            .env("HOME", &self.0)
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("PCSCLITE_CSOCK_NAME", "/nonexistent")
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        output(&mut self.command(arguments))
    }

    /// Runs it with a text on its standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that needs no input may be gone by now.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        finish(child, LIMIT)
    }

    /// Runs it with `--format json`; the answer, when it ends as expected.
    #[track_caller]
    pub fn json(&self, arguments: &[&str], status: i32) -> Value {
        let output = self.run(&[arguments, &["--format", "json"]].concat());
        parsed(&output, status)
    }

    /// Runs it with `--format json`; checks that it cannot run, for this reason.
    #[track_caller]
    pub fn refused(&self, arguments: &[&str], code: &str) -> Value {
        let error = self.json(arguments, 2);
        assert_refusal(&error, code);
        error
    }

    /// Names of the files that lie in a folder.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs a command to its end.
pub fn output(command: &mut Command) -> Output {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    finish(child, LIMIT)
}

/// The JSON on standard output, when the program ended as expected.
#[track_caller]
pub fn parsed(output: &Output, status: i32) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error} in the answer; {stderr}"));
    let code = output.status.code();
    assert_eq!(code, Some(status), "{}\n{stderr}", answer["checks"]);
    answer
}

/// Whether this is the documented failure to run, with this code, in both languages.
#[track_caller]
pub fn assert_refusal(error: &Value, code: &str) {
    assert_eq!(error["schema"], "cancuoc.error/1", "{error}");
    let error = &error["error"];
    assert_eq!(error["code"], code, "{error}");
    assert!(error["retriable"].is_boolean(), "{error}");
    assert!(error["next_action"].is_string(), "{error}");
    for words in ["message", "remedy"] {
        let [vi, en] = ["vi", "en"].map(|lang| error[words][lang].as_str().unwrap());
        assert!(vi.ends_with('.') && en.ends_with('.'), "{error}");
        assert_ne!(vi, en, "{error}");
    }
}

/// A file's permissions, without its kind.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
