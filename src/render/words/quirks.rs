//! Names of the quirks of chips, readers and lines.

use super::Name;

/// What a chip, a reader or a line does otherwise, in a sentence.
pub(super) const MET: &[Name] = &[
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
        "sfi-leaves-application",
        "Chip tìm mã tệp ngắn ngoài ứng dụng và rời khỏi ứng dụng.",
        "The chip looks for a short file identifier outside the application and leaves it.",
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
];
