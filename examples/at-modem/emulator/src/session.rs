//! What every modem does: commands, echo, answers, and its faults.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::link::Link;
use crate::uart::{Event, Off, Uart};
use crate::{Echo, Family, Fault, Options, quectel, simcom};

/// How a command ends.
pub(crate) enum End {
    Ok,
    Error,
    /// With the number of a mobile equipment error.
    Cme(u16),
    /// All is said already.
    Said,
}

pub(crate) struct Session {
    uart: Uart,
    family: Family,
    files: HashMap<String, String>,
    /// What a host has written, which a reset leaves.
    pub(crate) stored: HashMap<String, Vec<u8>>,
    echo: Echo,
    echoes: bool,
    chatter: bool,
    faults: Vec<Fault>,
    /// What it says only when it is told the next thing.
    late: Option<String>,
    commands: Arc<Mutex<Vec<String>>>,
    /// The open socket, or the connection of its HTTP.
    pub(crate) link: Option<Link>,
    /// Whether the driver was told of bytes that it has not read yet, and of the end.
    pub(crate) told_of_data: bool,
    pub(crate) told_of_close: bool,
    /// There is no room for what is sent next.
    pub(crate) is_full: bool,
    pub(crate) simcom: simcom::State,
    pub(crate) quectel: quectel::State,
}

impl Session {
    pub(crate) fn new(uart: Uart, options: Options, commands: Arc<Mutex<Vec<String>>>) -> Self {
        Self {
            uart,
            family: options.family,
            files: options.files,
            stored: HashMap::new(),
            echo: options.echo,
            echoes: options.echo != Echo::Off,
            chatter: options.chatter,
            faults: options.faults,
            late: None,
            commands,
            link: None,
            told_of_data: false,
            told_of_close: false,
            is_full: false,
            simcom: simcom::State::default(),
            quectel: quectel::State::default(),
        }
    }

    pub(crate) fn run(&mut self) {
        while self.turn().is_ok() {}
    }

    fn turn(&mut self) -> Result<(), Off> {
        let socket = self.link.as_ref().filter(|link| !link.closed);
        match self.uart.event(socket.map(Link::socket))? {
            Event::Command(line) if line.is_empty() => Ok(()),
            Event::Command(line) => self.command(&line),
            Event::Network => self.announce(),
        }
    }

    fn command(&mut self, line: &str) -> Result<(), Off> {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        commands.push(line.to_owned());
        drop(commands);
        if self.echoes {
            self.uart.write(format!("{line}\r").as_bytes())?;
        }
        if let Some(answer) = self.late.take() {
            self.say(&answer)?;
        }
        let fault = self
            .faults
            .iter()
            .position(|fault| line.starts_with(&fault.command));
        if let Some(fault) = fault {
            let answer = self.faults.remove(fault).answer;
            match answer.as_str() {
                "held" => self.uart.hold(),
                "lost byte" => self.uart.lose_byte(),
                "full" => self.is_full = true,
                answer => return self.misbehave(answer),
            }
        }
        let end = match line {
            "AT" | "AT+CMEE=1" => End::Ok,
            "AT+CMEE?" => {
                self.say("+CMEE: 1")?;
                End::Ok
            }
            "ATE0" | "ATE1" => {
                self.echoes = self.echo == Echo::Always || line == "ATE1";
                End::Ok
            }
            _ => match self.family {
                Family::Simcom => simcom::command(self, line)?,
                Family::Quectel => quectel::command(self, line)?,
            },
        };
        match end {
            End::Ok => self.say("OK"),
            End::Error => self.say("ERROR"),
            End::Cme(number) => self.say(&format!("+CME ERROR: {number}")),
            End::Said => Ok(()),
        }
    }

