//! A publish over `embedded-io`.

use embedded_io::{Read, Write};

use crate::error::{Error, ExchangeError};
use crate::exchange::Exchange;
use crate::progress::Step;
use crate::publish::Publish;
use crate::response::Response;

/// Publishes over `transport`, a connection to the endpoint with timeouts of its own. The buffer holds
/// the request first and the response's body afterwards.
///
/// A response that denies the publish is a [`Response`], not an error.
pub fn publish<'a, T: Read + Write>(
    transport: &mut T,
    publish: &Publish<'a>,
    buffer: &'a mut [u8],
) -> Result<Response<'a>, Error<T::Error>> {
    run(transport, Exchange::new(publish, buffer)?)
}

/// Drives an exchange that you made, for instance with a composed payload.
pub fn run<'a, T: Read + Write>(
    transport: &mut T,
    mut exchange: Exchange<'a>,
) -> Result<Response<'a>, Error<T::Error>> {
    let mut unflushed = true;
    loop {
        match exchange.step()? {
            // Not `write_all`, which panics where a transport accepts nothing.
            Step::Send(bytes) => match transport.write(bytes).map_err(Error::Transport)? {
                0 => return Err(Error::WriteZero),
                count => exchange.sent(count)?,
            },
            Step::Receive(window) => {
                if unflushed {
                    transport.flush().map_err(Error::Transport)?;
                    unflushed = false;
                }
                match transport.read(window).map_err(Error::Transport)? {
                    0 => exchange.closed()?,
                    count => exchange.received(count)?,
                }
            }
            Step::Done => break,
        }
    }
    exchange
        .into_response()
        .ok_or(Error::Exchange(ExchangeError::Closed))
}
