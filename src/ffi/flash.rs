//! The flash of an outbox, as C describes it.

use core::ffi::c_void;

use crate::outbox::{Flash, OutboxError, Shape};

/// How the library reaches the flash of an outbox: a region that is nobody else's. Offsets count from the
/// start of the region. Each function returns 0 when done, and any other number when it failed. They must
/// not call into the same outbox. Erased bytes must read 0xFF: where they read 0x00 (STM32 L0, L1), let `read` and
/// `program` invert every byte.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_flash_t {
    /// Reads `len` bytes, at most 32, from and to multiples of the unit and of 4. `buffer` is aligned to 4.
    ///
    /// A unit that power failed in may be unreadable: on STM32 with ECC the read raises an NMI or a bus fault.
    /// Survive it, and give zeros for that unit. Report every other failure: what reads as zeros is taken as
    /// torn, what fails is not.
    pub read: Option<
        unsafe extern "C" fn(ctx: *mut c_void, offset: u32, buffer: *mut c_void, len: usize) -> i32,
    >,
    /// Programs `len` bytes, at most 32, whole units, in ascending order, from `bytes`, which is aligned to 4. Returns 0
    /// when flash will keep them. If your flash has pages, split what crosses one.
    pub program: Option<
        unsafe extern "C" fn(
            ctx: *mut c_void,
            offset: u32,
            bytes: *const c_void,
            len: usize,
        ) -> i32,
    >,
    /// Erases the sector that begins at `offset` and has `len` bytes.
    pub erase: Option<unsafe extern "C" fn(ctx: *mut c_void, offset: u32, len: u32) -> i32>,
    /// Passed to all three unchanged. May be NULL.
    pub ctx: *mut c_void,
    /// What is erased at once, in bytes: 128 to 524,288, a multiple of the unit and of 4.
    pub sector_size: u32,
    /// The number of sectors: 3 to 4,096.
    pub sectors: u16,
    /// What is programmed at once, in bytes: 1, 2, 4, 8, 16 or 32.
    pub unit: u8,
    /// Must be zero.
    pub reserved: u8,
}

/// Flash whose functions are what their types say.
pub(super) struct Callbacks<'a>(pub(super) &'a motepost_flash_t);

impl motepost_flash_t {
    pub(super) const fn is_complete(&self) -> bool {
        self.read.is_some() && self.program.is_some() && self.erase.is_some()
    }

    pub(super) const fn shape(&self) -> Shape {
        Shape::new(self.sector_size, self.sectors, self.unit)
    }
}

const fn done(status: Option<i32>) -> Result<(), OutboxError<()>> {
    match status {
        Some(0) => Ok(()),
        _ => Err(OutboxError::Flash(())),
    }
}

impl Flash for Callbacks<'_> {
    type Error = ();

    fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), OutboxError<()>> {
        let (to, len) = (bytes.as_mut_ptr().cast(), bytes.len());
        // SAFETY: the caller's function, and a buffer of that length.
        done(
            self.0
                .read
                .map(|read| unsafe { read(self.0.ctx, at, to, len) }),
        )
    }

    fn program(&mut self, at: u32, bytes: &[u8]) -> Result<(), OutboxError<()>> {
        let (from, len) = (bytes.as_ptr().cast(), bytes.len());
        // SAFETY: the same.
        done(
            self.0
                .program
                .map(|program| unsafe { program(self.0.ctx, at, from, len) }),
        )
    }

    fn erase(&mut self, at: u32, len: u32) -> Result<(), OutboxError<()>> {
        // SAFETY: the same.
        done(
            self.0
                .erase
                .map(|erase| unsafe { erase(self.0.ctx, at, len) }),
        )
    }
}

/// `motepost_flash_t.read` of RAM that survives sleep. The three `motepost_ram_` functions make flash of RAM:
/// `ctx` is the RAM, which neither sleep nor your start-up code clears, `unit` is 1, and `sector_size` a
/// quarter of it, for example. What a reset damaged is found by its checks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_ram_read(
    ctx: *mut c_void,
    offset: u32,
    buffer: *mut c_void,
    len: usize,
) -> i32 {
    let from = ctx.cast::<u8>().wrapping_add(offset as usize);
    // SAFETY: the pointer rules. The outbox's buffer is not in the RAM.
    unsafe { buffer.cast::<u8>().copy_from_nonoverlapping(from, len) };
    0
}

/// `motepost_flash_t.program` of RAM.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_ram_program(
    ctx: *mut c_void,
    offset: u32,
    bytes: *const c_void,
    len: usize,
) -> i32 {
    let to = ctx.cast::<u8>().wrapping_add(offset as usize);
    // SAFETY: the same.
    unsafe { to.copy_from_nonoverlapping(bytes.cast(), len) };
    0
}

/// `motepost_flash_t.erase` of RAM.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_ram_erase(ctx: *mut c_void, offset: u32, len: u32) -> i32 {
    let from = ctx.cast::<u8>().wrapping_add(offset as usize);
    // SAFETY: the same.
    unsafe { from.write_bytes(0xff, len as usize) };
    0
}
