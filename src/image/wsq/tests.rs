//! Streams by hand, and streams that are broken.

use proptest::prelude::*;

use super::*;

/// A drawn finger as the reference implementation codes it, with comments between the segments.
const LOOP: &[u8] = include_bytes!("../../../tests/vectors/wsq/loop_comments.wsq");

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap();
    [&[0xFF, marker], &length.to_be_bytes()[..], content].concat()
}

/// Taps of the standard filters, to four digits.
fn filters() -> Vec<u8> {
    let mut content = vec![9, 7];
    let low = [8527, 3774, -1106, -238, 378];
    let high = [7885, -4181, -407, 645];
    for tap in low.into_iter().chain(high) {
        let size: i32 = tap;
        content.extend([u8::from(size < 0), 4]);
        content.extend(size.unsigned_abs().to_be_bytes());
    }
    segment(0xA4, &content)
}

/// One subband with bins of ten, no other.
fn bins(coded: usize) -> Vec<u8> {
    let mut content = vec![2, 0, 44];
    for number in 0..64 {
        let step = if number == coded { 10 } else { 0 };
        content.extend([0, 0, step, 0, 0, step]);
    }
    segment(0xA5, &content)
}

/// 16 by 16 pixels around 100.
fn frame() -> Vec<u8> {
    segment(0xA2, &[0, 255, 0, 16, 0, 16, 0, 0, 100, 0, 0, 1, 2, 0, 1])
}

/// Two codes: `0` for the number one, `10` for one coefficient of nought.
fn codes() -> Vec<u8> {
    segment(0xA6, &[&[0, 1, 1], &[0; 14][..], &[181, 1]].concat())
}

/// The stream with one coded subband, and what is between its last table and its end.
fn stream(coded: usize, data: &[&[u8]]) -> Vec<u8> {
    let parts = [
        vec![0xFF, 0xA0],
        filters(),
        bins(coded),
        frame(),
        codes(),
        data.concat(),
        vec![0xFF, 0xA1],
    ];
    parts.concat()
}

#[test]
fn restarts_stand_between_octets_and_count_up() {
    let block = segment(0xA3, &[0]);
    let plain = decode(&stream(51, &[&block, &[0, 0]])).unwrap();
    let interval = segment(0xA7, &[0, 4]);
    let marked = [0x0F, 0xFF, 0xB0, 0x0F, 0xFF, 0xB1, 0x0F, 0xFF, 0xB2, 0x0F];
    assert_eq!(
        decode(&stream(51, &[&interval, &block, &marked])),
        Ok(plain.clone())
    );
    // Not announced, announced as none, one left out.
    let none = segment(0xA7, &[0, 0]);
    let skipped = [0x0F, 0xFF, 0xB0, 0x0F, 0xFF, 0xB2, 0, 0];
    for data in [
        [&[][..], &block, &marked],
        [&none, &block, &marked],
        [&interval, &block, &skipped],
    ] {
        assert_eq!(decode(&stream(51, &data)), Err(Fault::Malformed));
    }
}

#[test]
fn markers_may_be_filled_up_and_the_last_one_missing() {
    let block = segment(0xA3, &[0]);
    let plain = stream(51, &[&block, &[0, 0]]);
    let pixels = decode(&plain).unwrap();
    let filled = stream(51, &[&[0xFF, 0xFF], &block, &[0, 0, 0xFF, 0xFF]]);
    assert_eq!(decode(&filled), Ok(pixels.clone()));
    assert_eq!(decode(&plain[..plain.len() - 2]), Ok(pixels.clone()));
    assert_eq!(decode(&[&plain, &b"more"[..]].concat()), Ok(pixels));
    assert_eq!(decode(&plain[..plain.len() - 1]), Err(Fault::Malformed));
    assert_eq!(decode(&plain[..plain.len() - 3]), Err(Fault::Malformed));
}

#[test]
fn blocks_may_end_anywhere_and_change_their_codes() {
    let block = segment(0xA3, &[0]);
    let whole = decode(&stream(51, &[&block, &[0, 0]])).unwrap();
    // The same two symbols the other way round, as table 3.
    let other = segment(0xA6, &[&[3, 1, 1], &[0; 14][..], &[1, 181]].concat());
    let second = segment(0xA3, &[3]);
    // Eight ones as ten each.
    let data = [0xAA, 0xAA];
    let parts = [&block[..], &[0], &other, &second, &data];
    assert_eq!(decode(&stream(51, &parts)), Ok(whole));
    let unknown = segment(0xA3, &[2]);
    assert_eq!(
        decode(&stream(51, &[&unknown, &[0, 0]])),
        Err(Fault::Malformed)
    );
}

/// Encoders leave the four subbands of the highest frequencies out; the syntax has bins for them.
#[test]
fn the_highest_frequencies_are_decoded_where_they_are_coded() {
    let block = segment(0xA3, &[0]);
    for coded in [52, 56, 60, 61, 62, 63] {
        let pixels = decode(&stream(coded, &[&block, &[0, 0]])).unwrap();
        let range = |samples: &[u8]| {
            let (least, most) = (samples.iter().min(), samples.iter().max());
            most.unwrap() - least.unwrap()
        };
        assert!(range(pixels.samples()) > 4, "{coded}");
        // More data than there are coefficients.
        let more = decode(&stream(coded, &[&block, &[0, 0, 0]]));
        assert_eq!(more, Err(Fault::Malformed));
    }
}

#[test]
fn only_the_header_is_needed_to_refuse_a_size() {
    let place = LOOP
        .windows(2)
        .position(|pair| pair == [0xFF, 0xA2])
        .unwrap();
    for (rows, columns) in [(65_535, 65_535), (2000, 2000), (5000, 1), (1, 5000)] {
        let mut bytes = LOOP.to_vec();
        bytes[place + 6..place + 8].copy_from_slice(&u16::to_be_bytes(rows));
        bytes[place + 8..place + 10].copy_from_slice(&u16::to_be_bytes(columns));
        assert_eq!(decode(&bytes), Err(Fault::TooLarge));
    }
    assert_eq!(decode(&vec![0xFF; MAX_BYTES + 1]), Err(Fault::TooLarge));
}

#[test]
fn no_beginning_of_a_picture_is_one() {
    for length in (0..LOOP.len() - 70).step_by(7) {
        assert!(decode(&LOOP[..length]).is_err(), "{length}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode(&bytes);
        let _ = decode(&[&[0xFF, 0xA0, 0xFF, 0xA6], bytes.as_slice()].concat());
        let block = segment(0xA3, &[0]);
        let _ = decode(&stream(51, &[&block, &bytes]));
    }

    /// Everywhere but in the size, which would only make the test slow.
    #[test]
    fn no_change_of_a_picture_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = LOOP.to_vec();
        let size = LOOP.windows(2).position(|pair| pair == [0xFF, 0xA2]).unwrap() + 6;
        for (place, octet) in changes {
            let place = place.index(bytes.len());
            if !(size..size + 4).contains(&place) {
                bytes[place] = octet;
            }
        }
        let _ = decode(&bytes);
    }
}
