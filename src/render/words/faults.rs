//! What the faults of the virtual card do, in a sentence each.

use super::Labelled;
use super::Name;

/// Every fault by its name.
pub(super) const FAULTS: &[(Labelled, &[Name])] = &[(Labelled::Fault, NAMES)];

const NAMES: &[Name] = &[
    (
        "lost-at-command",
        "Thẻ biến mất khi lệnh này đến, một lần.",
        "The card is gone when this command comes, once.",
    ),
    (
        "lost-at-byte",
        "Thẻ biến mất trước byte này của các câu trả lời, một lần.",
        "The card is gone before this byte of its answers, once.",
    ),
    (
        "bad-mac-at-command",
        "Mã xác thực của câu trả lời này sai bit cuối.",
        "The checksum of this answer is wrong in its last bit.",
    ),
    (
        "plain-status-at-command",
        "Câu trả lời này chỉ là 9000 không mã hóa.",
        "This answer is a bare 9000 in the clear.",
    ),
    (
        "flip-bit",
        "Một bit của câu trả lời bị đổi trên đường truyền.",
        "One bit of an answer is changed on the way.",
    ),
    ("mute", "Chip không trả lời.", "The chip does not answer."),
    (
        "slow",
        "Mỗi câu trả lời đến muộn từng ấy mili giây.",
        "Every answer comes so many milliseconds late.",
    ),
    (
        "reset",
        "Một chương trình khác khởi động lại thẻ ở lệnh này, một lần.",
        "Another program resets the card at this command, once.",
    ),
    (
        "sharing-violation",
        "Một chương trình khác đang giữ thẻ khi gửi lệnh này, một lần.",
        "Another program holds the card when this command is sent, once.",
    ),
    (
        "reader-gone",
        "Đầu đọc ngủ hoặc bị rút khi gửi lệnh này, một lần.",
        "The reader falls asleep or is pulled out when this command is sent, once.",
    ),
    (
        "garbage",
        "Câu trả lời này biến thành những byte khác cùng độ dài.",
        "This answer comes over as other bytes of the same length.",
    ),
    (
        "cut-answer",
        "Câu trả lời này chỉ đến byte đầu tiên.",
        "Only the first byte of this answer comes over.",
    ),
    (
        "bac-false-code",
        "BAC: mã xác thực trong câu trả lời của chip sai.",
        "BAC: the checksum of the chip's answer is wrong.",
    ),
    (
        "bac-other-chip-nonce",
        "BAC: chip trả lại số ngẫu nhiên khác với số của chính nó.",
        "BAC: the chip gives back another challenge than its own.",
    ),
    (
        "bac-other-terminal-nonce",
        "BAC: chip trả lại số ngẫu nhiên khác với số của đầu đọc.",
        "BAC: the chip gives back another number than the terminal's.",
    ),
    (
        "pin-suspended",
        "Mã PIN bị tạm treo: còn một lần thử.",
        "The PIN is suspended: one try is left.",
    ),
    (
        "pin-blocked",
        "Mã PIN bị khóa: không còn lần thử nào.",
        "The PIN is blocked: no try is left.",
    ),
    (
        "chip-authentication-refused",
        "Chip từ chối xác thực chip dù các tệp có công bố.",
        "The chip refuses chip authentication, although its files offer it.",
    ),
    (
        "active-authentication-refused",
        "Chip từ chối xác thực chủ động dù các tệp có công bố.",
        "The chip refuses active authentication, although its files offer it.",
    ),
    (
        "wrong-chip-key",
        "Thẻ sao chép: xác thực chip bằng khóa riêng khác.",
        "A clone: chip authentication with another private key.",
    ),
    (
        "wrong-active-key",
        "Thẻ sao chép: xác thực chủ động bằng khóa riêng khác.",
        "A clone: active authentication with another private key.",
    ),
    (
        "pace-error-status",
        "Chip kết thúc PACE bằng mã lỗi ở bước này.",
        "The chip ends PACE with an error status in this step.",
    ),
    (
        "pace-wrong-tag",
        "Câu trả lời của bước PACE này mang thẻ (tag) sai.",
        "The answer of this step of PACE comes under another tag.",
    ),
    (
        "pace-wrong-length",
        "Giá trị trong bước PACE này thiếu byte cuối.",
        "The value in this step of PACE lacks its last octet.",
    ),
    (
        "pace-empty-object",
        "Đối tượng dữ liệu trong bước PACE này trống.",
        "The data object in this step of PACE is empty.",
    ),
    (
        "pace-nonce-changed",
        "Chip dùng số ngẫu nhiên khác với số đã mã hóa.",
        "The chip maps another nonce than the one it encrypted.",
    ),
    (
        "pace-off-curve",
        "Khóa công khai trong bước PACE này không nằm trên đường cong.",
        "The public key in this step of PACE is not on the curve.",
    ),
    (
        "pace-infinity",
        "Khóa công khai trong bước PACE này là điểm vô cực.",
        "The public key in this step of PACE is the point at infinity.",
    ),
    (
        "pace-dh-value-zero",
        "Khóa công khai trong bước PACE này là 0.",
        "The public key in this step of PACE is 0.",
    ),
    (
        "pace-dh-value-one",
        "Khóa công khai trong bước PACE này là 1.",
        "The public key in this step of PACE is 1.",
    ),
    (
        "pace-dh-value-order-two",
        "Khóa công khai trong bước PACE này là p - 1, có bậc hai.",
        "The public key in this step of PACE is p - 1, which has order two.",
    ),
    (
        "pace-dh-value-modulus",
        "Khóa công khai trong bước PACE này là p.",
        "The public key in this step of PACE is p.",
    ),
    (
        "pace-other-key",
        "Khóa công khai trong bước PACE này không phải khóa mà chip dùng tiếp.",
        "The public key in this step of PACE is not the one that the chip goes on with.",
    ),
    (
        "pace-mirrors-key",
        "Chip gửi trả khóa tạm thời của đầu đọc như khóa của mình.",
        "The chip sends the terminal's ephemeral key back as its own.",
    ),
    (
        "pace-bad-token",
        "Mã chứng thực PACE của chip sai.",
        "The chip's authentication token of PACE is wrong.",
    ),
    (
        "cam-data-missing",
        "PACE-CAM kết thúc mà không có dữ liệu mã hóa.",
        "PACE-CAM ends without the encrypted data.",
    ),
    (
        "cam-data-without-tag",
        "Dữ liệu PACE-CAM không có thẻ (tag) và độ dài.",
        "The data of PACE-CAM come without tag and length.",
    ),
    (
        "cam-wrong-tag",
        "Dữ liệu PACE-CAM mang thẻ (tag) sai.",
        "The data of PACE-CAM come under another tag.",
    ),
    (
        "cam-empty",
        "Dữ liệu PACE-CAM trống.",
        "The data of PACE-CAM are empty.",
    ),
    (
        "cam-not-octet-string",
        "PACE-CAM mã hóa một số INTEGER thay vì các byte của số.",
        "PACE-CAM encrypts an INTEGER, not the octets of the number.",
    ),
    (
        "cam-wrong",
        "Thẻ sao chép: PACE-CAM bằng khóa riêng khác.",
        "A clone: PACE-CAM with another private key.",
    ),
    (
        "cam-data-in-generic-mapping",
        "PACE thường mang thêm dữ liệu như PACE-CAM.",
        "Another mapping of PACE carries data as PACE-CAM does.",
    ),
    (
        "card-security-wrong-key",
        "EF.CardSecurity, ký đúng, chứa khóa PACE-CAM khác.",
        "EF.CardSecurity, rightly signed, holds another key for PACE-CAM.",
    ),
    (
        "card-security-without-key",
        "EF.CardSecurity, ký đúng, không có khóa PACE-CAM.",
        "EF.CardSecurity, rightly signed, holds no key for PACE-CAM.",
    ),
    (
        "card-security-changed",
        "EF.CardSecurity bị sửa sau khi ký.",
        "EF.CardSecurity was changed after it was signed.",
    ),
    (
        "cam-missing-in-dg14",
        "DG14 không nói đến PACE-CAM mà EF.CardAccess công bố.",
        "DG14 says nothing of PACE-CAM, which EF.CardAccess offers.",
    ),
    (
        "cam-oid-unknown",
        "EF.CardAccess công bố PACE-CAM bằng mã định danh không ai biết.",
        "EF.CardAccess offers PACE-CAM under an identifier that nobody knows.",
    ),
    (
        "card-access-malformed",
        "Một độ dài trong EF.CardAccess vượt quá cuối tệp.",
        "A length in EF.CardAccess reaches beyond the end.",
    ),
    (
        "card-access-unknown-parameters",
        "EF.CardAccess nêu tham số miền không tồn tại.",
        "EF.CardAccess names domain parameters that do not exist.",
    ),
    (
        "copied-files",
        "Thẻ sao chép: có đủ tệp nhưng không có khóa nào.",
        "A clone: the files were copied, and no key came with them.",
    ),
    (
        "stripped-files",
        "Thẻ sao chép: bỏ DG14, DG15 và mọi dấu vết của chúng.",
        "A clone: without DG14, DG15 and every trace of them.",
    ),
    (
        "active-replayed",
        "Thẻ sao chép: chip phát lại chữ ký cho thử thách của phiên khác.",
        "A clone: the chip signs the challenge of an earlier session.",
    ),
    (
        "active-trailer-wrong",
        "Chữ ký xác thực chủ động kết thúc sai.",
        "Active authentication by RSA ends in a trailer that is none.",
    ),
    (
        "active-trailer-unknown",
        "Chữ ký xác thực chủ động nêu hàm băm không tồn tại.",
        "Active authentication by RSA names a hash function that does not exist.",
    ),
    (
        "active-algorithm-unknown",
        "DG14 nêu thuật toán xác thực chủ động không tồn tại.",
        "DG14 names an algorithm for active authentication that does not exist.",
    ),
    (
        "chip-key-refused",
        "Lệnh chọn khóa xác thực chip bị từ chối với mã này.",
        "Choosing the key of chip authentication answers this status word.",
    ),
    (
        "chip-agreement-refused",
        "Lệnh thỏa thuận khóa xác thực chip bị từ chối với mã này.",
        "The key agreement of chip authentication answers this status word.",
    ),
    (
        "chip-keeps-old-keys",
        "Chip báo thành công nhưng giữ khóa phiên cũ.",
        "The chip says success and goes on under the old session keys.",
    ),
    (
        "chip-token-wrong",
        "Mã chứng thực của xác thực chip phiên bản 2 sai.",
        "The token of chip authentication version 2 is wrong.",
    ),
    (
        "chip-key-missing",
        "DG14 công bố xác thực chip nhưng không có khóa.",
        "DG14 offers chip authentication and holds no key for it.",
    ),
    (
        "chip-key-cut",
        "Khóa xác thực chip trong DG14 thiếu byte cuối.",
        "The key of chip authentication in DG14 lacks its last octet.",
    ),
    (
        "chip-key-off-curve",
        "Khóa xác thực chip trong DG14 không thuộc nhóm của nó.",
        "The key of chip authentication in DG14 is no element of its group.",
    ),
    (
        "chip-key-other-id",
        "Khóa xác thực chip trong DG14 mang số hiệu khác.",
        "The key of chip authentication in DG14 has another identifier.",
    ),
    (
        "chip-protocol-unknown",
        "Các tệp nêu thuật toán xác thực chip không tồn tại.",
        "The files name a cipher for chip authentication that does not exist.",
    ),
    (
        "terminal-key-refused",
        "MSE:Set DST bị từ chối với mã này.",
        "MSE:Set DST answers this status word.",
    ),
    (
        "terminal-template-refused",
        "MSE:Set AT cho xác thực thiết bị bị từ chối với mã này.",
        "MSE:Set AT for terminal authentication answers this status word.",
    ),
    (
        "certificate-refused",
        "Mọi chứng thư của thiết bị bị từ chối với mã này.",
        "Every certificate of the terminal is answered with this status word.",
    ),
    (
        "terminal-challenge-refused",
        "GET CHALLENGE bị từ chối với mã này.",
        "GET CHALLENGE answers this status word.",
    ),
    (
        "terminal-challenge-length",
        "GET CHALLENGE cho từng ấy byte thay vì tám.",
        "GET CHALLENGE gives so many bytes in place of eight.",
    ),
    (
        "terminal-refused",
        "EXTERNAL AUTHENTICATE bị từ chối với mã này.",
        "EXTERNAL AUTHENTICATE answers this status word.",
    ),
    (
        "terminal-rights-ignored",
        "Vân tay và mống mắt vẫn khóa sau xác thực thiết bị.",
        "Fingers and irises stay shut after terminal authentication.",
    ),
    ("cvca-missing", "Không có EF.CVCA.", "EF.CVCA is not there."),
    (
        "cvca-empty",
        "EF.CVCA không nêu cơ quan nào.",
        "EF.CVCA names no authority.",
    ),
    (
        "cvca-three",
        "EF.CVCA nêu ba cơ quan.",
        "EF.CVCA names three authorities.",
    ),
    (
        "cvca-unknown",
        "EF.CVCA nêu cơ quan không ai biết.",
        "EF.CVCA names an authority that nobody knows.",
    ),
    (
        "other-document-number",
        "Xác thực thiết bị gắn với số giấy tờ khác.",
        "Terminal authentication is bound to another document number.",
    ),
    (
        "answer-without-checksum",
        "Câu trả lời thiếu mã xác thực (8E).",
        "The answer has no checksum (8E).",
    ),
    (
        "answer-without-data",
        "Câu trả lời thiếu dữ liệu mã hóa (87).",
        "The answer has no cryptogram (87).",
    ),
    (
        "answer-without-status",
        "Câu trả lời thiếu mã trạng thái bên trong (99).",
        "The answer has no status inside (99).",
    ),
    (
        "answer-false-cryptogram",
        "Dữ liệu mã hóa là của nội dung khác.",
        "The cryptogram is of something else.",
    ),
    (
        "answer-cut-cryptogram",
        "Dữ liệu mã hóa thiếu byte cuối.",
        "The cryptogram lacks its last octet.",
    ),
    (
        "answer-other-status",
        "Mã trạng thái bên trong khác bên ngoài.",
        "The status inside is another than the one outside.",
    ),
    (
        "answer-counter-ahead",
        "Bộ đếm của chip đi trước một số.",
        "The send sequence counter is one too high.",
    ),
    (
        "answer-objects-missing",
        "Chip báo 6987 không mã hóa và kết thúc phiên.",
        "The chip answers 6987 in the clear and ends the session.",
    ),
    (
        "answer-objects-incorrect",
        "Chip báo 6988 không mã hóa và kết thúc phiên.",
        "The chip answers 6988 in the clear and ends the session.",
    ),
    (
        "answer-unprotected",
        "Câu trả lời đến không mã hóa, kèm dữ liệu.",
        "The answer comes in the clear, with its data.",
    ),
    (
        "cvca-wrong-tag",
        "Tham chiếu đầu tiên trong EF.CVCA mang thẻ (tag) 43.",
        "The first reference in EF.CVCA stands under tag 43.",
    ),
    (
        "lds-flipped",
        "Bit cuối của tệp bị đổi.",
        "The last bit of the file is another one.",
    ),
    (
        "lds-truncated",
        "Tệp thiếu byte cuối.",
        "The file lacks its last octet.",
    ),
    (
        "lds-without-content",
        "Tệp chỉ có thẻ (tag) ngoài, không có nội dung.",
        "The file is the outer tag without content.",
    ),
    (
        "lds-empty",
        "Tệp có nhưng không có byte nào.",
        "The file is there and holds no octet.",
    ),
    (
        "lds-zeroed",
        "Mọi byte của tệp là 0.",
        "Every octet of the file is zero.",
    ),
    (
        "lds-missing",
        "Tệp không có dù được ký và liệt kê.",
        "The file is not there, although it is signed and listed.",
    ),
    (
        "lds-wrong-tag",
        "Thẻ (tag) ngoài của tệp sai.",
        "The outer tag of the file is another one.",
    ),
    (
        "lds-duplicated",
        "Nội dung tệp lặp lại hai lần.",
        "What is inside the file stands there twice.",
    ),
    (
        "lds-octets-behind",
        "Có thêm byte sau cuối tệp.",
        "Further octets stand behind the end of the file.",
    ),
    (
        "lds-length-too-short",
        "Độ dài ngoài thiếu một byte.",
        "The outer length says one octet too few.",
    ),
    (
        "lds-length-too-long",
        "Độ dài ngoài thừa một byte.",
        "The outer length says one octet too many.",
    ),
    (
        "lds-length-huge",
        "Độ dài ngoài nói hai gigabyte.",
        "The outer length says two gigabytes.",
    ),
    (
        "lds-length-indefinite",
        "Độ dài ngoài ở dạng không xác định.",
        "The outer length is of the indefinite form.",
    ),
    (
        "lds-length-reserved",
        "Độ dài ngoài bắt đầu bằng byte không dạng nào có.",
        "The outer length begins with the octet that no form has.",
    ),
    (
        "sod-signature-wrong",
        "Bit cuối của chữ ký bị đổi.",
        "The last bit of the signature is another one.",
    ),
    (
        "sod-signature-missing",
        "Không có chữ ký.",
        "There is no signature.",
    ),
    (
        "sod-another-key",
        "Khóa khác với khóa trong chứng thư đã ký.",
        "Another key than that of the certificate signed.",
    ),
    (
        "sod-digest-wrong",
        "Giá trị băm đã ký là của nội dung khác.",
        "The signed digest is that of other content.",
    ),
    (
        "sod-digest-missing",
        "Thiếu thuộc tính chứa giá trị băm.",
        "The attribute with the digest is missing.",
    ),
    (
        "sod-attributes-missing",
        "Không có thuộc tính được ký.",
        "There are no signed attributes.",
    ),
    (
        "sod-content-type-missing",
        "Thiếu thuộc tính kiểu nội dung.",
        "The attribute with the content type is missing.",
    ),
    (
        "sod-content-type-attribute",
        "Thuộc tính nêu kiểu nội dung khác.",
        "The attribute names another content type.",
    ),
    (
        "sod-content-type",
        "Nội dung thuộc kiểu khác.",
        "The content is of another type.",
    ),
    (
        "sod-content-missing",
        "Không có nội dung.",
        "There is no content.",
    ),
    (
        "sod-algorithms-differ",
        "Thuật toán băm của người ký khác với thuật toán của chữ ký.",
        "The signer's digest algorithm is another than that of its signature.",
    ),
    (
        "sod-digest-md5",
        "Thuật toán băm của người ký là MD5.",
        "The signer's digest algorithm is MD5.",
    ),
    (
        "sod-sha1",
        "Chữ ký dựa trên SHA-1.",
        "The signature is over SHA-1.",
    ),
    (
        "sod-several-signers",
        "Có hai người ký.",
        "There are two signers.",
    ),
    (
        "sod-signer-missing",
        "Không có người ký.",
        "There is no signer.",
    ),
    (
        "sod-certificate-missing",
        "Không có chứng thư bên trong.",
        "There is no certificate inside.",
    ),
    (
        "sod-other-certificate",
        "Chứng thư duy nhất bên trong là của khóa khác.",
        "The one certificate inside is of another key.",
    ),
    (
        "sod-other-certificates",
        "Bên trong có hai chứng thư, không phải của người ký.",
        "There are two certificates inside, and the signer's is neither.",
    ),
    (
        "sod-hash-wrong",
        "Giá trị băm của DG2 khác, và được ký.",
        "The hash of DG2 is another one, and signed.",
    ),
    (
        "sod-hashes-swapped",
        "Giá trị băm của DG1 và DG2 đổi chỗ cho nhau.",
        "The hashes of DG1 and DG2 stand under each other's number.",
    ),
    (
        "sod-hash-algorithm",
        "Giá trị băm thuộc thuật toán khác với thuật toán đã nêu.",
        "The hashes are of another algorithm than is said.",
    ),
    (
        "sod-hash-algorithm-md5",
        "Giá trị băm được nêu là MD5.",
        "The hashes are said to be of MD5.",
    ),
    (
        "sod-hash-algorithm-missing",
        "Không nêu thuật toán băm.",
        "The algorithm of the hashes is not named.",
    ),
    (
        "sod-group-missing",
        "Thiếu giá trị băm của DG13.",
        "The hash of DG13 is missing.",
    ),
    (
        "sod-group-added",
        "Có giá trị băm của DG16 không tồn tại.",
        "There is a hash of DG16, which is not there.",
    ),
    (
        "sod-group-twice",
        "Giá trị băm của DG2 lặp lại hai lần.",
        "The hash of DG2 stands there twice.",
    ),
    (
        "sod-group-number",
        "Số của DG1 là 255.",
        "The number of DG1 is 255.",
    ),
    (
        "sod-hashes-missing",
        "Không có giá trị băm nào.",
        "There is no hash at all.",
    ),
    (
        "sod-other-versions",
        "Phiên bản LDS đã ký khác với EF.COM.",
        "The signed LDS version is another than that of EF.COM.",
    ),
    (
        "sod-version-unknown",
        "Đối tượng bảo mật có phiên bản không tồn tại.",
        "The security object is of a version that does not exist.",
    ),
    (
        "sod-time-missing",
        "Không có thời điểm ký.",
        "There is no time of signing.",
    ),
    (
        "sod-signed-too-early",
        "Thời điểm ký trước thời hạn của người ký.",
        "The time of signing lies before the signer's period.",
    ),
    (
        "sod-signed-too-late",
        "Thời điểm ký sau thời hạn của người ký.",
        "The time of signing lies after the signer's period.",
    ),
    (
        "pki-signer-expired",
        "Chứng thư người ký đã hết hạn và không rõ thời điểm ký.",
        "The signer's period is over, and nothing says when it signed.",
    ),
    (
        "pki-signer-not-yet-valid",
        "Chứng thư người ký chưa có hiệu lực khi ký.",
        "The signer's period had not begun when it signed.",
    ),
    (
        "pki-signer-over-before-signing",
        "Chứng thư người ký đã hết hạn khi ký.",
        "The signer's period was over when it signed.",
    ),
    (
        "pki-signer-usage",
        "Khóa người ký chỉ được dùng để ký chứng thư.",
        "The signer's key may sign certificates and nothing else.",
    ),
    (
        "pki-signer-usage-missing",
        "Chứng thư người ký không nói khóa dùng vào việc gì.",
        "The signer's certificate does not say what its key may do.",
    ),
    (
        "pki-signer-critical",
        "Chứng thư người ký có phần mở rộng trọng yếu không ai biết.",
        "The signer's certificate has a critical extension that nobody knows.",
    ),
    (
        "pki-signer-country",
        "Người ký thuộc nước khác với cơ quan gốc.",
        "The signer is of another country than its authority.",
    ),
    (
        "pki-signer-documents",
        "Người ký chỉ được ký loại giấy tờ khác.",
        "The signer may sign documents of other types only.",
    ),
    (
        "pki-signer-self-signed",
        "Chứng thư người ký tự ký.",
        "The signer's certificate is signed by its own key.",
    ),
    (
        "pki-authority-signs",
        "Chính cơ quan gốc ký giấy tờ.",
        "The authority itself signs the document.",
    ),
    (
        "pki-issuer-name",
        "Chứng thư người ký nêu cơ quan cấp khác, được ký đúng.",
        "The signer's certificate names another issuer, rightly signed.",
    ),
    (
        "pki-certificate-signature",
        "Bit cuối của chữ ký trên chứng thư người ký bị đổi.",
        "The last bit of the signature of the signer's certificate is another one.",
    ),
    (
        "pki-impostor",
        "Cơ quan giả cùng tên, khác khóa, cấp chứng thư người ký.",
        "An authority of the right name and another key issued the signer's certificate.",
    ),
    (
        "pki-no-anchor",
        "Cơ quan của nước đó mà không ai biết cấp chứng thư người ký.",
        "An authority of the country that nobody knows issued the signer's certificate.",
    ),
    (
        "pki-foreign-authority",
        "Cơ quan của nước khác cấp chứng thư người ký.",
        "An authority of another country issued the signer's certificate.",
    ),
    (
        "pki-twisted-curve",
        "Đường cong của người ký có điểm sinh do kẻ giả mạo chọn.",
        "The signer's explicit curve has a generator of the forger's choice.",
    ),
    (
        "pki-anchor-no-authority",
        "Chứng thư gốc không phải của cơ quan cấp.",
        "The anchor is no authority.",
    ),
    (
        "pki-anchor-usage",
        "Khóa gốc không được ký chứng thư.",
        "The anchor's key may not sign certificates.",
    ),
    (
        "pki-anchor-critical",
        "Chứng thư gốc có phần mở rộng trọng yếu không ai biết.",
        "The anchor has a critical extension that nobody knows.",
    ),
    (
        "pki-anchor-expired",
        "Chứng thư gốc đã hết hạn.",
        "The anchor's period is over.",
    ),
    (
        "pki-anchor-retired",
        "Khóa gốc đã ngừng dùng khi cấp chứng thư người ký.",
        "The anchor's key had retired when it issued the signer's certificate.",
    ),
    (
        "pki-anchor-missing",
        "Bên kiểm tra không có chứng thư gốc nào.",
        "The verifier has no anchor at all.",
    ),
    (
        "pki-signer-revoked",
        "Danh sách thu hồi nêu người ký.",
        "A revocation list names the signer.",
    ),
    (
        "pki-list-stale",
        "Danh sách thu hồi quá hạn không nêu ai.",
        "A revocation list that is out of date names nobody.",
    ),
    (
        "pki-list-forged",
        "Danh sách thu hồi do khóa khác ký nêu người ký.",
        "A revocation list that another key signed names the signer.",
    ),
    (
        "content-dg13-number",
        "DG13 có số khác với vùng MRZ.",
        "DG13 has another number than the MRZ.",
    ),
    (
        "content-dg13-name",
        "DG13 có họ tên khác với vùng MRZ.",
        "DG13 has another name than the MRZ.",
    ),
    (
        "content-dg13-birth",
        "DG13 có ngày sinh khác với vùng MRZ.",
        "DG13 has another date of birth than the MRZ.",
    ),
    (
        "content-dg13-sex",
        "DG13 có giới tính khác với vùng MRZ.",
        "DG13 has another sex than the MRZ.",
    ),
    (
        "content-dg13-expiry",
        "DG13 có ngày hết hạn khác với vùng MRZ.",
        "DG13 has another date of expiry than the MRZ.",
    ),
    (
        "content-zone-check-digit",
        "Số kiểm tra cuối của vùng MRZ sai.",
        "The last check digit of the MRZ is wrong.",
    ),
    (
        "content-zone-state",
        "Vùng MRZ nêu nước cấp khác với nước của người ký.",
        "The MRZ is of a state that the signer is not of.",
    ),
    (
        "content-document-expired",
        "Giấy tờ đã hết hạn.",
        "The document's time is over.",
    ),
    (
        "content-portrait-swapped",
        "Ảnh của người khác được thay vào sau khi ký.",
        "The portrait is that of somebody else, put there after signing.",
    ),
    (
        "content-portrait-signed",
        "Ảnh của người khác, được ký đúng; chỉ người mới nhận ra.",
        "The portrait is that of somebody else, rightly signed; only a person can tell.",
    ),
    (
        "content-portrait-broken",
        "Ảnh không phải là ảnh, được ký đúng.",
        "The portrait is no picture, rightly signed.",
    ),
    (
        "content-com-lists-less",
        "EF.COM liệt kê ít nhóm hơn số đã ký.",
        "EF.COM lists fewer groups than are signed.",
    ),
    (
        "content-com-lists-more",
        "EF.COM liệt kê một nhóm không được ký.",
        "EF.COM lists a group that is not signed.",
    ),
    (
        "content-card-access-weaker",
        "EF.CardAccess công bố cách yếu hơn DG14 đã ký.",
        "EF.CardAccess offers a weaker way than the signed DG14.",
    ),
    (
        "content-card-access-hides",
        "EF.CardAccess giấu cách mạnh nhất của DG14 đã ký.",
        "EF.CardAccess keeps back the strongest way of the signed DG14.",
    ),
    (
        "register-replaced",
        "Sổ đăng ký: thẻ khác đã thay thẻ này.",
        "The register: another card took its place.",
    ),
    (
        "register-reported-lost",
        "Sổ đăng ký: chủ thẻ đã báo mất.",
        "The register: its holder reported it lost.",
    ),
    (
        "register-revoked",
        "Sổ đăng ký: cơ quan cấp đã thu hồi.",
        "The register: the authority withdrew it.",
    ),
    (
        "register-expired",
        "Sổ đăng ký: thẻ đã hết hạn.",
        "The register: its time is over.",
    ),
    (
        "register-not-issued",
        "Sổ đăng ký: có người này, chưa từng cấp thẻ này.",
        "The register: the person is on file, and no such card was issued.",
    ),
    (
        "register-not-on-file",
        "Sổ đăng ký không biết thẻ và số này.",
        "The register knows neither the card nor the number.",
    ),
    (
        "register-other-name",
        "Sổ đăng ký có họ tên khác với thẻ.",
        "The register has another name than the card.",
    ),
    (
        "register-other-birth",
        "Sổ đăng ký có ngày sinh khác với thẻ.",
        "The register has another date of birth than the card.",
    ),
    (
        "register-other-document",
        "Sổ đăng ký có số giấy tờ khác với thẻ.",
        "The register has another document number than the card.",
    ),
    (
        "register-not-reached",
        "Không kết nối được sổ đăng ký.",
        "The register does not answer.",
    ),
    (
        "register-bad-answer",
        "Sổ đăng ký trả lời sai dạng.",
        "The register answers something that is no answer.",
    ),
    (
        "register-slow",
        "Sổ đăng ký trả lời sau hai giây.",
        "The register's answer takes two seconds.",
    ),
    (
        "register-stale",
        "Dữ liệu của sổ đăng ký đã cũ một năm.",
        "What the register knows is a year old.",
    ),
    (
        "register-deceased",
        "Sổ đăng ký: chủ thẻ đã chết.",
        "The register says that the holder is dead.",
    ),
    (
        "register-wrong-signature",
        "Chữ ký trên câu trả lời của sổ đăng ký không đúng.",
        "The signature on the answer does not hold.",
    ),
    (
        "register-foreign-signer",
        "Câu trả lời do người khác ký, không phải sổ đăng ký.",
        "Somebody signed the answer who is not the register.",
    ),
    (
        "register-other-question",
        "Câu trả lời thuộc về câu hỏi khác.",
        "The answer is one to another question.",
    ),
    (
        "register-refused",
        "Sổ đăng ký từ chối câu hỏi.",
        "The register refuses the question.",
    ),
    (
        "clock-before-signing",
        "Đồng hồ chỉ ngày trước ngày cấp.",
        "The clock shows the day before the document was issued.",
    ),
    (
        "clock-after-expiry",
        "Đồng hồ chỉ ngày sau ngày hết hạn.",
        "The clock shows the day after the document's expiry.",
    ),
    (
        "clock-1970",
        "Đồng hồ chỉ ngày đầu năm 1970.",
        "The clock shows the first day of 1970.",
    ),
];
