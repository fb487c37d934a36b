//! Device ids on the command line: what the authorizer takes as one.

use motepost_contract::device_id::DeviceId;

/// The id, or why it is none.
pub(crate) fn parse(id: &str) -> Result<String, String> {
    match DeviceId::parse(id) {
        Ok(_) => Ok(id.to_owned()),
        Err(fault) => Err(format!("{id:?} {fault}")),
    }
}
