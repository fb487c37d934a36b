//! What is known of the response so far. [`Response`](crate::Response) and the C API ask here.

use crate::response::date;
#[cfg(feature = "ffi")]
use crate::response::head::Details;
use crate::response::reader::ResponseReader;
use crate::response::verdict::Verdict;

impl ResponseReader {
    /// Also records the details. A new reader does; a reader of zeros does not.
    #[cfg(feature = "ffi")]
    pub(crate) fn keep_details(&mut self) {
        self.details.keep = Some(Details::look);
    }

    #[cfg(all(feature = "ffi", feature = "token"))]
    pub(crate) const fn keeps_details(&self) -> bool {
        self.details.keep.is_some()
    }

    pub(crate) const fn status(&self) -> u16 {
        self.head.status
    }

    /// The final status, if it was read. That of an interim response says nothing.
    pub(crate) const fn status_read(&self) -> Option<u16> {
        match self.head.status {
            0..200 => None,
            status => Some(status),
        }
    }

    #[inline(always)]
    pub(crate) const fn verdict(&self) -> Verdict {
        self.head.verdict
    }

    /// The verdict of the final status, if it was read.
    pub(crate) fn verdict_read(&self) -> Option<Verdict> {
        self.status_read().map(|_| self.verdict())
    }

    pub(crate) const fn reusable(&self) -> bool {
        // Without the details it is not known whether the peer closes.
        self.head.is_http_1_1() && self.details.keep.is_some() && !self.details.closing
    }

    pub(crate) const fn truncated(&self) -> bool {
        self.head.truncated
    }

    pub(crate) const fn body_len(&self) -> usize {
        self.body_len
    }

    pub(crate) fn error_type(&self) -> &[u8] {
        self.details.error_type()
    }

    pub(crate) fn date(&self) -> Option<u32> {
        date::unix_seconds(self.details.date())
    }
}
