//! Selecting and reading: what is open before access control, and how a file ends.

use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::sim::chip::tests::SELECT_AID;
use crate::sim::chip::tests::card;
use crate::sim::chip::tests::content;
use crate::sim::chip::tests::host::Host;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::Personalisation;
use crate::sim::quirk::Quirk;

fn with(quirk: Quirk) -> Personalisation {
    let mut card = card();
    card.quirks.insert(quirk);
    card
}

#[test]
fn before_access_control_only_the_open_files_are_read() {
    let mut host = Host::new(card());
    for (command, status) in [
        ("00b0000000", "6986"),
        ("00a4020c02011c", "9000"),
        ("00b0003502", "356282"),
        ("00a4000c023f00", "9000"),
        ("00b0000000", "6986"),
        ("00a4000c", "9000"),
        ("00b09c3403", "34356282"),
        ("00b0003501", "359000"),
        // EF.CardSecurity, absent EF.DIR, and nothing of that name.
        ("00a4020c02011d", "6982"),
        ("00a4020c022f00", "6a82"),
        ("00a4020c020101", "6a82"),
        ("00a4020c03011c00", "6700"),
        ("00a4020c02011c00", "6700"),
        ("00a4000c02011c", "6a82"),
        ("00a40000023f00", "6a86"),
        ("00a4040c07a0000002471002", "6a82"),
        ("00a4040c06a00000024710", "6a82"),
        (SELECT_AID, "9000"),
        ("00b0000000", "6986"),
        ("00a4020c02011c", "6a82"),
        ("00b09c0000", "6a82"),
        ("00a4020c02011e", "6982"),
        ("00a4020c020110", "6982"),
        ("00b0810000", "6982"),
        ("00b0800000", "6a86"),
        ("00b09f0000", "6a86"),
        ("00b0a10000", "6a86"),
    ] {
        assert_eq!(host.plain(command), status, "{command}");
    }
}

#[test]
fn behind_access_control_the_application_is_read() {
    let mut host = Host::into_application(card());
    // SELECT, then parts; a short identifier makes its file current as well.
    assert_eq!(
        host.send([0, 0xA4, 2, 0x0C], &[1, 0x01], &[]),
        (vec![], 0x9000)
    );
    assert_eq!(
        host.send([0, 0xB0, 0, 90], &[], &[5]),
        (content(95)[90..].to_vec(), 0x9000)
    );
    let all = content(700);
    assert_eq!(
        host.send([0, 0xB0, 0x9D, 0xF0], &[], &[16]),
        (all[240..256].to_vec(), 0x9000)
    );
    assert_eq!(
        host.send([0, 0xB0, 0x01, 0x00], &[], &[16]),
        (all[256..272].to_vec(), 0x9000)
    );
    // Beyond the end; fingers; what is not there; and the channel lives on.
    assert_eq!(host.send([0, 0xB0, 0x02, 0xBC], &[], &[16]).1, 0x6B00);
    assert_eq!(host.send([0, 0xA4, 2, 0x0C], &[1, 3], &[]).1, 0x6982);
    assert_eq!(host.send([0, 0xB0, 0x83, 0], &[], &[0]).1, 0x6982);
    assert_eq!(host.send([0, 0xA4, 2, 0x0C], &[1, 4], &[]).1, 0x6A82);
    assert_eq!(host.send([0, 0xA4, 2, 0x0C], &[1, 2], &[]).1, 0x6A82);
    assert_eq!(host.send([0, 0xB0, 0x9E, 0], &[], &[]).1, 0x6700);
    assert_eq!(host.send([0, 0xB0, 0x9E, 0], &[1], &[1]).1, 0x6700);
    assert_eq!(host.send([0, 0xB0, 0x9E, 0], &[], &[22]).1, 0x9000);
    // The master file: EF.CardSecurity is open now. This command has no data object but 8E.
    assert_eq!(host.send([0, 0xA4, 0, 0x0C], &[], &[]), (vec![], 0x9000));
    assert_eq!(
        host.send([0, 0xB0, 0x9D, 0], &[], &[0]),
        (content(90), 0x9000)
    );
}

#[test]
fn after_pace_the_master_file_is_current() {
    let mut host = Host::new(card());
    let offer = card().pace[0].clone();
    assert_eq!(host.plain(SELECT_AID), "9000");
    assert_eq!(host.pace(&offer, b"000123", &[]), "9000");
    assert_eq!(host.send([0, 0xA4, 2, 0x0C], &[1, 1], &[]).1, 0x6A82);
    host.select_application();
    assert_eq!(host.send([0, 0xA4, 2, 0x0C], &[1, 1], &[]).1, 0x9000);
}

