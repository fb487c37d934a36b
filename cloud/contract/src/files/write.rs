//! Writing a complete file: a reader finds the old file or the new one, never a part of it, even after a power cut.
//! It is written aside, reaches the disk and only then gets its name.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// What files are called until they have their names. No device's id holds a `~`.
const UNFINISHED: &str = ".~motepost-unfinished-";
/// What the one writer with a lock puts before a file's name until it is complete. A name of an owner's own would be lost.
const NEXT: &str = ".~motepost-new-";

/// Who may read a file, from the moment it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone (0600).
    Owner,
    /// Everybody (0644).
    Everybody,
}

/// Whether a file appeared, or was there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It appeared.
    New,
    /// It was there and is as it was.
    Exists,
}

/// Writes a new file. One that exists is left as it is. After many, call [`sync_folder`].
pub fn create(path: &Path, contents: &[u8], readers: Readers) -> io::Result<Written> {
    let file = write(&mut unfinished(), path, contents, Access::For(readers))?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(Written::New),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(Written::Exists),
        Err(error) => Err(error.error),
    }
}

/// Writes a file in the place of another, if there is one. Of several writers at once, the last one counts.
pub fn replace(path: &Path, contents: &[u8], readers: Readers) -> io::Result<()> {
    let file = write(&mut unfinished(), path, contents, Access::For(readers))?;
    take_place(file, path)
}

/// [`replace`] for one writer at a time, which holds a lock: the file aside always has one name, so that processes
/// that are killed in the middle leave one at most.
pub fn replace_locked(path: &Path, contents: &[u8], readers: Readers) -> io::Result<()> {
    replace_alone(path, contents, Access::For(readers))
}

/// [`replace_locked`] for a file that is there and keeps its readers.
pub fn update_locked(path: &Path, contents: &[u8]) -> io::Result<()> {
    let permissions = fs::metadata(path)?.permissions();
    replace_alone(path, contents, Access::Kept(permissions))
}

fn replace_alone(path: &Path, contents: &[u8], access: Access) -> io::Result<()> {
    let mut name = OsString::from(NEXT);
    name.push(path.file_name().unwrap_or_default());
    match fs::remove_file(path.with_file_name(&name)) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut aside = tempfile::Builder::new();
    aside.prefix(&name).rand_bytes(0);
    take_place(write(&mut aside, path, contents, access)?, path)
}

fn take_place(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder(path))
}

fn unfinished() -> tempfile::Builder<'static, 'static> {
    let mut aside = tempfile::Builder::new();
    aside.prefix(UNFINISHED);
    aside
}

enum Access {
    For(Readers),
    Kept(Permissions),
}

fn write(
    aside: &mut tempfile::Builder<'_, '_>,
    path: &Path,
    contents: &[u8],
    access: Access,
) -> io::Result<NamedTempFile> {
    // Less what the process's umask takes away.
    if let Access::For(readers) = &access
        && let Some(permissions) = readers.permissions()
    {
        aside.permissions(permissions);
    }
    let mut file = aside.tempfile_in(folder(path))?;
    if let Access::Kept(permissions) = access {
        file.as_file().set_permissions(permissions)?;
    }
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    Ok(file)
}

impl Readers {
    #[cfg(unix)]
    fn permissions(self) -> Option<Permissions> {
        use std::os::unix::fs::PermissionsExt;
        Some(Permissions::from_mode(match self {
            Self::Owner => 0o600,
            Self::Everybody => 0o644,
        }))
    }

    #[cfg(not(unix))]
    fn permissions(self) -> Option<Permissions> {
        None
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A file's new name is on the disk when its folder is. Windows cannot open folders.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Removes what [`create`] and [`replace`] have left in a folder where they were interrupted. Nobody may be at work there.
pub fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device_id::DeviceId;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_that_exists_is_not_created_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let create = |contents| create(&path, contents, Readers::Owner).unwrap();
        assert_eq!(create(b"first"), Written::New);
        assert_eq!(create(b"second"), Written::Exists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        // Of a process that was killed, and of the owner.
        fs::write(folder.path().join(".~motepost-new-a.json"), "half").unwrap();
        fs::write(folder.path().join("a.json.new"), "mine").unwrap();
        replace_locked(&path, b"first", Readers::Owner).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"first");
        update_locked(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        replace(&path, b"third", Readers::Owner).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"third");
        assert_eq!(names(folder.path()), ["a.json", "a.json.new"]);
        assert_eq!(fs::read(folder.path().join("a.json.new")).unwrap(), b"mine");
    }

    #[test]
    fn what_cannot_be_written_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("folder");
        fs::create_dir(&taken).unwrap();
        assert!(replace(&taken, b"x", Readers::Owner).is_err());
        assert!(replace_locked(&taken, b"x", Readers::Owner).is_err());
        assert!(update_locked(&folder.path().join("missing"), b"x").is_err());
        let nowhere = folder.path().join("missing").join("a");
        assert!(create(&nowhere, b"x", Readers::Owner).is_err());
        assert_eq!(names(folder.path()), ["folder"]);
    }

    #[cfg(unix)]
    #[test]
    fn readers_are_as_asked_for_or_as_they_were() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        create(&path("secret"), b"x", Readers::Owner).unwrap();
        replace(&path("public"), b"x", Readers::Everybody).unwrap();
        fs::write(path("old"), "x").unwrap();
        fs::set_permissions(path("old"), Permissions::from_mode(0o640)).unwrap();
        update_locked(&path("old"), b"y").unwrap();
        assert_eq!(
            ["secret", "public", "old"].map(|name| mode(&path(name))),
            [0o600, 0o644, 0o640]
        );
    }

    #[test]
    fn unfinished_files_are_removed_and_no_device_s_file_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let unfinished = format!("{UNFINISHED}abc");
        assert!(DeviceId::parse(&unfinished).is_err());
        for name in [unfinished.as_str(), ".motepost-unfinished-x.json", "a.json"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        remove_unfinished(folder.path()).unwrap();
        assert_eq!(
            names(folder.path()),
            [".motepost-unfinished-x.json", "a.json"]
        );
    }
}
