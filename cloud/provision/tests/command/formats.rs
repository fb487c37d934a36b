//! Each format on its way into a device, through the tool that takes it there, and read by the device.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use base64ct::{Base64, Encoding};
use modem_emulator::{Family, Modem, Options};
use serde_json::Value;

use crate::device;
use crate::support::{Directory, with_keys};

#[path = "../../../authorizer/tests/support/python.rs"]
mod python;

/// Not at an edge of 64 KiB, so that a record that crosses one would be seen.
const ADDRESS: &str = "0x1000ff00";

/// One device of a fleet for each scheme that is the same when it is made again, and what it has to find.
fn each_scheme(format: &str, extension: &str, check: impl Fn(&Directory, &Path, &str)) {
    for (scheme, number) in [
        ("minted --fleet-key-file fleet.key", 2),
        ("signed --signing-key signing.key --expires 4000000000", 3),
    ] {
        let directory = with_keys();
        directory.write("devices.csv", "id\n00:1B:44\n");
        let common =
            "--endpoint a1-ats.iot.eu-central-1.amazonaws.com --authorizer name --token-key key";
        for (format, out) in [(format, "out"), ("json", "json")] {
            directory
                .run(&format!(
                    "fleet --scheme {scheme} --format {format} {common} --out {out} devices.csv"
                ))
                .exits(0);
        }
        let json: Value =
            serde_json::from_str(&directory.read("json/devices/00+1B+44.json")).unwrap();
        let text = |name: &str| json[name].as_str().unwrap_or_default();
        let signature = Base64::decode_vec(text("signature")).unwrap();
        let expected = format!(
            "1|{number}|00:1B:44|a1-ats.iot.eu-central-1.amazonaws.com|name|key|{}|{}|{}|",
            text("token"),
            base16ct::lower::encode_string(&signature),
            text("key")
        );
        let file = directory.join(&format!("out/devices/00+1B+44.{extension}"));
        check(&directory, &file, &expected);
    }
}

/// The token in a file of static credentials, by the device's own reader where there is a page.
pub fn token(extension: &str, file: &[u8]) -> String {
    let text = || std::str::from_utf8(file).unwrap();
    let image = match extension {
        "json" => {
            let json: Value = serde_json::from_slice(file).unwrap();
            return json["token"].as_str().unwrap().to_owned();
        }
        "h" => {
            let (_, rest) = text().split_once("motepost_device_token[] = \"").unwrap();
            return rest.split_once('"').unwrap().0.to_owned();
        }
        "bin" => file.to_vec(),
        "uf2" => file[32..32 + 256].to_vec(),
        "csv" => Base64::decode_vec(text().trim().rsplit_once(',').unwrap().1).unwrap(),
        "hex" => text()
            .lines()
            .filter(|line| &line[7..9] == "00")
            .flat_map(|line| base16ct::mixed::decode_vec(&line[9..line.len() - 2]).unwrap())
            .collect(),
        "chat" => text()
            .lines()
            .filter_map(|line| line.split_once(r"\q")?.1.strip_suffix(r"\c'"))
            .flat_map(|bytes| bytes.split('\\').skip(1))
            .map(|octal| u8::from_str_radix(&octal.replace('N', "0"), 8).unwrap())
            .collect(),
        other => panic!("{other}"),
    };
    device::finds(&image).split('|').nth(6).unwrap().to_owned()
}

fn python(directory: &Directory, module: &str, arguments: &[&str]) -> bool {
    let Some(mut python) = python::with_module(module) else {
        return false;
    };
    let output = python
        .args(arguments)
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    true
}

#[test]
fn bin_is_a_page_as_it_is() {
    each_scheme("bin", "bin", |_, file, expected| {
        assert_eq!(device::finds(&fs::read(file).unwrap()), expected);
    });
}

