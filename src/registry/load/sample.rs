//! Invented registers of any size, for benchmarks and tests: the same seed gives the same register.

use std::io;
use std::io::Write;

use crate::crypto::hash::Hash;
use crate::registry::query::SodDigest;

/// Family names, as they are common.
const FAMILY: [&str; 20] = [
    "Nguyễn", "Nguyễn", "Nguyễn", "Nguyễn", "Nguyễn", "Trần", "Trần", "Lê", "Lê", "Phạm", "Hoàng",
    "Phan", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý",
];

/// Middle names of men and of women.
const MIDDLE: [[&str; 12]; 2] = [
    [
        "Văn", "Văn", "Hữu", "Đức", "Minh", "Quốc", "Công", "Xuân", "Mẫu", "Thanh", "Gia", "Ngọc",
    ],
    [
        "Thị",
        "Thị",
        "Thị Thuý",
        "Ngọc",
        "Thị Mỹ",
        "Kim",
        "Thu",
        "Mẫu",
        "Thanh",
        "Bích",
        "Diệu",
        "Hoài",
    ],
];

/// Given names of men and of women.
const GIVEN: [[&str; 20]; 2] = [
    [
        "An", "Bình", "Cường", "Dũng", "Đạt", "Giang", "Hải", "Hiếu", "Hoà", "Hùng", "Khánh",
        "Long", "Minh", "Nam", "Phúc", "Quân", "Sơn", "Thắng", "Tuấn", "Việt",
    ],
    [
        "Anh", "Chi", "Dung", "Giang", "Hà", "Hạnh", "Hiền", "Hoa", "Hương", "Lan", "Linh", "Mai",
        "Nga", "Nhung", "Phương", "Quỳnh", "Thảo", "Trang", "Tuyết", "Yến",
    ],
];

/// Codes of provinces, which a number begins with.
const PROVINCES: [u16; 20] = [
    1, 4, 8, 19, 22, 26, 31, 34, 38, 40, 46, 48, 52, 56, 60, 66, 75, 79, 87, 92,
];

/// First and last year of birth, and how many there are.
const FIRST_YEAR: u64 = 1940;
const YEARS: u64 = 80;

/// Serial numbers of one province, sex and year.
const SERIALS: u64 = 1_000_000;

/// Numbers that there are; more rows than this cannot be made.
pub const MOST_ROWS: u64 = YEARS * 2 * 20 * SERIALS;

/// What a row's place is multiplied with, so that neighbours are far apart: 2³² − 5, a prime, and no
/// divisor of [`MOST_ROWS`].
const STRIDE: u128 = 4_294_967_291;

/// The columns of a row, but for the facts.
pub const HEADER: &str = "number,name,birth,sex,nationality,person_status,sod_sha256,card_status,\
                          document_number,issued,expiry,old_number";

/// The columns of the facts.
pub const FACTS_HEADER: &str = "permanent_residence,temporary_residence,current_residence,\
                                household_relation,identity_level";

/// An invented register.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    seed: u64,
    facts: bool,
}

impl Sample {
    /// The register of a seed, with facts about persons or without.
    pub const fn new(seed: u64, facts: bool) -> Self {
        Self { seed, facts }
    }

    /// SHA-256 of the seed and the row's place, each as eight octets, the highest first.
    pub fn sod(&self, row: u64) -> SodDigest {
        let digest = Hash::Sha256.digest(&[&self.seed.to_be_bytes(), &row.to_be_bytes()]);
        let mut octets = [0; 32];
        for (to, from) in octets.iter_mut().zip(digest) {
            *to = from;
        }
        SodDigest::from_bytes(octets)
    }

    /// The citizen number of a row.
    pub fn number(&self, row: u64) -> String {
        self.person(row).number
    }

    /// Writes the header and rows as CSV.
    ///
    /// # Errors
    /// [`io::Error`].
    pub fn write(&self, rows: u64, out: &mut impl Write) -> io::Result<()> {
        write!(out, "{HEADER}")?;
        if self.facts {
            write!(out, ",{FACTS_HEADER}")?;
        }
        writeln!(out)?;
        (0..rows.min(MOST_ROWS)).try_for_each(|row| self.write_row(row, out))
    }

