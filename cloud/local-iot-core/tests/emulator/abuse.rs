//! Clients by the thousand, slow ones, endless ones, and such as do not speak TLS: each gets its end, and the others
//! get responses meanwhile.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

#[cfg(unix)]
use crate::process::{Process, may_open};
use crate::support::*;
use crate::tls::{client, dial};
use local_iot_core::{Behaviour, Limits, LocalIotCore};

/// Held at once, by each of the two processes.
#[cfg(unix)]
const THOUSANDS: usize = 2000;
#[cfg(unix)]
const MOST_MEMORY_KIB: u64 = 128 * 1024;

#[cfg(unix)]
#[test]
fn thousands_of_connections_are_held_and_each_gets_its_response_in_the_end() {
    if !may_open(THOUSANDS as u64 + 200) {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "too few files");
        eprintln!("LEFT OUT: this process may not open {THOUSANDS} files");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let most = (THOUSANDS + 10).to_string();
    let arguments = [
        "--quiet",
        "--max-connections",
        &most,
        "--idle-time",
        "600",
        "--head-time",
        "600",
    ];
    let process = Process::start(folder.path(), &arguments);
    let request = publish("/topics/uniqueID/a", "");
    let body = request.len() - 1;
    // A third each: silent between two requests, in the middle of a head, in the middle of a body.
    let mut held: Vec<_> = (0..THOUSANDS)
        .map(|number| {
            let mut stream = connect(process.http);
            let sent = [0, 40, body][number % 3];
            if sent == 0 {
                stream.write_all(request.as_bytes()).unwrap();
                assert_eq!(read_response(&mut stream).status, 200);
            }
            stream.write_all(&request.as_bytes()[..sent]).unwrap();
            (stream, &request[sent..])
        })
        .collect();
    assert_eq!(ask_at(process.http, &request).status, 200);
    for (stream, rest) in &mut held {
        stream.write_all(rest.as_bytes()).unwrap();
        assert_eq!(read_response(stream).status, 200);
    }
    if let Some(peak) = process.peak_memory_kib() {
        assert!(peak < MOST_MEMORY_KIB, "{peak} KiB");
    }
}

#[test]
fn slow_writers_are_served_and_hold_up_nobody() {
    let emulator = start();
    let request = publish("/topics/uniqueID/slow", "");
    let mut slow: Vec<_> = (0..100).map(|_| connect(emulator.http_addr())).collect();
    let mut quick = connect(emulator.http_addr());
    for byte in request.bytes() {
        for stream in &mut slow {
            stream.write_all(&[byte]).unwrap();
        }
        let bytes = publish("/topics/uniqueID/quick", "");
        quick.write_all(bytes.as_bytes()).unwrap();
        assert_eq!(read_response(&mut quick).status, 200);
    }
    for stream in &mut slow {
        assert_eq!(read_response(stream).status, 200);
    }
}

#[test]
fn a_client_that_never_reads_its_responses_is_cut_off() {
    let emulator = start_within(Limits {
        body_time: Duration::from_millis(50),
        ..Limits::default()
    });
    let mut stream = connect(emulator.http_addr());
    stream.set_write_timeout(Some(TIMEOUT)).unwrap();
    // The response comes soon, so that the buffers between are soon full.
    let requests = "GET / HTTP/1.1\r\nhost:x\r\n\r\n".repeat(1000);
    let error = loop {
        if let Err(error) = stream.write_all(requests.as_bytes()) {
            break error;
        }
    };
    let ends = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset];
    assert!(ends.contains(&error.kind()), "{error}");
    assert_eq!(
        ask(&emulator, publish("/topics/uniqueID/a", "")).status,
        200
    );
}

#[test]
fn what_has_no_end_is_refused_and_closed() {
    let emulator = start_with(Behaviour {
        accept_chunked: true,
        ..Behaviour::default()
    });
    let line = "POST /topics/uniqueID/a HTTP/1.1\r\nhost:x\r\n";
    let chunked = format!("{line}transfer-encoding:chunked\r\n\r\n");
    let rows = [
        ("POST /", "a", 400),
        (line, "x:y\r\n", 400),
        (line, "x", 400),
        (&chunked, "0", 400),
        (&format!("{chunked}1;"), "x", 400),
        (&chunked, "1\r\nx\r\n", 413),
        (&chunked, "1;xxxxxxxxxxxx\r\nx\r\n", 413),
        (&format!("{chunked}0\r\n"), "x:y\r\n", 400),
    ];
    for (start, more, status) in rows {
        let mut stream = connect(emulator.http_addr());
        stream.write_all(start.as_bytes()).unwrap();
        let mut reading = stream.try_clone().unwrap();
        let more = more.repeat(4096);
        let writing =
            std::thread::spawn(move || while stream.write_all(more.as_bytes()).is_ok() {});
        assert_eq!(read_response(&mut reading).status, status, "{start:?}");
        // It ends only because the emulator has closed.
        writing.join().unwrap();
    }
    assert!(emulator.trace().iter().all(|entry| !entry.accepted));
}

