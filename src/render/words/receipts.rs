//! What checking a receipt finds.

use super::Entry;
use super::Kind;

pub(super) const RECEIPTS: &[Entry] = &[
    Entry {
        code: "receipt.holds",
        kind: Kind::Pass,
        vi: "Biên nhận đúng chữ ký của thiết bị được tin.",
        vi_remedy: "Vui lòng đối chiếu nonce và origin với yêu cầu đã gửi.",
        en: "The receipt holds: a trusted device signed it.",
        en_remedy: "Compare nonce and origin with what was asked.",
    },
    Entry {
        code: "receipt.unknown_device",
        kind: Kind::Open,
        vi: "Biên nhận đúng chữ ký, nhưng của một thiết bị chưa được tin ở đây.",
        vi_remedy: "Vui lòng thêm thiết bị bằng --device hoặc trong cấu hình nếu đó là thiết bị của đơn vị.",
        en: "The receipt is signed rightly, by a device that is not trusted here.",
        en_remedy: "Name the device with --device or in the configuration, if it is one of yours.",
    },
    Entry {
        code: "receipt.unknown_algorithm",
        kind: Kind::Open,
        vi: "Biên nhận được ký bằng thuật toán mà chương trình này chưa biết.",
        vi_remedy: "Vui lòng cập nhật chương trình rồi kiểm tra lại.",
        en: "The receipt is signed with an algorithm that this program does not know.",
        en_remedy: "Update the program and check again.",
    },
    Entry {
        code: "receipt.unsigned",
        kind: Kind::Fail,
        vi: "Biên nhận không có chữ ký.",
        vi_remedy: "Vui lòng không dựa vào biên nhận này và yêu cầu đọc lại thẻ.",
        en: "The receipt is not signed.",
        en_remedy: "Do not rely on it, and have the card read again.",
    },
    Entry {
        code: "receipt.wrong_signature",
        kind: Kind::Fail,
        vi: "Chữ ký trên biên nhận không đúng.",
        vi_remedy: "Vui lòng không dựa vào biên nhận này và báo người phụ trách an toàn.",
        en: "The signature on the receipt does not hold.",
        en_remedy: "Do not rely on it, and tell whoever looks after security.",
    },
    Entry {
        code: "receipt.contradicts",
        kind: Kind::Fail,
        vi: "Kết luận trong biên nhận không khớp với các bước kiểm tra của nó.",
        vi_remedy: "Vui lòng không dựa vào biên nhận này và kiểm tra thiết bị đã ký.",
        en: "The receipt's verdict does not follow from its checks.",
        en_remedy: "Do not rely on it, and look after the device that signed it.",
    },
];
