//! Takes out of the archive what the firmware has already.
//!
//! rustc adds all of `compiler_builtins`, on some targets with objects compiled from C: megabytes, and worse, a `memcpy` and a
//! soft-float that win over the firmware's own by link order. Fat LTO has put everything else into our crate's object.

use std::collections::BTreeSet;
use std::io::Cursor;

use ar_archive_writer::{
    ArchiveKind, DEFAULT_OBJECT_READER, NewArchiveMember, write_archive_to_stream,
};
use object::read::archive::ArchiveFile;
use object::{BinaryFormat, File, Object, ObjectSymbol};

use crate::Result;

/// An archive with nothing but our own object.
pub(crate) struct Slim {
    pub(crate) bytes: Vec<u8>,
    pub(crate) members: Vec<String>,
    pub(crate) exports: Vec<String>,
    pub(crate) needs: Vec<String>,
}

/// Slims an archive, with a fresh symbol index.
pub(crate) fn slim(archive: &[u8]) -> Result<Slim> {
    let mut kept: Vec<(String, &[u8])> = read(archive)?;
    kept.retain(|(name, _)| is_wanted(name));

    let mut symbols = Symbols::default();
    let mut kind = ArchiveKind::Gnu;
    for (name, data) in &kept {
        let object = File::parse(*data)
            .map_err(|e| format!("cannot read the archive's member {name}: {e}"))?;
        if object.format() == BinaryFormat::MachO {
            kind = ArchiveKind::Darwin;
        }
        symbols.add(&object);
    }
    let needs = symbols.needs();
    if let Some(rust) = needs.iter().find(|name| is_rust(name)) {
        return Err(format!(
            "the archive needs `{}`, which no C firmware has; is `lto = \"fat\"` still in the profile `firmware`, with `panic = \"abort\"`?",
            rustc_demangle::demangle(rust)
        ));
    }

    Ok(Slim {
        bytes: write(&kept, kind)?,
        members: kept.into_iter().map(|(name, _)| name).collect(),
        exports: symbols.defined.into_iter().collect(),
        needs,
    })
}

/// The members of an archive, by name.
pub(crate) fn read(archive: &[u8]) -> Result<Vec<(String, &[u8])>> {
    let parsed =
        ArchiveFile::parse(archive).map_err(|e| format!("cannot read the archive: {e}"))?;
    parsed
        .members()
        .map(|member| {
            let member = member?;
            Ok((
                String::from_utf8_lossy(member.name()).into_owned(),
                member.data(archive)?,
            ))
        })
        .collect::<object::Result<_>>()
        .map_err(|e| format!("cannot read the archive: {e}"))
}

/// An archive of ELF objects.
pub(crate) fn archive(members: &[(String, &[u8])]) -> Result<Vec<u8>> {
    write(members, ArchiveKind::Gnu)
}

fn write(members: &[(String, &[u8])], kind: ArchiveKind) -> Result<Vec<u8>> {
    let members: Vec<NewArchiveMember<'_>> = members
        .iter()
        .map(|(name, data)| NewArchiveMember::new(*data, &DEFAULT_OBJECT_READER, name.clone()))
        .collect();
    let mut file = Cursor::new(Vec::new());
    write_archive_to_stream(&mut file, &members, kind, false, None)
        .map_err(|e| format!("cannot write the archive: {e}"))?;
    Ok(file.into_inner())
}

fn is_wanted(member: &str) -> bool {
    ["motepost-", "motepost."]
        .iter()
        .any(|ours| member.starts_with(ours))
}

/// Whether a symbol is one that only Rust's own libraries define, in either mangling or by a fixed name.
fn is_rust(symbol: &str) -> bool {
    ["_R", "_ZN", "__rust", "rust_", "DW.ref.rust_"]
        .iter()
        .any(|prefix| symbol.starts_with(prefix))
}

#[derive(Default)]
struct Symbols {
    defined: BTreeSet<String>,
    undefined: BTreeSet<String>,
}

impl Symbols {
    fn add(&mut self, object: &File<'_>) {
        let named = object.symbols().filter(|symbol| symbol.is_global());
        for (symbol, name) in named.filter_map(|symbol| {
            symbol
                .name()
                .ok()
                .filter(|name| !name.is_empty())
                .map(|name| (symbol, name))
        }) {
            let side = if symbol.is_undefined() {
                &mut self.undefined
            } else {
                &mut self.defined
            };
            side.insert(name.to_owned());
        }
    }

    fn needs(&self) -> Vec<String> {
        self.undefined.difference(&self.defined).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_stays_and_both_kinds_of_compiler_builtins_go() {
        assert!(is_wanted(
            "motepost-3d302e7f983d50c8.motepost.f78600ac6d1ae3cf-cgu.0.rcgu.o"
        ));
        assert!(is_wanted("motepost.c.o"), "what Xtensa's assembler made");
        assert!(!is_wanted("45c91108d938afe8-udivmodti4.o"));
        assert!(!is_wanted(
            "compiler_builtins-27cfc16bdf3bb694.compiler_builtins.4e30281dd23088d2-cgu.000.rcgu.o"
        ));
    }

    #[test]
    fn what_c_has_is_told_from_what_only_rust_has() {
        for c in [
            "memcpy",
            "__aeabi_memcpy",
            "__udivsi3",
            "motepost_panic_reached",
        ] {
            assert!(!is_rust(c), "{c}");
        }
        for rust in [
            "_RNvCs6cP3gKXACrv_8motepost3sum",
            "_ZN8motepost3sum17h75f202bd876c50abE",
            "rust_eh_personality",
        ] {
            assert!(is_rust(rust), "{rust}");
        }
    }

    #[test]
    fn an_archive_survives_a_round_trip() {
        let long = format!("motepost-{}.rcgu.o", "x".repeat(40));
        let written = write(
            &[
                (long.clone(), b"first".as_slice()),
                ("b.o".into(), b"second"),
            ],
            ArchiveKind::Gnu,
        );
        let bytes = written.expect("two members fit an archive");
        let members = read(&bytes).expect("what was written can be read");
        assert_eq!(
            members,
            [(long, b"first".as_slice()), ("b.o".into(), b"second")]
        );
    }

    #[test]
    fn what_is_not_an_archive_is_refused() {
        assert!(slim(b"not an archive").is_err());
    }
}
