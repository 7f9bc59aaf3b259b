//! `sim faults`: the catalogue, for people, for programs and as a page.

use std::fmt::Write as _;
use std::slice;

use serde_json::Value;
use serde_json::json;

use crate::cli::Ended;
use crate::cli::output::Output;
use crate::error::Error;
use crate::error::SetupError;
use crate::render::words;
use crate::render::words::Labelled;
use crate::render::words::Lang;
use crate::sim::fault::Answer;
use crate::sim::fault::Category;
use crate::sim::fault::Cue;
use crate::sim::fault::Fault;
use crate::sim::fault::Source;
use crate::sim::quirk::Quirk;

/// Lists the faults of a category, one of them, or all with the quirks.
pub(super) fn run(
    name: Option<&str>,
    category: Option<&str>,
    out: &Output,
) -> Result<Ended, Error> {
    let category = category.map(named).transpose()?;
    let quirk = name.and_then(Quirk::from_name);
    let one = name
        .filter(|_| quirk.is_none())
        .map(|name| Cue::named(name).map(|cue| cue.fault));
    let one = one.transpose()?;
    let wanted = |fault: &Fault| {
        category.is_none_or(|category| fault.category() == category)
            && one.is_none_or(|one| fault.name() == one.name())
            && quirk.is_none()
    };
    let faults: Vec<Fault> = match one {
        Some(fault) => Some(fault).filter(wanted).into_iter().collect(),
        None => Fault::ALL.into_iter().filter(wanted).collect(),
    };
    let quirks: &[Quirk] = match (&quirk, one, category) {
        (Some(quirk), _, None) => slice::from_ref(quirk),
        (None, None, None) => &Quirk::ALL,
        _ => &[],
    };
    out.remark(
        "Có thể thay số sau tên bằng số khác và ghi thêm thời điểm sau “@” (docs/faults.md). Dòng xem docs/checklist.md, hàng xem docs/deviations.md.",
        "Another number may stand for the one in a name, and a moment may follow “@” (docs/faults.md). Lines are those of docs/checklist.md, rows those of docs/deviations.md.",
    );
    out.answer(&text(&faults, quirks, out.lang), &json(&faults, quirks))?;
    Ok(Ended::Done)
}

/// The same for programs.
pub(super) fn json(faults: &[Fault], quirks: &[Quirk]) -> Value {
    let names: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let quirk_names: Vec<String> = quirks.iter().map(ToString::to_string).collect();
    let entries: Vec<Value> = faults.iter().map(|fault| entry(*fault)).collect();
    json!({
        "schema": "cancuoc.faults/1",
        "faults": names,
        "quirks": quirk_names,
        "catalogue": entries,
    })
}

fn named(category: &str) -> Result<Category, SetupError> {
    Category::from_code(category).ok_or_else(|| SetupError::CategoryUnknown {
        name: category.to_owned(),
        known: Category::ALL.map(|known| known.code().to_owned()).to_vec(),
    })
}

fn text(faults: &[Fault], quirks: &[Quirk], lang: Lang) -> String {
    let mut text = String::new();
    let mut before = None;
    let mut sorted = faults.to_vec();
    sorted.sort_by_key(|fault| fault.category());
    for fault in sorted {
        if before != Some(fault.category()) {
            before = Some(fault.category());
            text.push_str(&format!("[{}]\n", fault.category().code()));
        }
        let row = fault.row();
        let sources: Vec<String> = row
            .sources
            .iter()
            .map(|source| told(*source, lang))
            .collect();
        let said = said(fault, lang);
        let answer = answer(row.answer, lang);
        let sources = sources.join(", ");
        text.push_str(&format!("--fault {fault}: {said} → {answer} ({sources})\n"));
    }
    let row = lang.choose("hàng", "row");
    for quirk in quirks {
        // What a report says of it, where it has the same name there.
        let said = words::label(Labelled::Quirk, &quirk.to_string(), lang);
        let said = said.map_or_else(String::new, |said| format!(": {said}"));
        text.push_str(&format!("--quirk {quirk}  ({row} {}){said}\n", quirk.row()));
    }
    text
}

/// What a fault does, in a sentence.
fn said(fault: Fault, lang: Lang) -> &'static str {
    words::label(Labelled::Fault, fault.name(), lang).unwrap_or_default()
}

/// Where a fault comes from.
fn told(source: Source, lang: Lang) -> String {
    match source {
        Source::Checklist(line) => format!("{} {line}", lang.choose("dòng", "line")),
        Source::Quirk(row) => format!("{} {row}", lang.choose("hàng", "row")),
        Source::Case(id) => id.to_owned(),
    }
}

