//! What became of terminal authentication, in a sentence.

use crate::capture::TerminalAttempt;
use crate::pki::cvc::chain::Fault;
use crate::render::words::Lang;

/// What became of it; nothing where no terminal's identity was given.
pub fn sentence(attempt: &TerminalAttempt, lang: Lang) -> Option<String> {
    let (vi, en) = match attempt {
        TerminalAttempt::NotTried => return None,
        TerminalAttempt::Passed { groups } if groups.is_empty() => (
            "Chip chấp nhận thiết bị đầu cuối, nhưng thiết bị không có quyền đọc vân tay hay mống mắt."
                .to_owned(),
            "The chip took the terminal, whose rights open neither fingers nor irises.".to_owned(),
        ),
        TerminalAttempt::Passed { groups } => {
            let names: Vec<String> = groups.iter().map(ToString::to_string).collect();
            let names = names.join(", ");
            (
                format!("Chip chấp nhận thiết bị đầu cuối, với quyền đọc {names}."),
                format!("The chip took the terminal, whose rights open {names}."),
            )
        }
        TerminalAttempt::NotOffered => (
            "Chip không hỗ trợ xác thực thiết bị đầu cuối, hoặc chưa xác thực được chip.".to_owned(),
            "The chip does no terminal authentication, or chip authentication did not run."
                .to_owned(),
        ),
        TerminalAttempt::NoAuthority => (
            "Chip không cho biết nhận chứng thư thiết bị đầu cuối của cơ quan nào.".to_owned(),
            "The chip does not say whose terminal certificates it takes.".to_owned(),
        ),
        TerminalAttempt::NoChain { authorities } => (
            format!("Không có chuỗi chứng thư nào dẫn từ {authorities} đến thiết bị đầu cuối."),
            format!("No chain of certificates leads from {authorities} to the terminal."),
        ),
        TerminalAttempt::Broken { holder, fault } => {
            let (vi, en) = wrong(*fault);
            (
                format!("Chứng thư {holder} của thiết bị đầu cuối {vi}."),
                format!("The terminal's certificate {holder} {en}."),
            )
        }
        TerminalAttempt::OtherKey => (
            "Chứng thư không khớp với khóa của thiết bị đầu cuối.".to_owned(),
            "The certificates are for another key than the terminal's.".to_owned(),
        ),
        TerminalAttempt::KeyUnusable => (
            "Khóa của thiết bị đầu cuối không ký được, hoặc ký sai.".to_owned(),
            "The terminal's key gave no signature, or a wrong one.".to_owned(),
        ),
        TerminalAttempt::Refused { step, status } => (
            format!("Chip từ chối thiết bị đầu cuối ({}: {status}).", step.name()),
            format!("The chip refused the terminal ({}: {status}).", step.name()),
        ),
        TerminalAttempt::BadChallenge { length } => (
            format!("Chip gửi thử thách dài {length} byte thay vì 8, nên thiết bị đầu cuối không ký."),
            format!("The chip's challenge has {length} bytes, not 8; the terminal did not sign it."),
        ),
    };
    Some(match lang {
        Lang::Vi => vi,
        Lang::En => en,
    })
}

/// What is wrong with a certificate, after its name.
const fn wrong(fault: Fault) -> (&'static str, &'static str) {
    match fault {
        Fault::Reference => ("mang tên cơ quan cấp khác", "names another authority"),
        Fault::Role => (
            "không do bên có quyền ký",
            "is signed by who may not sign such",
        ),
        Fault::Key => ("không có khóa dùng được", "has no usable key"),
        Fault::Signature => ("có chữ ký sai", "is wrongly signed"),
        Fault::Expired => ("đã hết hạn", "has expired"),
        Fault::NotYetValid => ("chưa đến ngày có hiệu lực", "is not valid yet"),
    }
}
