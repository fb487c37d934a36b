//! A field that a device sent: in a header, its name in any case, or in the query, its name exact.
//! In both, the header counts (AWS's own choice is UNCONFIRMED).

use motepost_contract::http::RequestHead;
use motepost_contract::query;

/// A field's bytes, decoded if they came in the query. No `Debug`: they may be a secret.
pub(crate) struct Field {
    name: String,
    value: Result<Vec<u8>, ()>,
    pub(crate) in_header: bool,
}

impl Field {
    pub(crate) fn bytes(self) -> Result<Vec<u8>, String> {
        self.value
            .map_err(|()| format!("{} in the query is not percent-encoded", self.name))
    }

    pub(crate) fn text(self) -> Result<String, String> {
        let name = self.name.clone();
        String::from_utf8(self.bytes()?)
            .map_err(|_| format!("{name} is not UTF-8 or not percent-encoded"))
    }
}

pub(crate) fn find(request: &RequestHead, name: &str) -> Option<Field> {
    let in_header = request.header(name).map(|value| Ok(value.to_vec()));
    let is_header = in_header.is_some();
    let value =
        in_header.or_else(|| Some(query::find(request.query()?, name)?.bytes().ok_or(())))?;
    Some(Field {
        name: name.to_owned(),
        value,
        in_header: is_header,
    })
}
