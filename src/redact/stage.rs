//! Playing a conversation with the invented chip, and finding out which quirks it needs for that.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::iter;
use std::rc::Rc;

use crate::capture::Missing;
use crate::capture::Reading;
use crate::error::Error;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::lds::FileId;
use crate::reader;
use crate::redact::chip;
use crate::redact::chip::Manner;
use crate::redact::groups;
use crate::redact::observe::LIMIT;
use crate::redact::persona;
use crate::redact::seal::Signed;
use crate::redact::shape::End;
use crate::redact::shape::Exchanged;
use crate::redact::shape::Shape;
use crate::redact::shape::Staged;
use crate::redact::shape::Watched;
use crate::redact::shape::is_protected;
use crate::redact::terms::Terms;
use crate::secret::Secret;
use crate::sim::VirtualCard;
use crate::sim::quirk::Quirk;
use crate::sim::seed::Seeded;
use crate::transport::Limits;
use crate::transport::Stop;
use crate::transport::trace::Recorder;

/// Rehearsals of one conversation: enough for two quirks that nobody met, and bounded for sessions that
/// differ for another reason.
const MAX_REHEARSALS: usize = 160;

/// Quirks that are found out in a row.
const MAX_QUIRKS: usize = 6;

/// Most data bytes of an answer that a limit is guessed from.
const SHORT: usize = 256;

/// A stage: files of a chip, and the conversation that is to be had again.
pub(super) struct Stage<'a> {
    pub(super) files: BTreeMap<FileId, Vec<u8>>,
    pub(super) limits: &'a Limits,
    pub(super) model: Rc<Vec<Exchanged>>,
    /// Most bytes of a file that came in one piece.
    pub(super) piece: usize,
}

/// What came of it.
pub(super) struct Played {
    pub(super) text: String,
    pub(super) wire: Vec<Exchanged>,
}

/// Whether a performance stops where it goes another way than its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manners {
    Rehearsal,
    Performance,
}

