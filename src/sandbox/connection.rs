//! Connections that can be broken off on purpose.
//!
//! A handler sees a connection only as the requests on it. To leave a client without an answer, the
//! listener wraps every socket and hands its [`Line`] to the handlers: once broken off, nothing more
//! is written, and the socket is closed with a reset. This file knows nothing of HTTP, and nothing
//! of why a connection is broken.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// The handlers' grip on the connection that a request came by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line(Arc<AtomicBool>);

impl Line {
    /// Lets nothing more out; the next write resets the connection instead.
    pub(crate) fn break_off(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn broken(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Connected<IncomingStream<'_, BreakableListener>> for Line {
    fn connect_info(stream: IncomingStream<'_, BreakableListener>) -> Self {
        stream.io().line.clone()
    }
}

/// A listener whose connections can be broken off.
#[derive(Debug)]
pub(crate) struct BreakableListener(pub(crate) TcpListener);

impl Listener for BreakableListener {
    type Io = BreakableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Without this the small answers wait for acknowledgements; failing to set it only slows.
        stream.set_nodelay(true).ok();
        let line = Line::default();
        (BreakableStream { stream, line }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// One connection and the switch that breaks it.
#[derive(Debug)]
pub(crate) struct BreakableStream {
    stream: TcpStream,
    line: Line,
}

impl BreakableStream {
    /// Arms the socket so that closing it sends a reset, and says so to the HTTP layer, which then
    /// drops the socket.
    fn check(&self) -> io::Result<()> {
        if self.line.broken() {
            self.stream.set_zero_linger()?;
            return Err(io::Error::from(io::ErrorKind::ConnectionReset));
        }
        Ok(())
    }
}

impl AsyncRead for BreakableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for BreakableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // An orderly shutdown would turn the reset into a polite end of stream.
        self.check()?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
