//! Signed reports: the errors of signing and of looking at one, and what its checks find.

use super::Entry;
use super::Kind;

pub(super) const ATTEST: &[Entry] = &[
    Entry {
        code: "sign.unreadable",
        kind: Kind::Error,
        vi: "Không đọc được tệp khóa của thiết bị.",
        vi_remedy: "Vui lòng kiểm tra đường dẫn sau --sign và quyền đọc của tệp, hoặc tạo khóa bằng lệnh “cancuoc device-key new”.",
        en: "The file with the device key cannot be read.",
        en_remedy: "Check the path after --sign and its permissions, or make a key with “cancuoc device-key new”.",
    },
    Entry {
        code: "sign.unusable",
        kind: Kind::Error,
        vi: "Tệp khóa của thiết bị không dùng để ký báo cáo được.",
        vi_remedy: "Vui lòng dùng khóa riêng chưa mã hóa, dạng PKCS#8 hoặc SEC1, trên đường cong P-256, hoặc tạo khóa mới bằng lệnh “cancuoc device-key new”.",
        en: "The device key cannot sign reports.",
        en_remedy: "Use a private key in PKCS#8 or SEC1 that is not encrypted, such as one on P-256, or make one with “cancuoc device-key new”.",
    },
    Entry {
        code: "sign.key_there",
        kind: Kind::Error,
        vi: "Đã có tệp ở chỗ định ghi khóa mới; tệp cũ được giữ nguyên.",
        vi_remedy: "Vui lòng chọn tên khác, hoặc xem khóa đã có bằng lệnh “cancuoc device-key show”.",
        en: "There is a file already where the new key would go; it was left as it is.",
        en_remedy: "Choose another name, or look at the key that is there with “cancuoc device-key show”.",
    },
    Entry {
        code: "sign.nowhere",
        kind: Kind::Error,
        vi: "Chữ ký nằm trong báo cáo JSON, mà lần chạy này không ghi báo cáo JSON nào.",
        vi_remedy: "Vui lòng thêm --report và tên tệp, hoặc --format json.",
        en: "A signature stands in the JSON report, and this run writes none.",
        en_remedy: "Add --report with the name of a file, or --format json.",
    },
    Entry {
        code: "report.device",
        kind: Kind::Error,
        vi: "Thiết bị được tin cậy phải là tệp khóa công khai hoặc mã SHA-256 của khóa đó.",
        vi_remedy: "Vui lòng đưa tệp khóa công khai (PEM hoặc DER), hoặc 64 chữ số do lệnh “cancuoc device-key show” in ra.",
        en: "A device is given by its public key or by that key's SHA-256, and this is neither.",
        en_remedy: "Give a file with the public key in PEM or DER, or the 64 digits that “cancuoc device-key show” prints.",
    },
    Entry {
        code: "report.malformed",
        kind: Kind::Error,
        vi: "Tệp này không phải là báo cáo còn nguyên vẹn.",
        vi_remedy: "Vui lòng lấy lại báo cáo từ máy đã lập; không sửa tệp bằng tay.",
        en: "This is no report as it was made.",
        en_remedy: "Get the report again from the machine that made it; do not edit it.",
    },
    Entry {
        code: "report.version",
        kind: Kind::Error,
        vi: "Báo cáo thuộc phiên bản mà chương trình này không biết.",
        vi_remedy: "Vui lòng cập nhật chương trình rồi kiểm tra lại.",
        en: "The report is of a version that this program does not know.",
        en_remedy: "Update the program and check again.",
    },
    Entry {
        code: "report.option",
        kind: Kind::Error,
        vi: "Một tùy chọn không đi cùng với loại tệp này.",
        vi_remedy: "Vui lòng bỏ tùy chọn đã nêu: có tùy chọn chỉ dành cho bản đọc đã lưu, có tùy chọn chỉ dành cho báo cáo.",
        en: "An option does not go with this kind of file.",
        en_remedy: "Leave the named option out: some are for captures only, some for reports only.",
    },
];
