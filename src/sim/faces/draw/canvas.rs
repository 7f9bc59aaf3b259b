//! A small rasteriser: filled paths with smooth edges. Coordinates are in sixteenths of a pixel
//! inside, in pixels outside.

/// Width, in pixels.
pub const WIDTH: u16 = 480;

/// Height, in pixels.
pub const HEIGHT: u16 = 640;

/// Sixteenths of a pixel in a pixel.
const SUB: i32 = 16;

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// A closed outline.
#[derive(Clone)]
pub struct Path {
    points: Vec<(i32, i32)>,
}

impl Path {
    /// Starts at a point.
    pub fn at(x: i32, y: i32) -> Self {
        Self {
            points: vec![(x * SUB, y * SUB)],
        }
    }

    /// Goes straight to a point.
    pub fn line(mut self, x: i32, y: i32) -> Self {
        self.points.push((x * SUB, y * SUB));
        self
    }

    /// Goes to `to` along a cubic Bézier curve with two control points.
    pub fn curve(mut self, first: (i32, i32), second: (i32, i32), to: (i32, i32)) -> Self {
        const STEPS: i64 = 24;
        let from = self.points.last().copied().unwrap_or_default();
        let scale = |(x, y): (i32, i32)| (x * SUB, y * SUB);
        let (first, second, to) = (scale(first), scale(second), scale(to));
        let mix = |t: i64, a: i32, b: i32, c: i32, d: i32| {
            let u = STEPS - t;
            let sum = u * u * u * i64::from(a)
                + 3 * u * u * t * i64::from(b)
                + 3 * u * t * t * i64::from(c)
                + t * t * t * i64::from(d);
            i32::try_from(sum.div_euclid(STEPS * STEPS * STEPS)).unwrap_or(0)
        };
        for t in 1..=STEPS {
            self.points.push((
                mix(t, from.0, first.0, second.0, to.0),
                mix(t, from.1, first.1, second.1, to.1),
            ));
        }
        self
    }

    /// An ellipse about a centre.
    pub fn ellipse(x: i32, y: i32, rx: i32, ry: i32) -> Self {
        // Four Bézier curves with the usual factor come within a thousandth of an ellipse.
        let (kx, ky) = ((rx * 552 + 500) / 1000, (ry * 552 + 500) / 1000);
        Self::at(x + rx, y)
            .curve((x + rx, y + ky), (x + kx, y + ry), (x, y + ry))
            .curve((x - kx, y + ry), (x - rx, y + ky), (x - rx, y))
            .curve((x - rx, y - ky), (x - kx, y - ry), (x, y - ry))
            .curve((x + kx, y - ry), (x + rx, y - ky), (x + rx, y))
    }

    /// A line of changing thickness along this open path: thin at its ends. The thickness is in
    /// sixteenths of a pixel.
    pub fn brush(self, thickness: i32) -> Self {
        let count = i32::try_from(self.points.len()).unwrap_or(1).max(2) - 1;
        let mut left = Vec::new();
        let mut right = Vec::new();
        let directions = self
            .points
            .iter()
            .zip(self.points.iter().skip(1))
            .map(|(a, b)| (b.0 - a.0, b.1 - a.1));
        let last = directions.clone().last().unwrap_or((1, 0));
        let directions = directions.chain([last]);
        for ((number, point), (dx, dy)) in (0..).zip(&self.points).zip(directions) {
            let length = (dx * dx + dy * dy).isqrt().max(1);
            // Full in the middle, a quarter at the ends.
            let along = 4 * number * (count - number) * 3 / (count * count) + 1;
            let half = thickness * along / 8;
            let (nx, ny) = (-dy * half / length, dx * half / length);
            left.push((point.0 + nx, point.1 + ny));
            right.push((point.0 - nx, point.1 - ny));
        }
        right.reverse();
        left.append(&mut right);
        Self { points: left }
    }

    /// The same on the other side of the middle of the picture.
    pub fn mirrored(&self) -> Self {
        let middle = i32::from(WIDTH) * SUB;
        Self {
            points: self.points.iter().map(|(x, y)| (middle - x, *y)).collect(),
        }
    }

