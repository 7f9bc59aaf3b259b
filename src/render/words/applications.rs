//! Names of the applications beside the eMRTD application, of what became of them, and of the fields of
//! their records.

use super::Labelled;
use super::Name;

/// Every kind with its names, each in Vietnamese and English.
pub(super) const APPLICATIONS: &[(Labelled, &[Name])] = &[
    (
        Labelled::Application,
        &[
            ("travel", "Ghi nhận xuất nhập cảnh", "Travel records"),
            ("visas", "Thị thực", "Visa records"),
            (
                "biometrics",
                "Sinh trắc học bổ sung",
                "Additional biometrics",
            ),
        ],
    ),
    (
        Labelled::ApplicationState,
        &[
            ("listed", "có trên thẻ, chưa đọc", "on the card, not read"),
            ("not_listed", "không có trên thẻ", "not on the card"),
            ("read", "đã đọc", "read"),
            ("complete", "đã đọc hết", "read to the end"),
            (
                "no_right",
                "thiết bị đầu cuối không có quyền đọc",
                "the terminal has no right to read it",
            ),
            ("not_there", "không tìm thấy", "not there"),
            ("refused", "chip từ chối", "the chip refused"),
            ("too_long", "quá dài, không đọc tiếp", "too long to go on"),
            ("interrupted", "bị ngắt giữa chừng", "interrupted"),
        ],
    ),
    (
        Labelled::Directory,
        &[
            (
                "unsigned",
                "Chưa có gì xác nhận danh sách ứng dụng (EF.DIR).",
                "Nothing vouches for the list of applications (EF.DIR).",
            ),
            (
                "different",
                "Danh sách ứng dụng (EF.DIR) khác với danh sách cơ quan cấp đã ký.",
                "The list of applications (EF.DIR) is not the one that the issuer signed.",
            ),
        ],
    ),
    (
        Labelled::Doubt,
        &[
            ("not_judged", "chỉ xem, chưa kiểm tra", "shown, not judged"),
            ("malformed", "không giải mã được", "cannot be decoded"),
            (
                "no_certificate",
                "thiếu chứng thư của bên ký",
                "the signer's certificate is missing",
            ),
            (
                "bad_certificate",
                "chứng thư của bên ký không đọc được",
                "the signer's certificate cannot be read",
            ),
            (
                "unknown_algorithm",
                "thuật toán của bên ký không dùng được",
                "the signer's algorithm cannot be used",
            ),
            ("wrong_signature", "chữ ký sai", "the signature is wrong"),
            (
                "too_many",
                "quá nhiều chữ ký sai, không kiểm tra tiếp",
                "too many wrong signatures to go on",
            ),
            (
                "no_anchor",
                "chưa có chứng thư gốc của quốc gia ký",
                "there is no anchor for the signer",
            ),
            (
                "wrong_chain",
                "chứng thư của bên ký không hợp lệ",
                "the signer's certificate is not valid for this",
            ),
            (
                "revoked",
                "bên ký đã bị thu hồi chứng thư",
                "the signer was revoked",
            ),
            (
                "clock_doubtful",
                "đồng hồ của máy này có vẻ sai",
                "this machine's clock seems wrong",
            ),
            (
                "outside_validity",
                "ngày ghi nằm ngoài thời hạn chứng thư của bên ký",
                "its date lies outside the signer's validity",
            ),
            (
                "other_state",
                "quốc gia ghi trong mục khác với quốc gia ký",
                "it names another state than its signer's",
            ),
            (
                "other_copy",
                "phần không ký nêu quốc gia khác với phần được ký",
                "the copy outside the signature names another state",
            ),
            (
                "document_unread",
                "chưa đọc số giấy tờ và ngày sinh trên chip để so sánh",
                "the document's number and date of birth were not read to compare it with",
            ),
            (
                "other_document",
                "thị thực cấp cho giấy tờ số khác",
                "the visa is for another document",
            ),
            (
                "other_holder",
                "thị thực cấp cho người có ngày sinh khác",
                "the visa is for somebody born on another day",
            ),
        ],
    ),
    (
        Labelled::File,
        &[
            ("EF.EntryRecords", "Nhập cảnh", "Entries"),
            ("EF.ExitRecords", "Xuất cảnh", "Exits"),
            ("EF.VisaRecords", "Thị thực", "Visas"),
            (
                "EF.Certificates",
                "Chứng thư của các bên ký",
                "Certificates of the signers",
            ),
            (
                "EF.Biometrics",
                "Sinh trắc học bổ sung",
                "Additional biometrics",
            ),
        ],
    ),
    (
        Labelled::Value,
        &[
            ("air", "Đường hàng không", "Air"),
            ("sea", "Đường biển", "Sea"),
            ("land", "Đường bộ", "Land"),
        ],
    ),
    (
        Labelled::Field,
        &[
            ("travel_state", "Quốc gia", "State"),
            ("travel_date", "Ngày", "Date"),
            ("inspection_authority", "Cơ quan kiểm tra", "Authority"),
            ("inspection_place", "Cửa khẩu", "Place of inspection"),
            ("inspector", "Cán bộ kiểm tra", "Inspector"),
            ("inspection_result", "Kết quả kiểm tra", "Result"),
            ("travel_mode", "Phương tiện", "Mode of travel"),
            ("stay_days", "Lưu trú (ngày)", "Stay in days"),
            ("stay_months", "Lưu trú (tháng)", "Stay in months"),
            ("stay_years", "Lưu trú (năm)", "Stay in years"),
            ("stay_conditions", "Điều kiện lưu trú", "Conditions"),
            ("visa_remarks", "Ghi chú thị thực", "Visa remarks"),
            ("visa_state", "Quốc gia cấp", "Issuing state"),
            ("visa_number", "Số thị thực", "Visa number"),
            ("visa_document_type", "Loại giấy tờ", "Document type"),
            ("visa_kind", "Loại thị thực", "Kind of visa"),
            ("visa_issued", "Ngày cấp thị thực", "Issued"),
            ("visa_expires", "Thị thực hết hạn", "Expires"),
            ("visa_place", "Nơi cấp thị thực", "Place of issue"),
            ("visa_entries", "Số lần nhập cảnh", "Number of entries"),
            ("visa_territory", "Phạm vi lãnh thổ", "Territory"),
            (
                "visa_passport_number",
                "Cấp cho giấy tờ số",
                "For the document",
            ),
            ("visa_holder", "Người được cấp", "Holder"),
            ("visa_surname", "Họ", "Surname"),
            ("visa_given_names", "Tên", "Given names"),
            ("visa_sex", "Giới tính", "Sex"),
            ("visa_birth", "Ngày sinh", "Date of birth"),
            ("visa_nationality", "Quốc tịch", "Nationality"),
            ("visa_zone", "Dòng MRZ", "MRZ"),
            ("visa_zone_a", "MRZ thị thực loại A", "MRZ of type A"),
            ("visa_zone_b", "MRZ thị thực loại B", "MRZ of type B"),
            (
                "visa_biometrics",
                "Tệp sinh trắc học kèm theo",
                "File with biometrics",
            ),
            (
                "biometric_bytes",
                "Độ dài dữ liệu (byte)",
                "Length in bytes",
            ),
            ("biometric_data", "Dữ liệu sinh trắc học", "Biometric data"),
        ],
    ),
];
