//! Why a list cannot be compared with the registry: the codes of `error::ReconcileError`.

use super::Entry;
use super::Kind;

pub(super) const RECONCILE: &[Entry] = &[
    Entry {
        code: "reconcile.unreadable",
        kind: Kind::Error,
        vi: "Không đọc được danh sách.",
        vi_remedy: "Vui lòng kiểm tra đường dẫn và quyền đọc tệp.",
        en: "The list cannot be read.",
        en_remedy: "Check the path and the permission to read the file.",
    },
    Entry {
        code: "reconcile.columns",
        kind: Kind::Error,
        vi: "Không có cột nào của danh sách là số định danh.",
        vi_remedy: "Vui lòng ghi tên cột ở dòng đầu bằng UTF-8, hoặc chỉ rõ bằng --map number=TÊN_CỘT.",
        en: "No column of the list holds citizen numbers.",
        en_remedy: "Name the columns in the first line, in UTF-8, or say which with --map number=COLUMN.",
    },
    Entry {
        code: "reconcile.mapping",
        kind: Kind::Error,
        vi: "Không dùng được cách gán cột.",
        vi_remedy: "Vui lòng viết như number=so_dinh_danh,name=ho_ten, với tên cột có trong danh sách.",
        en: "The mapping of columns cannot be used.",
        en_remedy: "Write it as number=so_dinh_danh,name=ho_ten, with columns that the list has.",
    },
    Entry {
        code: "reconcile.output_there",
        kind: Kind::Error,
        vi: "Tệp kết quả đã có sẵn.",
        vi_remedy: "Vui lòng chọn tệp khác, hoặc thêm --restart để thay tệp này.",
        en: "The file for the results is there already.",
        en_remedy: "Choose another file, or add --restart to replace it.",
    },
    Entry {
        code: "reconcile.progress_foreign",
        kind: Kind::Error,
        vi: "Tiến độ đã lưu không thuộc danh sách này với các tùy chọn này.",
        vi_remedy: "Vui lòng dùng lại danh sách và tùy chọn cũ, hoặc thêm --restart để làm lại từ đầu.",
        en: "The progress that was kept belongs to another list or to other options.",
        en_remedy: "Use the same list and options as before, or add --restart to begin anew.",
    },
    Entry {
        code: "reconcile.no_answer",
        kind: Kind::Error,
        vi: "Cơ sở dữ liệu căn cước không trả lời; phần đã làm vẫn được giữ.",
        vi_remedy: "Vui lòng kiểm tra kết nối rồi chạy lại cùng lệnh để làm tiếp.",
        en: "The registry gave no answer; what was done is kept.",
        en_remedy: "Check the connection, then run the same command to go on.",
    },
];
