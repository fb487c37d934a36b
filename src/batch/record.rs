//! What a SenML record says (RFC 8428). Names and units are texts that need no escape, and numbers are decimal, so that no
//! float is needed.

/// A decimal number: 21.5 is `Decimal::new(215, 1)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decimal {
    pub(crate) digits: i32,
    pub(crate) places: u8,
}

impl Decimal {
    /// The digits, and how many of them stand after the point: at most 9.
    pub const fn new(digits: i32, places: u8) -> Self {
        Self { digits, places }
    }
}

/// What is the same for all records of a pack. It is written with the first one.
#[derive(Clone, Copy, Default)]
pub struct Base<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) time: u32,
}

impl<'a> Base<'a> {
    /// No base name, and no base time.
    pub const fn new() -> Self {
        Self { name: &[], time: 0 }
    }

    /// The prefix of each record's name, such as `urn:dev:mac:0024befffe804ff1:`.
    pub const fn name(mut self, name: &'a str) -> Self {
        self.name = name.as_bytes();
        self
    }

    /// Unix time in seconds, to which each record's time is added. Without it the times of the records are
    /// relative to when the pack is received, which suits a device without a clock.
    pub const fn time(mut self, time: u32) -> Self {
        self.time = time;
        self
    }
}

/// One reading. `value` is always written, the unit and the time when they are set.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) unit: &'a [u8],
    pub(crate) value: Decimal,
    pub(crate) time: Decimal,
}

impl<'a> Record<'a> {
    /// A reading of this name. The name may be empty when there is a base name. Together they are of
    /// letters, digits and `-:./_`, and begin with a letter or a digit.
    pub const fn new(name: &'a str, value: Decimal) -> Self {
        Self {
            name: name.as_bytes(),
            unit: &[],
            value,
            time: Decimal::new(0, 0),
        }
    }

    /// A unit of the SenML units registry, such as `Cel`, `%RH` or `V`.
    pub const fn unit(mut self, unit: &'a str) -> Self {
        self.unit = unit.as_bytes();
        self
    }

    /// Seconds after the base time, or before it. Zero is the base time itself, and is not written.
    pub const fn time(mut self, time: Decimal) -> Self {
        self.time = time;
        self
    }
}
