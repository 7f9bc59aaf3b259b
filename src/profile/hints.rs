//! What reading a card turned out to need, as a card profile keeps it.
//!
//! A later read starts from it and saves trials. It is a hint: a card that wants something else is
//! read as any other, with a few commands more.

use crate::lds::DataGroup;
use crate::profile::KeyKind;

/// Names of quirks that tell of one read and not of a kind of card.
const OF_ONE_READ: [&str; 3] = ["tag-lost", "card-reset", "reader-lost"];

/// What reading cards of a kind turned out to need; nothing where there is nothing to know.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Hints {
    /// How long commands may be.
    pub commands: Option<Commands>,
    /// Most bytes in one answer, its protection included.
    pub answer: Option<usize>,
    /// Most bytes of a file that come in one piece.
    pub piece: Option<usize>,
    /// How a file is chosen.
    pub files: Option<Files>,
}

/// How long commands may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commands {
    /// Extended length works.
    Extended,
    /// Short length only.
    Short,
}

/// How a file is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    /// In READ BINARY, by its short identifier.
    ShortIdentifier,
    /// By SELECT.
    Select,
}

impl Hints {
    /// A whole profile with these hints, to be named and completed by whoever keeps it.
    ///
    /// ```
    /// use cancuoc::lds::DataGroup;
    /// use cancuoc::profile::{Hints, KeyKind, Profile};
    /// let hints = Hints { piece: Some(112), ..Hints::default() };
    /// let quirks = ["chunk-limit".to_owned()];
    /// let text = hints.to_profile(&[KeyKind::Can], &quirks, &[DataGroup::DG1]);
    /// assert_eq!(Profile::parse(&text)?.hints, hints);
    /// # Ok::<(), cancuoc::error::SetupError>(())
    /// ```
    pub fn to_profile(&self, keys: &[KeyKind], quirks: &[String], groups: &[DataGroup]) -> String {
        let list = |words: Vec<String>| {
            let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
            quoted.join(", ")
        };
        let keys = list(keys.iter().map(|key| key.word().to_owned()).collect());
        let lasting = quirks
            .iter()
            .filter(|quirk| !OF_ONE_READ.contains(&quirk.as_str()));
        let quirks = list(lasting.cloned().collect());
        let groups = list(groups.iter().map(|group| group.to_string()).collect());
        let mut text = format!(
            "# What one read turned out to need: a hint for the next one, and no evidence.\n\
             \n\
             name = \"learnt\"\n\
             \n\
             [title]\n\
             vi = \"Thẻ đã đọc\"\n\
             en = \"A card that was read\"\n\
             \n\
             # Every state and every kind.\n\
             [recognise]\n\
             \n\
             [access]\n\
             keys = [{keys}]\n\
             quirks = [{quirks}]\n\
             \n\
             [read]\n\
             groups = [{groups}]\n"
        );
        let commands = self.commands.map(|commands| match commands {
            Commands::Extended => "\"extended\"".to_owned(),
            Commands::Short => "\"short\"".to_owned(),
        });
        let files = self.files.map(|files| match files {
            Files::ShortIdentifier => "\"short-identifier\"".to_owned(),
            Files::Select => "\"select\"".to_owned(),
        });
        let number = |number: Option<usize>| number.map(|number| number.to_string());
        for (key, value) in [
            ("commands", commands),
            ("answer", number(self.answer)),
            ("piece", number(self.piece)),
            ("files", files),
        ] {
            if let Some(value) = value {
                text.push_str(&format!("{key} = {value}\n"));
            }
        }
        text
    }
}