    /// Where a horizontal line crosses the outline, from left to right, with the direction.
    fn crossings(&self, y: i32) -> Vec<(i32, i32)> {
        let next = self.points.iter().cycle().skip(1);
        let mut crossings: Vec<(i32, i32)> = self
            .points
            .iter()
            .zip(next)
            .filter(|(a, b)| (a.1 <= y) != (b.1 <= y))
            .map(|(a, b)| {
                let x = a.0 + (y - a.1) * (b.0 - a.0) / (b.1 - a.1);
                (x, if a.1 < b.1 { 1 } else { -1 })
            })
            .collect();
        crossings.sort_unstable();
        crossings
    }
}

/// What a path is filled with.
#[derive(Clone, Copy)]
pub enum Paint {
    /// One colour
    Flat(Rgb),
    /// One colour that lets through what is below; 255 lets nothing through
    Glaze(Rgb, i32),
    /// From one colour at the first height to another at the second, in pixels
    Fade(Rgb, Rgb, i32, i32),
    /// A colour that is strongest at a centre and gone at the rim of an ellipse
    Glow {
        /// Colour
        rgb: Rgb,
        /// Centre, in pixels
        centre: (i32, i32),
        /// Half axes, in pixels
        radii: (i32, i32),
        /// Strength at the centre, up to 255
        strength: i32,
    },
    /// Hair: streaks that run away from a centre, in pixels
    Streaks {
        /// Colour
        rgb: Rgb,
        /// Where the hair starts, in pixels
        centre: (i32, i32),
        /// How much lighter or darker a streak may be
        depth: i32,
    },
    /// Cloth: small squares, each a little lighter or darker
    Weave {
        /// Colour
        rgb: Rgb,
        /// How much lighter or darker
        depth: i32,
    },
}

impl Paint {
    /// Colour and opacity at a pixel.
    fn at(self, x: i32, y: i32) -> (Rgb, i32) {
        match self {
            Self::Flat(rgb) => (rgb, 255),
            Self::Glaze(rgb, opacity) => (rgb, opacity),
            Self::Fade(top, bottom, from, to) => {
                let share = ((y - from) * 255 / (to - from).max(1)).clamp(0, 255);
                (blend(top, bottom, share), 255)
            }
            Self::Glow {
                rgb,
                centre: (cx, cy),
                radii: (rx, ry),
                strength,
            } => {
                let (dx, dy) = ((x - cx) * 256 / rx, (y - cy) * 256 / ry);
                let left = (65_536 - dx * dx - dy * dy).max(0);
                // Squared, so that the rim does not show.
                (rgb, strength * (left / 256) * (left / 256) / 65_536)
            }
            Self::Streaks { rgb, centre, depth } => {
                let (dx, dy) = (x - centre.0, y - centre.1);
                // Runs from -1536 to 1536 half around the centre; both halves look alike.
                let angle = dx * 1536 / (dx.abs() + dy.abs()).max(1);
                let wave = smooth(angle, 56, 3) + smooth(angle, 24, 4) / 3;
                // Near the centre the streaks run together.
                let depth = depth * (dx.abs() + dy.abs()).min(80) / 80;
                (shade(rgb, wave * depth / 256), 255)
            }
            Self::Weave { rgb, depth } => {
                let square = noise(x / 4, y / 4, 5) / 2 + smooth(x + y, 12, 6);
                (shade(rgb, square * depth / 256), 255)
            }
        }
    }
}

/// A picture.
pub struct Canvas {
    pixels: Vec<Rgb>,
}

impl Canvas {
    /// A picture in one colour.
    pub fn new(rgb: Rgb) -> Self {
        Self {
            pixels: vec![rgb; usize::from(WIDTH) * usize::from(HEIGHT)],
        }
    }

    /// Fills everything.
    pub fn wash(&mut self, paint: Paint) {
        let (width, height) = (i32::from(WIDTH), i32::from(HEIGHT));
        let all = Path::at(0, 0)
            .line(width, 0)
            .line(width, height)
            .line(0, height);
        self.fill(&all, paint);
    }

    /// Fills a path and its mirror image.
    pub fn both(&mut self, path: &Path, paint: Paint) {
        self.fill(path, paint);
        self.fill(&path.mirrored(), paint);
    }

    /// Fills a path.
    pub fn fill(&mut self, path: &Path, paint: Paint) {
        self.fill_where(path, None, paint);
    }

    /// Fills what lies within both paths.
    pub fn fill_within(&mut self, path: &Path, bounds: &Path, paint: Paint) {
        self.fill_where(path, Some(bounds), paint);
    }

