//! The inverse transform: two halves, each with every other sample, become one line again
//! (IAFIS-IC-0110 Annex A, symmetric wavelet transform).

use crate::image::Fault;
use crate::image::wsq::subbands::Node;
use crate::image::wsq::subbands::Order;

/// Most taps of a filter: 31 around a sample, or 32 around the gap between two.
const MAX_TAPS: u8 = 32;

/// Largest tap. Those of wavelets are below 2. With this bound no sum of ten passes leaves what a
/// float can hold.
const MAX_TAP: f32 = 4.0;

/// Smallest tap; what is less counts as nought.
const MIN_TAP: f32 = 1e-6;

/// Smallest coefficient; what is less counts as nought. Far below what a pixel shows, and far above
/// the numbers that processors are slow with.
const TINY: f32 = 1e-12;

/// Samples by which a line is continued at both ends: more than half a filter, in every other sample.
const MARGIN: usize = 16;

/// How a line goes on beyond its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symmetry {
    /// Mirrored in the last sample: for filters of odd length
    Whole,
    /// Mirrored in the edge behind the last sample, which doubles it: for filters of even length.
    /// Their high filter is antisymmetric.
    Half,
}

/// What the samples of a half went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Band {
    Low,
    High,
}

/// The synthesis filters, made of the taps of the analysis filters.
#[derive(Debug, Clone)]
pub(super) struct Filters {
    symmetry: Symmetry,
    /// For even and for odd samples of the line.
    low: [Phase; 2],
    high: [Phase; 2],
}

/// Every other tap of a filter.
#[derive(Debug, Clone)]
struct Phase {
    /// Where the first tap falls in a half that begins [`MARGIN`] early, for the first sample.
    start: usize,
    taps: Vec<f32>,
}

impl Filters {
    /// Checks a filter's length before its taps are read.
    pub(super) const fn check(taps: u8) -> Result<(), Fault> {
        if taps == 0 || taps > MAX_TAPS {
            return Err(Fault::Malformed);
        }
        Ok(())
    }

    /// Filters by the number of taps and the right half of each analysis filter. The low one makes
    /// the high synthesis filter and the other way round, with every other sign turned.
    pub(super) fn new(low: (u8, &[f32]), high: (u8, &[f32])) -> Result<Self, Fault> {
        let mut taps = low.1.iter().chain(high.1);
        if taps.any(|tap| tap.is_nan() || tap.abs() > MAX_TAP) {
            return Err(Fault::Malformed);
        }
        let symmetry = match (low.0 % 2, high.0 % 2) {
            (1, 1) => Symmetry::Whole,
            (0, 0) => Symmetry::Half,
            _ => return Err(Fault::Malformed),
        };
        let phases = |band, half| {
            let taps = synthesis(symmetry, band, half);
            [0, 1].map(|sample| Phase::of(symmetry.shift(band), &taps, sample))
        };
        Ok(Self {
            symmetry,
            low: phases(Band::Low, high.1),
            high: phases(Band::High, low.1),
        })
    }

    fn phases(&self, band: Band) -> &[Phase; 2] {
        match band {
            Band::Low => &self.low,
            Band::High => &self.high,
        }
    }
}

/// All taps of a synthesis filter, by the right half of the other analysis filter.
fn synthesis(symmetry: Symmetry, band: Band, half: &[f32]) -> Vec<f32> {
    let signs = [1.0, -1.0].into_iter().cycle();
    let right = half.iter().zip(signs).map(|(tap, sign)| {
        let tap = if tap.abs() < MIN_TAP { 0.0 } else { *tap };
        match symmetry {
            Symmetry::Whole => tap * sign,
            Symmetry::Half => tap * -sign,
        }
    });
    let right: Vec<f32> = right.collect();
    let (skipped, mirror) = match (symmetry, band) {
        (Symmetry::Whole, _) => (1, 1.0),
        (Symmetry::Half, Band::Low) => (0, 1.0),
        (Symmetry::Half, Band::High) => (0, -1.0),
    };
    let left = right.iter().skip(skipped).rev().map(|tap| tap * mirror);
    left.chain(right.iter().copied()).collect()
}

impl Phase {
    /// The taps that meet the even samples (0) or the odd ones (1), for a filter whose output was
    /// taken so many samples after the even ones.
    fn of(shift: usize, taps: &[f32], sample: usize) -> Self {
        let middle = taps.len() / 2;
        let first = (middle + shift + sample) % 2;
        Self {
            start: (2 * MARGIN + first + sample - shift - middle) / 2,
            taps: taps.iter().skip(first).step_by(2).copied().collect(),
        }
    }
}

impl Symmetry {
    /// Sample k of a half was taken at sample 2k of the line, or so many later: the high filter of
    /// odd length stands around the odd samples.
    const fn shift(self, band: Band) -> usize {
        match (self, band) {
            (Self::Whole, Band::High) => 1,
            _ => 0,
        }
    }

    /// Where the sample comes from that stands at `place` of a half that begins [`MARGIN`] early,
    /// and its sign; `None` where it is nought. `length` is that of the whole line.
    fn source(self, band: Band, place: usize, length: usize) -> Option<(usize, f32)> {
        match self {
            Self::Whole => {
                let shift = self.shift(band);
                let Some(period) = (2 * length).checked_sub(2).filter(|period| *period > 0) else {
                    return (band == Band::Low).then_some((0, 1.0));
                };
                let at = (2 * place + shift + 2 * MARGIN * (period - 1)) % period;
                let at = if at < length { at } else { period - at };
                Some((at / 2, 1.0))
            }
            Self::Half => {
                let at = (place + MARGIN * (length - 1)) % length;
                let mirrored = length - 1 - at;
                match band {
                    Band::Low if at < length.div_ceil(2) => Some((at, 1.0)),
                    Band::Low => Some((mirrored, 1.0)),
                    Band::High if at < length / 2 => Some((at, 1.0)),
                    Band::High if mirrored < length / 2 => Some((mirrored, -1.0)),
                    Band::High => None,
                }
            }
        }
    }

