// Everything the two pages say, in both languages. What the agent itself has words for (codes of checks,
// failures) comes from it; codes.js has the sentences of the checks.

const vi = {
  // Both pages
  appTitle: "Kiểm tra giấy tờ",
  kioskTitle: "Tự kiểm tra thẻ căn cước",
  skip: "Đến nội dung chính",
  otherLanguage: "English",
  theme: "Giao diện",
  theme_auto: "Giao diện: theo máy",
  theme_light: "Giao diện: sáng",
  theme_dark: "Giao diện: tối",
  soundOn: "Âm thanh: bật",
  soundOff: "Âm thanh: tắt",
  help: "Phím tắt",
  close: "Đóng",
  tools: "Tùy chọn",
  readers: "Đầu đọc",
  testMaterial: "THẺ THỬ NGHIỆM: không phải giấy tờ của ai, không dùng cho thủ tục thật.",

  // Connection
  connectTitle: "Chưa kết nối được dịch vụ đọc thẻ",
  connectText: "Dịch vụ đọc thẻ trên máy này chưa chạy. Khởi động dịch vụ bằng một trong hai lệnh sau; trang sẽ tự kết nối lại.",
  connectRefused: "Dịch vụ đọc thẻ không nhận trang này. Vui lòng mở trang bằng địa chỉ mà lệnh “cancuoc agent pair” in ra.",
  connectLevel: "Trang và dịch vụ đọc thẻ khác phiên bản. Vui lòng tải lại trang.",
  connectButton: "Thử lại ngay",
  connecting: "Đang kết nối…",
  connected: "Đã kết nối với dịch vụ đọc thẻ.",
  pairTitle: "Ghép nối trang này",
  pairText: "Chạy một trong hai lệnh dưới đây trên máy này rồi nhập mã tám chữ số. Mã dùng một lần và có hạn năm phút.",
  pairPackage: "Dịch vụ cài từ gói:",
  pairHand: "Chương trình chạy bằng tay:",
  pairLabel: "Mã ghép nối (8 chữ số)",
  pairButton: "Ghép nối",
  pairShape: "Mã ghép nối có đúng tám chữ số.",

  // Readers
  noReaderTitle: "Chưa có đầu đọc thẻ",
  noReaderText: "Cắm đầu đọc vào máy. Trang sẽ tự nhận đầu đọc.",
  takenTitle: "Đầu đọc này đang được nơi khác dùng",
  takenBy: "Bên đang dùng: {holder}",
  takenByOther: "một trang hoặc chương trình khác",
  takenText: "Vui lòng đóng trang hoặc chương trình kia, hoặc chọn đầu đọc khác.",
  takenButton: "Thử lại",
  readerFree: "trống",
  readerBusy: "đang đọc",
  readerMine: "của trang này",
  readerOther: "nơi khác dùng",
  readerCard: "có thẻ",
  readerAttached: "Đã nhận đầu đọc {name}.",
  readerDetached: "Đầu đọc {name} đã được rút ra.",

  // Key
  idleTitle: "Đặt thẻ lên đầu đọc",
  idleText: "Quét mã QR trên thẻ hoặc nhập sáu số cuối của số căn cước, rồi nhấn Enter.",
  keyTitle: "Thẻ đã nằm trên đầu đọc",
  keyText: "Quét mã QR trên thẻ hoặc nhập sáu số cuối của số căn cước, rồi nhấn Enter.",
  keyLabel: "Mã QR, sáu số cuối, hoặc MRZ",
  keyButton: "Đọc thẻ",
  keyWrong: "Mã mở thẻ không đúng với thẻ này. Vui lòng kiểm tra rồi nhập lại.",
  keyTries: "Còn {count} lần thử.",
  keyEmpty: "Vui lòng quét mã QR hoặc nhập sáu số cuối của số căn cước.",
  cardPresent: "Có thẻ trên đầu đọc.",
  cardUnknown: "Trên đầu đọc có một thẻ không nhận ra. Thử đặt lại cho ngay ngắn.",
  cardRemoved: "Thẻ đã được nhấc ra.",

  // Reading
  readingTitle: "Đang đọc thẻ",
  readingHold: "Giữ nguyên thẻ trên đầu đọc.",
  phase_waiting: "Chờ thẻ",
  phase_opening: "Đang mở chip",
  phase_text: "Đang đọc thông tin",
  phase_proof: "Đang kiểm tra chip gốc",
  phase_photo: "Đang đọc ảnh",
  phase_verifying: "Đang kiểm tra chữ ký",
  phase_registry: "Đang hỏi cơ sở dữ liệu căn cước",
  progressLabel: "Tiến độ đọc thẻ",
  cancel: "Dừng đọc",
  unverifiedYet: "Chưa kiểm tra xong – chưa dùng được",
  pausedTitle: "Thẻ bị lệch khỏi đầu đọc",
  pausedText: "Đặt lại đúng thẻ đó và giữ yên. Việc đọc sẽ tự tiếp tục.",
  pausedWithin: "Còn {count} giây.",
  resumed: "Đã tiếp tục đọc.",

  // Result
  verdict_genuine: "Giấy tờ thật",
  verdict_genuine_not_in_force: "Giấy tờ thật nhưng không còn hiệu lực",
  verdict_not_in_force: "Không còn hiệu lực",
  verdict_not_genuine: "Không phải giấy tờ thật",
  verdict_inconclusive: "Chưa kết luận được",
  verdict_unreadable: "Không đọc được",
  reason_genuine: "Mọi kiểm tra bắt buộc đều đạt.",
  caveat_not_asked: "Chưa hỏi cơ sở dữ liệu căn cước: chưa biết thẻ còn hiệu lực hay không.",
  caveat_not_reached: "Chưa hỏi được cơ sở dữ liệu căn cước: chưa biết thẻ còn hiệu lực hay không.",
  caveat_stale: "Dữ liệu của cơ sở dữ liệu căn cước đã cũ: chưa biết thẻ còn hiệu lực hay không.",
  caveat_other: "Cơ sở dữ liệu căn cước chưa trả lời được: chưa biết thẻ còn hiệu lực hay không.",
  next: "Việc tiếp theo",
  next_proceed: "Tiếp tục thủ tục và trả thẻ.",
  next_reposition: "Đặt lại thẻ và giữ yên, rồi đọc lại.",
  next_key_again: "Nhập lại mã mở thẻ.",
  next_other_reader: "Thử đầu đọc khác.",
  next_check_clock: "Chỉnh lại ngày giờ của máy, rồi đọc lại.",
  next_update_trust: "Cập nhật dữ liệu tin cậy, rồi đọc lại.",
  next_manual_review: "Chuyển người có thẩm quyền xem xét.",
  next_refuse: "Không nhận giấy tờ này.",
  next_wait_registry: "Chờ cơ sở dữ liệu căn cước, rồi đọc lại.",
  button_proceed: "Xong, người tiếp theo",
  button_transfer: "Chuyển vào biểu mẫu",
  button_reposition: "Đọc lại",
  button_key_again: "Nhập lại mã",
  button_other_reader: "Chọn đầu đọc khác",
  button_check_clock: "Đọc lại",
  button_update_trust: "Đọc lại",
  button_manual_review: "In phiếu để chuyển",
  button_refuse: "Kết thúc và xóa",
  button_wait_registry: "Đọc lại",
  holder: "Người mang giấy tờ",
  chipSays: "Điều ghi trong chip (không tin được)",
  unverifiedHolder: "Thông tin chưa được xác nhận",
  nameMissing: "Không có họ tên",
  portraitAlt: "Ảnh trên chip",
  portraitPending: "Ảnh đến sau",
  portraitNone: "Không có ảnh",
  portraitFormat: "Trình duyệt không hiện được định dạng ảnh này",
  numberShow: "Hiện số",
  numberHide: "Che số",
  masked: "đã che, ba số cuối {end}",
  copy: "Chép",
  copied: "Đã chép: {field}.",
  copyFailed: "Trình duyệt không cho chép.",
  checks: "Các mục kiểm tra",
  outcome_pass: "Đạt",
  outcome_fail: "Không đạt",
  outcome_open: "Chưa kiểm tra được",
  checksSummary: "{pass} đạt, {fail} không đạt, {open} chưa kiểm tra được",
  required: "bắt buộc",
  checkedAt: "Kiểm tra lúc",
  trustAge: "Dữ liệu tin cậy: {days} ngày tuổi",
  trustToday: "Dữ liệu tin cậy: cập nhật hôm nay",
  trustNone: "Dữ liệu tin cậy: chưa có",
  trustUnknown: "Dữ liệu tin cậy: không rõ ngày",
  trustStale: "đã cũ, cần cập nhật",
  trustUnread:
    "Dữ liệu tin cậy của máy này đã thay đổi nhưng không đọc được ({code}), nên thẻ vẫn được kiểm tra bằng dữ liệu trước đó. Vui lòng báo người quản trị chạy “cancuoc doctor” (gói cài đặt: “sudo cancuoc-service doctor”).",
  samplesOnly: "Cơ sở dữ liệu căn cước của máy này chỉ có công dân mẫu, dùng để thử. Vui lòng báo người quản trị chỉ định cơ sở dữ liệu thật trong cấu hình.",
  samplesAmong: "Cơ sở dữ liệu căn cước của máy này có cả công dân mẫu, dùng để thử. Vui lòng báo người quản trị chỉ định cơ sở dữ liệu không có công dân mẫu trong cấu hình.",
  clockDoubtful: "Ngày giờ của máy này đáng ngờ. Vui lòng kiểm tra đồng hồ.",
  clearsIn: "Tự xóa sau {count} giây",
  moreTime: "Thêm thời gian",
  moreGiven: "Đã thêm thời gian: còn {count} giây.",
  soonCleared: "Còn {count} giây nữa thông tin sẽ được xóa.",
  print: "In phiếu",
  done: "Xong và xóa",
  readAgain: "Đọc lại",
  transfer: "Chuyển vào biểu mẫu",
  transferTo: "Chuyển đến {origin}",
  transferFields: "Các trường sẽ chuyển",
  transferred: "Đã chuyển vào biểu mẫu.",
  transferUnverified: "Chỉ chuyển được thông tin đã được xác nhận.",
  clearedEnded: "Đã xóa thông tin.",
  clearedTime: "Hết thời gian: thông tin đã được xóa.",
  clearedRemoved: "Thẻ đã được nhấc ra: thông tin đã được xóa.",
  takeCard: "Nhấc thẻ ra và trả cho người dân.",
  sentBefore: "Kết quả đã được gửi trước khi mất kết nối nên không gửi lại. Vui lòng đọc lại thẻ.",
  readAgainWhy: "Chưa có kết quả để hiện",

  // Failure
  failedTitle: "Không đọc được",
  failedCode: "Mã lỗi: {code}",
  shutdown: "Dịch vụ đọc thẻ đang dừng.",

  // Slip
  slipTitle: "Phiếu kiểm tra giấy tờ",
  slipVerdict: "Kết luận",
  slipNext: "Việc tiếp theo",
  slipTime: "Thời điểm kiểm tra",
  slipReceipt: "Mã biên nhận",
  slipNoReceipt: "không có",
  slipPolicy: "Chính sách",
  slipTrust: "Dữ liệu tin cậy",
  slipDocument: "Giấy tờ (SHA-256 của EF.SOD)",
  slipNumber: "Số (đã che)",
  slipName: "Họ, chữ đệm và tên",
  slipDevice: "Thiết bị",
  slipSign: "Người kiểm tra (ký, ghi rõ họ tên)",
  slipNote: "Phiếu này ghi lại việc kiểm tra; không thay cho giấy tờ.",

  // Keys
  keysTitle: "Phím tắt",
  keys_enter: "Đọc thẻ với mã vừa quét hoặc nhập; bấm nút đang chọn",
  keys_esc: "Dừng đọc; đóng cửa sổ này",
  keys_f2: "Đến ô nhập mã; đọc lại thẻ",
  keys_f4: "Hiện hoặc che số",
  keys_f8: "Thêm thời gian",
  keys_f9: "In phiếu",
  keys_f10: "Xong và xóa",
  keys_arrows: "Chuyển đầu đọc, khi đang ở hàng đầu đọc",
  keys_help: "Mở bảng này",

  // Kiosk
  kioskWelcome: "Xem thông tin trên chip thẻ căn cước của bạn",
  kioskWelcomeText: "Máy đọc chip, kiểm tra thẻ và cho bạn xem. Không lưu lại gì.",
  kioskStart: "Bắt đầu",
  kioskLay: "Đặt thẻ lên đầu đọc",
  kioskLayText: "Đặt thẻ nằm phẳng và để yên đó.",
  kioskCan: "Nhập sáu số cuối",
  kioskCanText: "Đó là sáu số cuối của số căn cước in trên thẻ.",
  kioskCanLabel: "Sáu số cuối",
  kioskCanDigits: "Đã nhập {count} trên 6 số",
  kioskErase: "Xóa một số",
  kioskEnter: "Đọc thẻ",
  kioskReading: "Đang đọc. Để yên thẻ.",
  kioskPaused: "Thẻ bị lệch. Đặt lại và để yên.",
  kioskTake: "Hãy nhớ lấy lại thẻ.",
  kioskYours: "Thông tin trên thẻ của bạn",
  kioskFinish: "Xong, xóa hết",
  kioskBack: "Quay lại",
  kioskAgain: "Thử lại",
  kioskAway: "Bạn còn ở đây không?",
  kioskStill: "Bạn còn ở đây không? Chạm màn hình trong {count} giây để làm tiếp.",
  kioskWrong: "Sáu số này không khớp với thẻ. Vui lòng xem lại trên thẻ rồi nhập lại.",
  kioskOffline: "Máy đang tạm nghỉ",
  kioskOfflineText: "Vui lòng lấy lại thẻ và gọi nhân viên.",
  kioskKeeper: "Dành cho người quản lý máy",
  kioskNext_proceed: "Thẻ của bạn dùng được. Bạn có thể lấy thẻ.",
  kioskNext_unasked: "Chip của thẻ là thật. Bạn có thể lấy thẻ.",
  kioskNext_refuse: "Thẻ này không dùng được. Vui lòng gặp nhân viên.",
  kioskNext_manual_review: "Vui lòng gặp nhân viên để kiểm tra thêm.",
  kioskStep: "Bước {step} trên 3",
};

