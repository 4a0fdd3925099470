//! One HTTP request outwards: what a rule asks of another server.
//!
//! It ends at bytes: who may ask whom is decided before. Redirects are not followed, since they lead to other hosts.
//!
//! Invariant: the time over all of it, the answer's bytes and its headers are bounded.

use crate::model::{Attribute, Failure, HttpRequest, HttpResponse};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

#[cfg(test)]
mod tests;

/// Headers of an answer that are handed on.
const HEADERS: usize = 64;
/// Where systems keep the certificates of those whom they trust.
const ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
/// What the client says itself.
const OURS: [HeaderName; 4] = [HOST, CONTENT_LENGTH, CONNECTION, TRANSFER_ENCODING];

/// Asks other servers.
#[derive(Clone)]
pub struct Outbound {
    tls: TlsConnector,
    /// Bytes of an answer's body.
    most_bytes: usize,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Name or address, as grants name it.
    pub host: String,
    port: u16,
    is_secure: bool,
    path: String,
}

impl Outbound {
    /// One that trusts whom this system trusts, and takes answers of so many bytes.
    ///
    /// # Panics
    /// Never: the provider has the versions of TLS that rustls thinks safe.
    pub fn new(most_bytes: usize) -> Self {
        let mut roots = RootCertStore::empty();
        for file in ROOTS {
            let Ok(certificates) = CertificateDer::pem_file_iter(file) else { continue };
            // A certificate that can't be used is one less that is trusted.
            roots.add_parsable_certificates(certificates.filter_map(Result::ok));
            break;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has the versions that rustls thinks safe")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { tls: TlsConnector::from(Arc::new(config)), most_bytes }
    }

    /// Asks, within a time.
    pub async fn ask(
        &self,
        to: &Destination,
        request: &HttpRequest,
        within: Duration,
    ) -> Result<HttpResponse, Failure> {
        let late = || Failure::new("timeout", format!("{} has not answered within {} ms", to.host, within.as_millis()));
        tokio::time::timeout(within, self.exchange(to, request)).await.unwrap_or_else(|_| Err(late()))
    }

    async fn exchange(&self, to: &Destination, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let request = to.request(request)?;
        let unreachable = |error: std::io::Error| Failure::new("unreachable", format!("{}: {error}", to.host));
        let stream = TcpStream::connect((to.host.as_str(), to.port)).await.map_err(unreachable)?;
        if !to.is_secure {
            return self.talk(stream, request).await;
        }
        let name = ServerName::try_from(to.host.clone());
        let name = name.map_err(|error| Failure::new("bad-request", format!("{}: {error}", to.host)))?;
        let stream = self.tls.connect(name, stream).await.map_err(unreachable)?;
        self.talk(stream, request).await
    }

    async fn talk(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        request: Request<Full<Bytes>>,
    ) -> Result<HttpResponse, Failure> {
        let broken = |error: hyper::Error| Failure::new("broken", format!("the conversation broke: {error}"));
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // Ends with this call.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let (head, body) = sender.send_request(request).await.map_err(broken)?.into_parts();
        let body = Limited::new(body, self.most_bytes).collect().await;
        let most = self.most_bytes;
        let body =
            body.map_err(|error| Failure::new("too-large", format!("the answer has more than {most} bytes: {error}")))?;
        let headers = head
            .headers
            .iter()
            .take(HEADERS)
            .filter_map(|(name, value)| Some(Attribute::new(name.as_str(), value.to_str().ok()?)));
        Ok(HttpResponse { status: head.status.as_u16(), headers: headers.collect(), body: body.to_bytes().to_vec() })
    }
}

impl Destination {
    /// Where an absolute `http` or `https` address leads.
    pub fn of(url: &str) -> Result<Self, Failure> {
        let bad = |why: &str| Failure::new("bad-request", format!("{url:?} can't be asked: {why}"));
        let uri: Uri = url.parse().map_err(|_| bad("it is no address"))?;
        let is_secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(bad("expected http:// or https://")),
        };
        let authority = uri.authority().ok_or_else(|| bad("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(bad("a password does not belong there; send a header"));
        }
        let port = authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { host: authority.host().to_owned(), port, is_secure, path })
    }

    fn request(&self, asked: &HttpRequest) -> Result<Request<Full<Bytes>>, Failure> {
        let bad = |what: &str| Failure::new("bad-request", format!("{what} can't be sent"));
        let mut request = Request::builder().method(asked.method.as_str()).uri(&self.path);
        request = request.header(HOST, format!("{}:{}", self.host, self.port));
        for header in &asked.headers {
            let name: HeaderName = header.name.parse().map_err(|_| bad(&format!("the header {:?}", header.name)))?;
            if OURS.contains(&name) {
                continue;
            }
            let value = HeaderValue::from_str(&header.value).map_err(|_| bad(&format!("the value of {name}")))?;
            request = request.header(name, value);
        }
        request.body(Full::new(Bytes::from(asked.body.clone()))).map_err(|_| bad("the request"))
    }
}
