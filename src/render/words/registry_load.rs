//! Filling a register from files, the codes of `error::LoadError`.

use super::Entry;
use super::Kind;

pub(super) const REGISTRY_LOAD: &[Entry] = &[
    Entry {
        code: "load.unreadable",
        kind: Kind::Error,
        vi: "Không đọc được tệp dữ liệu; cơ sở dữ liệu vẫn như cũ.",
        vi_remedy: "Vui lòng kiểm tra đường dẫn và quyền đọc của tệp, rồi nạp lại.",
        en: "The file with the rows cannot be read; the registry is as it was.",
        en_remedy: "Check the path and its permissions, and load again.",
    },
    Entry {
        code: "load.header",
        kind: Kind::Error,
        vi: "Dòng đầu của tệp không nêu đúng tên cột; cơ sở dữ liệu vẫn như cũ.",
        vi_remedy: "Vui lòng dùng tên cột trong docs/registry-load.md, mỗi cột một lần, có cột number, và cùng các cột trong mọi tệp.",
        en: "The first row of the file does not name the columns as it must; the registry is as it was.",
        en_remedy: "Use the names in docs/registry-load.md, each once, number among them, and the same columns in every file.",
    },
    Entry {
        code: "load.row_too_long",
        kind: Kind::Error,
        vi: "Một dòng dài quá mức cho phép; cơ sở dữ liệu vẫn như cũ.",
        vi_remedy: "Vui lòng xem dòng đã nêu: thường là thiếu dấu ngoặc kép đóng.",
        en: "A row is longer than any can be; the registry is as it was.",
        en_remedy: "Look at the line that is named: most often a quotation mark is not closed.",
    },
    Entry {
        code: "load.nothing",
        kind: Kind::Error,
        vi: "Không có dòng nào dùng được; cơ sở dữ liệu vẫn như cũ.",
        vi_remedy: "Vui lòng xem mã lỗi từng dòng trong tệp --rejects.",
        en: "No row could be used; the registry is as it was.",
        en_remedy: "See the code of each row in the file after --rejects.",
    },
    Entry {
        code: "load.rejects",
        kind: Kind::Error,
        vi: "Không ghi được tệp các dòng bị loại; cơ sở dữ liệu vẫn như cũ.",
        vi_remedy: "Vui lòng chọn nơi khác sau --rejects, còn chỗ trống và có quyền ghi.",
        en: "The file for rejected rows cannot be written; the registry is as it was.",
        en_remedy: "Choose another place after --rejects, with room and permission to write.",
    },
    Entry {
        code: "load.disk_full",
        kind: Kind::Error,
        vi: "Ổ đĩa đã đầy; cơ sở dữ liệu vẫn như cũ.",
        vi_remedy: "Vui lòng dọn chỗ trống cho cơ sở dữ liệu và thư mục tạm, rồi nạp lại.",
        en: "The disk is full; the registry is as it was.",
        en_remedy: "Make room for the database and the folder of temporary files, and load again.",
    },
    Entry {
        code: "load.read_only",
        kind: Kind::Error,
        vi: "Cơ sở dữ liệu này không nhận thay đổi.",
        vi_remedy: "Vui lòng nêu máy chủ chính (target_session_attrs=read-write) hoặc cấp quyền ghi tệp.",
        en: "The registry takes no changes.",
        en_remedy: "Name the host that does (target_session_attrs=read-write), or give permission to write the file.",
    },
    Entry {
        code: "load.database",
        kind: Kind::Error,
        vi: "Không nạp được vào cơ sở dữ liệu; cơ sở dữ liệu vẫn như cũ.",
        vi_remedy: "Vui lòng xử lý nguyên nhân đã nêu, rồi nạp lại từ đầu.",
        en: "The registry could not be filled; it is as it was.",
        en_remedy: "Mend what is named, and load again from the beginning.",
    },
    Entry {
        code: "load.target",
        kind: Kind::Error,
        vi: "Chỉ nạp được vào sqlite:ĐƯỜNG_DẪN hoặc postgres://….",
        vi_remedy: "Vui lòng nêu một trong hai sau --registry.",
        en: "Rows go into sqlite:PATH or postgres:// alone.",
        en_remedy: "Name one of the two after --registry.",
    },
];