/** @typedef {typeof vi} Table */
/** @typedef {keyof Table} Word */

/** @type {Table} */
const en = {
  appTitle: "Document check",
  kioskTitle: "Check your identity card",
  skip: "Skip to the content",
  otherLanguage: "Tiếng Việt",
  theme: "Appearance",
  theme_auto: "Appearance: automatic",
  theme_light: "Appearance: light",
  theme_dark: "Appearance: dark",
  soundOn: "Sound: on",
  soundOff: "Sound: off",
  help: "Keys",
  close: "Close",
  tools: "Options",
  readers: "Readers",
  testMaterial: "TEST CARD: nobody's document, not for any real procedure.",

  connectTitle: "The card service cannot be reached",
  connectText: "The card service on this machine is not running. Start it with one of these commands; this page connects by itself.",
  connectRefused: "The card service does not accept this page. Open it at the address that “cancuoc agent pair” prints.",
  connectLevel: "This page and the card service are of different versions. Reload the page.",
  connectButton: "Try again now",
  connecting: "Connecting…",
  connected: "Connected to the card service.",
  pairTitle: "Pair this page",
  pairText: "Run one of these commands on this machine and enter the code of eight digits. It counts once, for five minutes.",
  pairPackage: "The service of an installed package:",
  pairHand: "The program run by hand:",
  pairLabel: "Pairing code (8 digits)",
  pairButton: "Pair",
  pairShape: "A pairing code has exactly eight digits.",

  noReaderTitle: "No card reader yet",
  noReaderText: "Plug a reader in. This page finds it by itself.",
  takenTitle: "This reader is in use elsewhere",
  takenBy: "In use by: {holder}",
  takenByOther: "another page or program",
  takenText: "Close that page or program, or choose another reader.",
  takenButton: "Try again",
  readerFree: "free",
  readerBusy: "reading",
  readerMine: "this page's",
  readerOther: "in use elsewhere",
  readerCard: "card present",
  readerAttached: "Reader {name} is there.",
  readerDetached: "Reader {name} was unplugged.",

  idleTitle: "Lay the card on the reader",
  idleText: "Scan the QR code on the card or type the last six digits of the citizen number, then press Enter.",
  keyTitle: "The card is on the reader",
  keyText: "Scan the QR code on the card or type the last six digits of the citizen number, then press Enter.",
  keyLabel: "QR code, last six digits, or MRZ",
  keyButton: "Read the card",
  keyWrong: "The key does not belong to this card. Check it and enter it again.",
  keyTries: "Tries left: {count}.",
  keyEmpty: "Scan the QR code or type the last six digits of the citizen number.",
  cardPresent: "There is a card on the reader.",
  cardUnknown: "There is a card on the reader that is not recognised. Try laying it down squarely.",
  cardRemoved: "The card was taken off.",

  readingTitle: "Reading the card",
  readingHold: "Leave the card on the reader.",
  phase_waiting: "Waiting for the card",
  phase_opening: "Opening the chip",
  phase_text: "Reading the text",
  phase_proof: "Proving that the chip is original",
  phase_photo: "Reading the photo",
  phase_verifying: "Checking the signatures",
  phase_registry: "Asking the registry",
  progressLabel: "Progress of the read",
  cancel: "Stop reading",
  unverifiedYet: "Not checked yet – do not use",
  pausedTitle: "The card has slipped",
  pausedText: "Put the same card back and leave it. The read goes on by itself.",
  pausedWithin: "{count} seconds left.",
  resumed: "The read goes on.",

  verdict_genuine: "Genuine",
  verdict_genuine_not_in_force: "Genuine but not in force",
  verdict_not_in_force: "Not in force",
  verdict_not_genuine: "Not genuine",
  verdict_inconclusive: "Inconclusive",
  verdict_unreadable: "Unreadable",
  reason_genuine: "Every required check passed.",
  caveat_not_asked: "Registry not asked: not known whether the card is in force.",
  caveat_not_reached: "Registry not reached: not known whether the card is in force.",
  caveat_stale: "The registry's data is old: not known whether the card is in force.",
  caveat_other: "No usable answer from the registry: not known whether the card is in force.",
  next: "Next",
  next_proceed: "Go on with the procedure and return the card.",
  next_reposition: "Lay the card down again, leave it, and read again.",
  next_key_again: "Enter the key again.",
  next_other_reader: "Try another reader.",
  next_check_clock: "Put this machine's clock right, then read again.",
  next_update_trust: "Update the trust data, then read again.",
  next_manual_review: "Hand over to a supervisor.",
  next_refuse: "Do not accept this document.",
  next_wait_registry: "Wait for the registry, then read again.",
  button_proceed: "Done, next person",
  button_transfer: "Transfer to the form",
  button_reposition: "Read again",
  button_key_again: "Enter the key again",
  button_other_reader: "Choose another reader",
  button_check_clock: "Read again",
  button_update_trust: "Read again",
  button_manual_review: "Print a slip to hand over",
  button_refuse: "Finish and clear",
  button_wait_registry: "Read again",
  holder: "The holder",
  chipSays: "What the chip says (not to be trusted)",
  unverifiedHolder: "Nothing vouches for this",
  nameMissing: "No name",
  portraitAlt: "Photo on the chip",
  portraitPending: "Photo to follow",
  portraitNone: "No photo",
  portraitFormat: "The browser cannot show this kind of picture",
  numberShow: "Show number",
  numberHide: "Mask number",
  masked: "masked, ends in {end}",
  copy: "Copy",
  copied: "Copied: {field}.",
  copyFailed: "The browser does not let this page copy.",
  checks: "Checks",
  outcome_pass: "Pass",
  outcome_fail: "Fail",
  outcome_open: "Not performed",
  checksSummary: "{pass} passed, {fail} failed, {open} not performed",
  required: "required",
  checkedAt: "Checked at",
  trustAge: "Trust data: {days} days old",
  trustToday: "Trust data: of today",
  trustNone: "Trust data: none yet",
  trustUnknown: "Trust data: age unknown",
  trustStale: "out of date, update it",
  trustUnread:
    "The trust data of this machine has changed and cannot be read ({code}), so cards are still checked with what was there before. Tell the administrator to run “cancuoc doctor” (installed package: “sudo cancuoc-service doctor”).",
  samplesOnly: "The registry of this machine holds sample citizens only, for trying out. Tell the administrator to name the true registry in the configuration.",
  samplesAmong: "The registry of this machine holds sample citizens, too, for trying out. Tell the administrator to name one without them in the configuration.",
  clockDoubtful: "This machine's clock is doubtful. Check date and time.",
  clearsIn: "Cleared in {count} s",
  moreTime: "More time",
  moreGiven: "More time given: {count} seconds.",
  soonCleared: "In {count} seconds everything here will be cleared.",
  print: "Print slip",
  done: "Done and clear",
  readAgain: "Read again",
  transfer: "Transfer to the form",
  transferTo: "Transfer to {origin}",
  transferFields: "Fields to transfer",
  transferred: "Transferred to the form.",
  transferUnverified: "Only data that is vouched for can be transferred.",
  clearedEnded: "Everything was cleared.",
  clearedTime: "Time is up: everything was cleared.",
  clearedRemoved: "The card was taken off: everything was cleared.",
  takeCard: "Take the card off and return it.",
  sentBefore: "The result was sent before the connection broke and is not sent twice. Read the card again.",
  readAgainWhy: "There is no result to show",

  failedTitle: "Unreadable",
  failedCode: "Code: {code}",
  shutdown: "The card service is stopping.",

  slipTitle: "Document check slip",
  slipVerdict: "Verdict",
  slipNext: "Next",
  slipTime: "Time of the check",
  slipReceipt: "Receipt",
  slipNoReceipt: "none",
  slipPolicy: "Policy",
  slipTrust: "Trust data",
  slipDocument: "Document (SHA-256 of EF.SOD)",
  slipNumber: "Number (masked)",
  slipName: "Full name",
  slipDevice: "Device",
  slipSign: "Checked by (signature, name)",
  slipNote: "This slip records a check; it does not stand for the document.",

  keysTitle: "Keys",
  keys_enter: "Read with the key that was scanned or typed; press the chosen button",
  keys_esc: "Stop reading; close this window",
  keys_f2: "Go to the key field; read the card again",
  keys_f4: "Show or mask the number",
  keys_f8: "More time",
  keys_f9: "Print the slip",
  keys_f10: "Done and clear",
  keys_arrows: "Change the reader, when on the row of readers",
  keys_help: "Open this list",

  kioskWelcome: "See what is on the chip of your identity card",
  kioskWelcomeText: "This machine reads the chip, checks the card and shows it to you. Nothing is kept.",
  kioskStart: "Start",
  kioskLay: "Lay your card on the reader",
  kioskLayText: "Lay it flat and leave it there.",
  kioskCan: "Enter the last six digits",
  kioskCanText: "They are the last six digits of the number printed on your card.",
  kioskCanLabel: "Last six digits",
  kioskCanDigits: "{count} of 6 digits entered",
  kioskErase: "Erase one digit",
  kioskEnter: "Read the card",
  kioskReading: "Reading. Leave the card.",
  kioskPaused: "The card has slipped. Put it back and leave it.",
  kioskTake: "Remember to take your card.",
  kioskYours: "What your card says",
  kioskFinish: "Done, clear everything",
  kioskBack: "Back",
  kioskAgain: "Try again",
  kioskAway: "Are you still there?",
  kioskStill: "Are you still there? Touch the screen within {count} seconds to go on.",
  kioskWrong: "These six digits do not belong to this card. Look at the card and enter them again.",
  kioskOffline: "This machine is taking a break",
  kioskOfflineText: "Please take your card and ask a member of staff.",
  kioskKeeper: "For whoever keeps this machine",
  kioskNext_proceed: "Your card is in order. You may take it.",
  kioskNext_unasked: "The chip of your card is genuine. You may take it.",
  kioskNext_refuse: "This card cannot be used. Please see a member of staff.",
  kioskNext_manual_review: "Please see a member of staff for another check.",
  kioskStep: "Step {step} of 3",
};

