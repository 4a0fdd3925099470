//! Health over real sockets, and what nobody may do to it.

mod api;

use super::*;
use crate::shutdown;
use api::Board;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

struct Figures;

impl Metrics for Figures {
    async fn scrape(&self) -> Result<Scrape, String> {
        Ok(Scrape("cordboard_sessions 1\n# EOF\n".to_owned()))
    }
}

async fn local() -> Web {
    Web::bind("127.0.0.1:0".parse().unwrap()).await.unwrap()
}

#[tokio::test]
async fn health_and_figures_are_told_and_nothing_else() {
    let web = local().await;
    let address = web.address();
    let (trigger, shutdown) = shutdown::channel();
    let served = tokio::spawn(web.serve(shutdown, Arc::new(Figures), Arc::new(Board::default())));
    let well = ask(address, "GET /health").await;
    assert!(well.starts_with("HTTP/1.1 200 OK\r\n") && well.contains("\"status\":\"ok\""), "{well}");
    let figures = ask(address, "GET /metrics").await;
    assert!(figures.starts_with("HTTP/1.1 200 OK\r\n") && figures.ends_with("# EOF\n"), "{figures}");
    assert!(
        figures.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"),
        "{figures}"
    );
    assert!(ask(address, "POST /metrics").await.starts_with("HTTP/1.1 405 "));
    assert!(ask(address, "GET /").await.starts_with("HTTP/1.1 404 "));
    assert!(ask(address, "DELETE /health").await.starts_with("HTTP/1.1 405 "));
    trigger.drain();
    let drains = ask(address, "GET /health").await;
    assert!(drains.starts_with("HTTP/1.1 503 ") && drains.contains("\"status\":\"draining\""), "{drains}");
    trigger.end();
    served.await.unwrap();
}

#[tokio::test]
async fn a_port_in_use_is_said_with_the_fix() {
    let web = local().await;
    let error = Web::bind(web.address()).await.unwrap_err().to_string();
    let port = web.address().port();
    assert_eq!(
        error,
        format!(
            "can't serve HTTP on 127.0.0.1:{port}: another program listens there; stop it, or choose another port ([web] address in the configuration; with `dev`: --port-offset N)"
        )
    );
}

#[tokio::test]
async fn many_idle_connections_do_not_shut_out_the_next_for_ever() {
    let web = local().await;
    let address = web.address();
    let (_trigger, shutdown) = shutdown::channel();
    tokio::spawn(web.serve(shutdown, Arc::new(Figures), Arc::new(Board::default())));
    let mut idle = Vec::new();
    for _ in 0..CONNECTIONS {
        idle.push(TcpStream::connect(address).await.unwrap());
    }
    drop(idle);
    assert!(ask(address, "GET /health").await.starts_with("HTTP/1.1 200 "));
}
