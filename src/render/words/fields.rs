//! Names of the fields of every file, and of the words in them.

use super::Labelled;
use super::Name;

/// Beside those that the holder has in the report.
pub(super) const FIELDS: &[(Labelled, &[Name])] = &[
    (
        Labelled::Field,
        &[
            // Of several files
            ("version", "Phiên bản", "Version"),
            ("lds_version", "Phiên bản LDS", "LDS version"),
            ("unicode_version", "Phiên bản Unicode", "Unicode version"),
            ("groups", "Các nhóm dữ liệu", "Data groups"),
            ("hash_algorithm", "Thuật toán băm", "Hash algorithm"),
            ("authorities", "Cơ quan cấp quyền đọc", "Authorities"),
            ("length", "Độ dài (byte)", "Length in bytes"),
            ("content", "Nội dung", "Content"),
            ("tag", "Nhãn TLV", "Tag"),
            ("not_understood", "Mục không hiểu được", "Not understood"),
            ("format", "Định dạng", "Format"),
            ("image", "Tệp ảnh", "Image file"),
            // DG1
            (
                "birth_printed",
                "Ngày sinh (trong MRZ)",
                "Birth, in the zone",
            ),
            (
                "expiry_printed",
                "Hết hạn (trong MRZ)",
                "Expiry, in the zone",
            ),
            // DG2, DG5, DG7
            ("faces", "Ảnh khuôn mặt", "Faces"),
            ("displayed_portrait", "Ảnh hiển thị", "Displayed portrait"),
            ("signature", "Chữ ký", "Signature"),
            // DG11
            ("other_names", "Tên khác", "Other names"),
            ("personal_number", "Số định danh cá nhân", "Personal number"),
            ("place_of_birth", "Nơi sinh", "Place of birth"),
            ("address", "Địa chỉ", "Address"),
            ("telephone", "Điện thoại", "Telephone"),
            ("profession", "Nghề nghiệp", "Profession"),
            ("title", "Danh xưng", "Title"),
            ("personal_summary", "Tóm tắt về cá nhân", "Personal summary"),
            (
                "proof_of_citizenship",
                "Giấy tờ chứng minh quốc tịch",
                "Proof of citizenship",
            ),
            ("other_documents", "Giấy tờ đi lại khác", "Other documents"),
            ("custody", "Quyền giám hộ", "Custody"),
            // DG12
            ("authority", "Cơ quan cấp", "Issuing authority"),
            ("other_persons", "Người đi cùng", "Other persons"),
            ("observations", "Bị chú", "Observations"),
            (
                "tax_or_exit",
                "Yêu cầu về thuế hoặc xuất cảnh",
                "Tax or exit requirements",
            ),
            ("front", "Ảnh mặt trước", "Image of the front"),
            ("rear", "Ảnh mặt sau", "Image of the rear"),
            (
                "personalised",
                "Thời điểm in thẻ",
                "Time of personalisation",
            ),
            (
                "personalisation_system",
                "Số máy in thẻ",
                "Personalisation system",
            ),
            // DG13
            ("expires", "Có giá trị đến", "Date of expiry"),
            ("further_persons", "Người khác", "Further persons"),
            (
                "unknown_entries",
                "Các mục chưa rõ nghĩa",
                "Entries of unknown meaning",
            ),
            (
                "unknown_octets",
                "Nội dung các mục chưa rõ nghĩa",
                "Octets of those entries",
            ),
            ("entry", "Mục số", "Entry"),
            // What the citizen number says
            (
                "number_origin",
                "Nơi khai sinh (theo số)",
                "Origin by the number",
            ),
            ("number_sex", "Giới tính (theo số)", "Sex by the number"),
            (
                "number_birth_year",
                "Năm sinh (theo số)",
                "Birth year by the number",
            ),
            // DG14, DG15, EF.CardAccess, EF.CardSecurity
            ("pace", "PACE", "PACE"),
            (
                "chip_authentication",
                "Xác thực chip",
                "Chip authentication",
            ),
            (
                "chip_keys",
                "Khóa xác thực chip",
                "Keys of chip authentication",
            ),
            (
                "active_authentication",
                "Xác thực chủ động",
                "Active authentication",
            ),
            (
                "terminal_authentication",
                "Xác thực thiết bị đầu cuối (phiên bản)",
                "Terminal authentication (version)",
            ),
            ("damaged", "Mục hỏng", "Damaged entries"),
            ("other_protocols", "Giao thức khác", "Other protocols"),
            ("protocol", "Giao thức", "Protocol"),
            ("agreement", "Thỏa thuận khóa", "Key agreement"),
            ("mapping", "Cách ánh xạ", "Mapping"),
            ("cipher", "Mã khối", "Cipher"),
            ("parameter_id", "Mã tham số", "Parameter id"),
            ("domain", "Nhóm tham số", "Domain parameters"),
            ("key_id", "Mã khóa", "Key reference"),
            ("key_kind", "Loại khóa", "Kind of key"),
            ("key_bits", "Cỡ khóa (bit)", "Key size in bits"),
            // DG16
            (
                "persons_to_notify",
                "Người cần báo tin",
                "Persons to notify",
            ),
            ("recorded", "Ngày ghi", "Recorded"),
        ],
    ),
    (
        Labelled::Value,
        &[
            ("jpeg", "JPEG", "JPEG"),
            ("jpeg2000", "JPEG 2000", "JPEG 2000"),
            ("wsq", "WSQ", "WSQ"),
            ("png", "PNG", "PNG"),
            ("raw", "Không nén", "Uncompressed"),
            ("rsa", "RSA", "RSA"),
            ("dsa", "DSA", "DSA"),
            ("ec", "Đường cong elliptic", "Elliptic curve"),
            ("dh", "Diffie-Hellman", "Diffie-Hellman"),
            (
                "ecdh",
                "Diffie-Hellman trên đường cong elliptic",
                "Elliptic curve Diffie-Hellman",
            ),
            ("generic_mapping", "Ánh xạ tổng quát", "Generic mapping"),
            (
                "integrated_mapping",
                "Ánh xạ tích hợp",
                "Integrated mapping",
            ),
            (
                "chip_authentication_mapping",
                "Ánh xạ kèm xác thực chip",
                "Chip authentication mapping",
            ),
        ],
    ),
];
