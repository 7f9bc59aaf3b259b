//! Why something could not be fetched from a URL: the codes of `error::FetchError`.

use super::Entry;
use super::Kind;

pub(super) const FETCH: &[Entry] = &[
    Entry {
        code: "trust.fetch_address",
        kind: Kind::Error,
        vi: "Không dùng được địa chỉ tải về này.",
        vi_remedy: "Vui lòng ghi địa chỉ đầy đủ dạng http:// hoặc https://, không kèm tên hay mật khẩu.",
        en: "The address to fetch from cannot be used.",
        en_remedy: "Write a whole http:// or https:// address, without a user name or password in it.",
    },
    Entry {
        code: "trust.fetch_scheme",
        kind: Kind::Error,
        vi: "Chương trình chỉ tải qua http và https.",
        vi_remedy: "Vui lòng tải tệp bằng công cụ khác, rồi thêm tệp đó bằng lệnh “cancuoc trust add TỆP”.",
        en: "This program fetches by http and https only.",
        en_remedy: "Get the file by other means, and add it with “cancuoc trust add FILE”.",
    },
    Entry {
        code: "trust.fetch_unreachable",
        kind: Kind::Error,
        vi: "Không kết nối được tới máy chủ.",
        vi_remedy: "Vui lòng kiểm tra mạng và địa chỉ, hoặc tải tệp trên máy khác rồi thêm bằng lệnh “cancuoc trust add TỆP”.",
        en: "The server cannot be reached.",
        en_remedy: "Check the network and the address, or get the file on another machine and add it with “cancuoc trust add FILE”.",
    },
    Entry {
        code: "trust.fetch_timeout",
        kind: Kind::Error,
        vi: "Máy chủ không gửi xong tệp trong thời hạn.",
        vi_remedy: "Vui lòng thử lại sau, hoặc cho thêm thời gian bằng --timeout.",
        en: "The server did not send the file in time.",
        en_remedy: "Try again later, or give it more time with --timeout.",
    },
    Entry {
        code: "trust.fetch_status",
        kind: Kind::Error,
        vi: "Máy chủ không đưa tệp, chỉ trả về mã trạng thái đã nêu.",
        vi_remedy: "Vui lòng kiểm tra địa chỉ trên trang của cơ quan công bố, vì tệp có thể đã chuyển chỗ.",
        en: "The server gave no file but the status that is named.",
        en_remedy: "Look the address up where the authority publishes it: the file may have moved.",
    },
    Entry {
        code: "trust.fetch_redirect",
        kind: Kind::Error,
        vi: "Máy chủ chuyển hướng sang nơi mà chương trình không đi theo.",
        vi_remedy: "Vui lòng mở địa chỉ đó bằng trình duyệt, rồi dùng địa chỉ cuối cùng hoặc tệp tải được.",
        en: "The server sends elsewhere in a way that is not followed.",
        en_remedy: "Open the address in a browser, and give the last address or the file that you get.",
    },
    Entry {
        code: "trust.fetch_too_large",
        kind: Kind::Error,
        vi: "Tệp trên máy chủ lớn hơn mức cho phép.",
        vi_remedy: "Vui lòng kiểm tra đó có đúng là tệp chứng thư hay danh sách không.",
        en: "The server's file is larger than is accepted.",
        en_remedy: "Check that the address leads to certificates or a list.",
    },
    Entry {
        code: "trust.fetch_tls",
        kind: Kind::Error,
        vi: "Máy chủ không chứng minh được danh tính của mình.",
        vi_remedy: "Vui lòng kiểm tra đồng hồ và chứng thư web của máy này, hoặc dùng địa chỉ http: dữ liệu chỉ được tin nhờ chữ ký hay dấu vân tay.",
        en: "The server did not prove who it is.",
        en_remedy: "Check this machine's clock and web certificates, or use an http address: what is fetched is trusted by its signature or fingerprint alone.",
    },
    Entry {
        code: "trust.fetch_tls_roots",
        kind: Kind::Error,
        vi: "Máy này không có chứng thư gốc web nào nên không kiểm tra được địa chỉ https.",
        vi_remedy: "Vui lòng cài gói ca-certificates, hoặc dùng địa chỉ http: dữ liệu chỉ được tin nhờ chữ ký hay dấu vân tay.",
        en: "This machine has no web certificates, so https addresses cannot be checked.",
        en_remedy: "Install the package ca-certificates, or use an http address: what is fetched is trusted by its signature or fingerprint alone.",
    },
    Entry {
        code: "trust.fetch_broken",
        kind: Kind::Error,
        vi: "Máy chủ trả lời sai giao thức hoặc ngắt giữa chừng.",
        vi_remedy: "Vui lòng thử lại; nếu vẫn vậy, hãy tải tệp bằng trình duyệt rồi thêm tệp đó.",
        en: "The server's answer is no HTTP, or ended too early.",
        en_remedy: "Try again; if it stays so, get the file with a browser and add that.",
    },
];
