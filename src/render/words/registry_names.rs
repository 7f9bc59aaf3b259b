//! Rules of comparison, advice on rows of a list, and what is wrong with rows.

use super::Labelled;
use super::Name;

pub(super) const NAMES: &[(Labelled, &[Name])] = &[
    (
        Labelled::Rule,
        &[
            ("exact", "Giống hệt", "The same, character for character"),
            (
                "case",
                "Khác chữ hoa, chữ thường",
                "Capital or small letters",
            ),
            ("spacing", "Khác khoảng trắng", "Other spaces"),
            ("invisible", "Có ký tự không nhìn thấy", "Unseen characters"),
            (
                "width",
                "Khác dạng rộng, hẹp của ký tự",
                "Full or half width",
            ),
            (
                "composition",
                "Khác cách mã hóa dấu",
                "Marks encoded otherwise",
            ),
            (
                "tone_placement",
                "Khác vị trí dấu thanh",
                "Tone mark on another vowel",
            ),
            ("apostrophe", "Khác dạng dấu nháy", "Another apostrophe"),
            ("hyphen", "Khác dạng dấu gạch nối", "Another hyphen"),
            (
                "parts_joined",
                "Họ, chữ đệm, tên để riêng hoặc gộp",
                "Parts of the name apart or together",
            ),
            (
                "date_form",
                "Khác cách viết ngày",
                "The date in another form",
            ),
            (
                "year_only",
                "Một bên chỉ có năm",
                "One side has the year alone",
            ),
            (
                "year_month",
                "Một bên chỉ có tháng và năm",
                "One side has month and year alone",
            ),
            (
                "country_name",
                "Mã và tên của cùng một nước",
                "Code and name of one country",
            ),
            (
                "fillers",
                "Khác ký tự đệm của số giấy tờ",
                "Fillers of the document number",
            ),
            (
                "old_number",
                "Số cũ của cùng một người",
                "The person's earlier number",
            ),
            (
                "other_word",
                "Từ khác cùng nghĩa",
                "Another word for the same",
            ),
            (
                "former_unit",
                "Đơn vị hành chính cũ",
                "A former administrative unit",
            ),
            ("diacritics_missing", "Thiếu dấu", "Diacritics are missing"),
            ("diacritics", "Khác dấu", "Other diacritics"),
            ("i_or_y", "Khác i và y", "i or y"),
            (
                "look_alike",
                "Ký tự khác nhìn giống nhau",
                "Another letter that looks alike",
            ),
            (
                "word_order",
                "Khác thứ tự các chữ",
                "Words in another order",
            ),
            (
                "word_break",
                "Tách chữ khác nhau",
                "Divided into words otherwise",
            ),
            (
                "part_missing",
                "Thiếu một phần của tên",
                "A part of the name is missing",
            ),
            ("initials", "Viết tắt chữ cái đầu", "Shortened to initials"),
            (
                "punctuation",
                "Khác dấu nháy, gạch nối hoặc dấu chấm",
                "Other apostrophes, hyphens or dots",
            ),
            (
                "legacy_encoding",
                "Còn ở bảng mã cũ (TCVN3, VNI)",
                "In an old encoding (TCVN3, VNI)",
            ),
            (
                "characters_lost",
                "Mất ký tự, còn dấu hỏi",
                "Characters lost to question marks",
            ),
            ("no_letters", "Không có chữ cái nào", "No letters at all"),
            ("letters", "Khác chữ cái", "Other letters"),
            (
                "day_month_swapped",
                "Đảo ngày và tháng",
                "Day and month exchanged",
            ),
            ("day", "Khác ngày", "Another day"),
            ("month", "Khác tháng", "Another month"),
            ("year", "Khác năm", "Another year"),
            ("date", "Ngày khác hẳn", "Another date"),
            (
                "two_digit_year",
                "Năm chỉ có hai chữ số",
                "A year of two digits",
            ),
            (
                "no_such_day",
                "Ngày không có trong lịch",
                "No such day in the calendar",
            ),
            (
                "unreadable",
                "Không đọc được giá trị",
                "No value can be read",
            ),
            ("digits", "Khác chữ số", "Other digits"),
            (
                "digits_swapped",
                "Đảo hai chữ số liền nhau",
                "Two digits exchanged",
            ),
            ("leading_zeros", "Mất số 0 ở đầu", "Leading zeros are lost"),
            ("value", "Giá trị khác", "Another value"),
            ("not_supplied", "Không cung cấp", "Not supplied"),
            ("not_on_file", "Cơ sở dữ liệu không có", "Not on file"),
        ],
    ),
    (
        Labelled::Advice,
        &[
            ("keep", "Giữ nguyên", "Keep the row"),
            (
                "merge_rows",
                "Gộp với dòng trước của cùng một người",
                "Merge with the person's first row",
            ),
            (
                "check_number",
                "Kiểm tra lại số định danh với giấy tờ",
                "Check the number with the papers",
            ),
            (
                "note_death",
                "Ghi nhận người đã mất",
                "Note that the person has died",
            ),
            (
                "ask_new_number",
                "Hỏi số định danh mới",
                "Ask for the new number",
            ),
            (
                "convert_encoding",
                "Chuyển tên sang Unicode",
                "Convert the name to Unicode",
            ),
            (
                "add_diacritics",
                "Bổ sung dấu cho tên",
                "Add the name's diacritics",
            ),
            (
                "swap_day_and_month",
                "Đảo lại ngày và tháng",
                "Exchange day and month",
            ),
            (
                "mend_field",
                "Sửa trường không đọc được",
                "Mend the field that cannot be read",
            ),
            (
                "compare_with_papers",
                "Đối chiếu với giấy tờ",
                "Compare with the papers",
            ),
            (
                "ask_for_card",
                "Đề nghị xuất trình thẻ đang có hiệu lực",
                "Ask for the card in force",
            ),
            (
                "take_new_number",
                "Thay số cũ bằng số định danh",
                "Put the new number in place of the old",
            ),
            (
                "fill_in",
                "Bổ sung trường còn trống",
                "Fill in what is empty",
            ),
            (
                "ask_again_later",
                "So lại khi dữ liệu mới hơn",
                "Compare again with newer data",
            ),
            ("mend_row", "Sửa dòng lỗi", "Mend the row"),
        ],
    ),
    (
        Labelled::RowFault,
        &[
            ("row.too_long", "Dòng quá dài", "The row is too long"),
            (
                "row.quote_open",
                "Dấu ngoặc kép không đóng",
                "A quotation mark is not closed",
            ),
            (
                "row.quotes",
                "Dấu ngoặc kép đặt sai chỗ",
                "Quotation marks where none can be",
            ),
            ("row.not_utf8", "Không phải UTF-8", "No UTF-8"),
            (
                "row.too_many_values",
                "Thừa giá trị so với dòng đầu",
                "More values than names",
            ),
            ("row.json", "Không phải đối tượng JSON", "No JSON object"),
            (
                "row.no_number",
                "Không có số định danh",
                "No citizen number",
            ),
            (
                "row.number",
                "Số định danh không phải 9 hoặc 12 chữ số",
                "The number has not 9 or 12 digits",
            ),
            (
                "row.zeros_lost",
                "Số định danh mất số 0 ở đầu",
                "The number lost its leading zeros",
            ),
            (
                "row.scientific",
                "Số định danh bị bảng tính viết thành dạng mũ",
                "A spreadsheet made the number a power of ten",
            ),
            (
                "row.sod",
                "Mã băm của EF.SOD không phải 64 chữ số hex",
                "The digest of EF.SOD is none",
            ),
        ],
    ),
];