#[test]
fn the_end_of_a_file_has_its_customs() {
    // EF.COM has 22 bytes: more than there is, as much as there is, from the very end, all.
    for (quirk, more, zero, at_end) in [
        (None, (12, 0x6282), (12, 0x9000), 0x6B00),
        (
            Some(Quirk::EndOfFile6282),
            (12, 0x6282),
            (12, 0x6282),
            0x6B00,
        ),
        (Some(Quirk::EndOfFile6b00), (0, 0x6B00), (0, 0x6B00), 0x6B00),
        (
            Some(Quirk::EndOfFile9000),
            (12, 0x9000),
            (12, 0x9000),
            0x6B00,
        ),
        (
            Some(Quirk::EndOfFileEmpty),
            (12, 0x6282),
            (12, 0x9000),
            0x9000,
        ),
        (Some(Quirk::Le6cxx), (0, 0x6C0C), (0, 0x6C0C), 0x6B00),
    ] {
        let mut card = card();
        card.quirks.extend(quirk);
        let mut host = Host::into_application(card);
        let mut read = |offset, le| {
            let (data, status) = host.send([0, 0xB0, 0x9E, offset], &[], &[le]);
            assert_eq!(data, content(22)[22 - data.len()..], "{quirk:?}");
            (data.len(), status)
        };
        assert_eq!(read(10, 13), more, "{quirk:?}");
        assert_eq!(read(10, 0), zero, "{quirk:?}");
        assert_eq!(read(22, 1), (0, at_end), "{quirk:?}");
        assert_eq!(read(10, 12), (12, 0x9000), "{quirk:?}");
        assert_eq!(read(23, 1), (0, 0x6B00), "{quirk:?}");
    }
}

#[test]
fn a_protected_answer_must_fit_the_outer_length() {
    let mut host = Host::into_application(card());
    // AES: 223 bytes make 14 blocks; DO 87 is 3 + 1 + 224, then 4 and 10 bytes.
    assert_eq!(host.send([0, 0xB0, 0x9D, 0], &[], &[223]).1, 0x9000);
    assert_eq!(host.send([0, 0xB0, 0x9D, 0], &[], &[224]).1, 0x6700);
    assert_eq!(host.send([0, 0xB0, 0x9D, 0], &[], &[255]).1, 0x6700);
    // Whatever there is, within the limit.
    let (data, status) = host.send([0, 0xB0, 0x9D, 0], &[], &[0]);
    assert_eq!((data.len(), status), (223, 0x9000));
    // An extended Le in a short command asks for what cannot come.
    assert_eq!(host.send([0, 0xB0, 0x9D, 0], &[], &[1, 0]).1, 0x6700);
    assert_eq!(host.send([0, 0xB0, 0x9E, 0], &[], &[0]).1, 0x9000);
}

#[test]
fn a_chip_that_gives_what_fits_never_gives_more() {
    let mut card = card();
    card.quirks.insert(Quirk::ReadWhatFits);
    let mut host = Host::into_application(card);
    for asked in [0, 224, 255] {
        let (data, status) = host.send([0, 0xB0, 0x9D, 0], &[], &[asked]);
        assert_eq!((data.len(), status), (223, 0x9000), "{asked}");
    }
    assert_eq!(host.send([0, 0xB0, 0x9D, 0], &[], &[223]).0.len(), 223);
}

#[test]
fn extended_lengths_are_taken_where_they_are_announced() {
    let mut card = card();
    card.lengths = Lengths::Extended { max_response: 600 };
    let mut host = Host::into_application(card);
    let read = [0, 0xB0, 0x9D, 0];
    let (data, status) = host.send_extended(read, &[], &[2, 0x0F]);
    assert_eq!((data.len(), status), (527, 0x9000));
    assert_eq!(host.send_extended(read, &[], &[2, 0x58]).1, 0x6700);
    let (data, status) = host.send_extended(read, &[], &[0, 0]);
    assert_eq!((data.len(), status), (575, 0x9000));

    let mut card = self::card();
    card.lengths = Lengths::Extended { max_response: 600 };
    card.quirks.insert(Quirk::ExtendedRefused);
    assert_eq!(Host::new(card).plain("00b09c00000000"), "6700");
}

#[test]
fn card_access_has_its_moods() {
    let mut host = Host::new(with(Quirk::CardAccess6982AfterAid));
    assert_eq!(host.plain("00b09c0001"), "009000");
    host.plain(SELECT_AID);
    assert_eq!(host.plain("00a4020c02011c"), "6982");
    assert_eq!(host.plain("00b09c0001"), "6982");
    assert_eq!(host.plain("00a4020c022f01"), "6a82");
    let mut host = Host::new(with(Quirk::CardAccess6982));
    assert_eq!(host.plain("00a4020c02011c"), "6982");
    let mut host = Host::new(with(Quirk::CardAccess6283));
    assert_eq!(host.plain("00a4020c02011c"), "6283");
    assert_eq!(host.plain("00b0000001"), "009000");
}

