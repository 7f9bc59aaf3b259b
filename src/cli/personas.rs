//! `sim personas`: what virtual cards there are, the files of them, and the schema of such files.

use serde_json::Value;
use serde_json::json;

use crate::cli::Ended;
use crate::cli::arguments::sim::Personas;
use crate::cli::card;
use crate::cli::output::Output;
use crate::error::Error;
use crate::error::SetupError;
use crate::render::words;
use crate::render::words::Labelled;
use crate::sim::persona;
use crate::sim::persona::Persona;
use crate::sim::persona::file;

/// Lists them, prints the file of one, checks a file, or prints the schema.
pub(super) fn run(request: &Personas, out: &Output) -> Result<Ended, Error> {
    if request.schema {
        let schema = serde_json::from_str::<Value>(file::JSON_SCHEMA).unwrap_or_default();
        out.answer(file::JSON_SCHEMA, &schema)?;
        return Ok(Ended::Done);
    }
    match &request.name {
        None => list(&persona::shipped(), out),
        Some(name) if card::is_path(name) => list(&[card::persona(name, &[], &[])?], out),
        Some(name) => {
            let text = persona::text_of(name).ok_or(SetupError::PersonaUnknown)?;
            let whole = json!({"schema": "cancuoc.persona_file/1", "name": name, "file": text});
            out.answer(text, &whole)?;
            Ok(Ended::Done)
        }
    }
}

fn list(personas: &[Persona], out: &Output) -> Result<Ended, Error> {
    let rows: Vec<[String; 6]> = personas.iter().map(|persona| row(persona, out)).collect();
    out.answer(&table(personas, &rows, out), &json(personas))?;
    Ok(Ended::Done)
}

fn row(persona: &Persona, out: &Output) -> [String; 6] {
    // A card with BAC alone opens by its zone only; its QR text has that, too.
    let opens = !persona.chip.pace.is_empty() && persona.chip.document.has_qr();
    let key = if opens {
        persona.can()
    } else {
        card::own_key(persona)
    };
    let pin = persona.chip.pin.as_ref().map(|pin| pin.digits.as_str());
    let expected = persona.expected.code();
    [
        persona.name.clone(),
        persona.kind.name().to_owned(),
        words::label(Labelled::Verdict, expected, out.lang)
            .unwrap_or(expected)
            .to_owned(),
        pin.unwrap_or("-").to_owned(),
        persona.chip.puk.as_deref().unwrap_or("-").to_owned(),
        key,
    ]
}

/// The same for programs.
pub(super) fn json(personas: &[Persona]) -> Value {
    let entry = |persona: &Persona| {
        json!({
            "name": persona.name,
            "kind": persona.kind.name(),
            "title": {"vi": persona.title.vi, "en": persona.title.en},
            "can": persona.can(),
            "mrz": persona.mrz(),
            "qr": persona.chip.document.has_qr().then(|| persona.qr()),
            "pin": persona.chip.pin.as_ref().map(|pin| &pin.digits),
            "puk": persona.chip.puk,
            "state": persona.state.code(),
            "expect": persona.expected.code(),
        })
    };
    let entries: Vec<Value> = personas.iter().map(entry).collect();
    json!({"schema": "cancuoc.personas/1", "personas": entries})
}

/// One row for each, and below it what is special about the card.
fn table(personas: &[Persona], rows: &[[String; 6]], out: &Output) -> String {
    let head = out.lang.choose(
        ["TÊN", "LOẠI", "KẾT QUẢ", "PIN", "PUK", "MÃ MỞ THẺ"],
        ["NAME", "KIND", "VERDICT", "PIN", "PUK", "KEY"],
    );
    let head = head.map(str::to_owned);
    let mut widths = [0_usize; 6];
    for row in std::iter::once(&head).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(widths);
        let cells = cells.map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    let mut text = line(&head);
    for (persona, row) in personas.iter().zip(rows) {
        text.push_str(&line(row));
        let title = out.lang.choose(&persona.title.vi, &persona.title.en);
        text.push_str(&format!("    {title}\n"));
    }
    text
}
