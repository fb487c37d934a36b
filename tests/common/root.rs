//! The library's folder, from each package that runs its tests.

use std::path::Path;

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find(|dir| dir.join("src/lib.rs").is_file())
        .expect("this file is below it")
}
