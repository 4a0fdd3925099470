//! Requests to small servers of ours: good ones, slow ones, and ones that say too much.

use super::*;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers every connection with these bytes, and gives what it was asked.
async fn server(answer: String) -> (SocketAddr, tokio::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, heard) = tokio::sync::mpsc::channel(4);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = vec![0; 4096];
            let read = stream.read(&mut bytes).await.unwrap();
            asked.send(String::from_utf8_lossy(&bytes[..read]).into_owned()).await.unwrap();
            if answer.is_empty() {
                std::future::pending::<()>().await;
            }
            // Who has heard enough closes.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, heard)
}

fn asked(url: &str) -> HttpRequest {
    let headers = vec![Attribute::new("authorization", "Bearer x"), Attribute::new("host", "evil.example")];
    HttpRequest { method: "POST".to_owned(), url: url.to_owned(), headers, body: b"{}".to_vec() }
}

async fn ask(address: SocketAddr) -> Result<HttpResponse, Failure> {
    let url = format!("http://{address}/v1/route?x=1");
    let outbound = Outbound::new(100);
    outbound.ask(&Destination::of(&url).unwrap(), &asked(&url), Duration::from_millis(500)).await
}

#[tokio::test]
async fn a_server_is_asked_and_its_answer_comes_back() {
    let answer = "HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\nx-more: yes\r\n\r\nok";
    let (address, mut heard) = server(answer.to_owned()).await;
    let response = ask(address).await.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (202, &b"ok"[..]));
    assert_eq!(crate::model::attribute(&response.headers, "x-more"), Some("yes"));
    let heard = heard.recv().await.unwrap();
    assert!(heard.starts_with("POST /v1/route?x=1 HTTP/1.1\r\n") && heard.contains("Bearer x"), "{heard}");
    assert!(heard.contains(&format!("host: {address}\r\n")) && !heard.contains("evil"), "{heard}");
}

#[tokio::test]
async fn what_is_slow_too_large_or_not_there_is_a_failure() {
    let (slow, _heard) = server(String::new()).await;
    assert_eq!(ask(slow).await.unwrap_err().code, "timeout");
    let large = format!("HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n{}", "x".repeat(101));
    let (large, _heard) = server(large).await;
    assert_eq!(ask(large).await.unwrap_err().code, "too-large");
    let (nonsense, _heard) = server("nonsense\r\n\r\n".to_owned()).await;
    assert_eq!(ask(nonsense).await.unwrap_err().code, "broken");
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    assert_eq!(ask(address).await.unwrap_err().code, "unreachable");
}

#[test]
fn only_addresses_of_http_lead_somewhere() {
    let secure = Destination::of("https://api.example.com/route").unwrap();
    assert_eq!((secure.host.as_str(), secure.port, secure.is_secure), ("api.example.com", 443, true));
    assert_eq!(Destination::of("http://inside:8080").unwrap().port, 8080);
    for wrong in ["", "/v1/route", "ftp://a.example/", "http://user:secret@a.example/", "http:///x"] {
        assert_eq!(Destination::of(wrong).unwrap_err().code, "bad-request", "{wrong}");
    }
}
