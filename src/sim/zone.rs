//! Writes any machine-readable zone of Doc 9303: cards (part 5), larger cards (part 6), passports
//! (part 4) and visas (part 7), from the standard and apart from what takes zones apart.

/// The form of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Three lines of 30
    Td1,
    /// Two lines of 36
    Td2,
    /// Two lines of 44
    Td3,
    /// Visa of two lines of 44
    MrvA,
    /// Visa of two lines of 36
    MrvB,
}

/// What a zone says. Texts hold `A` to `Z`, `0` to `9` and, between words, `<`; dates are YYMMDD.
#[derive(Debug, Clone)]
pub struct ZoneSpec {
    /// Form
    pub size: Size,
    /// Document code, one or two letters
    pub code: String,
    /// Issuing state, one to three letters
    pub state: String,
    /// Document number; more than nine characters in TD1 and TD2 alone
    pub number: String,
    /// Nationality, one to three letters
    pub nationality: String,
    /// Date of birth
    pub birth: String,
    /// `M`, `F` or `<`
    pub sex: char,
    /// Date of expiry
    pub expiry: String,
    /// Primary identifier
    pub primary: String,
    /// Secondary identifier, or nothing
    pub secondary: String,
    /// Optional data; TD1 has a second field
    pub optional: [String; 2],
}

impl ZoneSpec {
    /// The lines in a row. What is too long is cut off.
    pub fn text(&self) -> String {
        let head = format!("{:<<2.2}{:<<3.3}", self.code, self.state);
        let names = match self.secondary.as_str() {
            "" => self.primary.clone(),
            secondary => format!("{}<<{secondary}", self.primary),
        };
        let birth = checked(&self.birth);
        let expiry = checked(&self.expiry);
        let (sex, nationality) = (self.sex, &self.nationality);
        let [first, second] = &self.optional;
        match self.size {
            Size::Td1 => {
                let (number, first) = self.number_and_optional(15);
                // Doc 9303-5 §4.2.2.2: positions 6 to 30 of line 1; 1 to 7, 9 to 15 and 19 to 29 of
                // line 2.
                let second = format!("{second:<<11.11}");
                let sum = check_digit(&format!("{number}{first}{birth}{expiry}{second}"));
                format!(
                    "{head}{number}{first}{birth}{sex}{expiry}{nationality:<<3.3}{second}{sum}{names:<<30.30}"
                )
            }
            Size::Td2 => {
                let (number, first) = self.number_and_optional(7);
                // Doc 9303-6: positions 1 to 10, 14 to 20 and 22 to 35 of line 2.
                let sum = check_digit(&format!("{number}{birth}{expiry}{first}"));
                format!(
                    "{head}{names:<<31.31}{number}{nationality:<<3.3}{birth}{sex}{expiry}{first}{sum}"
                )
            }
            Size::Td3 => {
                let number = checked(&format!("{:<<9.9}", self.number));
                let first = checked(&format!("{first:<<14.14}"));
                // Doc 9303-4: positions 1 to 10, 14 to 20 and 22 to 43 of line 2.
                let sum = check_digit(&format!("{number}{birth}{expiry}{first}"));
                format!(
                    "{head}{names:<<39.39}{number}{nationality:<<3.3}{birth}{sex}{expiry}{first}{sum}"
                )
            }
            Size::MrvA => {
                let number = checked(&format!("{:<<9.9}", self.number));
                format!(
                    "{head}{names:<<39.39}{number}{nationality:<<3.3}{birth}{sex}{expiry}{first:<<16.16}"
                )
            }
            Size::MrvB => {
                let number = checked(&format!("{:<<9.9}", self.number));
                format!(
                    "{head}{names:<<31.31}{number}{nationality:<<3.3}{birth}{sex}{expiry}{first:<<8.8}"
                )
            }
        }
    }

    /// The number with its check digit, and the optional data. A number of more than nine characters
    /// has a filler in place of its check digit and goes on in the optional data, with its check
    /// digit and a filler behind (Doc 9303-5 §4.2.2 note j, 9303-6 likewise).
    fn number_and_optional(&self, room: usize) -> (String, String) {
        let [optional, _] = &self.optional;
        let (number, optional) = match self.number.split_at_checked(9) {
            Some((head, tail)) if !tail.is_empty() => {
                let tail = format!("{tail}{}<{optional}", check_digit(&self.number));
                (format!("{head}<"), tail)
            }
            _ => (checked(&format!("{:<<9}", self.number)), optional.clone()),
        };
        (number, format!("{optional:<<room$.room$}"))
    }
}

/// A field with its check digit.
pub(super) fn checked(field: &str) -> String {
    format!("{field}{}", check_digit(field))
}

