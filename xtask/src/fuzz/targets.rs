//! The fuzz targets.

use crate::Result;

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) name: &'static str,
    /// The words that it is given, a file of `fuzz/dictionaries`.
    pub(super) words: &'static str,
    /// The longest input.
    pub(super) most: usize,
    /// A target without second parsers, a program of `fuzz/fast`.
    pub(super) is_fast: bool,
    /// Another target's seeds are this one's too.
    pub(super) more_seeds: Option<&'static str>,
}

const fn differential(name: &'static str, words: &'static str) -> Target {
    Target {
        name,
        words,
        // Past the longest header value, so that the limits are met.
        most: 8300,
        is_fast: false,
        more_seeds: None,
    }
}

const fn fast(
    name: &'static str,
    words: &'static str,
    most: usize,
    more_seeds: Option<&'static str>,
) -> Target {
    Target {
        name,
        words,
        most,
        is_fast: true,
        more_seeds,
    }
}

/// All of them.
pub(super) const ALL: [Target; 17] = [
    differential("encode", "topic"),
    differential("response", "http"),
    differential("exchange", "topic"),
    differential("token", "http"),
    differential("c_abi", "topic"),
    differential("policy", "policy"),
    differential("http_request", "http"),
    differential("batch", "batch"),
    differential("outbox", "outbox"),
    fast("fast_encode", "topic", 320, Some("encode")),
    fast("fast_response", "http", 256, Some("response")),
    fast("fast_exchange", "http", 256, None),
    fast("fast_token", "http", 128, Some("token")),
    fast("fast_c_abi", "http", 160, None),
    fast("fast_batch", "batch", 160, Some("batch")),
    fast("fast_credentials", "topic", 256, None),
    fast("fast_outbox", "outbox", 64, None),
];

/// The targets of these names; without names all of one kind.
pub(super) fn choose(names: &[String], fast: bool) -> Result<Vec<Target>> {
    if names.is_empty() {
        let of_kind = ALL.iter().filter(|target| target.is_fast == fast);
        return Ok(of_kind.copied().collect());
    }
    let known = |name: &String| {
        let found = ALL.iter().find(|target| target.name == name);
        found.copied().ok_or_else(|| {
            let all = ALL.map(|target| target.name).join(", ");
            format!("there is no fuzz target {name:?}; there are {all}")
        })
    };
    names.iter().map(known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_root;

    #[test]
    fn every_target_has_its_program_its_seeds_and_its_words() {
        let fuzz = workspace_root().join("fuzz");
        for target in ALL {
            let name = target.name;
            let folder = if target.is_fast {
                "fast/fuzz_targets"
            } else {
                "fuzz_targets"
            };
            assert!(
                fuzz.join(folder).join(format!("{name}.rs")).is_file(),
                "{name}"
            );
            for seeds in [Some(name), target.more_seeds].into_iter().flatten() {
                assert!(fuzz.join("corpus").join(seeds).is_dir(), "{seeds}");
            }
            let words = fuzz.join(format!("dictionaries/{}.dict", target.words));
            assert!(words.is_file(), "{}", words.display());
        }
    }

    #[test]
    fn without_names_it_is_all_of_one_kind() {
        for fast in [false, true] {
            let chosen = choose(&[], fast).unwrap();
            assert!(!chosen.is_empty() && chosen.iter().all(|target| target.is_fast == fast));
        }
    }

    #[test]
    fn an_unknown_target_is_answered_with_the_known_ones() {
        let error = choose(&["tokens".into()], false).unwrap_err();
        assert!(error.contains("token, c_abi"), "{error}");
    }
}
