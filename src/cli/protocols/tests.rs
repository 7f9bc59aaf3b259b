use std::env;
use std::fmt::Write;
use std::fs;

use super::*;

/// What `docs/protocols.md` must hold.
fn documentation(table: &Table) -> String {
    let mut page = String::from(
        "# Protocols\n\n\
         What this build runs with a chip, as `cancuoc protocols` prints it. Made by the same code,\n\
         which asks the reader's own choice; do not edit. After a change there, run\n\
         `CANCUOC_BLESS=1 cargo test --lib cli::protocols`.\n\n\
         ## PACE\n\n",
    );
    writeln!(page, "Passwords: {}.\n", table.passwords.join(", ")).unwrap();
    let mut columns: Vec<(Mapping, Agreement)> = table
        .pace
        .iter()
        .map(|entry| (entry.protocol.mapping, entry.protocol.agreement))
        .collect();
    columns.dedup();
    let heads: Vec<String> = columns
        .iter()
        .map(|(mapping, agreement)| {
            let mapping = mapping_words(*mapping, Lang::En);
            format!("{}, {mapping}", agreement_name(*agreement))
        })
        .collect();
    writeln!(page, "| Id | Domain parameters | {} |", heads.join(" | ")).unwrap();
    writeln!(page, "|---|---|{}", "---|".repeat(columns.len())).unwrap();
    for (id, name) in table.domains() {
        write!(page, "| {id} | {name} |").unwrap();
        for column in &columns {
            let ciphers: Vec<&str> = table
                .pace
                .iter()
                .filter(|entry| (entry.protocol.mapping, entry.protocol.agreement) == *column)
                .filter(|entry| entry.domains.iter().any(|(other, _)| *other == id))
                .map(|entry| entry.protocol.cipher.name())
                .collect();
            let cell = if ciphers.is_empty() {
                "no".to_owned()
            } else {
                ciphers.join(", ")
            };
            write!(page, " {cell} |").unwrap();
        }
        page.push('\n');
    }
    page.push_str("\n## BAC\n\n3DES, with the MRZ.\n\n## Chip authentication\n\n");
    page.push_str("| Version | Agreement | Cipher | Keys on |\n|---|---|---|---|\n");
    for entry in &table.chip {
        let domains = entry.domains.join(", ");
        writeln!(
            page,
            "| {} | {} | {} | {} |",
            entry.version,
            agreement_name(entry.agreement),
            entry.cipher.name(),
            if domains.is_empty() { "no" } else { &domains },
        )
        .unwrap();
    }
    let versions = table.terminal_versions.iter().map(u32::to_string);
    let versions = versions.collect::<Vec<_>>().join(" and ");
    write!(
        page,
        "\n## Terminal authentication\n\nVersions {versions}.\n\n"
    )
    .unwrap();
    for (oid, name) in &table.terminal {
        writeln!(page, "- {name} (`{oid}`)").unwrap();
    }
    let curves = table.terminal_curves.join(", ");
    writeln!(page, "\nECDSA with keys on {curves}.").unwrap();
    writeln!(
        page,
        "\n## Active authentication\n\n\
         RSA by ISO/IEC 9796-2 scheme 1: {}.\n\n\
         ECDSA, plain or DER: {}; keys on {}.",
        table.active_rsa.join(", "),
        table.active_ecdsa.join(", "),
        table.active_curves.join(", "),
    )
    .unwrap();
    page
}

#[test]
fn the_documentation_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/protocols.md");
    let expected = documentation(&Table::new().unwrap());
    if env::var_os("CANCUOC_BLESS").is_some() {
        fs::write(path, &expected).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == expected,
        "docs/protocols.md is old: CANCUOC_BLESS=1 cargo test --lib cli::protocols"
    );
}

#[test]
fn what_every_citizen_card_has_is_there() {
    let table = Table::new().unwrap();
    let usual = table
        .pace
        .iter()
        .find(|entry| entry.oid == "0.4.0.127.0.7.2.2.4.2.2")
        .unwrap();
    assert!(usual.domains.contains(&(13, "brainpoolP256r1".to_owned())));
    for lang in [Lang::Vi, Lang::En] {
        assert!(table.text(lang).contains("AES-128"));
    }
    assert_eq!(table.json()["schema"], "cancuoc.protocols/1");
    // Five mappings with an agreement, four ciphers each but for chip authentication mapping.
    assert_eq!(table.pace.len(), 19);
}

#[test]
fn numbers_in_a_row_are_one_range() {
    assert_eq!(ranges(&[0, 1, 2, 8, 10, 11]), "0-2, 8, 10-11");
    assert_eq!(ranges(&[]), "");
}
