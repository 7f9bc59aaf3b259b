//! `--portrait`: the face as a PNG file, beside the verdict and never instead of it.

use std::fs;

use cancuoc::image;
use cancuoc::image::Pixels;
use serde_json::Value;

use crate::support::home::Home;
use crate::support::home::mode;

/// The picture that was written, and what its texts say.
fn written(home: &Home, name: &str) -> (Pixels, String) {
    let file = fs::read(home.path(name)).unwrap();
    assert_eq!(mode(&home.path(name)), 0o600);
    let texts = String::from_utf8_lossy(&file).into_owned();
    (image::decode(&file, None).unwrap(), texts)
}

/// A capture of `an`'s card.
fn capture(home: &Home) -> Value {
    let path = home.text("card.json");
    home.json(&["read", "--virtual", "an", "--save", &path], 0);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_portrait_of_a_read_is_a_png_that_says_who_vouches_for_it() {
    let home = Home::new();
    let report = home.json(&["read", "--virtual", "an", "--portrait", "an.png"], 0);
    assert_eq!(report["verdict"], "genuine");
    // The report holds the original.
    assert_eq!(report["portrait"]["mime"], "image/jpeg");
    let (pixels, texts) = written(&home, "an.png");
    assert_eq!((pixels.width(), pixels.height()), (480, 640));
    assert!(texts.contains("Standing\0\0\0\0\0verified"));
    // A PNG that is there gives way; nothing is left beside it.
    home.json(&["read", "--virtual", "binh", "--portrait", "an.png"], 0);
    assert_ne!(written(&home, "an.png").0, pixels);
    assert!(!home.path("an.png.part").exists());
}

#[test]
fn nothing_vouches_for_the_portrait_of_a_capture_until_it_is_verified() {
    let home = Home::new();
    capture(&home);
    let shown = home.run(&["show", "card.json", "--portrait", "p.png", "--lang", "en"]);
    assert_eq!(shown.status.code(), Some(0));
    let remarks = String::from_utf8(shown.stderr).unwrap();
    assert!(
        remarks.contains("nothing vouches for this picture"),
        "{remarks}"
    );
    // Nothing is drawn where standard output is no terminal.
    assert!(!shown.stdout.contains(&0x1B));
    assert!(written(&home, "p.png").1.contains("UNVERIFIED"));
    // The test root counts for a card in this process only: no anchor, nothing vouches.
    let report = home.json(&["verify", "card.json", "--portrait", "v.png"], 3);
    assert!(report.get("unverified_portrait").is_some());
    assert!(written(&home, "v.png").1.contains("unverified"));
}

#[test]
fn the_verdict_stands_where_there_is_no_portrait() {
    let home = Home::new();
    let arguments = [
        "read",
        "--virtual",
        "an",
        "--groups",
        "1",
        "--portrait",
        "p.png",
    ];
    let said = home.run(&[&arguments[..], &["--lang", "en"]].concat());
    assert_eq!(said.status.code(), Some(2));
    assert!(String::from_utf8(said.stdout).unwrap().contains("GENUINE"));
    let words = String::from_utf8(said.stderr).unwrap();
    assert!(words.contains("There is no portrait"), "{words}");
    assert!(!home.path("p.png").exists() && !home.path("p.png.part").exists());
    // For programs, one answer.
    let report = home.json(&arguments, 2);
    assert_eq!(report["verdict"], "genuine");
}

#[test]
fn what_is_no_picture_of_an_earlier_run_is_not_written_over() {
    let home = Home::new();
    capture(&home);
    let before = fs::read(home.path("card.json")).unwrap();
    let path = home.text("card.json");
    home.refused(
        &["show", "card.json", "--portrait", &path],
        "portrait.place",
    );
    home.write("letter.txt", "dear");
    let read = ["read", "--virtual", "an", "--portrait", "letter.txt"];
    home.refused(&read, "portrait.place");
    let both = ["read", "--virtual", "an", "--save", "x", "--portrait", "x"];
    home.refused(&both, "portrait.place");
    let both = [
        "read",
        "--virtual",
        "an",
        "--save",
        "./x",
        "--portrait",
        "x",
    ];
    home.refused(&both, "portrait.place");
    let nowhere = ["read", "--virtual", "an", "--portrait", "no/folder.png"];
    home.refused(&nowhere, "output.unwritable");
    assert_eq!(fs::read(home.path("card.json")).unwrap(), before);
    assert_eq!(fs::read(home.path("letter.txt")).unwrap(), b"dear");
}

#[test]
fn a_portrait_that_does_not_decode_is_an_error_after_the_answer() {
    let home = Home::new();
    let mut capture = capture(&home);
    let dg2 = capture["files"]["DG2"].as_str().unwrap().to_owned();
    // The second half of the picture is gone, whatever the text form of files is.
    let (kept, lost) = dg2.split_at(dg2.len() / 2 / 4 * 4);
    capture["files"]["DG2"] = format!("{kept}{}", lost.replace(|_: char| true, "0")).into();
    home.write("broken.json", serde_json::to_vec(&capture).unwrap());
    let said = home.run(&["show", "broken.json", "--portrait", "p.png", "--lang", "vi"]);
    assert_eq!(said.status.code(), Some(2), "{said:?}");
    assert!(
        String::from_utf8(said.stdout)
            .unwrap()
            .contains("Nguyễn Thị Mẫu An")
    );
    let words = String::from_utf8(said.stderr).unwrap();
    assert!(words.contains("Ảnh trong thẻ bị hỏng"), "{words}");
    assert!(!home.path("p.png").exists());
}
