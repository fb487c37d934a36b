//! Files with tokens, signatures, keys and whatever else must not be lost or half read.

mod read;
mod write;

pub use read::{FileFault, read, read_key, read_line, read_text};
pub use write::{
    Readers, Written, create, remove_unfinished, replace, replace_locked, sync_folder,
    update_locked,
};
