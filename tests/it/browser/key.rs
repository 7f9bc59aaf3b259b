//! Keys of a keyboard, as a person presses them.

use serde_json::Value;
use serde_json::json;

/// What a person holds down besides.
pub const ALT: u8 = 1;
pub const CTRL: u8 = 2;
pub const SHIFT: u8 = 8;

/// The two or three things that happen when a key is pressed and let go (`Input.dispatchKeyEvent`).
///
/// `name` is what `KeyboardEvent.key` says: a character, or a name such as `Tab` or `ArrowDown`.
pub fn strokes(name: &str, modifiers: u8) -> Vec<Value> {
    let (code, number, text) = match name {
        "Enter" => ("Enter".to_owned(), 13, Some("\r".to_owned())),
        "Tab" => ("Tab".to_owned(), 9, None),
        "Escape" => ("Escape".to_owned(), 27, None),
        "Backspace" => ("Backspace".to_owned(), 8, None),
        "Delete" => ("Delete".to_owned(), 46, None),
        "Home" => ("Home".to_owned(), 36, None),
        "End" => ("End".to_owned(), 35, None),
        "ArrowLeft" => ("ArrowLeft".to_owned(), 37, None),
        "ArrowUp" => ("ArrowUp".to_owned(), 38, None),
        "ArrowRight" => ("ArrowRight".to_owned(), 39, None),
        "ArrowDown" => ("ArrowDown".to_owned(), 40, None),
        " " => ("Space".to_owned(), 32, Some(" ".to_owned())),
        _ if name.starts_with('F') && name.len() > 1 => {
            let number: u32 = name[1..].parse().unwrap();
            (name.to_owned(), 111 + number, None)
        }
        _ => character(name),
    };
    // With Alt or Ctrl held a key types nothing.
    let text = text.filter(|_| modifiers & (ALT | CTRL) == 0);
    let kind = if text.is_some() {
        "keyDown"
    } else {
        "rawKeyDown"
    };
    let stroke = |kind: &str| {
        json!({
            "type": kind, "key": name, "code": code, "modifiers": modifiers,
            "windowsVirtualKeyCode": number, "nativeVirtualKeyCode": number,
        })
    };
    let mut down = stroke(kind);
    if let Some(text) = text {
        down["text"] = text.as_str().into();
        down["unmodifiedText"] = text.into();
    }
    vec![down, stroke("keyUp")]
}

fn character(name: &str) -> (String, u32, Option<String>) {
    let mut letters = name.chars();
    let (Some(letter), None) = (letters.next(), letters.next()) else {
        panic!("no key of this name: {name}");
    };
    let upper = letter.to_ascii_uppercase();
    let code = match letter {
        'a'..='z' | 'A'..='Z' => format!("Key{upper}"),
        '0'..='9' => format!("Digit{letter}"),
        _ => String::new(),
    };
    // Virtual key codes of letters and digits are their ASCII codes; other characters have none that
    // is the same on every keyboard.
    let number = if code.is_empty() { 0 } else { u32::from(upper) };
    (code, number, Some(name.to_owned()))
}
