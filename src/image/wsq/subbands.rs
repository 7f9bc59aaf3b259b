//! Where each subband lies in the plane of coefficients (IAFIS-IC-0110 Annex A, the decomposition
//! into 64 subbands).

/// A rectangle of the plane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Region {
    pub(super) const fn area(&self) -> usize {
        self.width * self.height
    }
}

/// Where the half with the low frequencies lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Left, or above
    LowFirst,
    /// Right, or below: in what has been a high half before, filtering turns the spectrum around
    HighFirst,
}

impl Order {
    /// Lengths of the first and of the second half. The low one has the odd sample.
    pub(super) const fn halves(self, length: usize) -> (usize, usize) {
        let (low, high) = (length.div_ceil(2), length / 2);
        match self {
            Self::LowFirst => (low, high),
            Self::HighFirst => (high, low),
        }
    }
}

/// A rectangle that was split into four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) region: Region,
    pub(super) across: Order,
    pub(super) down: Order,
}

impl Node {
    /// The four quarters, the upper ones first. What lies right was high across, what lies below was
    /// high down: there the next split has the other order.
    fn quarters(self) -> [Self; 4] {
        let (left, right) = self.across.halves(self.region.width);
        let (upper, lower) = self.down.halves(self.region.height);
        let (x, y) = (self.region.x, self.region.y);
        let quarter = |(x, width, across), (y, height, down)| Self {
            region: Region {
                x,
                y,
                width,
                height,
            },
            across,
            down,
        };
        let columns = [
            (x, left, Order::LowFirst),
            (x + left, right, Order::HighFirst),
        ];
        let rows = [
            (y, upper, Order::LowFirst),
            (y + upper, lower, Order::HighFirst),
        ];
        let [left, right] = columns;
        let [upper, lower] = rows;
        [
            quarter(left, upper),
            quarter(right, upper),
            quarter(left, lower),
            quarter(right, lower),
        ]
    }
}

/// How the whole plane is split.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    subbands: Vec<Region>,
}

impl Tree {
    /// The tree for a picture of this size. Of a very small one many subbands are empty.
    pub(super) fn of(width: usize, height: usize) -> Self {
        let root = Node {
            region: Region {
                x: 0,
                y: 0,
                width,
                height,
            },
            across: Order::LowFirst,
            down: Order::LowFirst,
        };
        let mut nodes = Vec::new();
        let mut subbands = Vec::new();
        let mut split = |node: Node| {
            nodes.push(node);
            node.quarters()
        };
        let [low, right, below, diagonal] = split(root);
        let [second, second_right, second_below, second_diagonal] = split(low);
        let [third, third_right, third_below, third_diagonal] = split(second);
        let [fourth, fourth_right, fourth_below, fourth_diagonal] = split(third);
        // 0 to 3, and 4 to 6
        subbands.extend(split(fourth));
        subbands.extend([fourth_right, fourth_below, fourth_diagonal]);
        // 7 to 18
        for node in [third_right, third_below, third_diagonal] {
            subbands.extend(split(node));
        }
        // 19 to 50
        for node in [second_right, second_below] {
            for quarter in split(node) {
                subbands.extend(split(quarter));
            }
        }
        // 51
        subbands.push(second_diagonal);
        // 52 to 63
        for node in [right, below, diagonal] {
            subbands.extend(split(node));
        }
        Self {
            nodes,
            subbands: subbands.into_iter().map(|node| node.region).collect(),
        }
    }

    /// What was split, each after what it is a part of.
    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The 64 subbands in the order of the specification.
    pub(super) fn subbands(&self) -> &[Region] {
        &self.subbands
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subbands_cover_the_plane_once() {
        for (width, height) in [(1, 1), (2, 9), (33, 33), (64, 64), (97, 130), (255, 301)] {
            let tree = Tree::of(width, height);
            assert_eq!(tree.subbands().len(), 64);
            assert_eq!(tree.nodes().len(), 21);
            let mut covered = vec![0; width * height];
            for region in tree.subbands() {
                for y in region.y..region.y + region.height {
                    for x in region.x..region.x + region.width {
                        covered[y * width + x] += 1;
                    }
                }
            }
            assert!(covered.iter().all(|times| *times == 1), "{width} {height}");
        }
    }

    /// Sizes counted by hand along the specification's figure for 64 by 64 pixels: the deepest
    /// subbands are a thirty-second of the side, 51 a quarter, and the last ones too.
    #[test]
    fn a_square_of_64_splits_evenly() {
        let tree = Tree::of(64, 64);
        let of = |number: usize| tree.subbands()[number];
        let region = |x, y, side| Region {
            x,
            y,
            width: side,
            height: side,
        };
        assert_eq!(of(0), region(0, 0, 2));
        assert_eq!(of(3), region(2, 2, 2));
        assert_eq!(of(4), region(4, 0, 4));
        assert_eq!(of(7), region(8, 0, 4));
        assert_eq!(of(19), region(16, 0, 4));
        assert_eq!(of(35), region(0, 16, 4));
        assert_eq!(of(50), region(12, 28, 4));
        assert_eq!(of(51), region(16, 16, 16));
        assert_eq!(of(52), region(32, 0, 16));
        assert_eq!(of(56), region(0, 32, 16));
        assert_eq!(of(63), region(48, 48, 16));
    }

    #[test]
    fn the_odd_sample_goes_to_the_low_half() {
        assert_eq!(Order::LowFirst.halves(7), (4, 3));
        assert_eq!(Order::HighFirst.halves(7), (3, 4));
    }
}
