//! Numbers of any count of bits, highest bit first, without gaps.

/// Most bits of a number.
const MOST: u32 = 128;

/// Writes bits.
#[derive(Default)]
pub(super) struct BitsOut {
    octets: Vec<u8>,
    /// Bits that do not fill an octet yet, in the lowest places
    pending: u8,
    filled: u32,
}

impl BitsOut {
    /// Writes the lowest `count` bits of a number.
    pub(super) fn put(&mut self, number: u128, count: u32) {
        for place in (0..count.min(MOST)).rev() {
            self.pending = self.pending << 1 | u8::from((number >> place) & 1 == 1);
            self.filled += 1;
            if self.filled == u8::BITS {
                self.octets.push(self.pending);
                self.pending = 0;
                self.filled = 0;
            }
        }
    }

    /// Fills the last octet up with zeros.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.filled > 0 {
            self.octets.push(self.pending << (u8::BITS - self.filled));
        }
        self.octets
    }
}

/// Reads bits.
pub(super) struct Bits<'a> {
    rest: &'a [u8],
    /// The octet that is being read, its next bit highest
    current: u8,
    left: u32,
}

impl<'a> Bits<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self {
            rest: octets,
            current: 0,
            left: 0,
        }
    }

    /// Makes sure that there is a bit to read.
    fn refill(&mut self) -> Option<()> {
        if self.left == 0 {
            let (first, rest) = self.rest.split_first()?;
            self.current = *first;
            self.left = u8::BITS;
            self.rest = rest;
        }
        Some(())
    }

    /// The next `count` bits, at most 128.
    pub(super) fn take(&mut self, count: u32) -> Option<u128> {
        let mut number = 0_u128;
        let mut wanted = count.min(MOST);
        while wanted > 0 {
            self.refill()?;
            let now = wanted.min(self.left);
            let bits = u16::from(self.current) << now;
            let [taken, kept] = bits.to_be_bytes();
            number = number << now | u128::from(taken);
            self.current = kept;
            self.left -= now;
            wanted -= now;
        }
        Some(number)
    }

    /// How many 1 stand before the next 0, which is read too.
    pub(super) fn unary(&mut self) -> Option<u128> {
        let mut count = 0_u128;
        loop {
            self.refill()?;
            let ones = self.current.leading_ones().min(self.left);
            count += u128::from(ones);
            if ones < self.left {
                self.take(ones + 1)?;
                return Some(count);
            }
            self.left = 0;
        }
    }

    /// Whether nothing is left but zeros that fill the last octet.
    pub(super) const fn is_at_end(&self) -> bool {
        self.rest.is_empty() && self.current == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_back_in_their_order() {
        let numbers = [
            (5_u128, 3),
            (0, 1),
            (u128::MAX, 128),
            (1, 7),
            (0x1234, 13),
            (0, 0),
        ];
        let mut out = BitsOut::default();
        for (number, count) in numbers {
            out.put(number, count);
        }
        let octets = out.finish();
        let mut bits = Bits::new(&octets);
        for (number, count) in numbers {
            assert_eq!(
                bits.take(count),
                Some(number & !u128::MAX.checked_shl(count).unwrap_or(0))
            );
        }
        assert!(bits.is_at_end());
    }

    #[test]
    fn ones_are_counted_over_octets() {
        let mut bits = Bits::new(&[0xFF, 0xF7, 0x80]);
        assert_eq!(bits.unary(), Some(12));
        assert_eq!(bits.unary(), Some(4));
        assert_eq!(bits.take(6), Some(0));
        assert!(bits.is_at_end());
        assert_eq!(Bits::new(&[0xFF]).unary(), None);
        assert_eq!(Bits::new(&[]).take(1), None);
        assert_eq!(Bits::new(&[0xFF, 0xFF]).take(17), None);
    }
}