/// What must be answered.
fn answer(answer: Answer, lang: Lang) -> String {
    let verdict = answer.verdict().unwrap_or_default();
    let verdict = words::label(Labelled::Verdict, verdict, lang).unwrap_or_default();
    match answer {
        Answer::Genuine => verdict.to_owned(),
        Answer::Error(code) => format!("{} {code}", lang.choose("lỗi", "error")),
        Answer::Evidence(said) => format!("{verdict}, {said}"),
        _ => format!("{verdict}, {}", answer.code().unwrap_or_default()),
    }
}

fn entry(fault: Fault) -> Value {
    let row = fault.row();
    let source = |source: &Source| match source {
        Source::Checklist(line) => json!({"checklist": line}),
        Source::Quirk(row) => json!({"quirk": row}),
        Source::Case(id) => json!({"case": id}),
    };
    let sources: Vec<Value> = row.sources.iter().map(source).collect();
    let evidence = match row.answer {
        Answer::Evidence(said) => Some(said),
        _ => None,
    };
    let error = matches!(row.answer, Answer::Error(_));
    json!({
        "name": fault.name(),
        "usual": fault.to_string(),
        "category": fault.category().code(),
        "does": {"vi": said(fault, Lang::Vi), "en": said(fault, Lang::En)},
        "sources": sources,
        "seen": {
            "persona": row.stage.persona(),
            "stage": row.stage.code(),
            "fault": row.played.to_string(),
        },
        "answer": {
            "verdict": row.answer.verdict(),
            "check": row.answer.check(),
            "code": row.answer.code().filter(|_| !error),
            "error": row.answer.code().filter(|_| error),
            "evidence": evidence,
        },
        "has_moments": fault.has_moments(),
        "around_the_chip": fault.is_around_the_chip(),
    })
}

/// The catalogue as `docs/faults.md` has it.
#[cfg_attr(not(test), expect(dead_code, reason = "a test writes the page"))]
fn page() -> String {
    let mut page = String::from(
        "# Faults\n\n\
         Made from the catalogue in `src/sim/fault`; do not edit. After a change there, run\n\
         `CANCUOC_BLESS=1 cargo test --lib sim_faults`.\n\n\
         `--fault NAME` switches a fault of the virtual card on, in `read --virtual`, `trace record\n\
         --virtual` and `sim serve`; it may be given several times, and a persona's file may list them\n\
         (`faults = [\"mute@read:DG2:3\"]`). Another number may stand for the one in a name. Behind `@`\n\
         stands the moment: `command:N` (command N since power-up), `read:FILE:N` (READ BINARY N of that\n\
         file), `select:FILE:N`, `power:N` (power-up N) or `session:N` (command N of the secure channel);\n\
         with `+` at the end the fault lasts from then on, without it happens that once. How often a file is\n\
         read is the reader's choice: one that asks for long answers has the whole of DG2 in one or two, so\n\
         that `mute@read:DG2:3` waits for a third in vain. `read --virtual` names the faults that did not\n\
         happen, and it goes on after one that happens once: `mute@read:DG2:1+` is a card that stays silent.\n\
         What stands in the\n\
         card's files (◆) or outside the chip (◇) has no moment, and `sim serve` refuses ◇ but for what\n\
         the card itself can do.\n\n\
         The answer is that of the policy for counters, on the card of persona `an` in the form that is\n\
         named; lines are those of [checklist.md](checklist.md), rows those of\n\
         [deviations.md](deviations.md), the rest cases of BSI TR-03105.\n",
    );
    for category in Category::ALL {
        let of = |fault: &Fault| fault.category() == category;
        let faults = Fault::ALL.into_iter().filter(of);
        let _ = write!(
            page,
            "\n## {}\n\n| fault | | tiếng Việt | seen on | answer | from |\n|---|---|---|---|---|---|\n",
            category.code()
        );
        for fault in faults {
            let row = fault.row();
            let mark = if fault.is_around_the_chip() {
                " ◇"
            } else if fault.has_moments() {
                ""
            } else {
                " ◆"
            };
            let sources: Vec<String> = row
                .sources
                .iter()
                .map(|source| told(*source, Lang::En))
                .collect();
            let _ = writeln!(
                page,
                "| `{fault}`{mark} | {} | {} | {} | {} | {} |",
                said(fault, Lang::En),
                said(fault, Lang::Vi),
                row.stage.code(),
                answer(row.answer, Lang::En),
                sources.join(", ")
            );
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_fault_has_words_and_the_page_is_the_catalogue() {
        for fault in Fault::ALL {
            for lang in [Lang::Vi, Lang::En] {
                assert!(!said(fault, lang).is_empty(), "no words: {fault}");
            }
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md");
        let page = page();
        if env::var_os("CANCUOC_BLESS").is_some() {
            fs::write(&path, &page).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap_or_default(), page);
    }
}
