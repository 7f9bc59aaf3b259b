//! Texts in an encoding from before Unicode that were taken for Unicode, and what they say.
//!
//! Registers of the nineties were kept in fonts. TCVN 5712:1993 (its third set, "TCVN3", the fonts
//! `.Vn…`) has one octet for each small letter and leaves capitals to the font; VNI writes the letter and
//! a second octet for its marks. Read as Windows-1252, both look like letters of western Europe.

/// The letters of TCVN3 as Windows-1252 shows them. Capitals of these have a font of their own.
const TCVN3: [(&str, &str); 13] = [
    ("¸µ¶·¹", "áàảãạ"),
    ("¨¾»¼½Æ", "ăắằẳẵặ"),
    ("©ÊÇÈÉË", "âấầẩẫậ"),
    ("®", "đ"),
    ("ÐÌÎÏÑ", "éèẻẽẹ"),
    ("ªÕÒÓÔÖ", "êếềểễệ"),
    ("Ý×ØÜÞ", "íìỉĩị"),
    ("ãßáâä", "óòỏõọ"),
    ("«èåæçé", "ôốồổỗộ"),
    ("¬íêëìî", "ơớờởỡợ"),
    ("óïñòô", "úùủũụ"),
    ("\u{AD}øõö÷ù", "ưứừửữự"),
    ("ýúûüþ¡¢§£¤¥¦", "ýỳỷỹỵĂÂĐÊÔƠƯ"),
];

/// Marks of VNI behind a letter, and the combining marks that they stand for.
const VNI_MARKS: [(char, &str); 15] = [
    ('ù', "\u{301}"),
    ('ø', "\u{300}"),
    ('û', "\u{309}"),
    ('õ', "\u{303}"),
    ('ï', "\u{323}"),
    ('â', "\u{302}"),
    ('á', "\u{302}\u{301}"),
    ('à', "\u{302}\u{300}"),
    ('å', "\u{302}\u{309}"),
    ('ã', "\u{302}\u{303}"),
    ('ä', "\u{302}\u{323}"),
    ('ê', "\u{306}"),
    ('é', "\u{306}\u{301}"),
    ('è', "\u{306}\u{300}"),
    ('ú', "\u{306}\u{309}"),
];

/// The last two of them, which the table above has no room for in its order.
const VNI_MORE: [(char, &str); 2] = [('ü', "\u{306}\u{303}"), ('ë', "\u{306}\u{323}")];

/// Letters of VNI that stand alone.
const VNI_LETTERS: [(char, char); 16] = [
    ('ñ', 'đ'),
    ('Ñ', 'Đ'),
    ('ô', 'ơ'),
    ('Ô', 'Ơ'),
    ('ö', 'ư'),
    ('Ö', 'Ư'),
    ('í', 'í'),
    ('Í', 'Í'),
    ('ì', 'ì'),
    ('Ì', 'Ì'),
    ('æ', 'ỉ'),
    ('Æ', 'Ỉ'),
    ('ó', 'ĩ'),
    ('Ó', 'Ĩ'),
    ('ò', 'ị'),
    ('Ò', 'Ị'),
];

/// Characters of Windows-1252 whose octet has another number, 80 to 9F.
const WINDOWS_1252: [(char, u8); 27] = [
    ('€', 0x80),
    ('‚', 0x82),
    ('ƒ', 0x83),
    ('„', 0x84),
    ('…', 0x85),
    ('†', 0x86),
    ('‡', 0x87),
    ('ˆ', 0x88),
    ('‰', 0x89),
    ('Š', 0x8A),
    ('‹', 0x8B),
    ('Œ', 0x8C),
    ('Ž', 0x8E),
    ('‘', 0x91),
    ('’', 0x92),
    ('“', 0x93),
    ('”', 0x94),
    ('•', 0x95),
    ('–', 0x96),
    ('—', 0x97),
    ('˜', 0x98),
    ('™', 0x99),
    ('š', 0x9A),
    ('›', 0x9B),
    ('œ', 0x9C),
    ('ž', 0x9E),
    ('Ÿ', 0x9F),
];

