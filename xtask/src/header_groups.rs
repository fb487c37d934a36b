//! The order of `include/motepost.h`: groups with headings, what belongs together in one place.
//!
//! cbindgen writes constants first, then types, then functions. A reader wants the constants next to what
//! uses them, so the declarations are sorted into these groups. A declaration that no group names stops
//! `cargo xtask header`.

use crate::Result;

struct Group {
    heading: &'static str,
    /// Under the heading.
    text: &'static [&'static str],
    /// Names, or beginnings of names that end in `*`, in the order of the header.
    names: &'static [&'static str],
}

const GROUPS: [Group; 13] = [
    Group {
        heading: "Text and bytes",
        text: &[],
        names: &["motepost_str_t", "motepost_bytes_t"],
    },
    Group {
        heading: "The message",
        text: &["What to publish, where, and with which credentials."],
        names: &[
            "MOTEPOST_MAX_PAYLOAD",
            "motepost_pair_t",
            "MOTEPOST_PAYLOAD_*",
            "motepost_properties_t",
            "motepost_encode_signature_t",
            "motepost_encode_properties_t",
            "motepost_credentials_in_query_t",
            "motepost_publish_t",
        ],
    },
    Group {
        heading: "Status",
        text: &["What every function that returns int32_t returns, unless it says otherwise."],
        names: &[
            "MOTEPOST_OK",
            "MOTEPOST_AGAIN",
            "MOTEPOST_NO_MORE",
            "MOTEPOST_E_*",
        ],
    },
    Group {
        heading: "The transport",
        text: &[
            "Your TLS connection, modem or UART. The deadline of a publish belongs in these functions: a peer",
            "that sends one byte at a time keeps motepost_exchange_run busy for 131,070 bytes and more. Over a",
            "blocking socket, with deadline and now in milliseconds:",
            "",
            "static int32_t socket_recv(void *ctx, void *buffer, size_t len) {",
            "    const struct connection *c = ctx;",
            "    if ((int32_t)(c->deadline - now()) <= 0) {",
            "        return -1; // yours: too late",
            "    }",
            "    const ssize_t count = recv(c->socket, buffer, len, 0); // with SO_RCVTIMEO",
            "    if (count == 0) {",
            "        return MOTEPOST_IO_CLOSED;",
            "    }",
            "    return count > 0 ? (int32_t)count : errno == EAGAIN ? 0 : -errno;",
            "}",
            "",
            "Over a UART whose interrupt fills a ring:",
            "",
            "static int32_t uart_recv(void *ctx, void *buffer, size_t len) {",
            "    const struct uart *u = ctx;",
            "    if ((int32_t)(u->deadline - now()) <= 0) {",
            "        return -1;",
            "    }",
            "    return (int32_t)ring_read(u->ring, buffer, len); // 0 for none: run returns MOTEPOST_AGAIN",
            "}",
            "static int32_t uart_available(void *ctx) {",
            "    const struct uart *u = ctx;",
            "    return (int32_t)ring_count(u->ring); // for motepost_transport_drain, before each init",
            "}",
        ],
        names: &[
            "MOTEPOST_IO_CLOSED",
            "motepost_transport_t",
            "motepost_transport_drain",
        ],
    },
    Group {
        heading: "One publish",
        text: &[
            "Most firmware needs four functions: motepost_exchange_init, motepost_exchange_run,",
            "motepost_exchange_keep_details and motepost_exchange_verdict.",
        ],
        names: &[
            "motepost_exchange_t",
            "motepost_exchange_init",
            "motepost_exchange_init_composed",
            "motepost_exchange_init_head",
            "MOTEPOST_ACCEPTED",
            "MOTEPOST_DENIED",
            "MOTEPOST_REJECTED",
            "MOTEPOST_THROTTLED",
            "MOTEPOST_UNAVAILABLE",
            "motepost_response_t",
            "motepost_exchange_run",
            "motepost_exchange_verdict",
            "motepost_exchange_status",
            "motepost_exchange_io_error",
        ],
    },
    Group {
        heading: "More about the response",
        text: &[
            "Optional: 0.9 KB of flash on a Cortex-M4. If you call none of these, the linker drops them.",
        ],
        names: &[
            "motepost_exchange_keep_details",
            "motepost_exchange_error_type",
            "motepost_exchange_date",
            "motepost_exchange_reusable",
        ],
    },
    Group {
        heading: "Without callbacks",
        text: &[
            "For a modem driven by interrupts or an AT socket: ask what to move, move it, report it. These may be",
            "called from an interrupt, if nothing else uses the same exchange at that time.",
        ],
        names: &[
            "motepost_want_t",
            "motepost_exchange_want",
            "motepost_exchange_moved",
            "motepost_exchange_response",
        ],
    },
    Group {
        heading: "Requests without an exchange",
        text: &[
            "The bytes alone, for a modem that does the HTTP itself, or to write the payload in place.",
        ],
        names: &[
            "motepost_publish_encode",
            "motepost_publish_encode_head",
            "motepost_publish_head_len",
            "motepost_publish_encode_target",
            "motepost_publish_encode_field_lines",
            "motepost_publish_room",
            "motepost_publish_compose",
        ],
    },
    Group {
        heading: "Batches",
        text: &[
            "Many readings in one payload, which costs what one reading costs. Optional: 0.4 KB of flash on a",
            "Cortex-M4, 1.1 KB with the check. If you call none of these, the linker drops them. In the buffer of the",
            "request:",
            "",
            "uint8_t *room;",
            "size_t room_len, len;",
            "motepost_batch_t batch;",
            "motepost_publish_room(&publish, buffer, sizeof buffer, &room, &room_len);",
            "motepost_batch_json(&batch, room, room_len, motepost_batch_check_json);",
            "motepost_batch_push(&batch, reading, reading_len); // as often as it returns MOTEPOST_OK",
            "motepost_batch_finish(&batch, &len);",
            "motepost_exchange_init_composed(&exchange, &publish, buffer, sizeof buffer, len);",
        ],
        names: &[
            "MOTEPOST_BATCH_MAX_DEPTH",
            "motepost_batch_check_t",
            "motepost_batch_t",
            "motepost_batch_json",
            "motepost_batch_cbor",
            "motepost_batch_push",
            "motepost_batch_finish",
            "motepost_batch_check_*",
        ],
    },
    Group {
        heading: "SenML",
        text: &[
            "Records of RFC 8428 in a batch, in JSON or CBOR: names, units, values and times without a format string.",
        ],
        names: &[
            "motepost_senml_base_t",
            "motepost_senml_record_t",
            "motepost_senml_json",
            "motepost_senml_cbor",
        ],
    },
    Group {
        heading: "Tokens",
        text: &[
            "Optional: 1.8 KB of flash on a Cortex-M4. If you call none of these, the linker drops them.",
        ],
        names: &[
            "MOTEPOST_KEY_LEN",
            "MOTEPOST_TOKEN_*",
            "motepost_token_mint",
            "motepost_token_renew",
        ],
    },
    Group {
        heading: "The outbox",
        text: &[
            "Readings that survive sleep, resets and power loss at any write, in NOR flash or in RAM that survives",
            "sleep. Optional: if you call none of these, the linker drops them.",
            "",
            "Promised, with one caller, three sectors, flash that keeps what it reported as programmed, and a read",
            "function that gives zeros for units that it cannot read:",
            "- After push returned MOTEPOST_OK, the reading survives every power cut until it is dropped.",
            "- After drop returned MOTEPOST_OK, the dropped readings never come back.",
            "- A power cut touches only the call under way. A full outbox refuses and never overwrites. No power",
            "  cut makes the region unusable. A read that fails is an error and never formats.",
            "Not promised: exactly once (a lost response, or a cut between AWS's 200 and drop, sends again: filter in",
            "the cloud by device, epoch and number); whether an interrupted push appears; weak cells; secrecy.",
            "",
            "const motepost_flash_t flash = {my_read, my_program, my_erase, NULL, 4096, 8, 8, 0};",
            "motepost_outbox_t outbox;",
            "motepost_outbox_open(&outbox, &flash, random_number());",
            "motepost_outbox_push(&outbox, reading, reading_len, NULL);",
            "",
            "motepost_outbox_cursor_t cursor = {0}; // later: fill a batch, and drop it once it is accepted",
            "for (;;) {",
            "    motepost_outbox_cursor_t next = cursor; // cursor passes a reading only when it is in the batch",
            "    if (motepost_outbox_next(&outbox, &next, buffer, sizeof buffer, &len) != MOTEPOST_OK ||",
            "        !add_to_batch(buffer, len)) {",
            "        break;",
            "    }",
            "    cursor = next;",
            "}",
            "if (publish_batch() == MOTEPOST_ACCEPTED) {",
            "    motepost_outbox_drop(&outbox, &cursor);",
            "}",
        ],
        names: &[
            "motepost_flash_t",
            "motepost_outbox_t",
            "motepost_outbox_cursor_t",
            "motepost_outbox_open",
            "motepost_outbox_push",
            "motepost_outbox_next",
            "motepost_outbox_drop",
            "motepost_outbox_count",
            "motepost_outbox_epoch",
            "motepost_ram_*",
        ],
    },
    Group {
        heading: "Names for errors, and members of motepost_publish_t",
        text: &["The numbers of refused fields and their reasons."],
        names: &[
            "MOTEPOST_FIELD_*",
            "MOTEPOST_REASON_*",
            "motepost_strerror",
            "motepost_field_name",
            "motepost_version",
            "motepost_encode_signature",
            "motepost_copy_signature",
            "motepost_encode_properties",
            "motepost_credentials_in_query",
        ],
    },
];

