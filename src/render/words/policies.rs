//! What a policy does not accept, although it holds by the built-in rules.

use super::Entry;
use super::Kind;

pub(super) const POLICIES: &[Entry] = &[
    Entry {
        code: "access.algorithm_weak",
        kind: Kind::Open,
        vi: "Thẻ đã mở bằng thuật toán mà chính sách kiểm tra coi là quá yếu.",
        vi_remedy: "Vui lòng chuyển thẻ cho người có thẩm quyền xem xét.",
        en: "The card was opened with an algorithm that the policy takes for too weak.",
        en_remedy: "Hand the card to a supervisor.",
    },
    Entry {
        code: "sod.algorithm_weak",
        kind: Kind::Open,
        vi: "Chữ ký của thẻ đúng, nhưng dùng thuật toán mà chính sách kiểm tra coi là quá yếu.",
        vi_remedy: "Vui lòng chuyển thẻ cho người có thẩm quyền xem xét.",
        en: "The card's signature is right, but made with an algorithm that the policy takes for too weak.",
        en_remedy: "Hand the card to a supervisor.",
    },
    Entry {
        code: "chain.algorithm_weak",
        kind: Kind::Open,
        vi: "Chứng thư của bên ký thẻ dẫn đến một gốc tin cậy, nhưng qua thuật toán mà chính sách kiểm tra coi là quá yếu.",
        vi_remedy: "Vui lòng chuyển thẻ cho người có thẩm quyền xem xét.",
        en: "The signer's certificate leads to a trusted root, but through an algorithm that the policy takes for too weak.",
        en_remedy: "Hand the card to a supervisor.",
    },
    Entry {
        code: "chain.test_anchor",
        kind: Kind::Open,
        vi: "Thẻ do gốc thử nghiệm ký, mà chính sách kiểm tra chỉ nhận gốc thật.",
        vi_remedy: "Vui lòng dùng thẻ thật, hoặc chính sách dành cho thử nghiệm (--policy ci-simulator).",
        en: "The card is signed under test material, and the policy takes real roots only.",
        en_remedy: "Use a real card, or the policy for tests (--policy ci-simulator).",
    },
    Entry {
        code: "chain.real_anchor",
        kind: Kind::Open,
        vi: "Thẻ do gốc thật ký, mà chính sách kiểm tra đang dùng chỉ dành cho thẻ thử nghiệm.",
        vi_remedy: "Vui lòng chọn chính sách dành cho nơi làm việc (--policy counter).",
        en: "The card is signed under a real root, and the policy in use is for test cards only.",
        en_remedy: "Choose the policy of your place of work (--policy counter).",
    },
    Entry {
        code: "chain.list_stale",
        kind: Kind::Open,
        vi: "Danh sách tin cậy chứa chứng thư gốc này cũ hơn mức chính sách kiểm tra cho phép.",
        vi_remedy: "Vui lòng cập nhật danh sách tin cậy (cancuoc trust update) rồi kiểm tra lại.",
        en: "The master list that this root came from is older than the policy allows.",
        en_remedy: "Bring the lists up to date (cancuoc trust update) and check again.",
    },
    Entry {
        code: "chip.algorithm_weak",
        kind: Kind::Open,
        vi: "Chip đã chứng minh là chip gốc, nhưng bằng khóa hoặc thuật toán mà chính sách kiểm tra coi là quá yếu.",
        vi_remedy: "Vui lòng so kỹ ảnh trên thẻ và trên chip với người đang có mặt.",
        en: "The chip proved that it is the original, but by a key or algorithm that the policy takes for too weak.",
        en_remedy: "Compare the printed and the stored portrait closely with the person present.",
    },
];
