//! Who the document is about, as its groups say, and the portrait.

use std::fmt;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::bytes::date::PartialDate;
use crate::bytes::legible::legible;
use crate::capture::Capture;
use crate::image::Format;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::citizen::Number;
use crate::lds::citizen::Origin;
use crate::lds::dg1::Dg1;
use crate::lds::dg2::Dg2;
use crate::lds::dg11::Dg11;
use crate::lds::dg12::Dg12;
use crate::lds::dg13::CitizenRecord;
use crate::lds::dg13::Dg13;
use crate::lds::dg13::Expiry;
use crate::lds::dg13::Layout;
use crate::lds::mrz::Mrz;
use crate::lds::mrz::Sex;
use crate::profile;
use crate::profile::Profile;
use crate::verify::DocumentExpiry;
use crate::verify::Unverified;
use crate::verify::Vouched;
use crate::verify::citizen;
use crate::verify::contents;
use crate::verify::passive::Passive;

/// The holder, put together from the machine-readable zone, from DG13 on citizen cards, and from DG11
/// and DG12 where a document has them. Where several tell the same, DG13 comes before DG11, and that
/// before the zone.
///
/// What the law calls sensitive (ethnicity, religion, identifying features) is not in it.
/// [`fmt::Debug`] shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Holder {
    mrz: Mrz,
    record: Option<CitizenRecord>,
    person: Option<Dg11>,
    document: Option<Dg12>,
    birth: Option<PartialDate>,
    expiry: DocumentExpiry,
}

impl Holder {
    /// Full name: as DG13 or DG11 has it, else as the zone transliterates it.
    pub fn name(&self) -> String {
        self.native_name()
            .or_else(|| self.person.as_ref().and_then(Dg11::name_in_words))
            .unwrap_or_else(|| self.latin_name())
    }

    /// Full name in the letters of the issuing state, where DG13 has it, or DG11 has more than a
    /// transliteration.
    pub fn native_name(&self) -> Option<String> {
        let record = self.record.as_ref().and_then(CitizenRecord::name);
        record.map(str::to_owned).or_else(|| {
            let name = self.person.as_ref().and_then(Dg11::name_in_words);
            name.filter(|name| !name.is_ascii())
        })
    }

    /// Full name as the zone transliterates it, surname first.
    pub fn latin_name(&self) -> String {
        let names = [self.mrz.surname(), self.mrz.given_names()];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.join(" ").trim().to_owned()
    }

    /// Twelve-digit citizen number, where the document has one.
    pub fn citizen_number(&self) -> Option<&str> {
        self.record
            .as_ref()
            .and_then(CitizenRecord::citizen_number)
            .or_else(|| self.mrz.citizen_number())
    }

    /// Document number as the zone has it.
    pub fn document_number(&self) -> &str {
        self.mrz.document_number()
    }

    /// Date of birth; the zone's two-digit year with the century that DG13, DG11 or the citizen
    /// number tells.
    pub const fn birth(&self) -> Option<PartialDate> {
        self.birth
    }

    /// Sex as the zone has it.
    pub fn sex(&self) -> Sex {
        self.mrz.sex()
    }

    /// Nationality as the zone has it, without fillers.
    pub fn nationality(&self) -> &str {
        self.mrz.nationality()
    }