/// Everything that a text can have been before it was taken for Unicode.
pub(super) fn readings(text: &str) -> impl Iterator<Item = String> {
    [utf8(text), tcvn3(text), vni(text)].into_iter().flatten()
}

/// UTF-8 that was read as Windows-1252: `Nguyá»…n`.
fn utf8(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let octets: Option<Vec<u8>> = text.chars().map(octet).collect();
    String::from_utf8(octets?).ok()
}

fn octet(character: char) -> Option<u8> {
    let named = WINDOWS_1252.iter().find(|entry| entry.0 == character);
    named
        .map(|entry| entry.1)
        .or_else(|| u8::try_from(u32::from(character)).ok())
}

fn tcvn3(text: &str) -> Option<String> {
    let mut changed = 0_usize;
    // Half of these characters are letters of Vietnamese, too; one that is none gives a text away.
    let mut strange = false;
    let read = text.chars().map(|character| {
        let Some(letter) = TCVN3.iter().find_map(|row| beside(*row, character)) else {
            return character;
        };
        changed += 1;
        strange |= !"ãáâèéêìíòóôõùúýÊÔÉÈÌÒÕÝ".contains(character);
        letter
    });
    let read: String = read.collect();
    (strange || changed > 1).then_some(read)
}

fn beside((from, to): (&str, &str), character: char) -> Option<char> {
    let at = from.chars().position(|one| one == character)?;
    to.chars().nth(at)
}

fn vni(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let mut read = String::with_capacity(text.len());
    let mut carrier = false;
    // A single ô may be what it seems.
    let mut strange = text.contains(['ñ', 'Ñ', 'ö', 'Ö', 'æ', 'Æ']);
    for character in text.chars() {
        let mark = small(character);
        let marks = VNI_MARKS.iter().chain(&VNI_MORE);
        let marks = marks
            .filter(|_| carrier)
            .find(|entry| entry.0 == mark)
            .map(|entry| entry.1);
        if let Some(marks) = marks {
            read.push_str(marks);
            (carrier, strange) = (false, true);
            continue;
        }
        // y with a dot below has an octet of its own.
        let letter = VNI_LETTERS.iter().find(|entry| entry.0 == character);
        let letter = match character {
            'î' => 'ỵ',
            'Î' => 'Ỵ',
            other => letter.map_or(other, |entry| entry.1),
        };
        carrier = matches!(small(letter), 'a' | 'e' | 'o' | 'ơ' | 'u' | 'ư' | 'y');
        read.push(letter);
    }
    strange.then_some(read)
}

fn small(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    fn read(reading: fn(&str) -> Option<String>, text: &str) -> String {
        reading(text).unwrap().nfc().collect()
    }

    #[test]
    fn old_encodings_are_read() {
        assert_eq!(read(tcvn3, "NguyÔn V¨n MÉu"), "Nguyễn Văn Mẫu");
        assert_eq!(read(tcvn3, "§ç ThÞ Thö"), "Đỗ Thị Thử");
        assert_eq!(read(vni, "Nguyeãn Vaên Maãu"), "Nguyễn Văn Mẫu");
        assert_eq!(read(vni, "ÑOÃ THÒ THÖÛ"), "ĐỖ THỊ THỬ");
        assert_eq!(read(utf8, "Nguyá»…n"), "Nguyễn");
    }

    #[test]
    fn the_tables_are_even() {
        for (from, to) in TCVN3 {
            assert_eq!(from.chars().count(), to.chars().count(), "{from}");
        }
        let mut letters: Vec<char> = TCVN3.iter().flat_map(|row| row.0.chars()).collect();
        letters.sort_unstable();
        letters.dedup();
        // 67 small letters with a mark, and the seven capitals that have an octet.
        assert_eq!(letters.len(), 67 + 7);
    }
}
