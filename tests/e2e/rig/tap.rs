//! A wire between a client and a server on which a test listens, where both speak in the clear.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A port that leads to another, and all that came back through it.
pub(crate) struct Tap {
    pub(crate) port: u16,
    received: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
    /// Whoever connects to its port reaches this one.
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let tap = Self { port: listener.local_addr().expect("it listens").port(), received: Arc::default() };
        let received = Arc::clone(&tap.received);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return };
                let (from, to) = (client.try_clone(), server.try_clone());
                let (Ok(client_reads), Ok(server_writes)) = (from, to) else { return };
                let received = Arc::clone(&received);
                std::thread::spawn(move || carry(client_reads, server_writes, |_| ()));
                std::thread::spawn(move || {
                    carry(server, client, |bytes| received.lock().expect("no panic").extend_from_slice(bytes));
                });
            }
        });
        tap
    }

    /// Every byte that the client has received.
    pub(crate) fn received(&self) -> String {
        String::from_utf8_lossy(&self.received.lock().expect("no panic")).into_owned()
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, mut heard: impl FnMut(&[u8])) {
    let mut chunk = [0; 16 * 1024];
    while let Ok(bytes @ 1..) = from.read(&mut chunk) {
        heard(&chunk[..bytes]);
        if to.write_all(&chunk[..bytes]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