    /// The profile of such documents, which names their fields: by the date of issue where the
    /// document tells it. A hint, and no evidence.
    pub fn profile(&self) -> Option<&'static Profile> {
        let issued = self.record.as_ref().and_then(CitizenRecord::issued);
        let issued = issued.and_then(PartialDate::day);
        profile::recognise(self.mrz.issuing_state(), self.mrz.document_code(), issued)
    }

    /// When the document stops being valid.
    pub const fn expiry(&self) -> DocumentExpiry {
        self.expiry
    }

    pub(super) const fn mrz(&self) -> &Mrz {
        &self.mrz
    }

    pub(super) const fn record(&self) -> Option<&CitizenRecord> {
        self.record.as_ref()
    }

    /// Whether DG11 has another date of birth than the zone.
    pub(super) fn details_contradict_birth(&self) -> bool {
        let person = self.person.as_ref().and_then(|person| person.birth);
        person.is_some_and(|birth| !self.mrz.birth().agrees_with(birth))
    }

    /// The citizen number taken apart, where it has the twelve digits.
    pub(super) fn number(&self) -> Option<Number> {
        Number::parse(self.citizen_number()?)
    }

    /// Whether a part of the document tells the century of the birth.
    pub(super) fn tells_century(&self) -> bool {
        let record = self.record.as_ref().and_then(CitizenRecord::birth);
        let person = self.person.as_ref().and_then(|person| person.birth);
        // The number did, where the birth is the one that it names.
        let number = self.number().map(Number::birth_year);
        let by_number = number.is_some() && number == self.birth.map(PartialDate::year);
        by_number || record.or(person).is_some()
    }

    /// Every field that is there, by its name in the report, in the order people read them. Dates
    /// are ISO 8601; `expiry` is `never` on cards without expiry. The last three, `number_…`, are what
    /// the citizen number says by the rules it was made by: information beside what the card says.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        let mut put = |name, value: Option<String>| {
            let value = value.map(|value| legible(&value));
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                fields.push((name, value));
            }
        };
        let record = self.record.as_ref();
        let person = self.person.as_ref();
        let document = self.document.as_ref();
        let text =
            |read: fn(&CitizenRecord) -> Option<&str>| record.and_then(read).map(str::to_owned);
        let detail = |read: fn(&Dg11) -> Option<&String>| person.and_then(read).cloned();
        let parts = |read: fn(&Dg11) -> &Vec<String>| person.map(|person| read(person).join(", "));
        put("name", Some(self.name()));
        put("latin_name", Some(self.latin_name()));
        put("other_names", person.map(other_names));
        put("citizen_number", self.citizen_number().map(str::to_owned));
        put("document_number", Some(self.document_number().to_owned()));
        put("old_number", text(CitizenRecord::old_number));
        let personal = detail(|person| person.personal_number.as_ref());
        put(
            "personal_number",
            personal.filter(|number| self.citizen_number() != Some(number)),
        );
        put("birth", self.birth.map(|date| date.to_string()));
        put("place_of_birth", parts(|person| &person.place_of_birth));
        put("sex", Some(sex(self.sex()).to_owned()));
        put("nationality", Some(self.nationality().to_owned()));
        put("issuing_state", Some(self.mrz.issuing_state().to_owned()));
        put("document_code", Some(self.mrz.document_code().to_owned()));
        let issued = record.and_then(CitizenRecord::issued);
        let issued = issued.or_else(|| document?.issued);
        put("issued", issued.map(|date| date.to_string()));
        put("authority", document.and_then(Dg12::authority_in_words));
        put(
            "expiry",
            match self.expiry {
                DocumentExpiry::On(date) => Some(date.to_string()),
                DocumentExpiry::Never => Some("never".to_owned()),
                DocumentExpiry::Unknown => None,
            },
        );
        put("origin", text(CitizenRecord::origin));
        put("residence", text(CitizenRecord::residence));
        put("address", parts(|person| &person.address));
        put("telephone", detail(|person| person.telephone.as_ref()));
        put("profession", person.and_then(Dg11::profession_in_words));
        put("title", person.and_then(Dg11::title_in_words));
        put("father", text(CitizenRecord::father));
        put("mother", text(CitizenRecord::mother));
        put("spouse", text(CitizenRecord::spouse));
        // What the number says is information: the law promises no meaning of it since July 2024.
        if let Some(number) = self.number() {
            let origin = number.origin().map_or("unknown", Origin::name);
            put("number_origin", Some(origin.to_owned()));
            put("number_sex", Some(sex(number.sex()).to_owned()));
            put("number_birth_year", Some(number.birth_year().to_string()));
        }
        fields
    }
}

fn other_names(person: &Dg11) -> String {
    let names: Vec<String> = person.other_names_in_words().collect();
    names.join(", ")
}

const fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Unspecified => "unspecified",
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Holder(..)")
    }
}

/// The face, still compressed.
#[derive(Clone, PartialEq, Eq)]
pub struct Portrait {
    format: Format,
    image: Vec<u8>,
}

impl Portrait {
    /// Media type, by the content.
    pub const fn mime(&self) -> &'static str {
        self.format.mime()
    }

    /// The image file.
    pub fn image(&self) -> &[u8] {
        &self.image
    }
}

impl fmt::Debug for Portrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Portrait(..)")
    }
}

/// What was read of the holder, with what could not be decoded.
pub(super) struct Document {
    holder: Option<Holder>,
    pub(super) record: RecordState,
    /// The layout that DG13 of such documents has.
    pub(super) layout: Option<Layout>,
}

/// What became of DG13.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordState {
    /// Not read, or of a layout that no profile knows.
    Unknown,
    /// Decoded.
    Read,
    /// There, and not in the layout of its profile.
    Malformed,
}

impl Document {
    /// The holder, whether or not anything vouches for it: for the checks that compare.
    pub(super) const fn holder(&self) -> Option<&Holder> {
        self.holder.as_ref()
    }

    /// When the document expires, where DG1 was read.
    pub(super) fn expiry(&self) -> Option<DocumentExpiry> {
        self.holder.as_ref().map(|holder| holder.expiry)
    }