    fn misbehave(&mut self, answer: &str) -> Result<(), Off> {
        if let Some(late) = answer.strip_prefix("late ") {
            self.late = Some(late.to_owned());
            return Ok(());
        }
        if answer == "endless" {
            return self.uart.drip();
        }
        if answer == "RDY" {
            self.link = None;
            self.simcom = simcom::State::default();
            self.quectel = quectel::State::default();
            self.echoes = self.echo != Echo::Off;
        }
        if answer.is_empty() {
            return Ok(());
        }
        self.say(answer)
    }

    /// Tells of bytes or the end, once each, if a socket is open.
    fn announce(&mut self) -> Result<(), Off> {
        let Some(link) = &mut self.link else {
            return Ok(());
        };
        link.pump();
        let (has_data, closed) = (!link.received.is_empty(), link.closed);
        let (data, close) = match self.family {
            Family::Simcom => ("+CADATAIND: 0", "+CASTATE: 0,0"),
            Family::Quectel if link.is_tls() => ("+QSSLURC: \"recv\",0", "+QSSLURC: \"closed\",0"),
            Family::Quectel => ("+QIURC: \"recv\",0", "+QIURC: \"closed\",0"),
        };
        if has_data && !self.told_of_data {
            self.told_of_data = true;
            self.say(data)?;
        }
        if closed && !self.told_of_close {
            self.told_of_close = true;
            self.say(close)?;
        }
        Ok(())
    }

    /// A line of its own, and something that nobody asked for in front of it.
    pub(crate) fn say(&mut self, line: &str) -> Result<(), Off> {
        if self.chatter {
            self.uart
                .write(b"\r\n+CEREG: 5\r\n\r\n+CMTI: \"SM\",1\r\n")?;
        }
        self.uart.write(format!("\r\n{line}\r\n").as_bytes())
    }

    /// A prompt, and the data that the driver sends then.
    pub(crate) fn prompt(&mut self, prompt: &str, len: usize) -> Result<Vec<u8>, Off> {
        self.uart.write(format!("\r\n{prompt}").as_bytes())?;
        self.uart.data(len)
    }

    /// Bytes as they are.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Off> {
        self.uart.write(bytes)
    }

    /// Up to so many bytes of the open socket; `None` where none is open.
    pub(crate) fn take_received(&mut self, most: usize) -> Option<Vec<u8>> {
        let link = self.link.as_mut()?;
        let count = most.min(link.received.len());
        let bytes = link.received.drain(..count).collect();
        self.told_of_data = !link.received.is_empty();
        Some(bytes)
    }

    /// Connects, trusting that file alone; whether it could.
    pub(crate) fn connect(
        &mut self,
        host: &str,
        port: u16,
        ca_file: &str,
        checks_name: bool,
    ) -> bool {
        let ca_pem = self.files.get(ca_file);
        self.use_link(ca_pem.and_then(|ca_pem| Link::open(host, port, ca_pem, checks_name)))
    }

    /// Connects without TLS; whether it could.
    pub(crate) fn connect_plain(&mut self, host: &str, port: u16) -> bool {
        self.use_link(Link::open_plain(host, port))
    }

    fn use_link(&mut self, link: Option<Link>) -> bool {
        self.told_of_data = false;
        self.told_of_close = false;
        self.link = link;
        self.link.is_some()
    }

    pub(crate) fn has_file(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }
}

/// The values after the `=`: commas between them, quotation marks off.
pub(crate) fn values(line: &str) -> Vec<&str> {
    let (_, values) = line.split_once('=').unwrap_or_default();
    let mut rest = values;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (value, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_at(rest.find(',').unwrap_or(rest.len())),
        };
        found.push(value);
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    found
}

/// A URL's host, its port, and what follows.
pub(crate) fn take_apart(url: &str) -> Option<(&str, u16, &str)> {
    let rest = url.strip_prefix("https://")?;
    let (authority, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.split_once(':') {
        Some((host, port)) => Some((host, port.parse().ok()?, target)),
        None => Some((authority, 443, target)),
    }
}
