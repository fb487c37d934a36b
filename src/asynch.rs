//! A publish over `embedded-io-async`. Dropping the future abandons the exchange: close the connection.
//! So a deadline is a timeout around the future, which gives way after each call of the transport.

use core::future;
use core::task::Poll;

use embedded_io_async::{Read, ReadReady, Write};

use crate::error::{Error, ExchangeError};
use crate::exchange::Exchange;
use crate::progress::Step;
use crate::publish::Publish;
use crate::response::Response;

/// Publishes over `transport`, a connection to the endpoint. The buffer holds the request first and the
/// response's body afterwards.
///
/// A response that denies the publish is a [`Response`], not an error.
pub async fn publish<'a, T: Read + Write>(
    transport: &mut T,
    publish: &Publish<'a>,
    buffer: &'a mut [u8],
) -> Result<Response<'a>, Error<T::Error>> {
    let mut exchange = Exchange::new(publish, buffer)?;
    run(transport, &mut exchange).await?;
    exchange
        .into_response()
        .ok_or(Error::Exchange(ExchangeError::Closed))
}

/// Drives an exchange that you made, for instance with a composed payload, until its response is complete:
/// [`Exchange::into_response`] gives it.
///
/// After an error, [`Exchange::verdict`] says what the response means if its status was read.
pub async fn run<T: Read + Write>(
    transport: &mut T,
    exchange: &mut Exchange<'_>,
) -> Result<(), Error<T::Error>> {
    let mut unflushed = true;
    let mut failure = None;
    loop {
        match exchange.step()? {
            // Not `write_all`, which panics if a transport accepts nothing.
            Step::Send(bytes) => match transport.write(bytes).await {
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
                    if let Err(error) = transport.flush().await {
                        failure = Some(Error::Transport(error));
                        exchange.send_failed();
                        continue;
                    }
                }
                // After a failure, this is what the peer has said already.
                let received = match transport.read(window).await {
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
        give_way().await;
    }
}

/// A transport that always has something never waits, and a timeout around the future would not be asked.
async fn give_way() {
    let mut is_second = false;
    future::poll_fn(|context| {
        if is_second {
            return Poll::Ready(());
        }
        is_second = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Drops what was received before, up to 1,024 bytes. Call it before each publish on a line that outlives
/// an exchange, such as a UART to a gateway: otherwise a late response to an earlier request would be taken
/// for the response to this one.
///
/// A response may also arrive later than this call. After an error or a missed deadline, drop what comes
/// until the line was silent for longer than the gateway's timeout, or make the gateway hang up.
///
/// Returns whether nothing is left: if not, check your deadline and call it again.
pub async fn drop_received<T: Read + ReadReady>(transport: &mut T) -> Result<bool, T::Error> {
    let mut dropped = [0; 32];
    for _ in 0..32 {
        if !transport.read_ready()? || transport.read(&mut dropped).await? == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
