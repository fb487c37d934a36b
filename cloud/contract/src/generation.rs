//! A device's keys, one after another. A device that loses its key gets the next one and keeps its id.
//!
//! The key of a generation is the one that the fleet key gives to the text [`label`] returns. Generation 0 is the id itself,
//! as the device's firmware knows it. No id holds a `#`, so that no generation's key is another device's.

/// The number of a device's key: 0 for the first one, at most [`MAX`].
pub type Generation = u8;

/// The last generation of one fleet key. An authorizer tries each, so that a forged token costs it no look-up.
pub const MAX: Generation = 15;

/// What the fleet key derives this generation's key from.
pub fn label(id: &str, generation: Generation) -> String {
    match generation {
        0 => id.to_owned(),
        _ => format!("{id}#{generation}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::device_id::DeviceId;

    #[test]
    fn the_first_generation_is_the_id_and_no_other_is_one() {
        assert_eq!(label("sensor-1", 0), "sensor-1");
        assert_eq!(label("sensor-1", 1), "sensor-1#1");
        let ids = ["a", "a1", "a-1", "a.1"];
        let mut seen = HashSet::new();
        for id in ids {
            for generation in 0..=MAX {
                let label = label(id, generation);
                assert_eq!(DeviceId::parse(&label).is_ok(), generation == 0, "{label}");
                assert!(seen.insert(label));
            }
        }
    }
}
