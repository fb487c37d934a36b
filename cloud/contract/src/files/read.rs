//! One reader for the files that people give to commands. What it reads is wiped from memory when dropped.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

/// Why a file could not be read: its name and the reason, and nothing of what is in it.
#[derive(Debug)]
pub struct FileFault {
    file: String,
    reason: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.reason)
    }
}

impl std::error::Error for FileFault {}

fn fault(path: &Path, reason: impl fmt::Display) -> FileFault {
    FileFault {
        file: path.display().to_string(),
        reason: reason.to_string(),
    }
}

/// The file's bytes as they are; `-` is standard input.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileFault> {
    let mut contents = Zeroizing::new(Vec::new());
    let done = if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut contents)
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(&mut contents))
    };
    done.map_err(|error| fault(path, error))?;
    Ok(contents)
}

/// The file's text as it is.
pub fn read_text(path: &Path) -> Result<Zeroizing<String>, FileFault> {
    text_of(path, &read(path)?)
}

/// The text of a file with a key. One that others may read is refused, as ssh does.
pub fn read_key(path: &Path) -> Result<Zeroizing<String>, FileFault> {
    if path == Path::new("-") {
        return read_text(path);
    }
    let mut file = File::open(path).map_err(|error| fault(path, error))?;
    // Of the file that is open, so that no other can take its place in between.
    owner_only(path, &file)?;
    let mut contents = Zeroizing::new(Vec::new());
    file.read_to_end(&mut contents)
        .map_err(|error| fault(path, error))?;
    text_of(path, &contents)
}

#[cfg(unix)]
fn owner_only(path: &Path, file: &File) -> Result<(), FileFault> {
    use std::os::unix::fs::PermissionsExt;
    let found = file.metadata().map_err(|error| fault(path, error))?;
    let mode = found.permissions().mode() & 0o777;
    // A pipe is nobody else's.
    if found.is_file() && mode & 0o077 != 0 {
        return Err(fault(
            path,
            format_args!(
                "is a key that others may read or write (mode {mode:04o}): chmod 600, and think about a new key"
            ),
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn owner_only(_path: &Path, _file: &File) -> Result<(), FileFault> {
    Ok(())
}

fn text_of(path: &Path, contents: &[u8]) -> Result<Zeroizing<String>, FileFault> {
    no_mark(path, contents)?;
    let text = std::str::from_utf8(contents).map_err(|_| fault(path, "is not text in UTF-8"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// The one line that a command has printed into the file, without the newline at its end. Whether the rest is what it
/// should be is for others to say, another newline included.
pub fn read_line(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileFault> {
    let mut contents = read(path)?;
    no_mark(path, &contents)?;
    if contents.ends_with(b"\r\n") {
        return Err(fault(
            path,
            "ends in CR LF, as Windows ends lines: save it with LF, or without a newline",
        ));
    }
    if contents.ends_with(b"\n") {
        contents.pop();
    }
    Ok(contents)
}

fn no_mark(path: &Path, contents: &[u8]) -> Result<(), FileFault> {
    // What Windows calls "Unicode".
    if contents.starts_with(b"\xff\xfe") || contents.starts_with(b"\xfe\xff") {
        return Err(fault(path, "is saved as UTF-16: save it as UTF-8"));
    }
    if contents.starts_with("\u{feff}".as_bytes()) {
        return Err(fault(
            path,
            "begins with a byte order mark (BOM): save it as UTF-8 without one",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(contents: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), contents).unwrap();
        file
    }

    #[test]
    fn bytes_and_text_are_read_as_they_are() {
        assert_eq!(**read(file(b"\xff\n").path()).unwrap(), *b"\xff\n");
        assert_eq!(**read_text(file("a\r\n").path()).unwrap(), *"a\r\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_or_write_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let key = file("open-sesame");
        for (mode, is_read) in [
            (0o600, true),
            (0o400, true),
            (0o700, true),
            (0o640, false),
            (0o604, false),
            (0o620, false),
            (0o644, false),
        ] {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(key.path(), permissions).unwrap();
            match read_key(key.path()) {
                Ok(text) => assert!(is_read && *text == "open-sesame", "{mode:o}"),
                Err(fault) => {
                    let fault = fault.to_string();
                    let shown = format!("(mode {mode:04o}): chmod 600");
                    assert!(!is_read && fault.contains(&shown), "{mode:o}: {fault}");
                }
            }
        }
        // A link has no readers of its own.
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(key.path(), &link).unwrap();
        assert!(read_key(&link).is_err());
    }

    #[test]
    fn a_line_loses_the_one_newline_that_ends_it() {
        for (contents, expected) in [
            ("QUJD\n", "QUJD"),
            ("QUJD", "QUJD"),
            ("QUJD\n\n", "QUJD\n"),
            ("QU\nJD\n", "QU\nJD"),
            ("", ""),
        ] {
            let line = read_line(file(contents).path()).unwrap();
            assert_eq!(**line, *expected.as_bytes(), "{contents:?}");
        }
    }

    #[test]
    fn what_an_editor_did_to_a_file_is_named_and_its_contents_are_not() {
        let secret = "open-sesame";
        type Reader = fn(&Path) -> Option<FileFault>;
        let rows: [(String, Reader, &str); 4] = [
            (
                format!("\u{feff}{secret}"),
                |path| read_text(path).err(),
                "byte order mark",
            ),
            (
                format!("\u{feff}{secret}"),
                |path| read_line(path).err(),
                "byte order mark",
            ),
            (
                format!("{secret}\r\n"),
                |path| read_line(path).err(),
                "CR LF",
            ),
            (
                "/no/such".to_owned(),
                |_| read(Path::new("/no/such")).err(),
                "/no/such: ",
            ),
        ];
        for (contents, read, expected) in rows {
            let error = read(file(contents).path()).unwrap().to_string();
            assert!(
                error.contains(expected) && !error.contains(secret),
                "{error}"
            );
        }
        for contents in [b"\xff\xfeo\0p\0", b"\xfe\xff\0o\0p"] {
            let errors = [
                read_text(file(contents).path()).err().unwrap(),
                read_line(file(contents).path()).err().unwrap(),
            ];
            for error in errors {
                let error = error.to_string();
                assert!(
                    error.ends_with("is saved as UTF-16: save it as UTF-8"),
                    "{error}"
                );
            }
        }
        let error = read_text(file(b"open-sesame\xff").path()).err().unwrap();
        assert!(error.to_string().ends_with("is not text in UTF-8"));
    }
}