/// The first that a TLS client sends.
fn client_hello(emulator: &LocalIotCore) -> Vec<u8> {
    let config = client(emulator, rustls::ALL_VERSIONS, &[]);
    let mut hello = Vec::new();
    let name = "localhost".try_into().unwrap();
    let mut connection = rustls::ClientConnection::new(config.into(), name).unwrap();
    connection.write_tls(&mut hello).unwrap();
    hello
}

/// Sends it and closes its half; returns once the emulator has closed the other.
fn send_and_close(emulator: &LocalIotCore, bytes: &[u8]) {
    let mut stream = connect(emulator.https_addr());
    // The emulator may have closed before all is sent.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    until_closed(&mut stream);
}

fn until_closed(stream: &mut TcpStream) {
    match stream.read_to_end(&mut Vec::new()) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
}

fn still_responds(emulator: &LocalIotCore) {
    let config = client(emulator, rustls::ALL_VERSIONS, &[]);
    let mut stream = dial(emulator, config, "localhost");
    let bytes = publish("/topics/uniqueID/a", "");
    stream.write_all(bytes.as_bytes()).unwrap();
    assert_eq!(read_response(&mut stream).status, 200);
}

#[test]
fn what_is_not_tls_is_closed_and_named() {
    let emulator = start();
    let hello = client_hello(&emulator);
    let with = |at: usize, byte: u8| {
        let mut bytes = hello.clone();
        bytes[at] = byte;
        bytes
    };
    let rows = [
        ("plain HTTP", publish("/topics/uniqueID/a", "").into_bytes()),
        ("zeros", vec![0; 100_000]),
        ("ones", vec![255; 100_000]),
        ("a record without contents", vec![22, 3, 1, 0, 0]),
        ("records without contents", [22, 3, 1, 0, 0].repeat(20_000)),
        (
            "a record that is too long",
            [vec![22, 3, 1, 255, 255], vec![0; 70_000]].concat(),
        ),
        (
            "a handshake that is too long",
            [vec![22, 3, 1, 64, 0, 1, 255, 255, 255], vec![0; 70_000]].concat(),
        ),
        ("an alert", vec![21, 3, 3, 0, 2, 2, 40]),
        ("application data", vec![23, 3, 3, 0, 1, 0]),
        ("SSL 2", vec![0x80, 0x2e, 1, 0, 2, 0, 21, 0, 0, 0, 16]),
        ("SSH", b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
        ("MQTT", b"\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0".to_vec()),
        ("a hello of another type", with(5, 2)),
        ("a hello with a wrong length", with(8, 1)),
        (
            "a hello with garbage behind",
            [hello.as_slice(), &[255; 1000]].concat(),
        ),
        ("two hellos", hello.repeat(2)),
    ];
    for (count, (what, bytes)) in rows.iter().enumerate() {
        send_and_close(&emulator, bytes);
        let entry = emulator.wait_for_trace(count + 1, TIMEOUT).pop().unwrap();
        assert!(
            entry.reason.starts_with("TLS: "),
            "{what}: {}",
            entry.reason
        );
    }
    assert_eq!(emulator.trace().len(), rows.len());
    still_responds(&emulator);
}

#[test]
fn a_handshake_may_be_cut_anywhere() {
    let emulator = start();
    let hello = client_hello(&emulator);
    for end in 0..=hello.len() {
        send_and_close(&emulator, &hello[..end]);
    }
    still_responds(&emulator);
    // By both sides at once: nobody is there to receive a response.
    for end in (0..hello.len()).step_by(10) {
        let mut stream = connect(emulator.https_addr());
        stream.write_all(&hello[..end]).unwrap();
        drop(stream);
    }
    still_responds(&emulator);
}

#[test]
fn half_requests_on_the_control_port_are_cut_off_and_hold_up_nobody() {
    let emulator = start_within(Limits {
        connections: 50,
        idle_time: Duration::from_millis(200),
        body_time: Duration::from_millis(200),
        function_time: Duration::from_millis(200),
        function_wait: Duration::from_millis(200),
        ..Limits::default()
    });
    let head = "POST /authorizer/A HTTP/1.1\r\nhost:localhost\r\n";
    let starts = [
        String::new(),
        head.to_owned(),
        format!("{head}{}content-length:9\r\n\r\n{{", sigv4("iot")),
    ];
    for _ in 0..2 {
        let mut half: Vec<_> = (0..50)
            .map(|number| {
                let mut stream = connect(emulator.control_addr());
                stream.write_all(starts[number % 3].as_bytes()).unwrap();
                stream
            })
            .collect();
        for stream in &mut half {
            until_closed(stream);
        }
    }
    let bytes = format!(
        "GET /authorizers/ HTTP/1.1\r\nhost:localhost\r\n{}\r\n",
        sigv4("iot")
    );
    assert_eq!(ask_at(emulator.control_addr(), bytes).status, 200);
}
