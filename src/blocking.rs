//! A publish over `embedded-io`.

use embedded_io::{Read, ReadReady, Write};

use crate::error::{Error, ExchangeError};
use crate::exchange::Exchange;
use crate::progress::Step;
use crate::publish::Publish;
use crate::response::Response;

/// Publishes over `transport`, a connection to the endpoint. The buffer holds the request first and the
/// response's body afterwards.
///
/// A response that denies the publish is a [`Response`], not an error.
///
/// The timeouts are the transport's, one for each of its calls. A peer that sends one byte at a time
/// outlives them for up to 131,070 bytes and the buffer: [`publish_until`] has a deadline for the complete
/// publish.
pub fn publish<'a, T: Read + Write>(
    transport: &mut T,
    publish: &Publish<'a>,
    buffer: &'a mut [u8],
) -> Result<Response<'a>, Error<T::Error>> {
    publish_until(transport, publish, buffer, || false)
}

/// The same with a deadline: `has_expired` is asked before each call of the transport, so that the publish
/// ends at most one such call late.
///
/// ```no_run
/// # use std::time::{Duration, Instant};
/// # use motepost::{blocking, Error, Publish, Response};
/// # fn f<'a, T: embedded_io::Read + embedded_io::Write>(transport: &mut T, publish: &Publish<'a>, buffer: &'a mut [u8])
/// # -> Result<Response<'a>, Error<T::Error>> {
/// let deadline = Instant::now() + Duration::from_secs(20);
/// blocking::publish_until(transport, publish, buffer, || Instant::now() >= deadline)
/// # }
/// ```
pub fn publish_until<'a, T: Read + Write>(
    transport: &mut T,
    publish: &Publish<'a>,
    buffer: &'a mut [u8],
    has_expired: impl FnMut() -> bool,
) -> Result<Response<'a>, Error<T::Error>> {
    let mut exchange = Exchange::new(publish, buffer)?;
    run_until(transport, &mut exchange, has_expired)?;
    exchange
        .into_response()
        .ok_or(Error::Exchange(ExchangeError::Closed))
}

/// Drives an exchange that you made, for instance with a composed payload, until its response is complete:
/// [`Exchange::into_response`] gives it.
///
/// After an error, [`Exchange::verdict`] says what the response means if its status was read.
///
/// ```
/// # use motepost::{Error, Exchange, Publish, Verdict, blocking};
/// # fn f<T: embedded_io::Read + embedded_io::Write>(transport: &mut T) -> Result<(), Error<T::Error>> {
/// let reading = Publish::new("host.example", "uniqueID/status", b"21.5");
/// let mut buffer = [0; 256];
/// let mut exchange = Exchange::new(&reading, &mut buffer)?;
/// let result = blocking::run(transport, &mut exchange);
/// let send_again = exchange.verdict().is_none_or(Verdict::retry);
/// # result
/// # }
/// ```
pub fn run<T: Read + Write>(
    transport: &mut T,
    exchange: &mut Exchange<'_>,
) -> Result<(), Error<T::Error>> {
    run_until(transport, exchange, || false)
}

/// The same with a deadline, as [`publish_until`] has it.
pub fn run_until<T: Read + Write>(
    transport: &mut T,
    exchange: &mut Exchange<'_>,
    mut has_expired: impl FnMut() -> bool,
) -> Result<(), Error<T::Error>> {
    let mut unflushed = true;
    let mut failure = None;
    loop {
        if has_expired() {
            return Err(Error::TimedOut);
        }
        match exchange.step()? {
            // Not `write_all`, which panics if a transport accepts nothing.
            Step::Send(bytes) => match transport.write(bytes) {
                Ok(0) => {
                    failure = Some(Error::WriteZero);
                    exchange.send_failed();
                }
                Ok(count) => exchange.sent(count)?,
                Err(error) => {
                    failure = Some(Error::Transport(error));
                    exchange.send_failed();
                }
            },
            Step::Payload(_) => return Err(Error::PayloadUnsent),
            Step::Receive(window) => {
                if unflushed && failure.is_none() {
                    unflushed = false;
                    if let Err(error) = transport.flush() {
                        failure = Some(Error::Transport(error));
                        exchange.send_failed();
                        continue;
                    }
                }
                // After a failure, this is what the peer has said already.
                let received = match transport.read(window) {
                    Ok(0) => exchange.closed(),
                    Ok(count) => exchange.received(count),
                    Err(error) => return Err(failure.unwrap_or(Error::Transport(error))),
                };
                if let Err(error) = received {
                    return Err(failure.unwrap_or(error.into()));
                }
            }
            Step::Done => return Ok(()),
        }
    }
}

/// Drops what was received before, up to 1,024 bytes. Call it before each publish on a line that outlives
/// an exchange, such as a UART to a gateway: otherwise a late response to an earlier request would be taken
/// for the response to this one.
///
/// A response may also arrive later than this call. After an error or a missed deadline, drop what comes
/// until the line was silent for longer than the gateway's timeout, or make the gateway hang up.
///
/// Returns whether nothing is left: if not, check your deadline and call it again.
pub fn drop_received<T: Read + ReadReady>(transport: &mut T) -> Result<bool, T::Error> {
    let mut dropped = [0; 32];
    for _ in 0..32 {
        if !transport.read_ready()? || transport.read(&mut dropped)? == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