    fn fill_where(&mut self, path: &Path, bounds: Option<&Path>, paint: Paint) {
        let top = path.points.iter().map(|point| point.1).min().unwrap_or(0) / SUB;
        let bottom = path.points.iter().map(|point| point.1).max().unwrap_or(0) / SUB;
        let rows = self.pixels.chunks_exact_mut(usize::from(WIDTH));
        for (y, row) in (0..).zip(rows) {
            if y < top || y > bottom {
                continue;
            }
            let mut cover = coverage(path, y);
            if let Some(bounds) = bounds {
                for (here, limit) in cover.iter_mut().zip(coverage(bounds, y)) {
                    *here = *here * limit / FULL;
                }
            }
            for ((x, pixel), cover) in (0..).zip(row).zip(cover) {
                if cover > 0 {
                    let (rgb, opacity) = paint.at(x, y);
                    *pixel = blend(*pixel, rgb, opacity * cover / FULL);
                }
            }
        }
    }

    /// Makes each pixel a little lighter or darker, as film does.
    pub fn grain(&mut self, depth: i32) {
        let rows = self.pixels.chunks_exact_mut(usize::from(WIDTH));
        for (y, row) in (0..).zip(rows) {
            for (x, pixel) in (0..).zip(row) {
                *pixel = shade(*pixel, noise(x / 3, y / 3, 1) * depth / 256);
            }
        }
    }

    /// The pixels as bytes in a row.
    pub fn rgb(&self) -> Vec<u8> {
        self.pixels.concat()
    }
}

/// Coverage of a pixel that lies wholly inside.
const FULL: i32 = 4 * SUB;

/// How much of each pixel of a row lies inside a path: four lines of sixteen steps each.
fn coverage(path: &Path, y: i32) -> Vec<i32> {
    let mut cover = vec![0; usize::from(WIDTH)];
    for line in [2, 6, 10, 14] {
        let mut winding = 0;
        let mut from = 0;
        for (x, direction) in path.crossings(y * SUB + line) {
            let before = winding;
            winding += direction;
            if before == 0 {
                from = x;
            } else if winding == 0 {
                add_span(&mut cover, from, x);
            }
        }
    }
    cover
}

fn add_span(cover: &mut [i32], from: i32, to: i32) {
    let from = from.clamp(0, i32::from(WIDTH) * SUB);
    let to = to.clamp(from, i32::from(WIDTH) * SUB);
    let first = usize::try_from(from / SUB).unwrap_or(0);
    for (number, here) in (from / SUB..).zip(cover.iter_mut().skip(first)) {
        let left = number * SUB;
        if left >= to {
            break;
        }
        *here += to.min(left + SUB) - from.max(left);
    }
}

/// One colour over another; 255 hides what is below.
fn blend(below: Rgb, above: Rgb, opacity: i32) -> Rgb {
    let opacity = opacity.clamp(0, 255);
    let mut out = below;
    for (here, above) in out.iter_mut().zip(above) {
        let mixed = i32::from(*here) * (255 - opacity) + i32::from(above) * opacity + 127;
        *here = u8::try_from(mixed / 255).unwrap_or(u8::MAX);
    }
    out
}

/// Lighter or darker by so much.
fn shade(rgb: Rgb, amount: i32) -> Rgb {
    rgb.map(|part| u8::try_from((i32::from(part) + amount).clamp(0, 255)).unwrap_or(0))
}

/// Noise along a line that changes gradually over so many steps.
fn smooth(x: i32, steps: i32, kind: i32) -> i32 {
    let (cell, within) = (x.div_euclid(steps), x.rem_euclid(steps));
    (noise(cell, 0, kind) * (steps - within) + noise(cell + 1, 0, kind) * within) / steps
}

/// A number from -256 to 255 that looks random and depends on place and kind alone.
fn noise(x: i32, y: i32, kind: i32) -> i32 {
    let mut mixed = x
        .wrapping_mul(374_761_393)
        .wrapping_add(y.wrapping_mul(668_265_263))
        .wrapping_add(kind.wrapping_mul(974_634_777));
    for _ in 0..2 {
        mixed = (mixed ^ (mixed >> 13)).wrapping_mul(1_274_126_177);
    }
    (mixed >> 9).rem_euclid(512) - 256
}