/// What a name of the list matches, in the order of the list.
fn place(name: &str) -> Option<(usize, usize)> {
    for (group, Group { names, .. }) in GROUPS.iter().enumerate() {
        for (at, listed) in names.iter().enumerate() {
            let matches = match listed.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == *listed,
            };
            if matches {
                return Some((group, at));
            }
        }
    }
    None
}

/// The name that a declaration with its comment declares.
fn name_of(declaration: &str) -> Option<&str> {
    let code: Vec<&str> = declaration
        .lines()
        .filter(|line| !line.starts_with("//"))
        .collect();
    let first = code.first()?;
    if let Some(define) = first.strip_prefix("#define ") {
        return define.split([' ', '(']).next();
    }
    let start = if first.starts_with("typedef struct") {
        code.last()?.trim_start_matches("} ")
    } else if first.starts_with("typedef") {
        first.split_once("(*")?.1
    } else {
        let before = first.split('(').next()?;
        before.rsplit([' ', '*']).next()?
    };
    start.split([';', ')', '(']).next()
}

/// The declarations in groups, behind an index of them.
///
/// # Errors
/// When a declaration has no name, or no group names it.
pub fn arrange(declarations: &str) -> Result<String> {
    let mut placed = Vec::new();
    for declaration in declarations.split("\n\n").map(str::trim) {
        if declaration.is_empty() {
            continue;
        }
        let name = name_of(declaration)
            .ok_or_else(|| format!("this declaration has no name:\n{declaration}"))?;
        let place = place(name).ok_or_else(|| {
            format!("no group of xtask/src/header_groups.rs names {name}: add it where a reader looks for it")
        })?;
        placed.push((place, declaration));
    }
    placed.sort_by_key(|(place, _)| *place);
    let mut text = String::from("// In this header:\n");
    for group in &GROUPS {
        text += &format!("//   {}\n", group.heading);
    }
    for (number, group) in GROUPS.iter().enumerate() {
        text += &format!("\n// --- {} ---\n", group.heading);
        if !group.text.is_empty() {
            text += "//\n";
        }
        for line in group.text {
            text += format!("// {line}").trim_end();
            text.push('\n');
        }
        for (_, declaration) in placed.iter().filter(|((group, _), _)| *group == number) {
            text += &format!("\n{declaration}\n");
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_declaration_has_a_name() {
        for (declaration, name) in [
            ("// Done.\n#define MOTEPOST_OK 0", "MOTEPOST_OK"),
            (
                "typedef struct {\n    int a;\n} motepost_str_t;",
                "motepost_str_t",
            ),
            ("typedef void (*motepost_f_t)(void *a);", "motepost_f_t"),
            (
                "// Text.\nint32_t motepost_f(int a,\n    int b);",
                "motepost_f",
            ),
            (
                "const char *motepost_strerror(int32_t status);",
                "motepost_strerror",
            ),
        ] {
            assert_eq!(name_of(declaration), Some(name));
        }
    }

    #[test]
    fn a_declaration_that_no_group_names_is_an_error() {
        let error = arrange("int32_t motepost_new(void);").expect_err("it is in no group");
        assert!(error.to_string().contains("motepost_new"), "{error}");
    }
}