impl Stage<'_> {
    /// The conversation with these terms.
    pub(super) fn play(&self, terms: &Terms) -> Result<Played, Error> {
        self.perform(terms, Manners::Performance)
    }

    fn perform(&self, terms: &Terms, manners: Manners) -> Result<Played, Error> {
        let seed = &terms.seed;
        let plan = terms.plan()?;
        let key = terms.chip_key()?;
        let zone = if terms.wrong_key {
            Secret::copy_of(b"")
        } else {
            persona::zone_information(&self.files, &key, &self.model)
        };
        let manner = Manner {
            limits: self.limits,
            key: &key,
            zone,
            quirks: &terms.quirks,
            signing: terms.signing,
            trusts_terminals: terms.terminal,
        };
        let mut files = self.files.clone();
        for (file, bytes) in &mut files {
            if bytes.is_empty() {
                *bytes = groups::filler(*file, None, seed)?;
            }
        }
        let chip = chip::personalisation(files, seed, &manner)?;
        let card = VirtualCard::new(chip, Box::new(Seeded::new(&format!("{seed} chip"))));
        let staged = Staged::new(card, self.limits, Rc::clone(&self.model));
        let staged = match manners {
            Manners::Rehearsal => staged.strict(),
            Manners::Performance => staged,
        };
        let recorder = Recorder::new();
        let mut watched = Watched::new(recorder.transport(staged));
        let wire = watched.wire();
        let mut random = recorder.random(Seeded::new(&format!("{seed} terminal")));
        // A failure that the model has is played like everything else, and stands in the trace.
        let _ = reader::read(
            &mut watched,
            &plan,
            &Stop::after(LIMIT),
            &mut random,
            &mut |_| {},
        );
        drop(watched);
        Ok(Played {
            text: recorder.text(),
            wire: Rc::try_unwrap(wire)
                .map_or_else(|shared| shared.borrow().clone(), RefCell::into_inner),
        })
    }

    /// The conversation as far as it goes as in the model, and how many exchanges that are.
    fn trial(&self, terms: &Terms) -> Result<(Played, usize), Error> {
        let played = self.perform(terms, Manners::Rehearsal)?;
        let pairs = played.wire.iter().zip(self.model.iter());
        let like = pairs.take_while(|((sent, got), (was_sent, was))| {
            Shape::of(sent, got).is_like(&Shape::of(was_sent, was))
        });
        let like = like.count();
        Ok((played, like))
    }

    /// Whether no quirk can make this exchange go as in the model: authorities of terminals are of
    /// another date and in another number, and so are the certificates that a chip is shown.
    fn is_of_a_terminal(&self, terms: &Terms, place: usize) -> bool {
        let command = self.model.get(place).map(|(command, _)| command.as_slice());
        terms.terminal
            && command.is_some_and(|command| {
                is_protected(command)
                    && matches!(
                        command,
                        [_, 0x22, 0x81, ..]
                            | [
                                _,
                                ins::PERFORM_SECURITY_OPERATION
                                    | ins::GET_CHALLENGE
                                    | ins::EXTERNAL_AUTHENTICATE,
                                ..
                            ]
                    )
            })
    }

    /// Switches on the quirks with which the conversation goes as its model went: none, those that
    /// were met, then one after the other whatever makes it go further. Gives the performance.
    pub(super) fn rehearse(
        &self,
        terms: &mut Terms,
        met: BTreeSet<Quirk>,
    ) -> Result<Played, Error> {
        let whole = self.model.len();
        let (played, mut best) = self.trial(terms)?;
        if best >= whole {
            return Ok(played);
        }
        let mut left = MAX_REHEARSALS;
        let none = (!met.is_empty()).then(BTreeSet::new);
        for start in iter::once(met).chain(none) {
            let mut trial = terms.clone();
            trial.quirks = start;
            let (played, like) = self.trial(&trial)?;
            if like >= whole {
                *terms = trial;
                return Ok(played);
            }
            let like = self.search(&mut trial, like, &mut left)?;
            if like > best {
                (best, terms.quirks) = (like, trial.quirks);
            }
            if best >= whole {
                break;
            }
        }
        self.play(terms)
    }

    fn search(&self, terms: &mut Terms, like: usize, left: &mut usize) -> Result<usize, Error> {
        let mut best = like;
        for _ in 0..MAX_QUIRKS {
            if best >= self.model.len() || self.is_of_a_terminal(terms, best) {
                break;
            }
            let mut found = None;
            for quirk in self.candidates() {
                let mut trial = terms.clone();
                if !trial.quirks.insert(quirk) {
                    continue;
                }
                match left.checked_sub(1) {
                    Some(fewer) => *left = fewer,
                    None => break,
                }
                let (_, like) = self.trial(&trial)?;
                if like > best {
                    (best, found) = (like, Some(quirk));
                }
                if best >= self.model.len() {
                    break;
                }
            }
            match found {
                Some(quirk) => terms.quirks.insert(quirk),
                None => break,
            };
        }
        Ok(best)
    }

    /// Quirks of chips that show in a conversation and not in a file.
    fn candidates(&self) -> Vec<Quirk> {
        let answers = self
            .model
            .iter()
            .filter_map(|(sent, got)| match Shape::of(sent, got).end {
                End::Answer(length, [0x90, 0x00]) => Some(length.saturating_sub(2)),
                _ => None,
            });
        let longest = answers.max().unwrap_or(SHORT);
        let limit = u16::try_from(longest).unwrap_or(u16::MAX);
        let piece = u16::try_from(self.piece).unwrap_or(u16::MAX);
        Quirk::ALL
            .into_iter()
            .filter(|quirk| !quirk.is_around_the_chip() && !matches!(quirk, Quirk::Issued(_)))
            .map(|quirk| match quirk {
                Quirk::ChunkLimit(_) => Quirk::ChunkLimit(piece),
                Quirk::ChunkLimit6282(_) => Quirk::ChunkLimit6282(piece),
                Quirk::AnswersInParts(_) => Quirk::AnswersInParts(limit),
                other => other,
            })
            .collect()
    }
}

/// Files of the security object that were not read, unless the chip said that they are not there.
pub(super) fn unread(
    files: &BTreeMap<FileId, Vec<u8>>,
    outcome: &Result<Reading, Error>,
) -> Vec<FileId> {
    let Some(signed) = files.get(&FileId::Sod) else {
        return Vec::new();
    };
    let absent = |file: &FileId| {
        let missing = outcome
            .as_ref()
            .ok()
            .and_then(|reading| reading.capture.missing.get(file));
        missing == Some(&Missing::Refused(Status::NOT_FOUND))
    };
    let groups = Signed::of_security_object(signed).map(|signed| signed.groups());
    groups
        .unwrap_or_default()
        .into_iter()
        .map(FileId::Group)
        .filter(|file| !files.contains_key(file) && !absent(file))
        .collect()
}
