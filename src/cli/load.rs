//! `registry sample` and `registry load`.

use std::fs::File;
use std::io;
use std::io::BufWriter;
use std::io::IsTerminal as _;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use indicatif::ProgressBar;
use indicatif::ProgressStyle;
use jiff::Timestamp;
use serde_json::json;

use crate::cli::Ended;
use crate::cli::arguments::registry::Load;
use crate::cli::arguments::registry::Sampled;
use crate::cli::config::Quiet;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::error::Error;
use crate::error::LoadError;
use crate::error::SetupError;
use crate::registry::Embedded;
use crate::registry::load;
use crate::registry::load::Input;
use crate::registry::load::Mode;
use crate::registry::load::Rows;
use crate::registry::load::Totals;
use crate::registry::load::sample;
use crate::registry::load::sample::Sample;
#[cfg(feature = "postgres")]
use crate::registry::postgres;
use crate::registry::samples::Contents;

/// Bytes that are written at once.
const BUFFER: usize = 256 * 1024;

/// Prints an invented register.
pub(super) fn sample(request: &Sampled) -> Result<Ended, Error> {
    if request.rows > sample::MOST_ROWS {
        return Err(SetupError::Usage {
            why: format!("--rows is more than {}", sample::MOST_ROWS),
        }
        .into());
    }
    let mut out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
    let written = Sample::new(request.seed, request.facts)
        .write(request.rows, &mut out)
        .and_then(|()| out.flush());
    match written {
        // Who reads has enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Ended::Done),
        Err(_) => Err(SetupError::OutputUnwritable {
            path: "-".to_owned(),
        }
        .into()),
        Ok(()) => Ok(Ended::Done),
    }
}

/// Makes the tables in a database, or an embedded registry without anybody. What else there is is made
/// when it is opened.
pub(super) fn make(empty: bool, settings: &Settings) -> Result<(), Error> {
    let url = settings.registry_address()?;
    let contents = if empty {
        Contents::Nobody
    } else {
        Contents::Samples
    };
    match url.split_once(':') {
        #[cfg(feature = "postgres")]
        Some(("postgres" | "postgresql", _)) => {
            postgres::make(&url, contents)?;
        }
        Some(("sqlite", path)) if empty => {
            let path = path.strip_prefix("//").unwrap_or(path);
            Embedded::open_with(Path::new(path), contents)?;
        }
        _ => {}
    }
    Ok(())
}

/// Fills a registry from files.
pub(super) fn load(request: &Load, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let url = settings.registry_address()?;
    let mut length = Some(0);
    let mut inputs = Vec::new();
    let bar = bar(out);
    for path in &request.files {
        let (input, bytes) = input(path, &bar)?;
        length = length.zip(bytes).map(|(all, bytes)| all + bytes);
        inputs.push(input);
    }
    if let Some(length) = length {
        bar.set_length(length);
    }
    let unwritable = |path: &Path| LoadError::Rejects {
        path: path.display().to_string(),
    };
    let rejects = request.rejects.as_deref();
    let mut file = match rejects {
        None => None,
        Some(path) => {
            let file = File::create(path).map_err(|_| SetupError::from(unwritable(path)))?;
            let mut file = BufWriter::new(file);
            writeln!(file, "file,line,column,code")
                .map_err(|_| SetupError::from(unwritable(path)))?;
            Some(file)
        }
    };
    let mode = if request.replace {
        Mode::Replace
    } else {
        Mode::Merge
    };
    let rows_read = |totals: &Totals| bar.set_message(totals.rows.to_string());
    let mut progress = rows_read;
    let writer = file.as_mut().map(|file| {
        let file: &mut dyn io::Write = file;
        file
    });
    let mut rows = Rows::new(inputs, writer, &mut progress);
    let loaded = load::load(
        &url,
        &mut rows,
        mode,
        request.as_of.unwrap_or_else(Timestamp::now),
    );
    bar.finish_and_clear();
    let totals = match (loaded, rejects) {
        (Err(SetupError::Load(LoadError::Rejects { .. })), Some(path)) => {
            return Err(SetupError::from(unwritable(path)).into());
        }
        (loaded, _) => loaded?,
    };
    if let (Some(file), Some(path)) = (&mut file, rejects) {
        file.flush()
            .map_err(|_| SetupError::from(unwritable(path)))?;
    }
    let rejected: u64 = totals.rejected.values().sum();
    let words = out.lang.choose(
        ["dòng", "đã nạp", "bị loại"],
        ["rows", "loaded", "rejected"],
    );
    let [rows, loaded, bad] = words;
    let mut text = format!(
        "{rows}: {}\n{loaded}: {}\n{bad}: {rejected}\n",
        totals.rows, totals.loaded
    );
    for (code, count) in &totals.rejected {
        text.push_str(&format!("  {code}: {count}\n"));
    }
    out.answer(
        &text,
        &json!({
            "schema": "cancuoc.registry_load/1",
            "rows": totals.rows,
            "loaded": totals.loaded,
            "rejected": rejected,
            "rejected_by_code": totals.rejected,
        }),
    )?;
    Ok(Ended::Done)
}

/// A table, and how long it is where that is known.
fn input(path: &Path, bar: &ProgressBar) -> Result<(Input, Option<u64>), SetupError> {
    let name = path.display().to_string();
    if name == "-" {
        let text = Box::new(io::stdin());
        return Ok((Input { name, text }, None));
    }
    let unreadable = |_| LoadError::Unreadable { path: name.clone() };
    let file = File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    let length = about.is_file().then_some(about.len());
    let text = Box::new(bar.wrap_read(file));
    Ok((Input { name, text }, length))
}

/// A bar on a terminal.
fn bar(out: &Output) -> ProgressBar {
    if out.quiet == Quiet::Yes || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:30} {bytes_per_sec} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