/** @typedef {"vi" | "en"} Lang */

/** @type {Readonly<Record<Lang, Table>>} */
const TABLES = { vi, en };

/** @type {Readonly<Record<string, readonly [string, string]>>} Checks by name. */
const CHECKS = {
  access: ["Mở chip", "Access"],
  sod_signature: ["Chữ ký của cơ quan cấp", "Issuer's signature"],
  signer_chain: ["Chứng thư của bên ký", "Signer's certificate"],
  revocation: ["Thu hồi chứng thư", "Revocation"],
  hashes: ["Toàn vẹn dữ liệu", "Integrity of the data"],
  consistency: ["Thống nhất dữ liệu", "Consistency"],
  chip: ["Chip gốc", "Original chip"],
  validity: ["Thời hạn", "Validity"],
  registry: ["Cơ sở dữ liệu căn cước", "Registry"],
};

/** @type {Readonly<Record<string, readonly [string, string]>>} Fields of the holder, in the order in which they stand. */
const FIELDS = {
  name: ["Họ, chữ đệm và tên", "Full name"],
  citizen_number: ["Số căn cước", "Citizen number"],
  birth: ["Ngày sinh", "Date of birth"],
  sex: ["Giới tính", "Sex"],
  nationality: ["Quốc tịch", "Nationality"],
  residence: ["Nơi cư trú", "Place of residence"],
  origin: ["Quê quán", "Place of origin"],
  place_of_birth: ["Nơi sinh", "Place of birth"],
  issued: ["Ngày cấp", "Date of issue"],
  expiry: ["Có giá trị đến", "Date of expiry"],
  father: ["Họ tên cha", "Father"],
  mother: ["Họ tên mẹ", "Mother"],
  spouse: ["Họ tên vợ hoặc chồng", "Spouse"],
  old_number: ["Số CMND cũ", "Old identity number"],
  document_number: ["Số giấy tờ", "Document number"],
  personal_number: ["Số định danh cá nhân", "Personal number"],
  latin_name: ["Họ tên không dấu", "Name in Latin letters"],
  other_names: ["Tên khác", "Other names"],
  issuing_state: ["Quốc gia cấp", "Issuing state"],
  document_code: ["Loại giấy tờ", "Type of document"],
  authority: ["Cơ quan cấp", "Issuing authority"],
  address: ["Địa chỉ", "Address"],
  telephone: ["Điện thoại", "Telephone"],
  profession: ["Nghề nghiệp", "Profession"],
  title: ["Danh xưng", "Title"],
};

