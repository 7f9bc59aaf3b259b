//! The portrait for a person: as a PNG file, and on the terminal.

use std::env;
use std::fs;
use std::io::IsTerminal;
use std::io::Read as _;
use std::io::stdout;
use std::path::Path;
use std::path::PathBuf;

use crate::capture::Capture;
use crate::cli::Ended;
use crate::cli::arguments::Format;
use crate::cli::arguments::read::Draw;
use crate::cli::arguments::read::Picture;
use crate::cli::output::Output;
use crate::cli::save::Saving;
use crate::error::Error;
use crate::error::SetupError;
use crate::image;
use crate::image::Pixels;
use crate::image::png;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg2::Dg2;
use crate::render::portrait;
use crate::render::portrait::Manner;
use crate::verify::Report;
use crate::verify::Vouched;

/// First bytes of a PNG file.
const PNG: &[u8] = b"\x89PNG\r\n\x1A\n";

/// What was asked for, with the file that is begun before there is a card.
pub(super) struct Wish {
    saving: Option<Saving>,
    draw: Draw,
}

/// A face, and who vouches for it.
enum Face {
    Vouched(Vec<u8>),
    Unvouched(Vec<u8>),
}

impl Wish {
    /// Begins the file. `unasked` says whether the portrait is drawn where nobody said how.
    ///
    /// # Errors
    /// [`SetupError::PortraitPlace`] where the file is there and no PNG picture, or is another that
    /// this command reads or writes; [`SetupError::OutputUnwritable`].
    pub(super) fn begin(
        picture: &Picture,
        unasked: Draw,
        others: &[Option<&Path>],
    ) -> Result<Self, SetupError> {
        let place = |path: &Path| {
            let own = resolved(path);
            let taken = others.iter().flatten().any(|other| resolved(other) == own);
            if taken || holds_something_else(path) {
                return Err(SetupError::PortraitPlace {
                    path: path.display().to_string(),
                });
            }
            Saving::begin(path)
        };
        Ok(Self {
            saving: picture.portrait.as_deref().map(place).transpose()?,
            draw: picture.draw.unwrap_or(unasked),
        })
    }

    /// Hands the portrait of a report over, after its verdict.
    pub(super) fn of_report(self, report: &Report, ended: Ended, out: &Output) -> Ended {
        let face = report.portrait().map(|portrait| match portrait {
            Vouched::Verified(portrait) => Face::Vouched(portrait.get().image().to_vec()),
            Vouched::Unverified(portrait) => {
                Face::Unvouched(portrait.inspect_unverified().image().to_vec())
            }
        });
        self.grant(face, ended, out)
    }

    /// Hands the portrait of a capture over, which nobody judged.
    pub(super) fn of_capture(self, capture: &Capture, ended: Ended, out: &Output) -> Ended {
        let file = capture.files.get(&FileId::Group(DataGroup::DG2));
        let face = file
            .and_then(|file| Dg2::decode(file).ok())
            .and_then(|dg2| Some(dg2.images().next()?.bytes.clone()))
            .map(Face::Unvouched);
        self.grant(face, ended, out)
    }

    fn grant(self, face: Option<Face>, ended: Ended, out: &Output) -> Ended {
        let manner = self.manner(out);
        if self.saving.is_none() && manner.is_none() {
            return ended;
        }
        let asked = self.saving.is_some();
        match self.made(face, manner, out) {
            Err(error) if asked => Ended::Unfinished(Error::from(error)),
            // Nobody asked for a drawing in so many words.
            Err(_) | Ok(()) => ended,
        }
    }

    fn made(
        self,
        face: Option<Face>,
        manner: Option<Manner>,
        out: &Output,
    ) -> Result<(), SetupError> {
        let face = face.ok_or(SetupError::PortraitAbsent)?;
        let pixels = image::decode(face.image(), None)?;
        let (vi, en) = match face {
            Face::Vouched(_) => ("", ""),
            Face::Unvouched(_) => (
                "Ảnh chân dung: không có gì chứng thực ảnh này.",
                "Portrait: nothing vouches for this picture.",
            ),
        };
        match manner {
            // Beside the picture, where no wish for quiet takes it away.
            Some(manner) => {
                let drawn = portrait::draw(&pixels, manner);
                out.draw(&format!("{}\n{drawn}", out.lang.choose(vi, en)))?;
            }
            None if !en.is_empty() => out.remark(vi, en),
            None => {}
        }
        match self.saving {
            Some(saving) => saving.finish(&face.png(&pixels)),
            None => Ok(()),
        }
    }

    /// How to draw; not at all for programs, in pipes, and on terminals that cannot.
    fn manner(&self, out: &Output) -> Option<Manner> {
        if out.format != Format::Text || !stdout().is_terminal() {
            return None;
        }
        let variable = |name: &str| env::var(name).ok();
        match self.draw {
            Draw::None => None,
            Draw::Sixel => Some(Manner::Sixel),
            Draw::Blocks => Some(Manner::blocks(variable).unwrap_or(Manner::Colours256)),
            Draw::Auto => Manner::of_terminal(variable),
        }
    }
}

impl Face {
    fn image(&self) -> &[u8] {
        match self {
            Self::Vouched(image) | Self::Unvouched(image) => image,
        }
    }

    /// The picture as a PNG file that says in itself who vouches for it.
    fn png(&self, pixels: &Pixels) -> Vec<u8> {
        let comment = match self {
            Self::Vouched(_) => {
                "Ảnh này được cơ quan cấp ký số trong chip. / The issuer signed this picture in the chip."
            }
            Self::Unvouched(_) => {
                "CHƯA XÁC THỰC: không có gì chứng thực ảnh này. / UNVERIFIED: nothing vouches for this picture."
            }
        };
        let standing = match self {
            Self::Vouched(_) => "verified",
            Self::Unvouched(_) => "unverified",
        };
        png::encode(
            pixels,
            &[
                ("Software", concat!("cancuoc ", env!("CARGO_PKG_VERSION"))),
                ("Standing", standing),
                ("Comment", comment),
            ],
        )
    }
}

/// The path with its folder written out in full, so that two spellings of one place are one.
pub(super) fn resolved(path: &Path) -> PathBuf {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs::canonicalize(folder.unwrap_or(Path::new(".")));
    match (folder, path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// Whether the file is there and holds anything but a picture that an earlier run may have written. A
/// device or a pipe holds nothing.
fn holds_something_else(path: &Path) -> bool {
    if !fs::metadata(path).is_ok_and(|there| there.is_file()) {
        return false;
    }
    let mut start = [0; PNG.len()];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_err() || start != PNG
}
