//! The recipes: what a new user copies works in an empty folder.

use std::env;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::time::Duration;

use crate::support::home::Home;
use crate::support::program;

/// Longest time for one recipe.
const LONG: Duration = Duration::from_secs(120);

/// Most lines of a recipe for a CI service.
const MOST_LINES: usize = 15;

/// Where Debian and Ubuntu put Python with pyscard.
const PYTHON: &str = "/usr/bin/python3";

fn recipe(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("recipes")
        .join(name)
}

/// A program in an empty folder, with the built program first in its search path.
fn in_folder(home: &Home, program: &str) -> Command {
    let built = Path::new(env!("CARGO_BIN_EXE_cancuoc")).parent().unwrap();
    let path = env::var_os("PATH").unwrap();
    let path = env::join_paths(
        [built.to_owned()]
            .into_iter()
            .chain(env::split_paths(&path)),
    );
    let mut command = Command::new(program);
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("CANCUOC_")) {
        command.env_remove(name);
    }
    let folder = home.path("folder");
    fs::create_dir_all(&folder).unwrap();
    command
        .current_dir(folder)
        .env("PATH", path.unwrap())
        .env("XDG_CONFIG_HOME", home.path("config"))
        .env("XDG_DATA_HOME", home.path("data"));
    command
}

fn said(output: &Output) -> String {
    format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Runs the lines that begin so, without those that install.
fn run_lines(name: &str, mark: &str) {
    let text = fs::read_to_string(recipe(name)).unwrap();
    assert!(text.lines().count() <= MOST_LINES, "{name}");
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix(mark))
        .collect();
    let (installs, rest): (Vec<&str>, Vec<&str>) = lines
        .into_iter()
        .partition(|line| line.contains("apt-get") || line.starts_with("cargo install"));
    assert_eq!(installs.len(), 2, "{name}: {installs:?}");
    assert!(rest.len() >= 3, "{name}: {rest:?}");
    let home = Home::new();
    let mut shell = in_folder(&home, "sh");
    let output = program::run(shell.arg("-ec").arg(rest.join("\n")), LONG);
    assert!(output.status.success(), "{name}: {}", said(&output));
}

#[test]
fn the_lines_for_github_actions_work_in_an_empty_folder() {
    run_lines("github-actions.yml", "- run: ");
}

#[test]
fn the_lines_for_gitlab_ci_work_in_an_empty_folder() {
    run_lines("gitlab-ci.yml", "- ");
}

/// Whether Python has the module.
fn has(module: &str) -> bool {
    let mut python = Command::new(PYTHON);
    let status = python.args(["-c", &format!("import {module}")]).output();
    status.is_ok_and(|output| output.status.success())
}

fn pytest(before: &[&str]) -> String {
    let home = Home::new();
    let words = [
        before,
        &[PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
    ]
    .concat();
    let mut command = in_folder(&home, words[0]);
    for name in ["conftest.py", "test_card.py"] {
        fs::copy(recipe(name), home.path("folder").join(name)).unwrap();
    }
    let output = program::run(command.args(&words[1..]), LONG);
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

#[test]
fn the_fixture_for_pytest_lays_cards_down_and_takes_them_away() {
    if !has("pytest") || !has("smartcard") {
        println!("python3-pytest or python3-pyscard is not installed: skipped");
        return;
    }
    let alone = pytest(&[]);
    assert!(alone.contains("6 passed"), "{alone}");
    let bench = [
        "cancuoc",
        "--quiet",
        "sim",
        "bench",
        "--empty",
        "--control",
        "127.0.0.1:0",
        "--",
    ];
    let under_a_bench = pytest(&bench);
    assert!(under_a_bench.contains("6 passed"), "{under_a_bench}");
}