    /// Writes one row as CSV.
    ///
    /// # Errors
    /// [`io::Error`].
    pub fn write_row(&self, row: u64, out: &mut impl Write) -> io::Result<()> {
        let person = self.person(row);
        let mut chance = Chance(self.seed ^ row.rotate_left(32) ^ 0x5EED);
        let sex = usize::from(person.female);
        let word = if person.female { "female" } else { "male" };
        let family = pick(&FAMILY, &mut chance);
        let middle = MIDDLE.get(sex).map_or("", |all| pick(all, &mut chance));
        let given = GIVEN.get(sex).map_or("", |all| pick(all, &mut chance));
        let year = person.year;
        write!(out, "{},{family} {middle} {given},{year}", person.number)?;
        let (month, day) = (chance.below(12) + 1, chance.below(28) + 1);
        // Of a few old people the year alone is known.
        if year >= 1960 || chance.below(20) > 0 {
            write!(out, "-{month:02}-{day:02}")?;
        }
        let person_status = match chance.below(1000) {
            0..4 => "deceased",
            4..6 => "cancelled",
            _ => "in_force",
        };
        let card_status = match chance.below(1000) {
            0..20 => "replaced",
            20..30 => "reported_lost",
            30..35 => "revoked",
            35..50 => "expired",
            _ => "active",
        };
        let sod = hex::encode(self.sod(row).as_bytes());
        write!(out, ",{word},VNM,{person_status},{sod},{card_status}")?;
        let document = person.number.get(3..).unwrap_or_default();
        let issued = 2021 + chance.below(5);
        write!(out, ",{document},{issued}-{month:02}-{day:02},")?;
        // Cards are renewed at 25, 40 and 60 (Law 26/2023/QH15).
        match [25, 40, 60].into_iter().find(|age| year + age > issued + 1) {
            Some(age) => write!(out, "{:04}-{month:02}-{day:02}", year + age)?,
            None => write!(out, "never")?,
        }
        match chance.below(3) {
            0 => write!(out, ",{:09}", chance.below(400_000_000))?,
            _ => write!(out, ",")?,
        }
        if self.facts {
            let house = chance.below(400) + 1;
            let level = chance.below(2) + 1;
            let relation = ["Chủ hộ", "Vợ", "Chồng", "Con", "Mẹ"];
            let relation = pick(&relation, &mut chance);
            write!(out, ",\"Số {house} Phố Mẫu, Phường Mẫu\"")?;
            match chance.below(10) {
                0 => write!(out, ",\"Số {day} Ngõ Thử, Xã Mẫu\",")?,
                _ => write!(out, ",,")?,
            }
            write!(out, "\"Số {house} Phố Mẫu, Phường Mẫu\",{relation},{level}")?;
        }
        writeln!(out)
    }

    fn person(&self, row: u64) -> Invented {
        let offset = u128::from(Chance(self.seed).next());
        let place = (u128::from(row) * STRIDE + offset) % u128::from(MOST_ROWS);
        // Below MOST_ROWS, which is a u64.
        let place = u64::try_from(place).unwrap_or(0);
        let serial = place % SERIALS;
        let rest = place / SERIALS;
        let year = FIRST_YEAR + rest % YEARS;
        let rest = rest / YEARS;
        let female = rest % 2 == 1;
        let province = usize::try_from(rest / 2).unwrap_or(0);
        let province = PROVINCES.get(province).copied().unwrap_or(1);
        // Decree 70/2024/ND-CP: province, century and sex, two digits of the year, six of chance.
        let century = (year / 100 - 19) * 2 + u64::from(female);
        let number = format!("{province:03}{century}{:02}{serial:06}", year % 100);
        Invented {
            number,
            year,
            female,
        }
    }
}

struct Invented {
    number: String,
    year: u64,
    female: bool,
}

fn pick<'a>(all: &[&'a str], chance: &mut Chance) -> &'a str {
    let count = u64::try_from(all.len()).unwrap_or(1);
    let place = usize::try_from(chance.below(count)).unwrap_or(0);
    all.get(place).copied().unwrap_or_default()
}

/// SplitMix64: numbers that look like chance and are the same on every machine. No secret is made
/// from them.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next().checked_rem(limit).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::bytes::date::PartialDate;
    use crate::registry::query::CitizenNumber;

    #[test]
    fn a_seed_gives_one_register_of_distinct_citizens() {
        let text = |seed, rows| {
            let mut out = Vec::new();
            Sample::new(seed, true).write(rows, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(1, 50), text(1, 50));
        assert_ne!(text(1, 50), text(2, 50));
        let text = text(7, 20_000);
        let mut numbers = BTreeSet::new();
        let mut statuses = BTreeSet::new();
        for row in csv::Reader::from_reader(text.as_bytes()).records() {
            let row = row.unwrap();
            assert_eq!(row.len(), 17);
            assert!(CitizenNumber::new(&row[0]).is_some(), "{}", &row[0]);
            for date in [&row[2], &row[9]] {
                assert!(PartialDate::from_iso(date).is_some(), "{date}");
            }
            assert!(&row[10] == "never" || PartialDate::from_iso(&row[10]).is_some());
            assert!(numbers.insert(row[0].to_owned()));
            statuses.insert(row[7].to_owned());
        }
        assert_eq!(numbers.len(), 20_000);
        assert_eq!(statuses.len(), 5);
        let digest = Sample::new(7, true).sod(3);
        assert!(
            text.lines()
                .nth(4)
                .unwrap()
                .contains(&hex::encode(digest.as_bytes()))
        );
    }

    #[test]
    fn the_stride_divides_nothing() {
        let (mut a, mut b) = (STRIDE, u128::from(MOST_ROWS));
        while b != 0 {
            (a, b) = (b, a % b);
        }
        assert_eq!(a, 1);
    }
}
