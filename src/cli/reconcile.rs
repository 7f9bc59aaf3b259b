//! `registry reconcile`: a list compared with the registry.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::io::stderr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use indicatif::HumanCount;
use indicatif::ProgressBar;
use indicatif::ProgressStyle;
use serde_json::Value;
use serde_json::json;

use crate::cli::Ended;
use crate::cli::arguments::registry::Reconciled;
use crate::cli::config::Quiet;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::error::Error;
use crate::error::SetupError;
use crate::registry;
use crate::registry::Registry;
use crate::registry::message::MAX_LIST;
use crate::registry::reconcile::Done;
use crate::registry::reconcile::Mapping;
use crate::registry::reconcile::Options;
use crate::registry::reconcile::Progress;
use crate::registry::reconcile::Restart;
use crate::registry::reconcile::Totals;
use crate::registry::reconcile::Values;
use crate::registry::reconcile::reconcile;
use crate::render::words;
use crate::render::words::Labelled;
use crate::render::words::Lang;

/// Rows that are asked about together.
const TOGETHER: usize = 1000;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Compares a list with the registry.
pub(super) fn run(request: &Reconciled, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let url = settings.registry_address()?;
    // The remark on a registry that was made just now is for the first opening alone.
    let first = settings.registry(out)?;
    drop(first.ok_or_else(no_registry)?);
    let open = || -> Result<Box<dyn Registry>, SetupError> {
        registry::open_with(&url, &settings.registry_options)?.ok_or_else(no_registry)
    };
    let options = options(request, settings, &url)?;
    let bar = bar(out);
    let step = |progress: Progress| show(&bar, out.lang, progress);
    let done = reconcile(&options, &open, &step);
    bar.finish_and_clear();
    let done = done?;
    if done.resumed > 0 {
        out.remark(
            "Đã tiếp tục từ chỗ lần chạy trước dừng lại.",
            "Went on from where an earlier run had stopped.",
        );
    }
    out.answer(&text(&done, out.lang), &as_json(&done))?;
    Ok(Ended::Done)
}

fn no_registry() -> SetupError {
    SetupError::Registry {
        why: "no registry is named to compare with".to_owned(),
    }
}

fn options(request: &Reconciled, settings: &Settings, url: &str) -> Result<Options, Error> {
    let network = url.starts_with("https:");
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mapping = Mapping::read(request.map.as_deref().unwrap_or_default());
    Ok(Options {
        list: (request.list != Path::new("-")).then(|| request.list.clone()),
        mapping: mapping.map_err(SetupError::from)?,
        out: request.out.clone(),
        values: if request.with_values {
            Values::Repeated
        } else {
            Values::Left
        },
        restart: if request.restart {
            Restart::Yes
        } else {
            Restart::No
        },
        // What a row may be told beside the comparison is nothing, whatever the configuration says.
        context: settings.asker(&request.asker)?,
        fresh: DAY.saturating_mul(request.max_age),
        now: settings.timestamp()?,
        readers: match request.readers {
            Some(readers) => usize::from(readers),
            None if network => 1,
            // One reads the list and one writes, and neither has much to do.
            None => cores.clamp(2, 16),
        },
        together: if network { MAX_LIST } else { TOGETHER },
        step: if network { 1 } else { TOGETHER },
        also: url.to_owned(),
    })
}

