//! What the groups of a document say, each with or without a voucher.

use std::collections::BTreeMap;

use crate::capture::Capture;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::contents::Contents;
use crate::lds::dg1::Dg1;
use crate::lds::dg13::Layout;
use crate::lds::mrz::Mrz;
use crate::lds::sod;
use crate::lds::sod::SecurityObject;
use crate::pki::cms::SignedData;
use crate::profile;
use crate::verify::GroupState;
use crate::verify::Outcome;
use crate::verify::Unverified;
use crate::verify::Vouched;
use crate::verify::passive::Passive;

/// What a file says, or what about it cannot be read.
pub type Decoded = Result<Contents, Malformed>;

/// Every group that the security object lists and that was read. What it does not list says nothing
/// of the document.
pub(super) struct Groups(BTreeMap<DataGroup, Decoded>);

impl Groups {
    /// Decodes them.
    pub(super) fn read(capture: &Capture, passive: &Passive<'_>, layout: Option<Layout>) -> Self {
        let counts = |group: DataGroup| match passive.groups.get(&group)? {
            GroupState::Verified | GroupState::Unverified | GroupState::HashMismatch => {
                let file = FileId::Group(group);
                let bytes = capture.files.get(&file)?;
                Some((group, Contents::decode(file, bytes, layout)))
            }
            GroupState::Unread | GroupState::Unsigned => None,
        };
        Self(DataGroup::ALL.into_iter().filter_map(counts).collect())
    }

    /// A group that cannot be decoded although it is what was signed: the issuer's mistake, and
    /// nobody can say what it holds.
    pub(super) fn malformed(&self, passive: &Passive<'_>) -> Option<Outcome> {
        let as_signed = |group: &DataGroup| {
            let right = matches!(
                passive.groups.get(group),
                Some(GroupState::Verified | GroupState::Unverified)
            );
            right && passive.signed().contains(group)
        };
        self.0.iter().find_map(|(group, decoded)| {
            let malformed = decoded.as_ref().err().filter(|_| as_signed(group))?;
            Some(
                Outcome::open("consistency.group_malformed")
                    .with("group", group.to_string())
                    .with("what", malformed.what)
                    .with("offset", malformed.offset.to_string()),
            )
        })
    }

    /// As the report carries them: each verified only with a proof of its own.
    pub(super) fn vouched(self, passive: &Passive<'_>) -> BTreeMap<DataGroup, Vouched<Contents>> {
        let decoded = self.0.into_iter();
        let decoded = decoded.filter_map(|(group, decoded)| Some((group, decoded.ok()?)));
        decoded
            .map(|(group, contents)| {
                let vouched =
                    Vouched::from_groups(contents, &[group], |group| passive.proof(group));
                (group, vouched)
            })
            .collect()
    }
}

/// The layout that the profile of such documents names for DG13. The date of issue, which tells the
/// generations apart, stands in DG13 itself; their layout is the same.
pub(super) fn layout(mrz: &Mrz) -> Option<Layout> {
    profile::recognise(mrz.issuing_state(), mrz.document_code(), None)
        .and_then(|profile| profile.dg13.as_ref())
        .map(|dg13| dg13.layout)
}

/// The groups that the security object lists; `None` where that cannot be read.
pub(super) fn listed(capture: &Capture) -> Option<Vec<DataGroup>> {
    let content_info = sod::signed_data(capture.files.get(&FileId::Sod)?).ok()?;
    let signed_data = SignedData::decode(&content_info).ok()?;
    let object = SecurityObject::decode(&signed_data.content).ok()?;
    Some(object.hashes.into_keys().collect())
}

/// What every file of a capture says, with nothing vouching for it: for saying what is in a capture.
/// Groups that its security object does not list are left out.
pub fn unverified_contents(capture: &Capture) -> BTreeMap<FileId, Unverified<Decoded>> {
    let zone = capture.files.get(&FileId::Group(DataGroup::DG1));
    let zone = zone.and_then(|file| Dg1::decode(file).ok());
    let layout = zone.and_then(|dg1| layout(&dg1.mrz));
    let listed = listed(capture);
    let counts = |file: &FileId| match (file, &listed) {
        (FileId::Group(group), Some(listed)) => listed.contains(group),
        _ => true,
    };
    let files = capture.files.iter().filter(|(file, _)| counts(file));
    files
        .map(|(file, bytes)| {
            let decoded = Contents::decode(*file, bytes, layout);
            (*file, Unverified::new(decoded))
        })
        .collect()
}
