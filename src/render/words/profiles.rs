//! Words for what is wrong in a card profile or a policy.

use crate::error::ProfileFault;
use crate::error::Wrong;
use crate::render::words::Lang;

/// Where a mistake is, and what it is.
pub fn fault(fault: &ProfileFault, lang: Lang) -> String {
    match lang {
        Lang::En => fault.to_string(),
        Lang::Vi => {
            let joint = if fault.at.is_empty() { "" } else { ": " };
            format!(
                "dòng {}: {}{joint}{}",
                fault.line,
                fault.at,
                vi(&fault.wrong)
            )
        }
    }
}

/// What is wrong, in one language.
pub fn wrong(wrong: &Wrong, lang: Lang) -> String {
    match lang {
        Lang::En => wrong.to_string(),
        Lang::Vi => vi(wrong),
    }
}

fn vi(wrong: &Wrong) -> String {
    match wrong {
        Wrong::TooLong { most } => format!("dài hơn {most} byte"),
        Wrong::Syntax { why } => format!("không phải TOML: {why}"),
        Wrong::Encoding => "không phải văn bản UTF-8".to_owned(),
        Wrong::UnknownKey { known } => format!("không có khóa này; có: {}", known.join(", ")),
        Wrong::Missing => "còn thiếu".to_owned(),
        Wrong::Kind { expected } => {
            let expected = match *expected {
                "text" => "văn bản",
                "a list" => "danh sách",
                "a list of text" => "danh sách văn bản",
                "a table" => "bảng",
                "a list of tables" => "danh sách bảng",
                "a number" => "số",
                "true or false" => "true hoặc false",
                other => other,
            };
            format!("cần {expected}")
        }
        Wrong::Name { joint } => format!("cần chữ thường và chữ số, nối bằng {joint}"),
        Wrong::Words => "cần vài chữ cho người đọc".to_owned(),
        Wrong::Capitals { most } => format!("cần 1 đến {most} chữ hoa, không có ký tự lấp"),
        Wrong::Date => "cần ngày dạng YYYY-MM-DD".to_owned(),
        Wrong::DateOrder => "cần ngày sau issued_from".to_owned(),
        Wrong::Choice { known } => format!("cần một trong: {}", known.join(", ")),
        Wrong::UnknownQuirk { known } => {
            format!("không có sai lệch tên này; có: {}", known.join(", "))
        }
        Wrong::Empty => "cần ít nhất một mục".to_owned(),
        Wrong::TooMany { most } => format!("có hơn {most} mục"),
        Wrong::Twice => "ghi hai lần".to_owned(),
        Wrong::Range { least, most } => format!("cần số từ {least} đến {most}"),
        Wrong::Hexadecimal => "cần các cặp chữ số thập lục phân".to_owned(),
        Wrong::SecurityInfos { offset } => {
            format!("cần SecurityInfos; không đọc được từ byte {offset}")
        }
        Wrong::NoPace => "cần ít nhất một PACEInfo".to_owned(),
        Wrong::Against { other } => format!("trái với {other}"),
    }
}