    /// Fills `line` with a half of a line and what it goes on with.
    fn extend(self, band: Band, half: &[f32], length: usize, line: &mut Vec<f32>) {
        let beyond = |place| {
            let (from, sign) = self.source(band, place, length)?;
            half.get(from).map(|sample| sample * sign)
        };
        let after = MARGIN + half.len();
        line.clear();
        line.extend((0..MARGIN).map(|place| beyond(place).unwrap_or_default()));
        line.extend_from_slice(half);
        line.extend((after..after + MARGIN).map(|place| beyond(place).unwrap_or_default()));
    }
}

/// The picture while it is put together, row by row.
#[derive(Debug)]
pub(super) struct Plane {
    width: usize,
    samples: Vec<f32>,
}

impl Plane {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            samples: vec![0.0; width * height],
        }
    }

    pub(super) fn set(&mut self, x: usize, y: usize, value: f32) {
        if let Some(sample) = self.samples.get_mut(y * self.width + x) {
            *sample = settled(value);
        }
    }

    pub(super) fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// Puts a rectangle together of its four quarters: first the columns, then the rows.
    pub(super) fn join(&mut self, node: &Node, filters: &Filters, scratch: &mut Vec<f32>) {
        let region = node.region;
        if region.area() == 0 || self.rows(node).flatten().all(|sample| *sample == 0.0) {
            return;
        }
        scratch.clear();
        scratch.resize(region.area(), 0.0);
        let (first, _) = node.down.halves(region.height);
        let (low, high) = match node.down {
            Order::LowFirst => (0, first),
            Order::HighFirst => (first, 0),
        };
        for (row, out) in scratch.chunks_exact_mut(region.width).enumerate() {
            for (band, top) in [(Band::Low, low), (Band::High, high)] {
                self.column_part(node, filters, band, region.y + top, row, out);
            }
            out.iter_mut().for_each(|sample| *sample = settled(*sample));
        }
        let mut line = Line::default();
        let rows = self
            .samples
            .chunks_exact_mut(self.width)
            .skip(region.y)
            .filter_map(|row| row.get_mut(region.x..region.x + region.width));
        for (halves, out) in scratch.chunks_exact(region.width).zip(rows) {
            line.join(halves, node.across, filters, out);
        }
    }

    /// Adds to one row what a half of the columns gives to it.
    fn column_part(
        &self,
        node: &Node,
        filters: &Filters,
        band: Band,
        top: usize,
        row: usize,
        out: &mut [f32],
    ) {
        let [even, odd] = filters.phases(band);
        let phase = if row.is_multiple_of(2) { even } else { odd };
        let region = node.region;
        for (tap, place) in phase.taps.iter().zip(phase.start + row / 2..) {
            let source = filters.symmetry.source(band, place, region.height);
            let Some((from, sign)) = source else {
                continue;
            };
            let start = (top + from) * self.width + region.x;
            let samples = self.samples.get(start..start + region.width);
            let tap = tap * sign;
            for (out, sample) in out.iter_mut().zip(samples.unwrap_or_default()) {
                *out += sample * tap;
            }
        }
    }

    fn rows(&self, node: &Node) -> impl Iterator<Item = &[f32]> {
        let region = node.region;
        self.samples
            .chunks_exact(self.width)
            .skip(region.y)
            .take(region.height)
            .filter_map(move |row| row.get(region.x..region.x + region.width))
    }
}

/// Room to put one row together in.
#[derive(Debug, Default)]
struct Line {
    low: Vec<f32>,
    high: Vec<f32>,
    every_other: Vec<f32>,
}

impl Line {
    fn join(&mut self, halves: &[f32], order: Order, filters: &Filters, out: &mut [f32]) {
        let length = halves.len();
        let (first, second) = halves.split_at(order.halves(length).0);
        let (low, high) = match order {
            Order::LowFirst => (first, second),
            Order::HighFirst => (second, first),
        };
        let symmetry = filters.symmetry;
        symmetry.extend(Band::Low, low, length, &mut self.low);
        symmetry.extend(Band::High, high, length, &mut self.high);
        for sample in 0..2 {
            self.every_other.clear();
            self.every_other.resize((length + 1 - sample) / 2, 0.0);
            for (band, line) in [(Band::Low, &self.low), (Band::High, &self.high)] {
                let Some(phase) = filters.phases(band).get(sample) else {
                    continue;
                };
                for (tap, start) in phase.taps.iter().zip(phase.start..) {
                    let samples = line.get(start..).unwrap_or_default();
                    for (out, sample) in self.every_other.iter_mut().zip(samples) {
                        *out += sample * tap;
                    }
                }
            }
            let places = out.iter_mut().skip(sample).step_by(2);
            for (out, value) in places.zip(&self.every_other) {
                *out = settled(*value);
            }
        }
    }
}

/// The value, or nought if there is next to nothing of it.
fn settled(value: f32) -> f32 {
    if value.abs() < TINY { 0.0 } else { value }
}
