//! `registry reconcile`: lists compared with the sample citizens of the embedded registry.

use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;

use crate::support::home::Home;
use crate::support::home::parsed;
use crate::support::program::finish;

/// Rows of the long lists; a million where that is asked for.
fn many() -> usize {
    match std::env::var("CANCUOC_MANY") {
        Ok(_) => 1_000_000,
        Err(_) => 12_000,
    }
}

/// Longest time that a run through a long list may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(3600);

/// Runs the program to its end, however long the list is.
fn through(home: &Home, arguments: &[&str]) -> Value {
    let child = home
        .command(&[arguments, &["--format", "json"]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    parsed(&finish(child, LIMIT), 0)
}

pub(crate) const LIST: &str = "\
STT,Số CCCD,Họ và tên,Ngày sinh,Giới tính
a1,036195000123,NGUYỄN THỊ MẪU AN,17/08/1995,Nữ
a2,036195000123,Nguyễn Thị Mẫu An,17/08/1995,Nữ
a3,048055000456,Dang Van Mau Binh,02/03/1955,Nam
a4,079303000789,Trương Mẫu Quỳnh Chi,09/21/2003,Nữ
a5,001190000321,§ç ThÞ MÉu Dung,11/05/1990,
a6,1190000321,Đỗ Thị Mẫu Dung,05/11/1990,Nữ
a7,099999999999,Người Thử Không Có,01/01/1990,Nam
a8,,Người Thử Không Số,01/01/1990,Nam
a9,036195000123,\"Nguyễn, Thị Mẫu An,17/08/1995,Nữ
";

fn rows(home: &Home, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(home.path(name)).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_row_is_judged_and_nothing_of_it_is_repeated() {
    let home = Home::new();
    let list = home.write("list.csv", LIST);
    let out = home.text("out.jsonl");
    let arguments = [
        "registry",
        "reconcile",
        &list,
        "--out",
        &out,
        "--map",
        "key=STT",
    ];
    let answer = home.json(&arguments, 0);
    assert_eq!(answer["schema"], "cancuoc.reconcile/1");
    assert_eq!(answer["columns"]["birth"], "Ngày sinh");
    let totals = &answer["totals"];
    for (name, number) in [
        ("rows", 9),
        ("bad", 3),
        ("duplicates", 1),
        ("right", 2),
        ("live", 5),
        ("all_four", 1),
    ] {
        assert_eq!(totals[name], number, "{name}: {totals:#}");
    }
    for code in ["row.zeros_lost", "row.no_number", "row.quote_open"] {
        assert_eq!(totals["bad_codes"][code], 1, "{code}");
    }
    let rows = rows(&home, "out.jsonl");
    let told = |at: usize, pointer: &str| rows[at].pointer(pointer).cloned().unwrap_or_default();
    assert_eq!(told(0, "/key"), "a1");
    assert_eq!(told(0, "/advice"), "keep");
    assert_eq!(told(0, "/fields/name/agreement"), "match");
    assert_eq!(told(1, "/duplicate_of"), 1);
    assert_eq!(told(1, "/advice"), "merge_rows");
    assert_eq!(told(2, "/fields/name/agreement"), "mismatch");
    assert_eq!(told(3, "/fields/birth/rule"), "no_such_day");
    assert_eq!(told(4, "/complete"), false);
    assert_eq!(told(6, "/card/status"), "not_on_file");
    assert_eq!(told(6, "/advice"), "check_number");
    let written = fs::read_to_string(&out).unwrap();
    for personal in ["036195", "Nguyễn", "NGUYỄN", "1995", "Binh"] {
        assert!(!written.contains(personal), "{personal}");
        assert!(!answer.to_string().contains(personal), "{personal}");
    }
    // Nothing is left beside the list when all is done.
    assert!(!home.path("list.csv.reconcile").exists());
    // A second run replaces nothing that is there.
    home.refused(&arguments, "reconcile.output_there");
    // What a run that was killed at its start leaves is no result.
    fs::write(&out, "").unwrap();
    home.json(&arguments, 0);
    assert_eq!(fs::read_to_string(&out).unwrap(), written);
    home.json(&[arguments.as_slice(), &["--restart"]].concat(), 0);

    let with = home.text("with.csv");
    let words = home.run(&[
        "registry",
        "reconcile",
        &list,
        "--out",
        &with,
        "--with-values",
        "-v",
    ]);
    let said = [words.stdout, words.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(!said.contains("036195") && !said.contains("Mẫu"), "{said}");
    let written = fs::read_to_string(&with).unwrap();
    assert!(written.contains("Dang Van Mau Binh"));
    assert!(!fs::read_to_string(&out).unwrap().contains("Binh"));
}

#[test]
fn a_list_may_have_any_usual_form() {
    let home = Home::new();
    let object = r#"{"so_cccd": "036195000123", "ho": "Nguyễn", "chu_dem": "Thị Mẫu", "ten": "An", "nam_sinh": 1995}"#;
    let lists = [
        (
            "marked.csv",
            "\u{FEFF}cccd;ho;chu_dem;ten;nam_sinh\r\n036195000123;Nguyễn;Thị Mẫu;An;1995\r\n"
                .to_owned(),
        ),
        (
            "tabs.txt",
            "cccd\tho_ten\n'036 195 000 123\tNguyễn Thị Mẫu An\n".to_owned(),
        ),
        ("objects.jsonl", format!("{object}\n")),
    ];
    for (name, list) in lists {
        let path = home.write(name, &list);
        let totals = home.json(&["registry", "reconcile", &path], 0);
        assert_eq!(totals["totals"]["right"], 1, "{name}: {totals:#}");
        // The same from standard input.
        let arguments = ["registry", "reconcile", "-", "--format", "json"];
        let said = home.run_with_input(&arguments, &list);
        let again: Value = serde_json::from_slice(&said.stdout).unwrap();
        assert_eq!(again["totals"], totals["totals"]);
    }
    for (list, code) in [
        ("a,b\n1,2\n", "reconcile.columns"),
        ("", "reconcile.columns"),
        ("{\"name\": 1}\n", "reconcile.columns"),
    ] {
        let path = home.write("wrong", list);
        home.refused(&["registry", "reconcile", &path], code);
    }
    home.refused(
        &["registry", "reconcile", "none.csv"],
        "reconcile.unreadable",
    );
    let list = home.write("list.csv", LIST);
    let mapped = ["registry", "reconcile", &list, "--map", "number=none"];
    home.refused(&mapped, "reconcile.mapping");
}

/// A long list with rows of every kind, and some that are none.
pub(crate) fn long(rows: usize) -> Vec<u8> {
    let mut list = String::from("id,number,name,birth,sex\n");
    for row in 0..rows {
        let line = match row % 10 {
            0 => "036195000123,Nguyễn Thị Mẫu An,17/08/1995,Nữ".to_owned(),
            1 => "048055000456,\"Đặng, Văn Mẫu Bình\",1955-03-02,Nam".to_owned(),
            2 => "\"079303000789,Trương Mẫu Quỳnh Chi,21/09/03,F".to_owned(),
            3 => "36195000123,Nguyễn Thị Mẫu An,,".to_owned(),
            4 => "1.09E+11,a,b,c,d,e,f".to_owned(),
            _ => format!("{:012},Người Thử {row},01/02/1990,Nam", 1_000_000 + row),
        };
        let _ = writeln!(list, "{row},{line}");
    }
    let mut list = list.into_bytes();
    list.extend_from_slice(b"x,036195000123,\xC3\x28\xFF,,\n");
    list
}

#[test]
fn a_long_list_with_bad_rows_is_done_to_the_end() {
    let home = Home::new();
    let rows = many();
    let list = home.write("list.csv", long(rows));
    let out = home.text("out.csv");
    let totals = through(&home, &["registry", "reconcile", &list, "--out", &out]);
    let totals = &totals["totals"];
    assert_eq!(totals["rows"], rows + 1);
    let tenth = rows / 10;
    // A quotation mark inside a value is no quotation mark that opens one; the row still has none that
    // closes.
    assert_eq!(totals["bad_codes"]["row.quote_open"], tenth, "{totals:#}");
    assert_eq!(totals["bad_codes"]["row.too_many_values"], tenth);
    assert_eq!(totals["bad_codes"]["row.zeros_lost"], tenth);
    assert_eq!(totals["bad_codes"]["row.not_utf8"], 1);
    assert_eq!(totals["duplicates"], 2 * (tenth - 1));
    let written = fs::read_to_string(&out).unwrap();
    assert_eq!(written.lines().count(), rows + 2);
    let width = written.lines().next().unwrap().split(',').count();
    assert!(written.lines().all(|line| line.split(',').count() == width));
}

#[test]
fn a_run_that_was_killed_goes_on_and_writes_the_same_bytes() {
    let home = Home::new();
    let list = home.write("list.csv", long(many()));
    let whole = home.text("whole.csv");
    let begun = Instant::now();
    let expected = through(&home, &["registry", "reconcile", &list, "--out", &whole]);
    // A machine that was busy just now may not be any more.
    let took = match many() {
        1_000_000 => begun.elapsed(),
        _ => begun.elapsed().min(Duration::from_secs(2)),
    };
    let expected_bytes = fs::read(&whole).unwrap();

    let out = home.text("out.csv");
    let arguments = ["registry", "reconcile", list.as_str(), "--out", &out];
    // Any moments; those at which something had been kept are told by the file.
    for percent in [0, 5, 70, 25, 95, 80, 60, 99] {
        let mut child = home
            .command(&arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(took * percent / 100);
        child.kill().unwrap();
        child.wait().unwrap();
        if !home.path("list.csv.reconcile").exists() && home.path("out.csv").exists() {
            // Killed before anything was kept, or done: begin anew.
            fs::remove_file(&out).unwrap();
        }
    }
    if home.path("list.csv.reconcile").exists() {
        // Another list, other options: refused, and what was kept stays.
        let kept = fs::read(home.path("list.csv.reconcile")).unwrap();
        let other = home.text("other.csv");
        let foreign = ["registry", "reconcile", list.as_str(), "--out", &other];
        home.refused(&foreign, "reconcile.progress_foreign");
        let bytes = fs::read(&list).unwrap();
        let mut changed = bytes.clone();
        changed[60] ^= 1;
        fs::write(&list, changed).unwrap();
        home.refused(&arguments, "reconcile.progress_foreign");
        fs::write(&list, bytes).unwrap();
        assert_eq!(fs::read(home.path("list.csv.reconcile")).unwrap(), kept);
    }
    let done = through(&home, &arguments);
    assert_eq!(done["totals"], expected["totals"]);
    assert!(fs::read(&out).unwrap() == expected_bytes);
    assert!(!home.path("list.csv.reconcile").exists());
}