/// Doc 9303-3 §4.9: weights 7, 3, 1; digits count as such, A to Z as 10 to 35, fillers as 0.
pub(super) fn check_digit(field: &str) -> u32 {
    field
        .chars()
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(character, weight)| character.to_digit(36).unwrap_or(0) * weight)
        .sum::<u32>()
        % 10
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lds::mrz::Form;
    use crate::lds::mrz::Mrz;
    use crate::lds::mrz::Sex;

    fn sizes() -> impl Strategy<Value = (Size, Form)> {
        prop::sample::select(vec![
            (Size::Td1, Form::Td1),
            (Size::Td2, Form::Td2),
            (Size::Td3, Form::Td3),
            (Size::MrvA, Form::MrvA),
            (Size::MrvB, Form::MrvB),
        ])
    }

    fn dates() -> impl Strategy<Value = String> {
        (0..100, 1..13, 1..29).prop_map(|(y, m, d)| format!("{y:02}{m:02}{d:02}"))
    }

    /// Characters of the first optional data element.
    fn optional_room(size: Size) -> usize {
        match size {
            Size::Td1 => 15,
            Size::Td2 => 7,
            _ => 14,
        }
    }

    /// Longest number that a size can hold.
    fn room(size: Size) -> usize {
        match size {
            Size::Td1 => 22,
            Size::Td2 => 14,
            _ => 9,
        }
    }

    proptest! {
        /// What this writes is what the decoder gives back, field by field, and nothing is wrong.
        #[test]
        fn every_zone_comes_back_field_by_field(
            (size, form) in sizes(),
            state in prop::sample::select(vec!["VNM", "D", "UTO", "UNO", "XOM", "RKS"]),
            nationality in prop::sample::select(vec!["VNM", "D", "GBD", "XXA", "EUE"]),
            number in "[A-Z0-9]{1,22}",
            (birth, expiry) in (dates(), dates()),
            sex in prop::sample::select(vec!['M', 'F', '<']),
            primary in "[A-Z]{1,12}(<[A-Z]{1,9}){0,1}",
            secondary in "([A-Z]{1,8}(<[A-Z]{1,9}){0,2})?",
            optional in ["([A-Z][A-Z0-9]{0,6})?", "([A-Z][A-Z0-9]{0,10})?"],
        ) {
            let mut number = number;
            number.truncate(room(size));
            let [mut first, second] = optional;
            // A long number takes its rest, a check digit and a filler.
            let taken = number.get(9..).map_or(0, |rest| if rest.is_empty() { 0 } else { rest.len() + 2 });
            first.truncate(optional_room(size).saturating_sub(taken));
            let spec = ZoneSpec {
                size,
                code: match size {
                    Size::Td1 | Size::Td2 => "ID",
                    Size::Td3 => "P",
                    _ => "V",
                }.to_owned(),
                state: state.to_owned(),
                number: number.clone(),
                nationality: nationality.to_owned(),
                birth: birth.clone(),
                sex,
                expiry: expiry.clone(),
                primary: primary.clone(),
                secondary: secondary.clone(),
                optional: [first.clone(), second.clone()],
            };
            let text = spec.text();
            let mrz = Mrz::decode(text.as_bytes()).unwrap();
            prop_assert_eq!(&mrz, &Mrz::parse(&text).unwrap());
            prop_assert_eq!(mrz.form(), form);
            prop_assert_eq!(mrz.faults(), vec![], "{}", text);
            prop_assert_eq!(mrz.document_code(), &spec.code);
            prop_assert_eq!(mrz.issuing_state(), state);
            prop_assert_eq!(mrz.nationality(), nationality);
            prop_assert_eq!(mrz.document_number(), &number);
            prop_assert_eq!(mrz.birth().to_string(), birth.clone());
            prop_assert_eq!(mrz.expiry().to_string(), expiry.clone());
            let expected = match sex {
                'M' => Sex::Male,
                'F' => Sex::Female,
                _ => Sex::Unspecified,
            };
            prop_assert_eq!(mrz.sex(), expected);
            let whole = format!("{primary}<<{secondary}");
            let fits = whole.trim_end_matches('<').len() <= form.name_len();
            let words = |text: &str| text.replace('<', " ");
            if fits {
                prop_assert_eq!(mrz.surname(), words(&primary));
                prop_assert_eq!(mrz.given_names(), words(&secondary));
            } else {
                let kept = format!("{}<<{}", mrz.surname(), mrz.given_names()).replace(' ', "<");
                prop_assert!(whole.starts_with(kept.trim_end_matches('<')));
            }
            prop_assert_eq!(mrz.optional_data()[0], &first);
            if form == Form::Td1 {
                prop_assert_eq!(mrz.optional_data()[1], second);
            }
            let padded = checked(&format!("{number:<<9}"));
            let key = format!("{padded}{}{}", checked(&birth), checked(&expiry));
            let information = mrz.key().information();
            prop_assert_eq!(information.expose(), key.as_bytes());
        }
    }
}