/** @type {Readonly<Record<string, readonly [string, string]>>} Values that are words. */
const VALUES = {
  male: ["Nam", "Male"],
  female: ["Nữ", "Female"],
  unspecified: ["Không ghi", "Unspecified"],
  never: ["Không thời hạn", "No expiry"],
  VNM: ["Việt Nam", "Viet Nam"],
};

/** @param {readonly [string, string] | undefined} pair @param {Lang} lang */
function of(pair, lang) {
  return pair?.[lang === "vi" ? 0 : 1];
}

/**
 * A sentence with its places filled.
 * @param {Lang} lang
 * @param {Word} word
 * @param {Record<string, string | number>} [places]
 * @returns {string}
 */
export function say(lang, word, places = {}) {
  const text = TABLES[lang][word];
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(places[name] ?? whole));
}

/** @param {string} word @returns {word is Word} */
export function isWord(word) {
  return Object.hasOwn(vi, word);
}

/** @param {Lang} lang @param {string} name @returns {string} */
export function checkName(lang, name) {
  return of(CHECKS[name], lang) ?? name;
}

/** @param {Lang} lang @param {string} name @returns {string} */
export function fieldName(lang, name) {
  return of(FIELDS[name], lang) ?? name;
}

/** Names of the fields in the order in which they stand; others come after them. */
export const FIELD_ORDER = Object.keys(FIELDS);
/** Names of the checks in the order in which they stand. */
export const CHECK_ORDER = Object.keys(CHECKS);

/** Fields that are dates: ISO 8601 in the report, maybe a year or month alone. */
const DATES = new Set(["birth", "issued", "expiry"]);
/** Fields whose value is one of a few words. */
const WORDS = new Set(["sex", "expiry", "nationality", "issuing_state"]);

/**
 * A field's value in the reader's manner.
 * @param {Lang} lang
 * @param {string} name
 * @param {string | string[]} value
 * @returns {string}
 */
export function fieldValue(lang, name, value) {
  if (Array.isArray(value)) return value.join(", ");
  if (WORDS.has(name) && Object.hasOwn(VALUES, value)) return of(VALUES[value], lang) ?? value;
  if (DATES.has(name) && lang === "vi") return value.split("-").reverse().join("/");
  return value;
}

/** @param {Lang} lang @param {string} at RFC 3339 @returns {string} in this machine's time */
export function moment(lang, at) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [year, month, day] = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())];
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return lang === "vi" ? `${time} ngày ${day}/${month}/${year}` : `${year}-${month}-${day} ${time}`;
}
