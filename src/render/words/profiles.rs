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
        Wrong::UnknownSwitch => {
            "không có đặc tính hay lỗi giả lập tên này; xem “cancuoc sim faults”".to_owned()
        }
        Wrong::Digits { least, most } if least == most => format!("cần {least} chữ số"),
        Wrong::Digits { least, most } => format!("cần {least} đến {most} chữ số"),
        Wrong::PartialDate => "cần ngày dạng YYYY-MM-DD, YYYY-MM hoặc YYYY".to_owned(),
        Wrong::DateRange { from, to } => format!("cần ngày từ {from} đến {to}"),
        Wrong::NotAfter { other } => format!("cần ngày sau {other}"),
        Wrong::DocumentNumber { most } => format!("cần 1 đến {most} chữ hoa và chữ số"),
        Wrong::Letters => "cần họ tên bằng chữ Latinh, mỗi từ cách nhau một dấu cách".to_owned(),
        Wrong::FamilyName { most } => {
            format!("họ dài hơn {most} chữ cái thì vùng MRZ không còn chỗ cho tên")
        }
        Wrong::Moment => {
            "cần thời điểm sau @: command:12, read:DG2:3, select:SOD, power:2, session:7".to_owned()
        }
        Wrong::Timeless => {
            "lỗi này không xảy ra khi chip đang chạy nên không có thời điểm".to_owned()
        }
        Wrong::TwoMoments => "lỗi này vừa có số thứ tự lệnh vừa có thời điểm".to_owned(),
        Wrong::SigningKind => {
            "cần loại khóa như ecdsa-p256-sha256, rsa-2048-sha256, rsa-pss-3072-sha256".to_owned()
        }
        Wrong::Image => {
            "cần ảnh JPEG hoặc JPEG 2000 không quá 512 KiB, trong tệp cùng thư mục".to_owned()
        }
        Wrong::Certificate => {
            "cần “test” hoặc chứng thư thẻ kiểm tra được, 7F21, dạng thập lục phân".to_owned()
        }
    }
}
