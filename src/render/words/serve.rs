//! Why the registry's server does not run: the codes of `error::ServeError`.

use super::Entry;
use super::Kind;

pub(super) const SERVE: &[Entry] = &[
    Entry {
        code: "serve.configuration",
        kind: Kind::Error,
        vi: "Cấu hình của máy chủ cơ sở dữ liệu căn cước có chỗ sai.",
        vi_remedy: "Vui lòng sửa chỗ được nêu; docs/registry.md có danh sách các khóa cấu hình.",
        en: "The configuration of the registry's server has a mistake.",
        en_remedy: "Put right what is named; docs/registry.md lists the keys.",
    },
    Entry {
        code: "serve.certificate",
        kind: Kind::Error,
        vi: "Không dùng được tệp chứng thư, khóa hoặc danh sách thu hồi của máy chủ.",
        vi_remedy: "Vui lòng kiểm tra đường dẫn, quyền đọc và định dạng PEM của tệp được nêu.",
        en: "A certificate, key or revocation list of the server cannot be used.",
        en_remedy: "Check the path, the permissions and the PEM form of the file that is named.",
    },
    Entry {
        code: "serve.address",
        kind: Kind::Error,
        vi: "Máy chủ không mở được địa chỉ để nhận kết nối.",
        vi_remedy: "Vui lòng chọn cổng khác, hoặc dừng chương trình đang giữ địa chỉ đó.",
        en: "The server cannot listen on its address.",
        en_remedy: "Choose another port, or end the program that holds the address.",
    },
    Entry {
        code: "serve.system",
        kind: Kind::Error,
        vi: "Hệ điều hành không cấp luồng hoặc tín hiệu cho máy chủ.",
        vi_remedy: "Vui lòng kiểm tra giới hạn tài nguyên của tiến trình rồi chạy lại.",
        en: "The system gives the server no threads or signals.",
        en_remedy: "Check the limits of the process and start it again.",
    },
];
