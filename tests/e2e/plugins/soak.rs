//! Five hundred swaps of a rule and an adapter under people who talk: nothing is left of the generations that served.

use super::{ADAPTER, Floor, RULE, version};
use crate::Scenario;
use crate::rig::{Host, until};
use cordboard::control::{Request, ask};
use std::path::Path;
use std::time::Instant;

pub(crate) const ALL: &[Scenario] = &[Scenario {
    name: "after five hundred swaps of rule and adapter nothing is left of those that served",
    needs: &[],
    run: five_hundred_swaps,
}];

const SWAPS: u64 = 500;
/// By then caches, pools and the allocator have what they keep.
const SETTLED: u64 = 100;
/// Of those before, swaps from one that comes while everybody talks to the next such. Later ones come in silence: what is said
/// is kept, in transcripts and the file's cache, and would hide what a swap leaves.
const TALK_EVERY: u64 = 10;
/// How much larger the program may be at the end, in KiB: what is in use now goes up and down by half as much.
const GROWTH_KIB: u64 = 32 * 1024;

/// Two versions take turns, so that each is compiled once and the cache has it afterwards; what is put in service is new every time.
fn five_hundred_swaps() {
    let floor = Floor::open(2, 1);
    let versions = ["7.0.0", "7.1.0"].map(|number| [RULE, ADAPTER].map(|name| version(name, number)));
    let socket = floor.host.socket();
    let began = Instant::now();
    let mut settled = (0, 0);
    for (swap, [rule, adapter]) in (1..=SWAPS).zip(versions.iter().cycle()) {
        floor.put(RULE, rule);
        floor.put(ADAPTER, adapter);
        ask(Path::new(&socket), &Request::PluginReload).expect("both are put in service");
        match swap % TALK_EVERY {
            0 if swap < SETTLED => floor.everybody.speak(),
            1 if swap < SETTLED => {
                floor.goes_on();
                floor.everybody.hush();
            }
            _ => {}
        }
        if swap == SETTLED {
            none_left(&floor);
            settled = (floor.host.memory_kib().0, floor.host.code_mappings());
        }
    }
    let took = began.elapsed();
    assert_eq!((floor.generation(RULE), floor.generation(ADAPTER)), (SWAPS + 1, SWAPS + 1));
    none_left(&floor);
    let (settled_kib, settled_mappings) = settled;
    until("no more is executable than was", || floor.host.code_mappings() <= settled_mappings);
    let kib = floor.host.memory_kib().0;
    println!("{SWAPS} swaps of both in {took:.1?}; {settled_kib} KiB after {SETTLED}, {kib} KiB at the end");
    assert!(kib < settled_kib + GROWTH_KIB, "{settled_kib} KiB after {SETTLED} swaps, {kib} KiB after {SWAPS}");
    let mut floor = floor;
    floor.everybody.speak();
    floor.goes_on();
    floor.agent("late");
    floor.close();
}

/// Waits for the last of those that served. Who served before is kept for a rollback, and has no machine.
fn none_left(floor: &Floor) {
    until("the former generations have ended", || {
        [RULE, ADAPTER].iter().all(|name| alive(&floor.host, name) == (1, 1, 0))
    });
}

/// Of a name: components in service, former ones, and machines of those.
fn alive(host: &Host, name: &str) -> (usize, usize, u64) {
    let rows = host.look("plugins");
    let of = |state: &'static str| {
        rows.as_array().into_iter().flatten().filter(move |row| row["name"] == name && row["state"] == state)
    };
    let machines = of("former").filter_map(|row| row["machines"].as_u64()).sum();
    (of("in service").count(), of("former").count(), machines)
}
