//! One Chromium without a screen for all tests, which ends when the process of the tests does.

use std::env;
use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;
use std::time::Instant;

/// What to install when it is missing.
const INSTALL: &str = "run `make test`, or: apt-get install chromium";

/// Names another browser of its kind; `none` leaves the tests out that need one.
const PROGRAM: &str = "CANCUOC_CHROMIUM";

/// Longest time that it may take to start on a busy machine.
const START: Duration = Duration::from_secs(60);

/// How often the profile is looked at until it says the port.
const PAUSE: Duration = Duration::from_millis(20);

/// A name that leads to this machine, as an attacker's does after DNS rebinding.
pub const REBOUND: &str = "rebound.test";

/// Runs Chromium until the pipe to this shell closes, however the other end came to its end.
const KEEPER: &str = r#"
profile=$1; shift
"$@" >"$profile/log" 2>&1 </dev/null &
chromium=$!
cat >/dev/null
kill -TERM "$chromium" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 "$chromium" 2>/dev/null || break
    sleep 0.3
done
kill -KILL "$chromium" 2>/dev/null
wait "$chromium"
rm -rf -- "$profile"
"#;

/// Nothing asks the network by itself, and nothing sleeps because nobody looks at it.
const ARGUMENTS: [&str; 19] = [
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
    "--force-color-profile=srgb",
    "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider",
];

/// A running Chromium.
pub struct Chromium {
    keeper: Child,
    address: String,
}

impl Chromium {
    /// The one that all tests share; the first who asks starts it. `None` where none is wanted.
    ///
    /// # Panics
    /// When it cannot be started; the message says why.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Chromium>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| {
            let program = env::var(PROGRAM).unwrap_or_else(|_| "chromium".into());
            if program == "none" {
                eprintln!("NOT TESTED: the pages in a browser, since {PROGRAM} says so");
                return None;
            }
            Some(Self::start(&program))
        });
        shared.as_ref()
    }

    fn start(program: &str) -> Self {
        let profile = env::temp_dir().join(format!("cancuoc-chromium-{}", std::process::id()));
        let _ = fs::remove_dir_all(&profile);
        fs::create_dir(&profile).unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-c", KEEPER, "sh"])
            .arg(&profile)
            .arg(program)
            .args(ARGUMENTS)
            .arg(format!(
                "--host-resolver-rules=MAP {REBOUND} 127.0.0.1,MAP * ~NOTFOUND,EXCLUDE 127.0.0.1"
            ))
            .arg(format!("--user-data-dir={}", profile.display()));
        if fs::metadata(&profile).unwrap().uid() == 0 {
            // Chromium's sandbox refuses to serve root.
            command.arg("--no-sandbox");
        }
        let keeper = command
            .arg("about:blank")
            // Its settings are those of no person and of no desktop.
            .env("HOME", &profile)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut chromium = Self {
            keeper,
            address: String::new(),
        };
        chromium.address = chromium.wait_for_address(&profile);
        chromium
    }

    /// Where the DevTools protocol of the whole browser is spoken: host and port, and path.
    pub fn address(&self) -> (&str, &str) {
        self.address.split_once('/').unwrap()
    }

    fn wait_for_address(&mut self, profile: &Path) -> String {
        let until = Instant::now() + START;
        while Instant::now() < until {
            // The first line is the port, the second the path.
            let said = fs::read_to_string(profile.join("DevToolsActivePort")).unwrap_or_default();
            if let Some((port, path)) = said.trim().split_once('\n') {
                return format!("127.0.0.1:{port}{path}");
            }
            thread::sleep(PAUSE);
        }
        let log: PathBuf = profile.join("log");
        let mut said = String::new();
        let _ = fs::File::open(log).map(|mut file| file.read_to_string(&mut said));
        let _ = self.keeper.kill();
        panic!("Chromium does not start; {INSTALL}\n{said}")
    }
}
