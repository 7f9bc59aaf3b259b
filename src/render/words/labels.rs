//! Names of checks, verdicts, actions, files, fields, values and quirks.

use super::Labelled;
use super::Name;
use super::issued;
use super::quirks;

/// Every kind with its names, each in Vietnamese and English.
pub(super) const LABELS: &[(Labelled, &[Name])] = &[
    (
        Labelled::Check,
        &[
            ("access", "Mở chip", "Access"),
            (
                "sod_signature",
                "Chữ ký của cơ quan cấp",
                "Issuer's signature",
            ),
            (
                "signer_chain",
                "Chứng thư của bên ký",
                "Signer's certificate",
            ),
            ("revocation", "Thu hồi chứng thư", "Revocation"),
            ("hashes", "Toàn vẹn dữ liệu", "Integrity of the data"),
            ("consistency", "Thống nhất dữ liệu", "Consistency"),
            ("chip", "Chip gốc", "Original chip"),
            ("validity", "Thời hạn", "Validity"),
            ("registry", "Cơ sở dữ liệu căn cước", "Registry"),
        ],
    ),
    (
        Labelled::Outcome,
        &[
            ("pass", "Đạt", "Pass"),
            ("fail", "Không đạt", "Fail"),
            ("open", "Chưa rõ", "Open"),
        ],
    ),
    (
        Labelled::Verdict,
        &[
            ("genuine", "Giấy tờ thật", "Genuine"),
            ("not_in_force", "Giấy tờ không còn hiệu lực", "Not in force"),
            ("not_genuine", "Không phải giấy tờ thật", "Not genuine"),
            ("inconclusive", "Chưa kết luận được", "Inconclusive"),
        ],
    ),
    (
        Labelled::VerdictExplanation,
        &[
            (
                "genuine",
                "Mọi kiểm tra bắt buộc đều đạt: dữ liệu trên chip đúng như cơ quan cấp đã ký.",
                "Every required check passed: the chip's data is what the issuer signed.",
            ),
            (
                "not_in_force",
                "Giấy tờ đã hết hạn, bị thay thế, báo mất, thu hồi hoặc chưa từng được cấp.",
                "The document has expired, was replaced, reported lost or revoked, or was never issued.",
            ),
            (
                "not_genuine",
                "Có kiểm tra không đạt; không thể tin dữ liệu trên giấy tờ này.",
                "A check failed; the data on this document cannot be trusted.",
            ),
            (
                "inconclusive",
                "Không có kiểm tra nào không đạt, nhưng còn kiểm tra bắt buộc chưa có kết quả.",
                "Nothing is known to be wrong, but a required check has no result yet.",
            ),
        ],
    ),
    (
        Labelled::NextAction,
        &[
            ("proceed", "Tiếp tục thủ tục.", "Go on with the procedure."),
            (
                "reposition",
                "Đặt lại thẻ và giữ yên.",
                "Lay the card down again and leave it.",
            ),
            ("key_again", "Nhập lại mã mở thẻ.", "Enter the key again."),
            ("other_reader", "Thử đầu đọc khác.", "Try another reader."),
            (
                "check_clock",
                "Chỉnh lại ngày giờ của máy.",
                "Put the clock right.",
            ),
            (
                "update_trust",
                "Cập nhật dữ liệu tin cậy.",
                "Update the trust data.",
            ),
            (
                "manual_review",
                "Chuyển người có thẩm quyền xem xét.",
                "Hand over to a supervisor.",
            ),
            (
                "refuse",
                "Không nhận giấy tờ này.",
                "Do not accept the document.",
            ),
            (
                "wait_registry",
                "Chờ cơ sở dữ liệu căn cước rồi hỏi lại.",
                "Wait for the registry and ask again.",
            ),
        ],
    ),
    (
        Labelled::File,
        &[
            ("EF.CardAccess", "Thông tin mở thẻ", "Access information"),
            ("EF.CardSecurity", "Khóa bảo mật của thẻ", "Card security"),
            (
                "EF.ATR/INFO",
                "Khả năng của thẻ",
                "Capabilities of the card",
            ),
            ("EF.DIR", "Danh sách ứng dụng", "List of applications"),
            ("EF.COM", "Mục lục nhóm dữ liệu", "List of data groups"),
            ("EF.SOD", "Chữ ký của cơ quan cấp", "Issuer's signature"),
            (
                "EF.CVCA",
                "Cơ quan cấp quyền đọc",
                "Authorities for terminals",
            ),
            ("DG1", "Vùng MRZ", "Machine-readable zone"),
            ("DG2", "Ảnh khuôn mặt", "Portrait"),
            ("DG3", "Vân tay", "Fingerprints"),
            ("DG4", "Mống mắt", "Irises"),
            ("DG5", "Ảnh hiển thị", "Displayed portrait"),
            ("DG6", "Dự trữ", "Reserved"),
            ("DG7", "Chữ ký người giữ thẻ", "Holder's signature"),
            ("DG8", "Đặc điểm dữ liệu", "Data features"),
            ("DG9", "Đặc điểm cấu trúc", "Structure features"),
            ("DG10", "Đặc điểm vật liệu", "Substance features"),
            (
                "DG11",
                "Thông tin thêm về người giữ thẻ",
                "More about the holder",
            ),
            (
                "DG12",
                "Thông tin thêm về giấy tờ",
                "More about the document",
            ),
            ("DG13", "Thông tin công dân", "Citizen's data"),
            ("DG14", "Khóa xác thực chip", "Keys of chip authentication"),
            (
                "DG15",
                "Khóa xác thực chủ động",
                "Key of active authentication",
            ),
            ("DG16", "Người cần báo tin", "Persons to notify"),
        ],
    ),
    (
        Labelled::FileState,
        &[
            ("verified", "Đã xác nhận", "Verified"),
            ("unverified", "Chưa xác nhận", "Not verified"),
            ("unread", "Chưa đọc", "Not read"),
            ("unsigned", "Không có chữ ký", "Not signed"),
            ("hash_mismatch", "Đã bị thay đổi", "Changed"),
        ],
    ),
    (
        Labelled::Field,
        &[
            ("number", "Số căn cước", "Citizen number"),
            ("citizen_number", "Số căn cước", "Citizen number"),
            ("latin_name", "Họ tên không dấu", "Name in Latin letters"),
            ("name", "Họ, chữ đệm và tên", "Full name"),
            ("birth", "Ngày sinh", "Date of birth"),
            ("sex", "Giới tính", "Sex"),
            ("nationality", "Quốc tịch", "Nationality"),
            ("ethnicity", "Dân tộc", "Ethnicity"),
            ("religion", "Tôn giáo", "Religion"),
            ("origin", "Quê quán", "Place of origin"),
            ("residence", "Nơi cư trú", "Place of residence"),
            ("features", "Đặc điểm nhận dạng", "Identifying features"),
            ("issued", "Ngày cấp", "Date of issue"),
            ("expiry", "Có giá trị đến", "Date of expiry"),
            ("father", "Họ tên cha", "Father"),
            ("mother", "Họ tên mẹ", "Mother"),
            ("spouse", "Họ tên vợ hoặc chồng", "Spouse"),
            ("old_number", "Số CMND cũ", "Old identity number"),
            ("code16", "Mã 16 ký tự", "Code of 16 characters"),
            ("document_code", "Loại giấy tờ", "Type of document"),
            ("document_number", "Số giấy tờ", "Document number"),
            ("issuing_state", "Quốc gia cấp", "Issuing state"),
            ("surname", "Họ", "Surname"),
            ("given_names", "Chữ đệm và tên", "Given names"),
            ("optional_data", "Dữ liệu tùy chọn", "Optional data"),
            ("portrait", "Ảnh khuôn mặt", "Portrait"),
            ("mrz", "Vùng MRZ", "Machine-readable zone"),
        ],
    ),
    (Labelled::Field, super::zone::FIELDS),
    (
        Labelled::Value,
        &[
            ("male", "Nam", "Male"),
            ("female", "Nữ", "Female"),
            ("unspecified", "Không ghi", "Unspecified"),
            ("never", "Không thời hạn", "No expiry"),
            ("unknown", "Không rõ", "Unknown"),
            ("absent", "Không có", "None"),
        ],
    ),
    (
        Labelled::Agreement,
        &[
            ("match", "Khớp", "Match"),
            ("mismatch", "Không khớp", "Mismatch"),
            ("not_supplied", "Không hỏi", "Not asked"),
            ("not_on_file", "Không có dữ liệu", "Not on file"),
        ],
    ),
    (
        Labelled::CardStatus,
        &[
            ("active", "Đang có hiệu lực", "In force"),
            ("replaced", "Đã được thay thế", "Replaced"),
            ("reported_lost", "Đã báo mất", "Reported lost"),
            ("revoked", "Đã thu hồi", "Revoked"),
            ("expired", "Đã hết hạn", "Expired"),
            ("not_issued", "Chưa từng cấp", "Never issued"),
            ("not_on_file", "Không có trong cơ sở dữ liệu", "Not on file"),
        ],
    ),
    (
        Labelled::Person,
        &[
            ("in_force", "Còn hiệu lực", "In force"),
            ("deceased", "Đã chết", "Deceased"),
            ("cancelled", "Số định danh đã bị hủy", "Number cancelled"),
            ("not_on_file", "Không có trong cơ sở dữ liệu", "Not on file"),
        ],
    ),
    (
        Labelled::Problem,
        &[
            (
                "question.malformed",
                "Câu hỏi sai dạng.",
                "The question is malformed.",
            ),
            (
                "question.too_large",
                "Câu hỏi dài quá mức.",
                "The question is longer than any question.",
            ),
            (
                "question.stale",
                "Câu hỏi đã quá cũ; kiểm tra ngày giờ của máy.",
                "The question is too old.",
            ),
            (
                "question.future",
                "Câu hỏi ở tương lai; kiểm tra ngày giờ của máy.",
                "The question is of the future.",
            ),
            (
                "question.reused_id",
                "Mã câu hỏi đã dùng cho câu hỏi khác.",
                "Another question had the same id.",
            ),
            (
                "question.unsigned",
                "Câu hỏi chưa được ký.",
                "The question is not signed.",
            ),
            (
                "question.wrong_signature",
                "Chữ ký của câu hỏi không đúng.",
                "The question's signature does not hold.",
            ),
            (
                "question.unknown_device",
                "Thiết bị ký câu hỏi chưa được đăng ký.",
                "The device that signed is not registered.",
            ),
            (
                "question.unknown_procedure",
                "Thủ tục này không được phép hỏi.",
                "The registry does not serve this procedure.",
            ),
            (
                "question.agency_unknown",
                "Cơ quan hỏi chưa được đăng ký.",
                "The agency is not registered.",
            ),
            (
                "question.media_type",
                "Nội dung gửi không phải JSON.",
                "The body is no JSON.",
            ),
            (
                "question.method",
                "Phương thức không được phép.",
                "This method is not allowed here.",
            ),
            (
                "question.not_found",
                "Không có tài nguyên này.",
                "There is no such resource.",
            ),
            (
                "question.too_many",
                "Hỏi quá nhiều; chờ rồi hỏi lại.",
                "There were too many questions.",
            ),
            (
                "question.list_too_long",
                "Danh sách dài hơn mức cơ quan này được hỏi một lần; hãy chia nhỏ danh sách.",
                "The list is longer than this agency may ask at once.",
            ),
            (
                "question.overloaded",
                "Máy chủ đang quá tải; chờ rồi hỏi lại.",
                "The registry is overloaded.",
            ),
            (
                "question.unavailable",
                "Chưa kết nối được cơ sở dữ liệu căn cước; chờ rồi hỏi lại.",
                "The register cannot be reached.",
            ),
            (
                "question.audit_unavailable",
                "Không ghi được nhật ký nên không trả lời; chờ rồi hỏi lại.",
                "The question cannot be recorded.",
            ),
            (
                "question.timeout",
                "Hết thời gian chờ; hãy hỏi lại sau.",
                "The time for it ran out.",
            ),
            (
                "question.internal",
                "Máy chủ gặp lỗi.",
                "The registry failed.",
            ),
        ],
    ),
    (
        Labelled::Decision,
        &[
            ("confirmed", "Xác nhận", "Confirmed"),
            ("mismatch", "Có mục khác", "Differs"),
            ("not_in_force", "Không còn hiệu lực", "Not in force"),
            ("not_on_file", "Không có trong cơ sở dữ liệu", "Not on file"),
        ],
    ),
    (
        Labelled::Source,
        &[
            ("register", "Cơ sở dữ liệu căn cước", "The register"),
            (
                "samples",
                "Chỉ công dân mẫu, để thử",
                "Sample citizens only, for tests",
            ),
            ("snapshot", "Bản sao ngoại tuyến", "A snapshot"),
        ],
    ),
    (
        Labelled::Fact,
        &[
            (
                "permanent_residence",
                "Nơi thường trú",
                "Permanent residence",
            ),
            ("temporary_residence", "Nơi tạm trú", "Temporary residence"),
            ("current_residence", "Nơi ở hiện tại", "Current residence"),
            (
                "household_relation",
                "Quan hệ với chủ hộ",
                "Relation to the head of the household",
            ),
            (
                "identity_level",
                "Mức độ tài khoản định danh điện tử",
                "Level of the electronic identity account",
            ),
        ],
    ),
    (Labelled::Quirk, quirks::MET),
    (Labelled::Quirk, issued::ISSUED),
];
