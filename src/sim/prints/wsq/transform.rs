//! From samples to subbands: each split filters rows and columns and keeps every other sample
//! (IAFIS-IC-0110 Annex A).

/// Taps of the low analysis filter (Part 3).
pub(super) const LOW: [f64; 9] = [
    0.037_828_455_506_995_46,
    -0.023_849_465_019_38,
    -0.110_624_404_418_423_42,
    0.377_402_855_612_653_8,
    0.852_698_679_009_403_4,
    0.377_402_855_612_653_8,
    -0.110_624_404_418_423_42,
    -0.023_849_465_019_38,
    0.037_828_455_506_995_46,
];

/// Taps of the high analysis filter (Part 3).
pub(super) const HIGH: [f64; 7] = [
    0.064_538_882_628_938_45,
    -0.040_689_417_609_558_44,
    -0.418_092_273_222_212_2,
    0.788_485_616_405_664_4,
    -0.418_092_273_222_212_2,
    -0.040_689_417_609_558_44,
    0.064_538_882_628_938_45,
];

/// Samples in rows.
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    width: usize,
    height: usize,
    samples: Vec<f64>,
}

impl Matrix {
    pub(super) fn new(width: usize, samples: Vec<f64>) -> Self {
        let height = samples.len().checked_div(width).unwrap_or(0);
        Self {
            width,
            height,
            samples,
        }
    }

    pub(super) fn samples(&self) -> &[f64] {
        &self.samples
    }

    pub(super) fn variance(&self) -> f64 {
        spread(self.samples.iter())
    }

    /// Variance of the rectangle in the middle that Part 3 estimates with.
    pub(super) fn variance_of_the_middle(&self) -> f64 {
        let (left, above) = (self.width / 8, 9 * self.height / 32);
        let (width, height) = (3 * self.width / 4, 7 * self.height / 16);
        let rows = self.rows().skip(above).take(height);
        spread(rows.flat_map(|row| row.iter().skip(left).take(width)))
    }

    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.samples.chunks(self.width.max(1))
    }

    fn transposed(&self) -> Self {
        let mut samples = Vec::with_capacity(self.samples.len());
        for column in 0..self.width {
            samples.extend(self.rows().filter_map(|row| row.get(column)));
        }
        Self {
            width: self.height,
            height: self.width,
            samples,
        }
    }

    /// Left and right half. In what was high before, the low half is the right one.
    fn halves(&self, turned: bool) -> [Self; 2] {
        let mut low = Vec::new();
        let mut high = Vec::new();
        for row in self.rows() {
            low.extend((0..row.len()).step_by(2).map(|at| filter(row, &LOW, at)));
            high.extend((1..row.len()).step_by(2).map(|at| filter(row, &HIGH, at)));
        }
        let half = |width, samples| Self {
            width,
            height: self.height,
            samples,
        };
        let low = half(self.width.div_ceil(2), low);
        let high = half(self.width / 2, high);
        if turned { [high, low] } else { [low, high] }
    }

    /// Upper left, upper right, lower left and lower right quarter.
    fn quarters(&self, across: bool, down: bool) -> [Self; 4] {
        let [left, right] = self.halves(across);
        let [upper_left, lower_left] = left.transposed().halves(down);
        let [upper_right, lower_right] = right.transposed().halves(down);
        [upper_left, upper_right, lower_left, lower_right].map(|part| part.transposed())
    }

    /// The quarters of each quarter.
    fn sixteenths(&self, across: bool, down: bool) -> Vec<Self> {
        let turned = [(false, false), (true, false), (false, true), (true, true)];
        let quarters = self.quarters(across, down).into_iter().zip(turned);
        quarters
            .flat_map(|(part, (across, down))| part.quarters(across, down))
            .collect()
    }
}

/// The taps laid around a sample; beyond its ends the row goes back.
fn filter(row: &[f64], taps: &[f64], middle: usize) -> f64 {
    let last = row.len() - 1;
    let period = (2 * last).max(1);
    let reach = taps.len() / 2;
    let sum = taps.iter().enumerate().map(|(number, tap)| {
        // So many periods ahead that nothing is below the first sample.
        let at = (middle + number + reach * period - reach) % period;
        let at = if at > last { period - at } else { at };
        tap * row.get(at).copied().unwrap_or(0.0)
    });
    sum.sum()
}

/// Variance with one less in the divisor; nought of a single sample.
fn spread<'a>(samples: impl Iterator<Item = &'a f64>) -> f64 {
    let start = (0.0, 0.0, 0.0);
    let (count, sum, squares) = samples.fold(start, |(count, sum, squares), sample| {
        (count + 1.0, sum + sample, squares + sample * sample)
    });
    if count < 2.0 {
        return 0.0;
    }
    (squares - sum * sum / count) / (count - 1.0)
}

/// The subbands 0 to 59 in their order; 60 to 63 are not made, because they are not coded.
pub(super) fn subbands(picture: Matrix) -> Vec<Matrix> {
    let [low, right, below, _] = picture.quarters(false, false);
    let [second, second_right, second_below, second_diagonal] = low.quarters(false, false);
    let [third, third_right, third_below, third_diagonal] = second.quarters(false, false);
    let [fourth, fourth_right, fourth_below, fourth_diagonal] = third.quarters(false, false);
    let mut all = Vec::with_capacity(60);
    all.extend(fourth.quarters(false, false));
    all.extend([fourth_right, fourth_below, fourth_diagonal]);
    all.extend(third_right.quarters(true, false));
    all.extend(third_below.quarters(false, true));
    all.extend(third_diagonal.quarters(true, true));
    all.extend(second_right.sixteenths(true, false));
    all.extend(second_below.sixteenths(false, true));
    all.push(second_diagonal);
    all.extend(right.quarters(true, false));
    all.extend(below.quarters(false, true));
    all
}