/// As `bincopy` reads it, which knows Intel's format and nothing of ours.
#[test]
fn intel_hex_puts_the_page_at_its_address() {
    const READ: &str = "import bincopy, sys
file = bincopy.BinFile(sys.argv[1])
assert len(file.segments) == 1, len(file.segments)
assert file.minimum_address == int(sys.argv[2], 16), hex(file.minimum_address)
open('page.bin', 'wb').write(file.as_binary())";
    each_scheme(
        &format!("hex --address {ADDRESS}"),
        "hex",
        |directory, file, expected| {
            let file = file.to_str().unwrap();
            if python(directory, "bincopy", &["-c", READ, file, ADDRESS]) {
                let page = fs::read(directory.join("page.bin")).unwrap();
                assert_eq!(device::finds(&page), expected);
            }
        },
    );
}

/// As Microsoft's converter reads it, which Adafruit packages; the family and the address are its own judgement.
#[test]
fn uf2_puts_the_page_at_its_address_for_its_family() {
    const READ: &str = "import adafruit_uf2 as uf2, struct, sys
data = open(sys.argv[1], 'rb').read()
assert uf2.is_uf2(data)
blocks = [struct.unpack('<8I', data[at:at + 32]) for at in range(0, len(data), 512)]
for number, block in enumerate(blocks):
    assert block[2] == 0x2000 and block[3] == int(sys.argv[2], 16) + 256 * number, block
    assert block[4:] == (256, number, len(blocks), uf2.load_families()['RP2040']), block
open('page.bin', 'wb').write(uf2.convert_from_uf2(data))";
    let format = format!("uf2 --address {ADDRESS} --uf2-family 0xE48BFF56");
    each_scheme(&format, "uf2", |directory, file, expected| {
        let file = file.to_str().unwrap();
        if python(directory, "adafruit_uf2", &["-c", READ, file, ADDRESS]) {
            let page = fs::read(directory.join("page.bin")).unwrap();
            assert_eq!(device::finds(&page), expected);
        }
    });
}

/// By Espressif's own generator. What `nvs_get_blob` would give is found by the layout in its documentation.
#[test]
fn nvs_csv_becomes_a_partition_with_the_page_as_a_blob() {
    each_scheme("nvs-csv", "csv", |directory, file, expected| {
        let module = "esp_idf_nvs_partition_gen";
        let file = file.to_str().unwrap();
        if python(
            directory,
            module,
            &["-m", module, "generate", file, "nvs.bin", "0x3000"],
        ) {
            let partition = fs::read(directory.join("nvs.bin")).unwrap();
            let blob = nvs_get_blob(&partition, "motepost", "credentials").unwrap();
            assert_eq!(device::finds(&blob), expected);
        }
    });
}

/// ESP-IDF Programming Guide, "Non-Volatile Storage Library", "Internals": a page has 4,096 bytes, of which 64 go to its
/// state; an entry has 32, and what is longer lies in the entries behind it.
fn nvs_get_blob(partition: &[u8], namespace: &str, key: &str) -> Option<Vec<u8>> {
    const NAMESPACE: u8 = 0;
    const U8: u8 = 0x01;
    const BLOB_DATA: u8 = 0x42;
    let mut index = None;
    for page in partition.chunks(4096) {
        let mut at = 64;
        while let Some(entry) = page.get(at..at + 32) {
            let name = entry[8..24].split(|byte| *byte == 0).next()?;
            let (space, kind, span) = (entry[0], entry[1], usize::from(entry[2]));
            if space == NAMESPACE && kind == U8 && name == namespace.as_bytes() {
                index = Some(entry[24]);
            } else if Some(space) == index && kind == BLOB_DATA && name == key.as_bytes() {
                let len = usize::from(u16::from_le_bytes([entry[24], entry[25]]));
                return Some(page[at + 32..at + 32 + len].to_vec());
            }
            at += 32 * if (1..=126).contains(&span) { span } else { 1 };
        }
    }
    None
}

