//! Names of the quirks of issuers.

use super::Name;

/// What an issuer wrote otherwise, in a sentence.
pub(super) const ISSUED: &[Name] = &[
    (
        "card-access-offers-less",
        "EF.CardAccess công bố ít hơn DG14.",
        "EF.CardAccess offers less than DG14.",
    ),
    (
        "com-absent",
        "Chip không có mục lục EF.COM.",
        "The chip has no EF.COM.",
    ),
    (
        "com-malformed",
        "Mục lục EF.COM bị hỏng.",
        "EF.COM is damaged.",
    ),
    (
        "com-lists-more",
        "EF.COM liệt kê nhóm không có trên chip.",
        "EF.COM lists a group that is not there.",
    ),
    (
        "com-lists-less",
        "EF.COM bỏ sót một nhóm.",
        "EF.COM leaves out a group.",
    ),
    (
        "signed-group-absent",
        "Chip không có một nhóm đã được ký.",
        "A group that is signed is not on the chip.",
    ),
    (
        "group-unsigned",
        "Một nhóm trên chip không được ký.",
        "A group on the chip is not signed.",
    ),
    (
        "group-long-lengths",
        "Các nhóm ghi độ dài dài hơn cần thiết.",
        "Groups have longer length fields than they need.",
    ),
    (
        "sod-indefinite-length",
        "EF.SOD dùng độ dài không xác định.",
        "EF.SOD has indefinite lengths.",
    ),
    (
        "sod-constructed-octets",
        "Nội dung trong EF.SOD bị chia làm hai phần.",
        "The content of EF.SOD is in two pieces.",
    ),
    (
        "attributes-unsorted",
        "Thuộc tính đã ký không theo thứ tự DER.",
        "The signed attributes are not in the order of DER.",
    ),
    (
        "attributes-sorted-late",
        "Thuộc tính được ký theo thứ tự DER nhưng ghi theo thứ tự khác.",
        "The signed attributes were signed in DER and stand otherwise.",
    ),
    (
        "sod-oid-icao-pilot",
        "EF.SOD dùng mã loại 1.3.27.1.1.1.",
        "EF.SOD has the content type 1.3.27.1.1.1.",
    ),
    (
        "sod-oid-pilot-nl",
        "EF.SOD dùng mã loại 1.2.528.1.1006.1.20.1.",
        "EF.SOD has the content type 1.2.528.1.1006.1.20.1.",
    ),
    (
        "signer-name-printable",
        "Tên bên ký ghi bằng kiểu chuỗi khác.",
        "The signer's name is in another type of string.",
    ),
    (
        "signer-name-case",
        "Tên bên ký ghi bằng chữ hoa.",
        "The signer's name is in upper case.",
    ),
    (
        "signer-name-spaces",
        "Tên bên ký có thừa dấu cách.",
        "The signer's name has more spaces.",
    ),
    (
        "signer-by-key-id",
        "Bên ký được ghi bằng mã khóa.",
        "The signer is named by its key.",
    ),
    (
        "signer-name-foreign",
        "Tên bên ký không khớp với chứng thư duy nhất.",
        "The signer's name is not that of the only certificate.",
    ),
    (
        "signer-absent",
        "EF.SOD không kèm chứng thư.",
        "EF.SOD holds no certificate.",
    ),
    (
        "serial-negative",
        "Số sê-ri của bên ký là số âm.",
        "The signer's serial number is negative.",
    ),
    (
        "serial-zero",
        "Số sê-ri của bên ký là số không.",
        "The signer's serial number is zero.",
    ),
    (
        "parameters-null",
        "Tham số thuật toán ghi là NULL.",
        "Algorithms have NULL for parameters.",
    ),
    (
        "parameters-absent",
        "Thuật toán không ghi tham số.",
        "Algorithms have no parameters.",
    ),
    (
        "explicit-curve",
        "Chứng thư ghi đầy đủ các số của đường cong.",
        "The certificate gives its curve in full.",
    ),
    (
        "explicit-curve-seed",
        "Chứng thư ghi đầy đủ đường cong, kèm hạt giống.",
        "The certificate gives its curve in full, with a seed.",
    ),
    (
        "explicit-curve-bare",
        "Chứng thư ghi đầy đủ đường cong, thiếu đối hệ số.",
        "The certificate gives its curve in full, without the cofactor.",
    ),
    (
        "certificate-hash-wrong",
        "Chứng thư ghi sai thuật toán băm.",
        "The certificate names a wrong hash.",
    ),
    (
        "certificate-curve-wrong",
        "Chứng thư ghi sai đường cong.",
        "The certificate names a wrong curve.",
    ),
    (
        "pss-defaults",
        "RSA-PSS với mọi tham số mặc định.",
        "RSA-PSS with every parameter left out.",
    ),
    (
        "pss-salt",
        "RSA-PSS với phần ngẫu nhiên dài khác thường.",
        "RSA-PSS with a salt of unusual length.",
    ),
    (
        "hash-longer-than-order",
        "Giá trị băm dài hơn bậc của đường cong.",
        "The hash is longer than the order of the curve.",
    ),
    (
        "dg11-empty-fields",
        "DG11 có mục trống.",
        "DG11 has empty fields.",
    ),
    (
        "dg11-count",
        "DG11 ghi sai số lượng tên khác.",
        "DG11 announces too many other names.",
    ),
    (
        "dg11-unknown-fields",
        "DG11 có mục lạ.",
        "DG11 has unknown fields.",
    ),
    (
        "dg12-bcd-dates",
        "DG12 ghi ngày ở dạng BCD.",
        "The dates of DG12 are in BCD.",
    ),
    (
        "portrait-type",
        "Ảnh ghi sai định dạng.",
        "The portrait is of another format than it says.",
    ),
    (
        "portrait-exif",
        "Ảnh JPEG bắt đầu bằng Exif.",
        "The portrait begins with Exif.",
    ),
    (
        "portrait-codestream",
        "Ảnh là luồng mã JPEG 2000.",
        "The portrait is a bare codestream of JPEG 2000.",
    ),
    (
        "portrait-padding",
        "Có số 0 thừa sau ảnh.",
        "Zeros follow the portrait.",
    ),
    (
        "dg13-foreign",
        "DG13 có cấu trúc lạ.",
        "DG13 has an unknown layout.",
    ),
    (
        "mrz-state-d",
        "Thẻ của Đức, mã quốc gia là D.",
        "The card is German, and its state is D.",
    ),
    (
        "mrz-short-number",
        "Số giấy tờ ngắn hơn chín ký tự.",
        "The document number is shorter than nine characters.",
    ),
    (
        "mrz-long-number",
        "Số giấy tờ dài hơn chín ký tự.",
        "The document number is longer than nine characters.",
    ),
    (
        "mrz-optional-filler",
        "Số kiểm tra của phần tùy chọn để trống.",
        "The check digit of the optional data is a filler.",
    ),
    (
        "mrz-optional-zero",
        "Số kiểm tra của phần tùy chọn là số không.",
        "The check digit of the optional data is zero.",
    ),
    (
        "mrz-two-digit-year",
        "Người giữ thẻ sinh năm 1922.",
        "The holder was born in 1922.",
    ),
];
