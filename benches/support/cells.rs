//! The table of link times: cards by their longest answer, links by their names.

use std::fmt::Write;

use cancuoc::capture::Reading;
use cancuoc::crypto::random::Random;
use cancuoc::lds::FileId;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::persona::AtrInfo;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::Lengths;
use cancuoc::sim::quirk::Quirk;

use super::bound;
use super::bound::Card;
use super::modelled::LINKS;
use super::modelled::Modelled;
use super::modelled::Reader;
use super::modelled::Traffic;

/// How many bytes a card answers at once, and how it says so.
pub const CARDS: [(&str, Lengths); 4] = [
    (
        "64 KB",
        Lengths::Extended {
            max_response: 65_536,
        },
    ),
    (
        "4 KB",
        Lengths::Extended {
            max_response: 4_096,
        },
    ),
    (
        "1 KB",
        Lengths::Extended {
            max_response: 1_024,
        },
    ),
    ("256 bytes", Lengths::Short),
];

/// What a read may take, against the lower bound: a twentieth more.
pub const MOST: f64 = 1.05;

/// Length of EF.ATR/INFO: the two sizes in 7F66, and nothing else.
const ATR_INFO: usize = 3 + 4 + 4;

/// How the reader comes to know the card's longest answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It knows from the start: it was told by the transport, or read such a card before.
    Before,
    /// The card's historical bytes point to EF.ATR/INFO, which says it.
    InAtrInfo,
    /// Nobody says it, and the card gives as much of a longer piece as fits.
    Never,
    /// Nobody says it, and the card answers 6700 to a longer piece.
    NeverAndRefuses,
}

impl Told {
    /// Every way.
    pub const ALL: [Self; 4] = [
        Self::Before,
        Self::InAtrInfo,
        Self::Never,
        Self::NeverAndRefuses,
    ];

    /// In words, for a table.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Before => "known from the start",
            Self::InAtrInfo => "in EF.ATR/INFO",
            Self::Never => "not told; the card gives what fits",
            Self::NeverAndRefuses => "not told; the card refuses what does not fit",
        }
    }
}

/// Bit of the third software function octet (ISO/IEC 7816-4 §12.1.1.9): EF.ATR/INFO has the sizes.
const SIZES_IN_ATR_INFO: u8 = 0x20;

/// The card to read, on its link: that of `an`, which has PACE, chip and active authentication,
/// with these lengths, told in this way.
pub fn link(
    an: Persona,
    lengths: Lengths,
    told: Told,
    random: Box<dyn Random + Send>,
) -> Modelled<VirtualCard> {
    let an = an.with(|chip| {
        chip.lengths = lengths;
        chip.atr_info = match told {
            Told::InAtrInfo => AtrInfo::Present,
            Told::Before | Told::Never | Told::NeverAndRefuses => AtrInfo::Absent,
        };
        if told == Told::Never {
            chip.quirks.insert(Quirk::ReadWhatFits);
        } else {
            chip.quirks.remove(&Quirk::ReadWhatFits);
        }
    });
    let mut card = an.personalise().expect("a card");
    if told == Told::InAtrInfo
        && lengths != Lengths::Short
        && let [.., functions, check] = card.atr.as_mut_slice()
    {
        *check ^= (*functions | SIZES_IN_ATR_INFO) ^ *functions;
        *functions |= SIZES_IN_ATR_INFO;
    }
    let reader = match told {
        Told::Before => Reader::KnowsTheCard,
        Told::InAtrInfo | Told::Never | Told::NeverAndRefuses => Reader::CarriesAll,
    };
    Modelled::new(VirtualCard::new(card, random), reader)
}

/// The lower bound for the card that was read. What a card tells in EF.ATR/INFO alone must be read
/// there; a card of short lengths tells so in its historical bytes.
pub fn lower_bound(lengths: Lengths, told: Told, reading: &Reading) -> Traffic {
    let files = &reading.capture.files;
    let answer = match lengths {
        Lengths::Short => 256,
        Lengths::Extended { max_response } => max_response,
    };
    bound::lower_bound(&Card {
        answer,
        atr_info: (told == Told::InAtrInfo && answer > 256).then_some(ATR_INFO),
        card_access: files.get(&FileId::CardAccess).map_or(0, Vec::len),
        files: files
            .iter()
            .filter(|(file, _)| !matches!(file, FileId::CardAccess | FileId::AtrInfo))
            .map(|(_, bytes)| bytes.len())
            .collect(),
    })
}

/// One card read once.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    /// How many bytes the card answers at once.
    pub card: &'static str,
    /// Name of the link.
    pub link: &'static str,
    /// What went over the wire.
    pub taken: Traffic,
    /// The least that could.
    pub bound: Traffic,
}

impl Cell {
    /// Time taken against the least time.
    pub fn ratio(&self) -> f64 {
        let seconds = |traffic: Traffic| traffic.time(self.link).as_secs_f64();
        seconds(self.taken) / seconds(self.bound)
    }
}

/// Every card on every link. `read` reads such a card and gives what went over the wire.
pub fn cells(told: Told, read: &mut dyn FnMut(Lengths, Told) -> (Reading, Traffic)) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (card, lengths) in CARDS {
        let (reading, taken) = read(lengths, told);
        let bound = lower_bound(lengths, told, &reading);
        cells.extend(LINKS.map(|link| Cell {
            card,
            link,
            taken,
            bound,
        }));
    }
    cells
}

/// The table as it stands in `docs/performance.md`.
pub fn table(told: Told, cells: &[Cell]) -> String {
    let mut table = format!(
        "Longest answer {}:\n\n\
         | Answer at once | Link | Commands | Bytes | Time | Lower bound | Ratio |\n\
         |---|---|---|---|---|---|---|\n",
        told.words()
    );
    for cell in cells {
        writeln!(
            table,
            "| {} | `{}` | {} | {} | {:.3} s | {:.3} s, {} commands | {:.3} |",
            cell.card,
            cell.link,
            cell.taken.commands,
            cell.taken.bytes,
            cell.taken.time(cell.link).as_secs_f64(),
            cell.bound.time(cell.link).as_secs_f64(),
            cell.bound.commands,
            cell.ratio(),
        )
        .expect("a string takes it");
    }
    table
}
