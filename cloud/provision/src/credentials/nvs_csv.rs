//! CSV for Espressif's NVS partition generator (ESP-IDF Programming Guide, "NVS Partition Generator Utility"): the image
//! as one blob, which `nvs_get_blob` gives back whole.

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

const BEFORE: &str = "key,type,encoding,value\nmotepost,namespace,,\ncredentials,data,base64,";

pub(super) fn render(image: &[u8]) -> Zeroizing<Vec<u8>> {
    let value = Zeroizing::new(Base64::encode_string(image));
    Zeroizing::new([BEFORE, &value, "\n"].concat().into_bytes())
}

/// The bytes in a file that [`render`] has written.
pub(super) fn image(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(text).ok()?;
    let value = text.strip_prefix(BEFORE)?.strip_suffix('\n')?;
    Base64::decode_vec(value).ok().map(Zeroizing::new)
}
