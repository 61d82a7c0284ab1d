//! A cable between one worker and the database, which can be cut: nothing comes through any more, and nobody is told.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// It carries connections until it is dropped.
pub(crate) struct Cable {
    /// The address of the ledger at this end.
    pub(crate) database: String,
    is_cut: watch::Sender<bool>,
    _tasks: JoinSet<()>,
}

impl Cable {
    /// A cable to the ledger with this address.
    pub(crate) async fn to(database: &str) -> Self {
        let (before, rest) = database.split_once('@').unwrap();
        let (server, name) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap();
        let (is_cut, watched) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(carry(listener, server.to_owned(), watched));
        Self {
            database: format!("{before}@{here}/{name}?sslmode=disable"),
            is_cut,
            _tasks: tasks,
        }
    }

    /// Nothing comes through from here on, or all does again. Connections that were cut do not come back.
    pub(crate) fn cut(&self, is_cut: bool) {
        self.is_cut.send_replace(is_cut);
    }
}

async fn carry(listener: TcpListener, server: String, is_cut: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        connections.spawn(connect(near, server.clone(), is_cut.clone()));
    }
}

async fn connect(mut near: TcpStream, server: String, mut is_cut: watch::Receiver<bool>) {
    let is_whole = !*is_cut.borrow();
    if is_whole && let Ok(mut far) = TcpStream::connect(server).await {
        let (mut from_near, mut from_far) = ([0; 8192], [0; 8192]);
        loop {
            let done = tokio::select! {
                biased;
                () = becomes(&mut is_cut, true) => break,
                read = near.read(&mut from_near) => match read {
                    Ok(length @ 1..) => far.write_all(&from_near[..length]).await,
                    _ => return,
                },
                read = far.read(&mut from_far) => match read {
                    Ok(length @ 1..) => near.write_all(&from_far[..length]).await,
                    _ => return,
                },
            };
            if done.is_err() {
                return;
            }
        }
    }
    // Both ends stay open, and hear nothing.
    becomes(&mut is_cut, false).await;
}

async fn becomes(is_cut: &mut watch::Receiver<bool>, state: bool) {
    let _ = is_cut.wait_for(|is_cut| *is_cut == state).await.map(drop);
}
