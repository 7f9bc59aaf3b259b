//! WSQ pictures of drawn fingers, against the pixels that the reference implementation makes of them.

use std::fs;
use std::path::Path;

use cancuoc::image::wsq;
use serde::Deserialize;
use sha2::Digest;
use sha2::Sha256;

#[derive(Deserialize)]
struct Vectors {
    print: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    file: String,
    width: u32,
    height: u32,
    sha256: String,
}

#[test]
fn every_print_has_the_pixels_of_the_reference() {
    let vectors: Vectors = toml::from_str(include_str!("../vectors/wsq.toml")).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/wsq");
    assert_eq!(vectors.print.len(), fs::read_dir(&folder).unwrap().count());
    for vector in vectors.print {
        let pixels = wsq::decode(&fs::read(folder.join(&vector.file)).unwrap()).unwrap();
        assert_eq!(
            (pixels.width(), pixels.height()),
            (vector.width, vector.height)
        );
        let hash = hex::encode(Sha256::digest(pixels.samples()));
        assert_eq!(hash, vector.sha256, "{}", vector.file);
    }
}

/// The drawings are where they were taken from, so the vectors hold nothing else.
#[cfg(feature = "sim")]
#[test]
fn every_print_is_a_piece_of_a_drawn_finger() {
    use cancuoc::sim::prints::Compression;
    use cancuoc::sim::prints::finger;

    #[derive(Deserialize)]
    struct Pieces {
        print: Vec<Piece>,
    }

    #[derive(Deserialize)]
    struct Piece {
        file: String,
        finger: u8,
        left: usize,
        above: usize,
        width: usize,
        height: usize,
        largest: u8,
        total: u32,
    }

    let pieces: Pieces = toml::from_str(include_str!("../vectors/wsq.toml")).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/wsq");
    for piece in pieces.print {
        let pixels = wsq::decode(&fs::read(folder.join(&piece.file)).unwrap()).unwrap();
        let drawn = finger(piece.finger, Compression::Raw);
        let rows = drawn.image.chunks(usize::from(drawn.width));
        let rows = rows.skip(piece.above).take(piece.height);
        let samples = rows.flat_map(|row| &row[piece.left..piece.left + piece.width]);
        let differences = pixels.samples().iter().zip(samples);
        let differences = differences.map(|(decoded, drawn)| decoded.abs_diff(*drawn));
        let (largest, total) = differences.fold((0, 0), |(largest, total), difference| {
            (difference.max(largest), total + u32::from(difference))
        });
        assert_eq!(
            (largest, total),
            (piece.largest, piece.total),
            "{}",
            piece.file
        );
    }
}
