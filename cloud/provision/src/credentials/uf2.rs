//! UF2, which boards with a USB bootloader take as a file (github.com/microsoft/uf2, "File format").

use zeroize::Zeroizing;

const BLOCK: usize = 512;
/// What every bootloader takes: RP2040's takes nothing else.
pub(super) const PAYLOAD: usize = 256;
const HEAD: usize = 32;
const MAGIC: [u32; 2] = [0x0a32_4655, 0x9e5d_5157];
const MAGIC_END: u32 = 0x0ab1_6f30;
const HAS_FAMILY: u32 = 0x2000;

/// Fills the last block with what an erased byte is.
pub(super) fn render(image: &[u8], address: u32, family: u32) -> Zeroizing<Vec<u8>> {
    let blocks = image.len().div_ceil(PAYLOAD);
    let mut out = Zeroizing::new(Vec::with_capacity(blocks * BLOCK));
    for (number, bytes) in image.chunks(PAYLOAD).enumerate() {
        let head = [
            MAGIC[0],
            MAGIC[1],
            HAS_FAMILY,
            address.wrapping_add((number * PAYLOAD) as u32),
            PAYLOAD as u32,
            number as u32,
            blocks as u32,
            family,
        ];
        let end = out.len() + BLOCK;
        for word in head {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(bytes);
        out.resize(end - BLOCK + HEAD + PAYLOAD, 0xff);
        out.resize(end - 4, 0);
        out.extend_from_slice(&MAGIC_END.to_le_bytes());
    }
    out
}

/// The bytes in a file that [`render`] has written.
pub(super) fn image(file: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut image = Zeroizing::new(Vec::with_capacity(file.len()));
    for block in file.chunks(BLOCK) {
        image.extend_from_slice(block.get(HEAD..HEAD + PAYLOAD)?);
    }
    Some(image)
}
