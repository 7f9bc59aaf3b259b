//! Which column of a list holds what: by its name, or as the caller says.

use crate::bytes::vietnamese::fold_ascii;
use crate::error::ReconcileError;

/// What a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// What the list calls the row; repeated in the output where the caller maps it
    Key,
    /// Citizen number, twelve digits or nine
    Number,
    /// SHA-256 of EF.SOD, in hexadecimal
    Sod,
    /// Full name
    Name,
    /// Family name ("họ"), where names are kept in parts; also with the middle name
    Family,
    /// Middle name ("chữ đệm")
    Middle,
    /// Given name ("tên")
    Given,
    /// Date of birth
    Birth,
    /// Sex
    Sex,
    /// Nationality
    Nationality,
    /// Document number
    DocumentNumber,
    /// Last day of validity, or that there is none
    Expiry,
}

impl Column {
    /// Every one.
    pub const ALL: [Self; 12] = [
        Self::Key,
        Self::Number,
        Self::Sod,
        Self::Name,
        Self::Family,
        Self::Middle,
        Self::Given,
        Self::Birth,
        Self::Sex,
        Self::Nationality,
        Self::DocumentNumber,
        Self::Expiry,
    ];

    /// The word in mappings; those of a register's own CSV are the same.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Number => "number",
            Self::Sod => "sod_sha256",
            Self::Name => "name",
            Self::Family => "family_name",
            Self::Middle => "middle_name",
            Self::Given => "given_name",
            Self::Birth => "birth",
            Self::Sex => "sex",
            Self::Nationality => "nationality",
            Self::DocumentNumber => "document_number",
            Self::Expiry => "expiry",
        }
    }

    /// Names under which lists in Vietnam have it, without diacritics, and some in English. A column
    /// is recognised by nothing else; the row's own name never is.
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Key => &[],
            Self::Number => &[
                "number",
                "so dinh danh",
                "so dinh danh ca nhan",
                "ma dinh danh",
                "ma dinh danh ca nhan",
                "ma so dinh danh",
                "so ddcn",
                "ddcn",
                "so can cuoc",
                "so can cuoc cong dan",
                "so the can cuoc",
                "can cuoc cong dan",
                "can cuoc",
                "so cccd",
                "cccd",
                "so cmnd",
                "cmnd",
                "so cmnd cccd",
                "cmnd cccd",
                "cccd cmnd",
                "so cccd cmnd",
                "so chung minh nhan dan",
                "citizen number",
                "id number",
            ],
            Self::Sod => &["sod sha256", "sod"],
            Self::Name => &[
                "name",
                "ho ten",
                "hoten",
                "ho va ten",
                "ho ten day du",
                "ho chu dem va ten",
                "ho chu dem ten",
                "ho ten khai sinh",
                "ho chu dem va ten khai sinh",
                "ten day du",
                "full name",
                "fullname",
            ],
            Self::Family => &[
                "ho",
                "ho dem",
                "ho va dem",
                "ho va ten dem",
                "ho va chu dem",
                "ho lot",
                "family name",
                "surname",
                "last name",
            ],
            Self::Middle => &["chu dem", "ten dem", "dem", "lot", "middle name"],
            Self::Given => &["ten", "given name", "first name"],
            Self::Birth => &[
                "birth",
                "ngay sinh",
                "ngaysinh",
                "ngay thang nam sinh",
                "nam sinh",
                "ntns",
                "date of birth",
                "birth date",
                "birthdate",
                "dob",
            ],
            Self::Sex => &["sex", "gioi tinh", "gioitinh", "phai", "gender"],
            Self::Nationality => &["nationality", "quoc tich", "quoctich"],
            Self::DocumentNumber => &["document number", "so giay to", "so the"],
            Self::Expiry => &[
                "expiry",
                "ngay het han",
                "co gia tri den",
                "gia tri den",
                "han su dung",
                "thoi han",
                "date of expiry",
                "expiry date",
            ],
        }
    }

    fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.code() == code)
    }

    fn of_header(header: &str) -> Option<Self> {
        let header = plain(header);
        Self::ALL
            .into_iter()
            .find(|column| column.names().contains(&header.as_str()))
    }
}