#[test]
fn some_chips_do_not_take_what_others_do() {
    let mut host = Host::new(with(Quirk::SelectMf6d00));
    assert_eq!(host.plain("00a4000c"), "6d00");
    assert_eq!(host.plain("00a4000c023f00"), "6d00");
    assert_eq!(host.plain("00a4020c02011c"), "9000");
    let mut host = Host::new(with(Quirk::SelectMf6a86));
    assert_eq!(host.plain("00a4000c023f00"), "6a86");
    let mut host = Host::new(with(Quirk::SfiUnsupported));
    assert_eq!(host.plain("00b09c0000"), "6a86");
    let mut host = Host::new(with(Quirk::SfiNotFound));
    assert_eq!(host.plain("00b09c0000"), "6a82");
    let mut host = Host::new(with(Quirk::HeaderReadRefused));
    assert_eq!(host.plain("00b09c0004"), "6700");
    assert_eq!(host.plain("00b09c0404"), "040506079000");
    assert_eq!(host.plain("00b09c0008"), "00010203040506079000");
    let mut host = Host::new(with(Quirk::ChunkLimit(16)));
    assert_eq!(host.plain("00b09c0011"), "6700");
    assert_eq!(host.plain("00b09c0000"), "6700");
    assert_eq!(host.plain("00b09c0010").len(), 36);
}

#[test]
fn long_files_are_read_on_with_the_odd_instruction() {
    let long = content(40_000);
    let group = FileId::Group(DataGroup::DG2);
    let odd = |p2| [0, 0xB1, 0, p2];
    let read = |quirk: Option<Quirk>| {
        let mut card = card();
        card.quirks.extend(quirk);
        card.files.insert(group, long.clone());
        Host::into_application(card)
    };
    let mut host = read(None);
    // By short identifier, then on the current file, then by file identifier.
    let offset = [0x54, 2, 0x80, 0];
    let (data, status) = host.send(odd(2), &offset, &[18]);
    assert_eq!(status, 0x9000);
    assert_eq!(data[..2], [0x53, 16]);
    assert_eq!(data[2..], long[0x8000..0x8010]);
    let (data, status) = host.send(odd(0), &[0x54, 2, 0x9C, 0x30], &[0]);
    assert_eq!((&data[2..], status), (&long[0x9C30..], 0x9000));
    let (data, status) = host.send([0, 0xB1, 1, 2], &[0x54, 2, 0x9C, 0x30], &[100]);
    assert_eq!((&data[2..], status), (&long[0x9C30..], 0x6282));
    for (command, status) in [
        (&[0x54, 2, 0x9C, 0x40][..], 0x6B00),
        (&[0x54, 3, 0x01, 0x00, 0x00], 0x6B00),
        (&[0x54, 0], 0x6A80),
        (&[0x54, 5, 0, 0, 0, 0, 0], 0x6A80),
        (&[0x53, 1, 0], 0x6A80),
        (&[0x54, 2, 0x80, 0, 0x54, 0], 0x6A80),
        (&[0x54, 0x81, 2, 0x80, 0], 0x6A80),
    ] {
        assert_eq!(host.send(odd(0), command, &[0]).1, status, "{command:?}");
    }
    // Whatever there is, within the limit: 223 bytes are an object of 220.
    let (data, status) = host.send(odd(0), &offset, &[0]);
    assert_eq!((&data[..3], status), (&[0x53, 0x81, 220][..], 0x9000));
    assert_eq!(data[3..], long[0x8000..0x8000 + 220]);
    assert_eq!(host.send(odd(0), &offset, &[255]).1, 0x6700);
    // From the first octet on, too.
    let (data, status) = host.send(odd(0), &[0x54, 1, 0], &[18]);
    assert_eq!((&data[2..], status), (&long[..16], 0x9000));
    assert_eq!(host.send(odd(0x1F), &offset, &[0]).1, 0x6A86);
    assert_eq!(host.send(odd(4), &offset, &[0]).1, 0x6A82);
    assert_eq!(host.send(odd(0), &offset, &[2]).1, 0x6700);
    // Even reading may go over the border, where the chip does not stop there.
    assert_eq!(host.send([0, 0xB0, 0x7F, 0xF0], &[], &[32]).1, 0x9000);

    let mut host = read(Some(Quirk::EvenReadEndsAt8000));
    host.send([0, 0xB0, 0x82, 0], &[], &[1]);
    let (data, status) = host.send([0, 0xB0, 0x7F, 0xF0], &[], &[32]);
    assert_eq!((data.len(), status), (16, 0x6282));
    let mut host = read(Some(Quirk::DiscretionaryTemplate));
    assert_eq!(host.send(odd(2), &offset, &[18]).0[0], 0x73);
    // Without a long file there is no such instruction.
    let mut host = Host::into_application(card());
    assert_eq!(host.send(odd(1), &offset, &[18]).1, 0x6D00);
}