/// By `chat`, over an emulated modem's serial port, twice: the second time the file exists. The device asks the modem for it.
/// One modem a test: chat pauses after each byte, and so both take their seconds at once.
#[test]
fn an_at_script_writes_the_page_into_a_quectel_modem() {
    an_at_script_writes_the_page("quectel", Family::Quectel);
}

#[test]
fn an_at_script_writes_the_page_into_a_simcom_modem() {
    an_at_script_writes_the_page("simcom", Family::Simcom);
}

fn an_at_script_writes_the_page(name: &str, family: Family) {
    let chat = ["/usr/sbin/chat", "/usr/bin/chat"].map(PathBuf::from);
    let Some(chat) = chat.iter().find(|path| path.exists()) else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no chat");
        let _ = writeln!(
            std::io::stderr(),
            "LEFT OUT: AT scripts, for there is no chat (ppp)"
        );
        return;
    };
    each_scheme(
        &format!("at-script --modem {name}"),
        "chat",
        |_, file, expected| {
            let modem = Modem::start(Options::new(family)).unwrap();
            let port = || {
                fs::File::options()
                    .read(true)
                    .write(true)
                    .open(modem.path())
                    .unwrap()
            };
            for _ in 0..2 {
                let output = Command::new(chat)
                    .args(["-v", "-S", "-s", "-f"])
                    .arg(file)
                    .stdin(port())
                    .stdout(port())
                    .output()
                    .unwrap();
                let log = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{name}: {log}");
                assert!(!log.contains("sensor-1.1893456000"), "{log}");
            }
            let page = from_modem(&mut port(), family);
            assert_eq!(device::finds(&page), expected, "{name}");
        },
    );
}

/// As firmware does it: the length comes before the bytes, or in the credentials themselves.
fn from_modem(port: &mut fs::File, family: Family) -> Vec<u8> {
    let ask: &[u8] = match family {
        Family::Quectel => b"AT+QFDWL=\"motepost.bin\"\r",
        Family::Simcom => b"AT+CFSINIT\rAT+CFSRFILE=3,\"motepost.bin\",0,4096,0\r",
    };
    port.write_all(ask).unwrap();
    let mut said = Vec::new();
    loop {
        let mut byte = [0];
        port.read_exact(&mut byte).unwrap();
        said.push(byte[0]);
        let Some(at) = said.windows(4).position(|window| window == b"MPC2") else {
            continue;
        };
        if let Some(&[low, high]) = said.get(at + 6..at + 8) {
            let len = usize::from(u16::from_le_bytes([low, high]));
            if let Some(page) = said.get(at..at + len) {
                return page.to_vec();
            }
        }
    }
}

#[test]
fn what_a_format_needs_is_asked_for_and_what_it_has_no_use_for_is_refused() {
    let directory = Directory::new();
    for (format, expected) in [
        ("hex", "--format hex needs --address"),
        ("uf2 --address 0", "--format uf2 needs --uf2-family"),
        ("uf2 --uf2-family 1", "--format uf2 needs --address"),
        ("uf2 --uf2-family 1 --address 0x10", "a multiple of 256"),
        ("at-script", "--format at-script needs --modem"),
        ("bin --address 0", "--format bin has no use for --address"),
        (
            "hex --address 0 --modem simcom",
            "--format hex has no use for --modem",
        ),
        (
            "json --uf2-family 1",
            "--format json has no use for --uf2-family",
        ),
        ("hex --address 0xffffffff", "end beyond 32 bits"),
        ("hex --address 0x100000000", "not a number of 32 bits"),
        ("hex --address flash", "not a number of 32 bits"),
    ] {
        let ran = directory
            .run(&format!(
                "credentials --scheme static --id a --format {format} --out new"
            ))
            .exits(2);
        assert!(ran.err.contains(expected), "{format}: {}", ran.err);
        assert!(!directory.join("new").exists());
    }
}
