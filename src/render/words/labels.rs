//! Names of checks, verdicts, actions, files, fields, values and quirks.

use super::Labelled;
use super::Name;
use super::issued;

/// Every kind with its names, each in Vietnamese and English.
pub(super) const LABELS: &[(Labelled, &[Name])] = &[
    (
        Labelled::Check,
        &[
            ("access", "Mở thẻ", "Access"),
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
            ("genuine", "Thẻ thật", "Genuine"),
            ("not_in_force", "Thẻ không còn hiệu lực", "Not in force"),
            ("not_genuine", "Không phải thẻ thật", "Not genuine"),
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
                "Thẻ đã hết hạn, bị thay thế, báo mất, thu hồi hoặc chưa từng được cấp.",
                "The card has expired, was replaced, reported lost or revoked, or was never issued.",
            ),
            (
                "not_genuine",
                "Có kiểm tra không đạt; không thể tin dữ liệu trên thẻ này.",
                "A check failed; the data on this card cannot be trusted.",
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
            ("refuse", "Không nhận thẻ này.", "Do not accept the card."),
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
        Labelled::Quirk,
        &[
            (
                "select-mf",
                "Chip không cho chọn thư mục gốc theo cách thông thường.",
                "The chip does not let the master file be selected in the usual way.",
            ),
            (
                "select-mf-6d00",
                "Chip không biết lệnh chọn thư mục gốc.",
                "The chip does not know how to select the master file.",
            ),
            (
                "select-mf-6a86",
                "Chip không nhận lệnh chọn thư mục gốc ở dạng này.",
                "The chip refuses this way to select the master file.",
            ),
            (
                "card-access-6982-after-aid",
                "EF.CardAccess chỉ đọc được trước khi chọn ứng dụng.",
                "EF.CardAccess can be read only before the application is selected.",
            ),
            (
                "card-access-6982",
                "Chip không cho đọc EF.CardAccess.",
                "The chip does not let EF.CardAccess be read.",
            ),
            (
                "card-access-6283",
                "Chip báo EF.CardAccess đã khóa nhưng vẫn đọc được.",
                "The chip calls EF.CardAccess deactivated, yet it can be read.",
            ),
            (
                "ca-info-missing",
                "Chip có khóa xác thực chip nhưng không ghi thuật toán đi kèm.",
                "The chip has a key of chip authentication without naming its algorithm.",
            ),
            (
                "ca-key-id-mismatch",
                "Mã khóa trong hai mục xác thực chip không giống nhau.",
                "Two entries of chip authentication name the key by different references.",
            ),
            (
                "ca-key-id-refused",
                "Xác thực chip: chip không nhận mã khóa mà nó ghi.",
                "Chip authentication: the chip refuses the key reference that it names.",
            ),
            (
                "ca-key-id-zero",
                "Khóa xác thực chip mang mã số 0.",
                "The key of chip authentication has reference zero.",
            ),
            (
                "ca-key-refused",
                "Chip từ chối khóa xác thực chip mạnh nhất và nhận khóa khác.",
                "The chip refuses its strongest key of chip authentication and takes another.",
            ),
            (
                "ca-needs-chaining",
                "Xác thực chip: chip chỉ nhận lệnh chia thành nhiều phần.",
                "Chip authentication: the chip takes the command only in parts.",
            ),
            (
                "ca-needs-extended",
                "Xác thực chip: chip chỉ nhận lệnh dài.",
                "Chip authentication: the chip takes the command only in extended length.",
            ),
            (
                "ca-set-at",
                "Xác thực chip: chip không nhận MSE:Set AT và nhận MSE:Set KAT.",
                "Chip authentication: the chip refuses MSE:Set AT and takes MSE:Set KAT.",
            ),
            (
                "ca-set-kat",
                "Xác thực chip: chip không nhận MSE:Set KAT và nhận MSE:Set AT.",
                "Chip authentication: the chip refuses MSE:Set KAT and takes MSE:Set AT.",
            ),
            (
                "card-access-absent",
                "Chip không có EF.CardAccess.",
                "The chip has no EF.CardAccess.",
            ),
            (
                "sfi-unsupported",
                "Chip không đọc được tệp theo mã ngắn.",
                "The chip does not read files by their short identifier.",
            ),
            (
                "sfi-not-found",
                "Chip không tìm thấy tệp theo mã ngắn.",
                "The chip does not find files by their short identifier.",
            ),
            (
                "parameter-reference-refused",
                "PACE: chip không nhận mã tham số.",
                "PACE: the chip refuses a parameter reference.",
            ),
            (
                "parameter-reference-required",
                "PACE: chip đòi mã tham số.",
                "PACE: the chip requires a parameter reference.",
            ),
            (
                "extended-refused",
                "Chip không nhận lệnh dài dù báo là có.",
                "The chip refuses extended length although it announces it.",
            ),
            (
                "le-6cxx",
                "Chip đòi gửi lại lệnh với độ dài đúng.",
                "The chip asks for the command again with the right length.",
            ),
            (
                "end-of-file-6282",
                "Chip báo hết tệp kèm theo dữ liệu.",
                "The chip reports the end of the file together with data.",
            ),
            (
                "end-of-file-6b00",
                "Chip báo sai vị trí khi đọc quá cuối tệp.",
                "The chip reports a wrong offset at the end of the file.",
            ),
            (
                "end-of-file-9000",
                "Chip trả ít dữ liệu hơn ở cuối tệp mà không báo.",
                "The chip returns less at the end of the file without saying so.",
            ),
            (
                "end-of-file-empty",
                "Chip trả lời rỗng ở cuối tệp.",
                "The chip's answer at the end of the file is empty.",
            ),
            (
                "header-read-refused",
                "Chip không cho đọc riêng phần đầu tệp.",
                "The chip refuses to read only the head of a file.",
            ),
            (
                "chunk-limit",
                "Chip chỉ cho đọc từng phần nhỏ.",
                "The chip gives out small chunks only.",
            ),
            (
                "even-read-ends-at-8000",
                "Tệp dài phải đọc bằng lệnh khác từ vị trí 32768.",
                "Long files need another command from offset 32768 on.",
            ),
            (
                "discretionary-template",
                "Chip gói dữ liệu trong nhãn 73 thay cho 53.",
                "The chip wraps data in tag 73 in place of 53.",
            ),
            (
                "select-mf-6a81",
                "Chip báo không hỗ trợ lệnh chọn thư mục gốc.",
                "The chip says that selecting the master file is not supported.",
            ),
            (
                "select-mf-6a87",
                "Chip báo sai độ dài khi chọn thư mục gốc.",
                "The chip calls the length wrong when the master file is selected.",
            ),
            (
                "select-mf-6985",
                "Chip không cho chọn thư mục gốc vào lúc này.",
                "The chip does not let the master file be selected at that moment.",
            ),
            (
                "chunk-limit-6282",
                "Chip trả lời rỗng khi bị đòi phần quá lớn.",
                "The chip answers a request for too large a chunk without data.",
            ),
            (
                "chunk-drops",
                "Chip mất nguồn khi bị đòi phần quá lớn.",
                "The chip loses its power when too large a chunk is asked for.",
            ),
            (
                "lost-over-length",
                "Thẻ rơi khỏi vùng đọc khi trả lời dài nên đã đọc từng phần nhỏ.",
                "The card dropped out over long answers, so it was read in small chunks.",
            ),
            (
                "reader-refuses-length",
                "Đầu đọc không truyền được lệnh dài dù báo là có.",
                "The reader cannot carry extended length although it promises it.",
            ),
            (
                "reader-cuts-answers",
                "Đầu đọc cắt cụt câu trả lời dài dù báo là truyền được.",
                "The reader cuts long answers although it promises to carry them.",
            ),
            (
                "tag-lost",
                "Mất liên lạc với thẻ khi đang đọc, sau đó đã đọc tiếp.",
                "The card was lost during the read, which then went on.",
            ),
            (
                "tag-drops",
                "Thẻ mất nguồn trong chốc lát.",
                "The card loses its power for a moment.",
            ),
            (
                "card-reset",
                "Chương trình khác đã khởi động lại thẻ, sau đó đã đọc tiếp.",
                "Another program reset the card during the read, which then went on.",
            ),
            (
                "reset-by-other",
                "Chương trình khác khởi động lại thẻ khi đang đọc.",
                "Another program resets the card during the read.",
            ),
            (
                "reader-lost",
                "Mất đầu đọc khi đang đọc, sau đó đã đọc tiếp.",
                "The reader was lost during the read, which then went on.",
            ),
            (
                "reader-sleeps",
                "Đầu đọc ngủ khi đang đọc.",
                "The reader falls asleep during the read.",
            ),
            (
                "file-cut-short",
                "Một tệp ngắn hơn độ dài ghi ở đầu tệp.",
                "A file is shorter than its own header says.",
            ),
            (
                "several-applications",
                "EF.DIR liệt kê nhiều ứng dụng.",
                "EF.DIR lists several applications.",
            ),
            (
                "bac-absent-6985",
                "Chip từ chối BAC bằng mã 6985.",
                "The chip refuses BAC with 6985.",
            ),
            (
                "bac-absent-6a88",
                "Chip từ chối BAC bằng mã 6A88.",
                "The chip refuses BAC with 6A88.",
            ),
            (
                "external-authenticate-le-00",
                "BAC: chip chỉ nhận độ dài 00.",
                "BAC: the chip takes length 00 only.",
            ),
            (
                "external-authenticate-no-le",
                "BAC: chip chỉ nhận lệnh không ghi độ dài.",
                "BAC: the chip takes the command without a length only.",
            ),
            (
                "pace-info-without-id",
                "EF.CardAccess không ghi số của tham số PACE.",
                "EF.CardAccess leaves out the number of the PACE parameters.",
            ),
            (
                "pace-info-extra-elements",
                "EF.CardAccess ghi thêm phần mà tiêu chuẩn không có.",
                "EF.CardAccess goes on after what the standard defines.",
            ),
            (
                "pace-domain-parameters",
                "EF.CardAccess ghi riêng tham số của PACE.",
                "EF.CardAccess lists the PACE parameters apart.",
            ),
            (
                "several-pace-infos",
                "Chip có nhiều cách PACE, đã dùng cách mạnh nhất.",
                "The chip offers PACE in several ways; the strongest was taken.",
            ),
            (
                "further-infos",
                "EF.CardAccess ghi thêm giao thức lạ.",
                "EF.CardAccess lists unknown protocols.",
            ),
            (
                "pace-offer-refused",
                "Chip từ chối một cách PACE mà nó công bố.",
                "The chip refused one of the ways of PACE that it offers.",
            ),
            (
                "pin-resumed",
                "Mã PIN bị tạm dừng và đã được mở lại bằng số CAN.",
                "The PIN was suspended, and resumed by the card access number.",
            ),
            (
                "reader-pace",
                "Đầu đọc tự thực hiện PACE.",
                "The reader ran PACE by itself.",
            ),
            (
                "general-authenticate-no-le",
                "PACE: chip chỉ nhận lệnh không ghi độ dài.",
                "PACE: the chip takes the command without a length only.",
            ),
            (
                "general-authenticate-le-256",
                "PACE: chip chỉ nhận độ dài 256 ở dạng dài.",
                "PACE: the chip takes length 256 in the extended form only.",
            ),
            (
                "general-authenticate-extended",
                "PACE: chip chỉ nhận lệnh dạng dài.",
                "PACE: the chip takes extended commands only.",
            ),
            (
                "general-authenticate-unchained",
                "PACE: chip không nhận lệnh nối chuỗi.",
                "PACE: the chip takes no chained commands.",
            ),
            (
                "protected-extended-refused",
                "Chip không nhận lệnh dài trong kênh bảo mật.",
                "The chip takes no long commands in the secure channel.",
            ),
            (
                "read-what-fits",
                "Chip trả về phần vừa đủ khi được hỏi quá nhiều.",
                "Asked for too much, the chip gives what fits.",
            ),
            (
                "active-empty-on-short-le",
                "Xác thực chủ động: chip trả lời rỗng khi được hỏi quá ít.",
                "Active authentication: asked for too little, the chip gives nothing.",
            ),
            (
                "active-expected-length",
                "Xác thực chủ động: chip đòi độ dài trả lời khác.",
                "Active authentication: the chip wants another expected length.",
            ),
            (
                "aa-hash-missing",
                "Chip không ghi thuật toán băm của xác thực chủ động.",
                "The chip does not name the hash of active authentication.",
            ),
            (
                "active-once",
                "Chip chỉ ký xác thực chủ động một lần trong mỗi phiên.",
                "The chip signs only once in a session for active authentication.",
            ),
            (
                "active-signature-zeros",
                "Chữ ký xác thực chủ động thừa hoặc thiếu số 0 ở đầu.",
                "The signature of active authentication has leading zeros too many or too few.",
            ),
            (
                "answers-in-parts",
                "Chip trả lời từng phần ngắn hơn yêu cầu.",
                "The chip answers in parts that are shorter than what was asked for.",
            ),
            (
                "plain-refusal",
                "Chip từ chối tệp ngoài kênh bảo mật và kết thúc phiên.",
                "The chip refuses a file outside the secure channel and ends the session.",
            ),
            (
                "active-signature-der",
                "Chữ ký xác thực chủ động ở dạng DER.",
                "The signature of active authentication is in DER.",
            ),
            (
                "no-length-information",
                "Chip báo có thông tin độ dài trong EF.ATR/INFO nhưng không đọc được.",
                "The chip announces length information in EF.ATR/INFO, and there is none to read.",
            ),
        ],
    ),
    (Labelled::Quirk, issued::ISSUED),
];
