//! `sim`: the virtual card on a reader, its personas, its faults and its root.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::cli::Ended;
#[cfg(not(unix))]
use crate::cli::arguments::Bench;
#[cfg(not(unix))]
use crate::cli::arguments::sim::Serve;
use crate::cli::arguments::sim::Sim;
#[cfg(unix)]
use crate::cli::bench;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::cli::personas;
use crate::cli::sim_faults;
use crate::cli::sim_pki;
use crate::error::Error;
use crate::error::SetupError;
use crate::sim::lds2;
use crate::sim::pki::card_verifiable::TerminalPki;

/// Serves a card, or lists what there is to serve.
pub(super) fn run(request: &Sim, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    match request {
        Sim::Serve(serve) => bench::serve(serve, out),
        Sim::Bench(bench) => bench::bench(bench, out),
        Sim::Personas(request) => personas::run(request, out),
        Sim::Faults { name, category } => {
            sim_faults::run(name.as_deref(), category.as_deref(), out)
        }
        Sim::Terminal { folder } => terminal(folder, out),
        Sim::Pki(request) => sim_pki::run(request, settings, out),
    }
}

/// There are no private services where there are no Unix sockets.
#[cfg(not(unix))]
mod bench {
    use super::*;

    pub(super) fn serve(_: &Serve, _: &Output) -> Result<Ended, Error> {
        Err(SetupError::NotBuilt { feature: "vpcd" }.into())
    }

    pub(super) fn bench(_: &Bench, _: &Output) -> Result<Ended, Error> {
        Err(SetupError::NotBuilt { feature: "vpcd" }.into())
    }
}

/// Writes what a terminal needs to read fingers and irises of virtual cards, and what lies beside the
/// eMRTD application.
fn terminal(folder: &Path, out: &Output) -> Result<Ended, Error> {
    let unwritable = |path: &Path| SetupError::OutputUnwritable {
        path: path.display().to_string(),
    };
    fs::create_dir_all(folder).map_err(|_| unwritable(folder))?;
    let mut names = Vec::new();
    let rights = lds2::authorizations(&lds2::READ_ALL);
    for (name, bytes) in TerminalPki::shipped()?.extended(&rights)?.files()? {
        let file = folder.join(name);
        fs::write(&file, bytes).map_err(|_| unwritable(&file))?;
        names.push(file.display().to_string());
    }
    out.answer(
        &format!("{}\n", names.join("\n")),
        &json!({"schema": "cancuoc.sim_terminal/1", "files": names}),
    )?;
    Ok(Ended::Done)
}