/// A bar on a terminal, and nothing elsewhere.
fn bar(out: &Output) -> ProgressBar {
    if out.quiet != Quiet::No || !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn show(bar: &ProgressBar, lang: Lang, progress: Progress) {
    let style = |template: &str| {
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
    };
    match progress {
        Progress::Looking { rows } => {
            let doing = lang.choose("Đang xem qua danh sách", "Looking through the list");
            bar.set_message(format!("{doing}: {}", HumanCount(rows)));
        }
        Progress::Resumed { rows } => bar.set_position(rows),
        Progress::Asking { done, of } => {
            match of {
                Some(of) if bar.length() != Some(of) => {
                    bar.set_length(of);
                    bar.set_position(done);
                    bar.reset_eta();
                    bar.set_message("");
                    style("{bar:24} {human_pos}/{human_len} {per_sec} {eta} {msg}");
                }
                None => style("{spinner} {human_pos} {per_sec} {msg}"),
                Some(_) => bar.set_message(""),
            }
            bar.set_position(done);
        }
        Progress::Waiting => {
            bar.set_message(lang.choose("cơ sở dữ liệu yêu cầu chờ", "the registry asks to wait"))
        }
    }
}

fn as_json(done: &Done) -> Value {
    let totals = serde_json::to_value(&done.totals).unwrap_or(Value::Null);
    let columns = done
        .columns
        .recognised()
        .map(|(column, name)| (column.code().to_owned(), json!(name)));
    json!({
        "schema": "cancuoc.reconcile/1",
        "columns": Value::Object(columns.collect()),
        "resumed_rows": done.resumed,
        "totals": totals,
    })
}

/// The totals in words: nothing of any person.
fn text(done: &Done, lang: Lang) -> String {
    let totals = &done.totals;
    let mut text = String::new();
    let mut line = |vi: &str, en: &str, number: u64| {
        let share = share(number, totals);
        let name = lang.choose(vi, en);
        let _ = writeln!(text, "{name}: {}{share}", HumanCount(number));
    };
    line("Số dòng", "Rows", totals.rows);
    line(
        "Đúng (khớp với cơ sở dữ liệu)",
        "Right (agree with the registry)",
        totals.right,
    );
    line(
        "Đủ (không thiếu trường nào)",
        "Complete (no field is empty)",
        totals.complete,
    );
    line(
        "Sạch (mỗi người một dòng, đọc được)",
        "Clean (one row for one person, readable)",
        totals.clean,
    );
    line(
        "Sống (người và thẻ đang có hiệu lực, dữ liệu mới)",
        "Live (person and card in force, fresh data)",
        totals.live,
    );
    line("Đạt cả bốn", "All four", totals.all_four);
    line("Dòng lỗi", "Bad rows", totals.bad);
    line(
        "Dòng trùng người",
        "Rows of a person once more",
        totals.duplicates,
    );
    let mut part = |title: (&str, &str), kind: Labelled, counts: Vec<(&String, u64)>| {
        if counts.is_empty() {
            return;
        }
        let _ = writeln!(text, "{}:", lang.choose(title.0, title.1));
        for (word, number) in counts {
            let name = words::label(kind, word, lang).unwrap_or(word);
            let _ = writeln!(text, "  {}  {name}", HumanCount(number));
        }
    };
    let sorted = |counts: &BTreeMap<String, u64>| -> Vec<(String, u64)> {
        let mut sorted: Vec<(String, u64)> = counts
            .iter()
            .map(|(word, number)| (word.clone(), *number))
            .collect();
        sorted.sort_by_key(|one| Reverse(one.1));
        sorted
    };
    for (title, kind, counts) in [
        (
            ("Tình trạng thẻ", "Cards"),
            Labelled::CardStatus,
            &totals.cards,
        ),
        (
            ("Tình trạng người", "Persons"),
            Labelled::Person,
            &totals.persons,
        ),
        (
            ("Lỗi của dòng", "What bad rows lack"),
            Labelled::RowFault,
            &totals.bad_codes,
        ),
        (
            ("Việc cần làm", "What to do"),
            Labelled::Advice,
            &totals.advice,
        ),
    ] {
        let sorted = sorted(counts);
        part(
            title,
            kind,
            sorted
                .iter()
                .map(|(word, number)| (word, *number))
                .collect(),
        );
    }
    for (field, rules) in &totals.rules {
        let name = words::label(Labelled::Field, field, lang).unwrap_or(field);
        let sorted = sorted(rules);
        let counts = sorted
            .iter()
            .map(|(word, number)| (word, *number))
            .collect();
        part((name, name), Labelled::Rule, counts);
    }
    text
}

/// How much of the list a number is, in percent, cut.
fn share(number: u64, totals: &Totals) -> String {
    match number.saturating_mul(1000).checked_div(totals.rows) {
        Some(share) => format!(" ({}.{}%)", share / 10, share % 10),
        None => String::new(),
    }
}