    /// The holder as the report carries it: verified only when every group behind it is.
    pub(super) fn vouched_holder(self, passive: &Passive<'_>) -> Option<Vouched<Holder>> {
        let mut groups = vec![DataGroup::DG1];
        if self.record == RecordState::Read {
            groups.push(DataGroup::DG13);
        }
        let holder = self.holder?;
        groups.extend(holder.person.is_some().then_some(DataGroup::DG11));
        groups.extend(holder.document.is_some().then_some(DataGroup::DG12));
        Some(Vouched::from_groups(holder, &groups, |group| {
            passive.proof(group)
        }))
    }
}

/// Reads the holder out of a capture, whose security object lists these groups.
pub(super) fn read(capture: &Capture, listed: Option<&[DataGroup]>, now: Timestamp) -> Document {
    let group = |group| capture.files.get(&FileId::Group(group));
    let mut document = Document {
        holder: None,
        record: RecordState::Unknown,
        layout: None,
    };
    let Some(Ok(Dg1 { mrz, .. })) = group(DataGroup::DG1).map(|file| Dg1::decode(file)) else {
        return document;
    };
    let layout = contents::layout(&mrz);
    document.layout = layout;
    // What the security object does not list says nothing of the holder: not its name, and not how
    // long its card holds.
    let listed = |wanted: DataGroup| {
        let counts = listed.is_none_or(|listed| listed.contains(&wanted));
        group(wanted).filter(|_| counts)
    };
    let record = match (listed(DataGroup::DG13), layout) {
        (Some(file), Some(layout)) => match Dg13::decode(file, layout) {
            Ok(Dg13::Citizen(record)) => {
                document.record = RecordState::Read;
                Some(record)
            }
            Ok(_) => None,
            Err(_) => {
                document.record = RecordState::Malformed;
                None
            }
        },
        _ => None,
    };
    let person = listed(DataGroup::DG11).and_then(|file| Dg11::decode(file).ok());
    let details = listed(DataGroup::DG12).and_then(|file| Dg12::decode(file).ok());
    let today = TimeZone::UTC.to_datetime(now).date();
    let told = record.as_ref().and_then(CitizenRecord::birth).or_else(|| {
        let birth = person.as_ref()?.birth?;
        // What is printed has two digits of the year; another date than that says nothing.
        let printed = mrz.birth().birth_date(birth.year());
        printed
            .is_some_and(|printed| birth.agrees_with(printed))
            .then_some(birth)
    });
    let birth = birth(&mrz, record.as_ref(), told, today);
    let expiry = expiry(&mrz, record.as_ref(), birth, today);
    document.holder = Some(Holder {
        mrz,
        record,
        person,
        document: details,
        birth,
        expiry,
    });
    document
}

/// The holder that a capture tells of, with nothing vouching for it: for a lookup that begins while
/// the photo is still being read, and for saying what is in a capture.
pub fn unverified(capture: &Capture, now: SystemTime) -> Option<Unverified<Holder>> {
    let now = Timestamp::try_from(now).ok()?;
    let listed = contents::listed(capture);
    let document = read(capture, listed.as_deref(), now);
    document.holder.map(Unverified::new)
}

/// The portrait, verified only when DG2 is.
pub(super) fn portrait(capture: &Capture, passive: &Passive<'_>) -> Option<Vouched<Portrait>> {
    let file = capture.files.get(&FileId::Group(DataGroup::DG2))?;
    let dg2 = Dg2::decode(file).ok()?;
    let image = dg2.images().next()?;
    let portrait = Portrait {
        format: image.format,
        image: image.bytes.clone(),
    };
    Some(Vouched::from_groups(portrait, &[DataGroup::DG2], |group| {
        passive.proof(group)
    }))
}

/// The zone has two digits of the year; the century comes from what another group tells, else from
/// the fourth digit of the citizen number, else from the date of today.
fn birth(
    mrz: &Mrz,
    record: Option<&CitizenRecord>,
    told: Option<PartialDate>,
    today: Date,
) -> Option<PartialDate> {
    let printed = mrz.birth();
    if told.is_some() {
        return told;
    }
    let guessed = printed.birth_until(today)?;
    let number = record
        .and_then(CitizenRecord::citizen_number)
        .or_else(|| mrz.citizen_number());
    let by_number = number.and_then(|number| citizen::birth_by_number(number, guessed, today));
    Some(by_number.unwrap_or(guessed))
}

/// DG13's word where it has one, else the zone's.
fn expiry(
    mrz: &Mrz,
    record: Option<&CitizenRecord>,
    birth: Option<PartialDate>,
    today: Date,
) -> DocumentExpiry {
    match record.map(CitizenRecord::expires) {
        Some(Expiry::None) => DocumentExpiry::Never,
        Some(Expiry::Date(PartialDate::Day(date))) => DocumentExpiry::On(date),
        _ if citizen::zone_says_never(mrz, birth) => DocumentExpiry::Never,
        _ => DocumentExpiry::after(mrz.expiry().expiry_date(today.year())),
    }
}
