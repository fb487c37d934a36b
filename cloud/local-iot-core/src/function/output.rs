//! What a function's process prints, as lines for the trace: bounded, and without the secrets of the requests.

use crate::trace::redact::Secrets;

/// Longer lines are not kept at all: cut in two they could show half of a secret. A complete event fits.
const LONGEST_READ: usize = 64 * 1024;
/// Characters of a line, in the trace.
const LONGEST_SHOWN: usize = 2048;
/// Of one invocation.
const MOST_LINES: usize = 200;
const MOST_BYTES: usize = 256 * 1024;

/// Bytes of one stream since its last line end.
#[derive(Default)]
pub(super) struct PartialLine {
    bytes: Vec<u8>,
    too_long: bool,
}

/// The lines since they were last taken.
#[derive(Default)]
pub(super) struct Output {
    lines: Vec<String>,
    bytes: usize,
    left_out: usize,
    /// Of the invocation before: what it starts it may finish, and print, during the next.
    earlier_secrets: Secrets,
}

impl Output {
    pub(super) fn feed(&mut self, partial: &mut PartialLine, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = match piece.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (piece, false),
            };
            if partial.bytes.len() + text.len() > LONGEST_READ {
                partial.too_long = true;
                partial.bytes = Vec::new();
            }
            if !partial.too_long {
                partial.bytes.extend_from_slice(text);
            }
            if ended {
                self.end_line(partial);
            }
        }
    }

    /// At the end of a stream, which need not be the end of a line.
    pub(super) fn end(&mut self, partial: &mut PartialLine) {
        if partial.too_long || !partial.bytes.is_empty() {
            self.end_line(partial);
        }
    }

    fn end_line(&mut self, partial: &mut PartialLine) {
        let PartialLine { bytes, too_long } = std::mem::take(partial);
        let line = if too_long {
            format!("(a line of over {LONGEST_READ} bytes)")
        } else {
            String::from_utf8_lossy(&bytes).trim_end().to_owned()
        };
        self.bytes += line.len();
        if self.lines.len() == MOST_LINES || self.bytes > MOST_BYTES {
            self.left_out += 1;
        } else {
            self.lines.push(line);
        }
    }

    /// The lines so far, for the invocation whose secrets these are.
    pub(super) fn take(&mut self, secrets: Secrets) -> Vec<String> {
        let both = secrets.and(&self.earlier_secrets);
        let cut = |line: String| {
            let line = both.cut_from(&line);
            match line.char_indices().nth(LONGEST_SHOWN) {
                Some((end, _)) => format!("{}...", &line[..end]),
                None => line,
            }
        };
        let mut lines: Vec<_> = std::mem::take(&mut self.lines)
            .into_iter()
            .map(cut)
            .collect();
        if self.left_out > 0 {
            lines.push(format!("(and {} lines more)", self.left_out));
        }
        (self.bytes, self.left_out) = (0, 0);
        self.earlier_secrets = secrets;
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn these(texts: &[&str]) -> Secrets {
        let mut secrets = Secrets::default();
        texts.iter().for_each(|text| secrets.add(text));
        secrets
    }

    fn lines(printed: &[&str], secrets: &[&str]) -> Vec<String> {
        let (mut output, mut partial) = (Output::default(), PartialLine::default());
        for bytes in printed {
            output.feed(&mut partial, bytes.as_bytes());
        }
        output.take(these(secrets))
    }

    #[test]
    fn lines_end_where_they_end_however_they_come() {
        assert_eq!(
            lines(&["a", "b\r\nc\n", "\n", "open"], &[]),
            ["ab", "c", ""]
        );
    }

    #[test]
    fn what_is_open_at_the_end_of_the_stream_is_a_line() {
        let (mut output, mut partial) = (Output::default(), PartialLine::default());
        output.feed(&mut partial, b"a\nb");
        output.end(&mut partial);
        output.end(&mut partial);
        assert_eq!(output.take(Secrets::default()), ["a", "b"]);
    }

    #[test]
    fn secrets_of_this_invocation_and_of_the_one_before_are_cut_out() {
        let (mut output, mut partial) = (Output::default(), PartialLine::default());
        output.take(these(&["old"]));
        output.feed(&mut partial, b"old and new\n");
        assert_eq!(output.take(these(&["new"])), ["<redacted> and <redacted>"]);
    }

    #[test]
    fn a_secret_across_the_cut_is_not_half_shown() {
        let line = format!("{} secret\n", "x".repeat(LONGEST_SHOWN - 4));
        let shown = lines(&[&line], &["secret"]).remove(0);
        assert!(!shown.contains("sec"), "{}", &shown[LONGEST_SHOWN - 10..]);
    }

    #[test]
    fn too_much_is_counted_instead_of_kept() {
        let long = format!("{}\n", "x".repeat(LONGEST_READ + 1));
        assert_eq!(lines(&[&long], &[]), ["(a line of over 65536 bytes)"]);
        let many = lines(&["x\n".repeat(MOST_LINES + 3).as_str()], &[]);
        assert_eq!(many.len(), MOST_LINES + 1);
        assert_eq!(many[MOST_LINES], "(and 3 lines more)");
    }
}
