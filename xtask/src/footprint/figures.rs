//! The figures of one target and profile.

use std::collections::BTreeMap;
use std::fmt;

use crate::Result;

/// Bytes and instructions; `None` is what no emulated board could measure.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Figures {
    /// Everything the linker keeps for the library: its code and data, and what it needs of the C library.
    pub flash: u32,
    /// The part that is constants.
    pub rodata: u32,
    /// The part that is the C library's and the compiler's: memcpy, memset, division.
    pub runtime: u32,
    /// Static RAM.
    pub ram: u32,
    /// Stack below the caller of `motepost_publish_encode`.
    pub stack_build: Option<u32>,
    /// Stack below the caller of `motepost_exchange_moved` with the whole answer.
    pub stack_parse: Option<u32>,
    /// Stack below the caller of a whole publish, the token minted too; the firmware's own structs are not in it.
    pub stack_publish: Option<u32>,
    /// Instructions to build the request.
    pub instr_build: Option<u32>,
    /// Instructions from the answer's bytes to its status and body.
    pub instr_parse: Option<u32>,
    /// Instructions to mint a token; in the minted profile only.
    pub instr_mint: Option<u32>,
}

impl Figures {
    /// Names and values, in the order of the report.
    pub fn entries(&self) -> [(&'static str, Option<u32>); 9] {
        [
            ("flash", Some(self.flash)),
            ("rodata", Some(self.rodata)),
            ("runtime", Some(self.runtime)),
            ("ram", Some(self.ram)),
            ("stack_build", self.stack_build),
            ("stack_parse", self.stack_parse),
            ("stack_publish", self.stack_publish),
            ("instr_build", self.instr_build),
            ("instr_parse", self.instr_parse),
        ]
    }

    /// A figure by its name in the report.
    pub fn get(&self, name: &str) -> Option<u32> {
        self.entries()
            .into_iter()
            .find(|(entry, _)| *entry == name)
            .and_then(|(_, value)| value)
    }

    /// Takes in what `measure.c` printed on a board.
    pub(super) fn add_run(&mut self, printed: &str) -> Result<()> {
        let printed = Printed::read(printed)?;
        self.stack_build = Some(printed.value("stack_build")?);
        self.stack_parse = Some(printed.value("stack_parse")?);
        self.stack_publish = Some(printed.value("stack_publish")?);
        self.instr_build = printed.instructions("steps_build", "steps_nothing");
        self.instr_parse = printed.instructions("steps_parse", "steps_await");
        self.instr_mint = printed.instructions("steps_mint", "steps_nothing");
        Ok(())
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, value)) in self.entries().iter().enumerate() {
            let gap = if i == 0 { "" } else { " " };
            match value {
                Some(value) => write!(f, "{gap}{name}={value}")?,
                None => write!(f, "{gap}{name}=unmeasured")?,
            }
        }
        match self.instr_mint {
            Some(value) => write!(f, " instr_mint={value}"),
            None => Ok(()),
        }
    }
}

struct Printed<'a>(BTreeMap<&'a str, u32>);

impl<'a> Printed<'a> {
    fn read(text: &'a str) -> Result<Self> {
        let mut values = BTreeMap::new();
        for line in text.lines() {
            let (name, value) = line
                .split_once('=')
                .filter(|(name, _)| *name != "failed")
                .ok_or_else(|| format!("the board printed {line:?}, of all it printed:\n{text}"))?;
            let value = value
                .parse()
                .map_err(|e| format!("the board printed {line:?}: {e}"))?;
            values.insert(name, value);
        }
        Ok(Self(values))
    }

    fn value(&self, name: &str) -> Result<u32> {
        self.0
            .get(name)
            .copied()
            .ok_or_else(|| format!("the board did not print {name}"))
    }

    /// The instructions of one round, without what the loop around it takes; `None` where the board has no counter.
    fn instructions(&self, of: &str, without: &str) -> Option<u32> {
        let number = |name| self.0.get(name).copied().map(f64::from);
        let steps = |name, less| Some(number(name)? - number(less)?);
        let times = number("times")?;
        let nops = steps("steps_thousand_nops", "steps_nothing")?;
        // A step of every counter is a multiple of half an instruction: 40 at 25 MHz, 62.5 at 16 MHz, 1. The nops say which.
        let per_step = (2.0 * 1000.0 * times / nops).round() / 2.0;
        Some((steps(of, without)? * per_step / times).round() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_25_MHZ: &str = "stack_build=312\nstack_parse=160\nstack_publish=344\ntimes=100\nsteps_nothing=33\n\
                             steps_thousand_nops=2532\nsteps_build=19345\nsteps_await=3580\nsteps_parse=23628";

    #[test]
    fn instructions_come_from_the_counter_s_steps() {
        // (19345 - 33) steps of 40 instructions in 100 rounds are 7724.8 a round.
        let mut figures = Figures::default();
        figures.add_run(AT_25_MHZ).unwrap();
        assert_eq!(figures.stack_publish, Some(344));
        assert_eq!(figures.instr_build, Some(7725));
        assert_eq!(figures.instr_parse, Some(8019));
        assert_eq!(figures.instr_mint, None);
    }

    #[test]
    fn a_board_without_a_counter_measures_its_stack_alone() {
        let mut figures = Figures::default();
        figures
            .add_run("stack_build=142\nstack_parse=104\nstack_publish=290")
            .unwrap();
        assert_eq!(figures.stack_build, Some(142));
        assert_eq!(figures.instr_build, None);
    }

    #[test]
    fn a_program_that_failed_on_its_board_measures_nothing() {
        let reason = Figures::default().add_run("failed=run minus_status=23");
        assert!(reason.unwrap_err().contains("minus_status=23"));
    }

    #[test]
    fn what_was_not_measured_is_called_so() {
        let line = Figures::default().to_string();
        assert!(line.starts_with("flash=0 rodata=0 "), "{line}");
        assert!(line.contains("stack_build=unmeasured"), "{line}");
    }
}
