//! The personas that ship, as files. Names, numbers and places are invented: `Mẫu` means specimen, and
//! no such wards or streets exist.

use crate::sim::persona::Persona;
use crate::sim::persona::file;

/// Each by its name, read only when it is wanted: the fingers of one are drawn and compressed.
const PERSONAS: [(&str, &str); 16] = [
    ("an", include_str!("shipped/an.toml")),
    ("binh", include_str!("shipped/binh.toml")),
    ("chi", include_str!("shipped/chi.toml")),
    ("dung", include_str!("shipped/dung.toml")),
    ("giang", include_str!("shipped/giang.toml")),
    ("hoa", include_str!("shipped/hoa.toml")),
    ("khanh", include_str!("shipped/khanh.toml")),
    ("lan", include_str!("shipped/lan.toml")),
    ("minh", include_str!("shipped/minh.toml")),
    ("nga", include_str!("shipped/nga.toml")),
    ("oanh", include_str!("shipped/oanh.toml")),
    ("phuc", include_str!("shipped/phuc.toml")),
    ("quy", include_str!("shipped/quy.toml")),
    ("son", include_str!("shipped/son.toml")),
    ("tam", include_str!("shipped/tam.toml")),
    ("uyen", include_str!("shipped/uyen.toml")),
];

/// Every persona that ships; the first is the default.
pub fn shipped() -> Vec<Persona> {
    // A test holds that every file is right.
    let files = PERSONAS.iter();
    files
        .filter_map(|(_, text)| file::parse(text).ok())
        .collect()
}

/// The persona of this name.
pub fn find(name: &str) -> Option<Persona> {
    file::parse(text_of(name)?).ok()
}

/// The file of the persona of this name: a beginning for a new one.
pub fn text_of(name: &str) -> Option<&'static str> {
    let (_, text) = PERSONAS.iter().find(|(own, _)| *own == name)?;
    Some(text)
}

/// The names of all that ship, in their order.
pub fn names() -> impl Iterator<Item = &'static str> {
    PERSONAS.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_right_and_has_its_name() {
        for (name, text) in PERSONAS {
            let persona = file::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(persona.name, name);
        }
        assert_eq!(shipped().len(), PERSONAS.len());
    }
}
