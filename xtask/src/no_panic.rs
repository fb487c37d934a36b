//! Proves that no panic can be reached, and where one can, shows how.
//!
//! Built with `--cfg motepost_no_panic` the panic handler calls a function that nobody defines. Fat LTO drops the handler when
//! nothing can panic, and then the archive does not need that function: the proof is its symbol table. Each function has a
//! section of its own, so the relocations between sections are the graph of calls that leads to the handler.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use object::{
    File, Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionIndex, SymbolIndex,
};

use crate::members;

/// The function that the panic handler calls in a build for the proof.
const REACHED: &str = "motepost_panic_reached";

/// Succeeds when the archive holds no way to a panic; otherwise the chains of calls that lead to one, ready to print.
pub(crate) fn prove(archive: &[u8]) -> Result<(), Vec<String>> {
    let members = members::read(archive).map_err(|reason| vec![reason])?;
    let mut chains = Vec::new();
    let mut proven = true;
    for (name, data) in members {
        let object = File::parse(data)
            .map_err(|e| vec![format!("cannot read the archive's member {name}: {e}")])?;
        if let Some(reached) = undefined_handler(&object) {
            proven = false;
            chains.extend(chains_to(&object, reached));
        }
    }
    if proven { Ok(()) } else { Err(chains) }
}

fn undefined_handler(object: &File<'_>) -> Option<SymbolIndex> {
    // Mach-O puts an underscore before every name.
    let is_it = |name: &str| name.strip_prefix('_').unwrap_or(name) == REACHED;
    object
        .symbols()
        .find(|symbol| symbol.is_undefined() && symbol.name().is_ok_and(is_it))
        .map(|symbol| symbol.index())
}

/// For each exported function that can get to the symbol, the shortest chain of calls.
fn chains_to(object: &File<'_>, reached: SymbolIndex) -> Vec<String> {
    let graph = Graph::read(object, reached);
    let next = graph.steps_towards_the_handler();
    graph
        .exported
        .iter()
        .filter(|section| next.contains_key(*section))
        .map(|start| graph.chain(*start, &next))
        .collect()
}

/// The number of a section in its object.
type Section = usize;

/// Who refers to whom, by section; in these objects a section is a function or a piece of data.
#[derive(Default)]
struct Graph {
    names: BTreeMap<Section, String>,
    exported: BTreeSet<Section>,
    callers: BTreeMap<Section, BTreeSet<Section>>,
    call_the_handler: BTreeSet<Section>,
}

impl Graph {
    fn read(object: &File<'_>, reached: SymbolIndex) -> Self {
        let mut graph = Self::default();
        for symbol in object.symbols() {
            // ARM's `$t` and `$d` mark code and data, and name nothing.
            let named = symbol
                .name()
                .ok()
                .filter(|name| !name.is_empty() && !name.starts_with('$'));
            let (Some(SectionIndex(section)), Some(name)) = (symbol.section_index(), named) else {
                continue;
            };
            // `{:#}` leaves the hash out.
            graph
                .names
                .insert(section, format!("{:#}", rustc_demangle::demangle(name)));
            if symbol.is_global() {
                graph.exported.insert(section);
            }
        }
        for section in object.sections() {
            let SectionIndex(caller) = section.index();
            if section.name().is_ok_and(is_table) {
                continue;
            }
            for (_, relocation) in section.relocations() {
                let RelocationTarget::Symbol(target) = relocation.target() else {
                    continue;
                };
                if target == reached {
                    graph.call_the_handler.insert(caller);
                } else if let Ok(symbol) = object.symbol_by_index(target)
                    && let Some(SectionIndex(callee)) = symbol.section_index()
                {
                    graph.callers.entry(callee).or_default().insert(caller);
                }
            }
        }
        graph
    }

    /// The step that each section takes towards the handler; `None` where it calls it itself.
    fn steps_towards_the_handler(&self) -> BTreeMap<Section, Option<Section>> {
        let mut next: BTreeMap<_, _> = self
            .call_the_handler
            .iter()
            .map(|section| (*section, None))
            .collect();
        let mut queue: VecDeque<Section> = self.call_the_handler.iter().copied().collect();
        while let Some(callee) = queue.pop_front() {
            for caller in self.callers.get(&callee).into_iter().flatten() {
                if !next.contains_key(caller) {
                    next.insert(*caller, Some(callee));
                    queue.push_back(*caller);
                }
            }
        }
        next
    }

    fn chain(&self, start: Section, next: &BTreeMap<Section, Option<Section>>) -> String {
        let mut at = start;
        let mut text = format!("  {}", self.name(at));
        while let Some(Some(callee)) = next.get(&at) {
            at = *callee;
            text.push_str(&format!("\n    -> {}", self.name(at)));
        }
        text
    }

    fn name(&self, section: Section) -> &str {
        self.names.get(&section).map_or("(unnamed)", String::as_str)
    }
}

/// Sections that refer to every function without calling any.
fn is_table(section: &str) -> bool {
    [".eh_frame", ".ARM.exidx", ".debug", ".xt."]
        .iter()
        .any(|prefix| section.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 is exported and calls 2; 2 calls 3; 3 calls the handler; 4 is exported and calls nobody.
    fn graph() -> Graph {
        Graph {
            names: [
                (1, "motepost_a"),
                (2, "inner"),
                (3, "panic_fmt"),
                (4, "motepost_b"),
            ]
            .map(|(index, name)| (index, name.to_owned()))
            .into(),
            exported: [1, 4].into(),
            callers: [(2, [1].into()), (3, [2].into())].into(),
            call_the_handler: [3].into(),
        }
    }

    #[test]
    fn the_chain_goes_from_the_c_function_to_the_handler() {
        let graph = graph();
        let next = graph.steps_towards_the_handler();
        assert_eq!(
            graph.chain(1, &next),
            "  motepost_a\n    -> inner\n    -> panic_fmt"
        );
        assert!(!next.contains_key(&4));
    }

    #[test]
    fn a_circle_of_calls_ends() {
        let mut graph = graph();
        graph.callers.insert(1, [3].into());
        assert_eq!(graph.steps_towards_the_handler().len(), 3);
    }
}
