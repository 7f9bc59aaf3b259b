//! Faults of the files, as a card gets them when it is personalised, and what lies around the card.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::sim::fault::Clock;
use crate::sim::fault::Content;
use crate::sim::fault::Fault;
use crate::sim::fault::Pki;
use crate::sim::fault::Register;
use crate::sim::fault::Sod;
use crate::sim::files;
use crate::sim::persona::CardSecurity;
use crate::sim::persona::Citizen;
use crate::sim::persona::Persona;
use crate::sim::personalisation::Personalisation;

/// What the verifier of one card is given: the card's faults lie there, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// Certificates to trust, DER.
    pub anchors: Vec<Vec<u8>>,
    /// Revocation lists, DER.
    pub lists: Vec<Vec<u8>>,
    /// What the register says, where that is a fault.
    pub register: Option<Register>,
    /// The day that the clock shows, where that is a fault.
    pub day: Option<Date>,
}

impl Persona {
    /// The faults that stand in the files or around the card: those without a moment.
    fn standing(&self) -> impl Iterator<Item = Fault> {
        let cues = self.chip.faults.iter();
        cues.filter(|cue| cue.when.is_none()).map(|cue| cue.fault)
    }

    fn contents(&self) -> impl Iterator<Item = Content> {
        self.standing().filter_map(|fault| match fault {
            Fault::Content(content) => Some(content),
            _ => None,
        })
    }

    /// The harmless ones first, so that none takes back what another has spoilt.
    fn sods(&self) -> Vec<Sod> {
        let sods = self.standing().filter_map(|fault| match fault {
            Fault::Sod(sod) => Some(sod),
            _ => None,
        });
        let mut sods: Vec<Sod> = sods.collect();
        sods.sort_by_key(|sod| !sod.told().1.is_genuine());
        sods
    }

    fn pkis(&self) -> impl Iterator<Item = Pki> {
        self.standing().filter_map(|fault| match fault {
            Fault::Pki(pki) => Some(pki),
            _ => None,
        })
    }

    /// The holder as the faults have them.
    pub(in crate::sim) fn faulty_holder<'a>(&self, citizen: Cow<'a, Citizen>) -> Cow<'a, Citizen> {
        self.contents()
            .fold(citizen, |citizen, content| match content {
                Content::DocumentExpired => Cow::Owned(content.holder(citizen.into_owned())),
                _ => citizen,
            })
    }

    /// The holder as DG13 has them.
    pub(in crate::sim) fn holder_in_dg13(&self, citizen: &Citizen) -> Citizen {
        self.contents()
            .fold(citizen.clone(), |citizen, content| content.in_dg13(citizen))
    }

    /// Another issuing state in the zone.
    pub(in crate::sim) fn faulty_state(&self) -> Option<&'static str> {
        self.contents().find_map(Content::state)
    }

    /// EF.SOD over these groups.
    pub(in crate::sim) fn sign(
        &self,
        mut groups: BTreeMap<DataGroup, Vec<u8>>,
    ) -> Result<Vec<u8>, Malformed> {
        let mut spec = self.security_object();
        let mut pki = self.pki()?;
        let signed = self.citizen.issued.at(5, 0, 0, 0);
        for fault in self.pkis() {
            pki = fault.signer(pki, || self.pki(), signed)?;
            if fault.hides_signing_time() {
                spec.signing_time = None;
            }
        }
        let sods = self.sods();
        for fault in &sods {
            fault.groups(&mut groups);
            spec = fault.spec(spec, &pki.signer, &pki.csca, &groups)?;
        }
        let signer = sods
            .iter()
            .try_fold(pki.signer, |signer, fault| fault.signer(signer))?;
        let file = spec.sign(&groups, &signer)?;
        sods.iter().try_fold(file, |file, fault| fault.file(file))
    }

    /// Changes what is to be signed.
    pub(in crate::sim) fn spoil_before_signing(
        &self,
        card: &mut Personalisation,
    ) -> Result<(), Malformed> {
        self.contents()
            .try_for_each(|content| content.before_signing(self, card))
    }

    /// Changes what was signed, and takes from the chip what a copy does not have.
    pub(in crate::sim) fn spoil_after_signing(
        &self,
        card: &mut Personalisation,
    ) -> Result<(), Malformed> {
        for fault in self.standing() {
            match fault {
                Fault::Content(content) => content.after_signing(self, card)?,
                Fault::CopiedFiles => forget_keys(card),
                Fault::StrippedFiles => {
                    forget_keys(card);
                    self.strip(card)?;
                }
                Fault::PinSuspended => set_tries(card, 1),
                Fault::PinBlocked => set_tries(card, 0),
                _ => {}
            }
        }
        let mut spoilt = BTreeSet::new();
        for fault in self.standing() {
            if let Fault::Lds(lds, file) = fault {
                let applied = lds.apply(file, &mut card.files);
                // What another fault has made unreadable, or taken away, is wrong enough.
                if !spoilt.insert(file) {
                    continue;
                }
                applied?;
            }
        }
        Ok(())
    }

    /// Takes away everything that says that the chip could prove itself.
    fn strip(&self, card: &mut Personalisation) -> Result<(), Malformed> {
        for group in [DataGroup::DG14, DataGroup::DG15] {
            card.files.remove(&FileId::Group(group));
        }
        let left: Vec<DataGroup> = card.groups().into_keys().collect();
        card.files.insert(FileId::Com, files::com(&left));
        let bare = self.clone().with(|chip| {
            chip.faults.clear();
            chip.chip_authentication.clear();
            chip.card_security = CardSecurity::Absent;
        });
        let open = bare.personalise()?.files.remove(&FileId::CardAccess);
        card.files
            .extend(open.map(|bytes| (FileId::CardAccess, bytes)));
        Ok(())
    }

    /// What the verifier of this card is given.
    ///
    /// # Errors
    /// [`Malformed`] when a certificate or list cannot be made.
    pub fn surroundings(&self) -> Result<Surroundings, Malformed> {
        let pki = self.pki()?;
        let mut anchors = vec![pki.csca.certificate.clone()];
        let mut lists = Vec::new();
        for fault in self.pkis() {
            lists.extend(fault.list(&pki)?);
            if let Some(others) = fault.anchors(self.pki()?.csca)? {
                anchors = others;
            }
        }
        Ok(Surroundings {
            anchors,
            lists,
            register: self
                .standing()
                .filter_map(|fault| match fault {
                    Fault::Register(register) => Some(register),
                    _ => None,
                })
                // Of several answers the one that counts most.
                .max_by_key(|register| !register.told().1.is_genuine()),
            day: self.standing().find_map(|fault| match fault {
                Fault::Clock(clock) => Some(Clock::day(clock, self)),
                _ => None,
            }),
        })
    }
}

fn forget_keys(card: &mut Personalisation) {
    card.chip_keys.clear();
    card.active = None;
    card.mapping_key = None;
}

fn set_tries(card: &mut Personalisation, tries: u8) {
    if let Some(pin) = &mut card.pin {
        pin.tries = tries;
    }
}
