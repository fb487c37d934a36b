//! Sizes, alignments and offsets: what a C compiler makes of the header is what Rust made of `src/ffi`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::mem::{align_of, offset_of, size_of};

use ffi_tests::compiler::{Language, output_of};
use ffi_tests::{archive, header, out_dir};
use motepost::ffi::{
    motepost_batch_t, motepost_bytes_t, motepost_exchange_t, motepost_flash_t,
    motepost_outbox_cursor_t, motepost_outbox_t, motepost_pair_t, motepost_properties_t,
    motepost_publish_t, motepost_response_t, motepost_senml_base_t, motepost_senml_record_t,
    motepost_str_t, motepost_transport_t, motepost_want_t,
};

type Layout = BTreeMap<String, usize>;

macro_rules! layout_of {
    ($layout:ident: $($type:ident { $($member:ident)* })*) => {
        $(
            $layout.insert(concat!("sizeof ", stringify!($type)).into(), size_of::<$type>());
            $layout.insert(concat!("alignof ", stringify!($type)).into(), align_of::<$type>());
            $($layout.insert(
                concat!("offsetof ", stringify!($type), " ", stringify!($member)).into(),
                offset_of!($type, $member),
            );)*
        )*
    };
}

fn as_rust_has_it() -> Layout {
    let mut layout = Layout::new();
    layout_of! { layout:
        motepost_batch_t { room capacity len check base }
        motepost_bytes_t { ptr len }
        motepost_exchange_t { opaque_words opaque }
        motepost_flash_t { read program erase ctx sector_size sectors unit reserved }
        motepost_outbox_cursor_t { position number }
        motepost_outbox_t { flash opaque }
        motepost_pair_t { name value }
        motepost_properties_t {
            content_type response_topic correlation_data user user_count message_expiry payload_format reserved
        }
        motepost_publish_t {
            endpoint topic payload authorizer token_key token signature encode_signature credentials_in_query
            encode_properties properties headers header_count qos retain reserved
        }
        motepost_response_t { body status verdict truncated }
        motepost_senml_base_t { name time }
        motepost_senml_record_t { name unit value time value_places time_places reserved }
        motepost_str_t { ptr len }
        motepost_transport_t { recv send ctx }
        motepost_want_t { send receive len }
    }
    layout
}

/// A program that prints a line for each struct and member of the header, so that none can be forgotten here.
fn program() -> String {
    let mut types = String::new();
    let mut prints = String::new();
    for (name, members) in header::structs() {
        writeln!(
            types,
            "typedef struct {{ char first; {name} second; }} aligned_{name};"
        )
        .unwrap();
        writeln!(prints, "    line(\"sizeof {name}\", sizeof({name}));").unwrap();
        writeln!(
            prints,
            "    line(\"alignof {name}\", offsetof(aligned_{name}, second));"
        )
        .unwrap();
        for member in members {
            writeln!(
                prints,
                "    line(\"offsetof {name} {member}\", offsetof({name}, {member}));"
            )
            .unwrap();
        }
    }
    format!(
        "#include <stdio.h>\n#include \"motepost.h\"\n\n\
         static void line(const char *what, size_t is) {{ printf(\"%s %lu\\n\", what, (unsigned long)is); }}\n\n\
         {types}\nint main(void) {{\n{prints}\n    \
         line(\"MOTEPOST_VERSION\", MOTEPOST_VERSION);\n    line(\"motepost_version\", motepost_version());\n    return 0;\n}}\n"
    )
}

/// What the program prints: the layout, and the two versions.
fn as_c_has_it(language: Language, name: &str) -> (Layout, [usize; 2]) {
    let source = out_dir("programs").join(format!("{name}.c"));
    std::fs::write(&source, program()).expect("the source can be written");
    let path = language.plain(&source, name, &[archive().path.as_os_str()]);
    let output = path
        .and_then(|program| output_of(&program))
        .unwrap_or_else(|reason| panic!("{reason}"));
    let mut layout: Layout = output
        .lines()
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(what, is)| (what.to_owned(), is.parse().expect("it is a number")))
        .collect();
    let versions = ["MOTEPOST_VERSION", "motepost_version"]
        .map(|name| layout.remove(name).expect("it was printed"));
    (layout, versions)
}

fn is_the_same(language: Language) {
    if language.is_here("the layout in C++") {
        assert_eq!(
            as_c_has_it(language, &format!("layout-{language:?}")).0,
            as_rust_has_it()
        );
    }
}

#[test]
fn in_c99() {
    is_the_same(Language::C99);
}

#[test]
fn in_c11() {
    is_the_same(Language::C11);
}

#[test]
fn in_cpp17() {
    is_the_same(Language::Cpp17);
}

#[test]
fn header_archive_and_cargo_toml_are_one_version() {
    let numbers: Vec<usize> = env!("CARGO_PKG_VERSION")
        .split('.')
        .map(|number| number.parse().unwrap())
        .collect();
    let version = (numbers[0] << 16) | (numbers[1] << 8) | numbers[2];
    assert_eq!(as_c_has_it(Language::C99, "versions").1, [version; 2]);
    let constants = header::constants();
    let parts = ["MAJOR", "MINOR", "PATCH"]
        .map(|part| constants[&format!("MOTEPOST_VERSION_{part}")] as usize);
    assert_eq!(parts, numbers[..]);
}
