//! What a commit costs: batches of messages alone, and with the records that a conversation changes beside them.
//!
//! The fsync is in it, as in life; `relaxed` shows what remains without.

use cordboard::model::record::{Batch, Cursor, Entry, Op, Record, Shard, Speaker};
use cordboard::model::{Body, Participant, Seq, SessionId, Timestamp};
use cordboard::storage::{Durability, Lease, RedbOptions, RedbStore, Store};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const SHARD: Shard = Shard::Pool(0);
/// Sessions that talk at the same time.
const MANY: usize = 10_000;
/// So few that each has a long transcript.
const FEW: usize = 100;

/// Conversations that go on in a random order, the same in each run.
struct Talk {
    store: RedbStore,
    lease: Lease,
    seqs: Vec<u32>,
    random: u64,
    batches: u64,
    _folder: tempfile::TempDir,
}

impl Talk {
    fn start(durability: Durability, sessions: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = RedbOptions { durability, ..RedbOptions::default() };
        let store = RedbStore::open(folder.path(), options).expect("a store");
        let lease = store.acquire(SHARD).expect("a lease");
        let mut talk = Self { store, lease, seqs: vec![0; sessions], random: 1, batches: 0, _folder: folder };
        for _ in 0..20 {
            let batch = talk.batch(1024, true);
            talk.commit(&batch);
        }
        talk
    }

    fn batch(&mut self, messages: usize, records: bool) -> Batch {
        let mut batch = Batch { journal: vec![7; messages * 300], ..Batch::default() };
        self.batches += 1;
        batch.journal[..8].copy_from_slice(&self.batches.to_be_bytes());
        for _ in 0..messages {
            self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let place = (self.random >> 33) as usize % self.seqs.len();
            self.seqs[place] += 1;
            let (session, seq) = (SessionId(place as u64), Seq(self.seqs[place]));
            batch.appends.push(entry(session, seq));
            let cursor = Cursor { session, participant: Participant(1), through: seq };
            if records {
                batch.ops.push(Op::Put(Record::Cursor(cursor)));
            }
        }
        batch
    }

    fn commit(&self, batch: &Batch) {
        self.store.commit(&self.lease, batch).expect("a commit");
    }
}

fn entry(session: SessionId, seq: Seq) -> Entry {
    Entry {
        session,
        seq,
        at: Timestamp(1_700_000_000_000),
        speaker: Speaker::Participant(Participant::CUSTOMER),
        name: "joe".to_owned(),
        body: Body::Text(
            "My router blinks red since this morning, and I can't reach anything any more. What shall I do?".to_owned(),
        ),
        origin: Some("3f2a9c1e-1b9d-4a57".to_owned()),
        language: None,
        audience: cordboard::model::part::Audience::default(),
    }
}

fn commit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("commit");
    for (name, durability) in [("durable", Durability::Immediate), ("relaxed", Durability::Relaxed)] {
        let mut talk = Talk::start(durability, MANY);
        for (messages, records) in [(64, false), (64, true), (512, false), (512, true)] {
            let id =
                BenchmarkId::new(name, format!("{messages} messages{}", if records { " and cursors" } else { "" }));
            group.throughput(Throughput::Elements(messages as u64));
            group.bench_function(id, |bencher| {
                let talk = std::cell::RefCell::new(&mut talk);
                bencher.iter_batched(
                    || talk.borrow_mut().batch(messages, records),
                    |batch| talk.borrow().commit(&batch),
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

fn read(criterion: &mut Criterion) {
    let talk = Talk::start(Durability::Relaxed, FEW);
    assert!(talk.seqs[7] > 100, "a long transcript");
    criterion.bench_function("read 16 of 200 entries", |bencher| {
        bencher.iter(|| talk.store.tail(SHARD, SessionId(7), 16).expect("entries"));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(60);
    targets = commit, read
}
criterion_main!(benches);
