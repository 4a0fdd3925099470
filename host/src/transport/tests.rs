//! Listeners on real loopback sockets, with the line protocol of [`line`] and clients of tokio and rustls.

mod certificates;
mod closing;
mod conversation;
pub(super) mod line;
mod linking;
mod listening;
mod swapping;

use super::*;
use crate::centre::{Effect, Input};
use crate::model::adapter::{Authentication, Event, Principal, ProofStep, Settlement};
use crate::model::limits::Limits;
use crate::model::record::Entry;
use crate::model::{Alias, EndpointId, Failure, Reference, Seq, SessionId, Side};
use crate::shard::Post;
use line::LineFactory;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Long enough for anything that is to happen.
const SOON: Duration = Duration::from_secs(10);

/// A centre that the test plays.
struct FakeCentre {
    last_endpoint: AtomicU64,
    stopped: AtomicBool,
    posts: Mutex<BTreeMap<EndpointId, Arc<dyn Post>>>,
    inputs: mpsc::UnboundedSender<Input>,
    transcript: Mutex<Vec<Entry>>,
}

impl FakeCentre {
    fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<Input>) {
        let (sender, inputs) = mpsc::unbounded_channel();
        let centre = Self {
            last_endpoint: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            posts: Mutex::default(),
            inputs: sender,
            transcript: Mutex::default(),
        };
        (Arc::new(centre), inputs)
    }
}

impl CentreAccess for FakeCentre {
    fn next_endpoint(&self) -> EndpointId {
        EndpointId(self.last_endpoint.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn register(&self, endpoint: EndpointId, post: Arc<dyn Post>) {
        self.posts.lock().unwrap().insert(endpoint, post);
    }

    fn unregister(&self, endpoint: EndpointId) {
        self.posts.lock().unwrap().remove(&endpoint);
    }

    async fn submit(&self, input: Input) -> Result<(), Stopped> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(Stopped);
        }
        _ = self.inputs.send(input);
        Ok(())
    }

    async fn read(&self, session: SessionId, after: Seq, limit: usize) -> Result<Vec<Entry>, Stopped> {
        let transcript = self.transcript.lock().unwrap();
        let entries = transcript.iter().filter(|entry| entry.session == session && entry.seq > after);
        Ok(entries.take(limit).cloned().collect())
    }
}

/// Takes the password `secret`; `challenge` is challenged twice.
#[derive(Default)]
struct FakeVerifier {
    seen: Mutex<Vec<Peer>>,
}

impl Verifier for FakeVerifier {
    /// How many challenges were answered.
    type Exchange = u32;

    async fn step(&self, peer: Peer, answered: &mut u32, step: &Authentication) -> ProofStep {
        self.seen.lock().unwrap().push(peer);
        let data = String::from_utf8(step.data.clone()).unwrap();
        match data.split_once('\0') {
            Some((name, "secret")) => ProofStep::Success(Principal {
                alias: Alias::new(name),
                kind: "member".to_owned(),
                data: Vec::new(),
                attributes: Vec::new(),
            }),
            Some((_, "panic")) => panic!("asked to"),
            Some((_, "challenge")) if *answered < 2 => {
                *answered += 1;
                ProofStep::Challenge(Vec::new())
            }
            Some((_, "challenge")) => ProofStep::Refused(Failure::new("malformed", "enough")),
            _ => ProofStep::Refused(Failure::new("not-authorized", "")),
        }
    }
}

/// A listener that serves, and all around it.
struct Scene {
    address: SocketAddr,
    centre: Arc<FakeCentre>,
    verifier: Arc<FakeVerifier>,
    inputs: mpsc::UnboundedReceiver<Input>,
    drain: watch::Sender<bool>,
    served: JoinHandle<()>,
    certificate: CertificateFiles,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new(change: impl FnOnce(&mut Listener)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certificate = tls::self_signed(folder.path(), "localhost").unwrap();
        let mut listener = listener("customers", "127.0.0.1:0");
        listener.tls = Some(tls::server_config(&certificate).unwrap());
        listener.poison_folder = folder.path().join("poison");
        change(&mut listener);
        let bound = listener.bind().unwrap();
        let address = bound.address().unwrap();
        let (centre, inputs) = FakeCentre::new();
        let verifier = Arc::new(FakeVerifier::default());
        let (drain, draining) = watch::channel(false);
        let served = tokio::spawn(bound.serve(centre.clone(), verifier.clone(), draining));
        Self { address, centre, verifier, inputs, drain, served, certificate, folder }
    }

    async fn connect(&self) -> Client<TcpStream> {
        Client { stream: BufReader::new(TcpStream::connect(self.address).await.unwrap()) }
    }

    /// joe, signed in and arrived, and the centre has heard it.
    async fn connect_joe(&mut self) -> Client<TcpStream> {
        let mut client = self.connect().await;
        client.say("user joe secret").await;
        assert_eq!(client.hear().await, "welcome joe");
        client.say("bind").await;
        assert!(matches!(self.input().await, Input::Opened(_)));
        let (endpoint, reference) = self.report(|event| matches!(event, Event::Arrived(_))).await;
        self.settle(endpoint, reference);
        assert_eq!(client.hear().await, "settled 2");
        client
    }

    async fn input(&mut self) -> Input {
        timeout(SOON, self.inputs.recv()).await.expect("the centre was told nothing").unwrap()
    }

    async fn report(&mut self, is_expected: impl FnOnce(&Event) -> bool) -> (EndpointId, Reference) {
        match self.input().await {
            Input::Report { endpoint, report } if is_expected(&report.event) => (endpoint, report.reference),
            other => panic!("not the expected report: {other:?}"),
        }
    }

    async fn gone(&mut self) -> String {
        loop {
            if let Input::Gone { reason, .. } = self.input().await {
                return reason;
            }
        }
    }

    fn post(&self, effect: Effect) {
        self.centre.posts.lock().unwrap()[&effect.endpoint()].post(effect);
    }

    fn settle(&self, endpoint: EndpointId, reference: Reference) {
        self.post(Effect::Settle(endpoint, Settlement { reference, outcome: Ok(()) }));
    }
}

fn listener(name: &str, address: &str) -> Listener {
    Listener {
        name: name.to_owned(),
        address: address.parse().unwrap(),
        side: Side::Customer,
        domain: "localhost".to_owned(),
        protocol: "line".to_owned(),
        adapter: adapter(LineFactory::default()),
        tls: None,
        settings: "{}".to_owned(),
        attributes: Vec::new(),
        limits: Limits::default(),
        poison_folder: std::env::temp_dir(),
        bans: Arc::new(Bans::new(&Limits::default())),
    }
}

fn adapter(factory: LineFactory) -> InService {
    InService::new("line", Arc::new(factory))
}

/// A person's software.
struct Client<S> {
    stream: BufReader<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    async fn say(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    async fn hear(&mut self) -> String {
        let mut line = String::new();
        timeout(SOON, self.stream.read_line(&mut line)).await.expect("nothing came").unwrap();
        line.trim_end().to_owned()
    }
}