/// A name of a column in small letters without diacritics, words apart by one space.
fn plain(header: &str) -> String {
    let folded = fold_ascii(header).to_lowercase();
    let words = folded
        .split(|sign: char| !sign.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<&str>>().join(" ")
}

/// What the caller says of columns: `number=so_dinh_danh,name=ho_ten`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping(Vec<(Column, String)>);

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// [`ReconcileError::Mapping`].
    ///
    /// ```
    /// use cancuoc::registry::reconcile::Mapping;
    /// assert!(Mapping::read("number=so_dinh_danh,name=Họ tên").is_ok());
    /// assert!(Mapping::read("blood=nhom_mau").is_err());
    /// ```
    pub fn read(text: &str) -> Result<Self, ReconcileError> {
        let wrong = |entry: &str| ReconcileError::Mapping {
            why: entry.to_owned(),
        };
        let mut mapped: Vec<(Column, String)> = Vec::new();
        for entry in text.split(',').filter(|entry| !entry.trim().is_empty()) {
            let (column, header) = entry.split_once('=').ok_or_else(|| wrong(entry))?;
            let column = Column::of_code(column.trim()).ok_or_else(|| wrong(entry))?;
            let twice = mapped.iter().any(|(other, _)| *other == column);
            if twice || header.trim().is_empty() {
                return Err(wrong(entry));
            }
            mapped.push((column, header.trim().to_owned()));
        }
        Ok(Self(mapped))
    }

    /// Finds the columns among the names of a list.
    ///
    /// # Errors
    /// [`ReconcileError::Mapping`] for a name that is not there; [`ReconcileError::Columns`] where
    /// nothing names a person.
    pub(super) fn place(&self, headers: &[String]) -> Result<Columns, ReconcileError> {
        let mut places: Vec<(Column, usize)> = Vec::new();
        for (column, wanted) in &self.0 {
            let exact = headers.iter().position(|header| header.trim() == wanted);
            let place = exact.or_else(|| {
                let wanted = plain(wanted);
                headers.iter().position(|header| plain(header) == wanted)
            });
            let place = place.ok_or_else(|| ReconcileError::Mapping {
                why: format!("{}={wanted}", column.code()),
            })?;
            places.push((*column, place));
        }
        for (place, header) in headers.iter().enumerate() {
            let taken = |column| {
                places
                    .iter()
                    .any(|(other, at)| *other == column || *at == place)
            };
            if let Some(column) = Column::of_header(header).filter(|column| !taken(*column)) {
                places.push((column, place));
            }
        }
        let has = |column| places.iter().any(|(other, _)| *other == column);
        if !has(Column::Number) && !has(Column::Sod) {
            return Err(ReconcileError::Columns {
                wanted: Column::Number.names().join(", "),
            });
        }
        places.sort_unstable();
        Ok(Columns {
            names: places
                .iter()
                .filter_map(|(_, at)| headers.get(*at).cloned())
                .collect(),
            places,
            width: headers.len(),
        })
    }
}

/// The columns of a list that hold something, in the order of [`Column`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub(super) places: Vec<(Column, usize)>,
    /// What the list calls them.
    pub(super) names: Vec<String>,
    /// How many columns the list has.
    pub(super) width: usize,
}

impl Columns {
    /// What was recognised.
    pub fn recognised(&self) -> impl Iterator<Item = (Column, &str)> {
        self.places
            .iter()
            .zip(&self.names)
            .map(|((column, _), name)| (*column, name.as_str()))
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.places.iter().any(|(other, _)| *other == column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(mapping: &str, headers: &str) -> String {
        let headers: Vec<String> = headers.split('|').map(str::to_owned).collect();
        let placed = Mapping::read(mapping).and_then(|mapping| mapping.place(&headers));
        match placed {
            Ok(columns) => {
                let words = columns
                    .recognised()
                    .map(|(column, name)| format!("{}={name}", column.code()));
                words.collect::<Vec<String>>().join(" ")
            }
            Err(error) => error.code().to_owned(),
        }
    }

    #[test]
    fn columns_are_known_by_their_names() {
        assert_eq!(
            placed("", "STT|Số CCCD|Họ và tên|Ngày sinh|Giới tính"),
            "number=Số CCCD name=Họ và tên birth=Ngày sinh sex=Giới tính"
        );
        assert_eq!(
            placed("", "so_dinh_danh|HO|CHU_DEM|TEN"),
            "number=so_dinh_danh family_name=HO middle_name=CHU_DEM given_name=TEN"
        );
        assert_eq!(
            placed("number=ma,key=STT", "STT|mã|number"),
            "key=STT number=mã"
        );
        assert_eq!(placed("", "STT|Họ tên"), "reconcile.columns");
        for wrong in [
            "number",
            "number=",
            "blood=a",
            "number=a,number=b",
            "number=none",
        ] {
            assert_eq!(placed(wrong, "STT|a|b"), "reconcile.mapping", "{wrong}");
        }
    }
}
