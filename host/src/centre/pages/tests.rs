//! The same as the maps and sets of the standard library, and copies stay as they were.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
enum Act {
    Insert(u16, u32),
    /// Behind all.
    Append(u32),
    Remove(u16),
    RemoveFrom(u16, u8),
    Change(u16, u32),
    Make(u16),
    Retain(u16),
    Copy,
}

fn act() -> impl Strategy<Value = Act> {
    let key = || 0u16..300;
    prop_oneof![
        12 => (key(), any::<u32>()).prop_map(|(key, value)| Act::Insert(key, value)),
        6 => any::<u32>().prop_map(Act::Append),
        6 => key().prop_map(Act::Remove),
        1 => (key(), any::<u8>()).prop_map(|(key, count)| Act::RemoveFrom(key, count)),
        4 => (key(), any::<u32>()).prop_map(|(key, value)| Act::Change(key, value)),
        2 => key().prop_map(Act::Make),
        1 => (2u16..5).prop_map(Act::Retain),
        2 => Just(Act::Copy),
    ]
}

fn apply<const N: usize>(map: &mut PagedMap<u16, u32, N>, model: &mut BTreeMap<u16, u32>, act: &Act) {
    match *act {
        Act::Insert(key, value) => assert_eq!(map.insert(key, value), model.insert(key, value)),
        Act::Append(value) => {
            let key = model.last_key_value().map_or(0, |(last, _)| last + 1);
            assert_eq!(map.insert(key, value), model.insert(key, value));
        }
        Act::Remove(key) => assert_eq!(map.remove(&key), model.remove(&key)),
        Act::RemoveFrom(key, count) => {
            for key in key..key + u16::from(count) {
                assert_eq!(map.remove(&key), model.remove(&key));
            }
        }
        Act::Change(key, value) => {
            if let Some(there) = map.get_mut(&key) {
                *there ^= value;
            }
            model.entry(key).and_modify(|there| *there ^= value);
        }
        Act::Make(key) => assert_eq!(map.get_or_insert_with(&key, || 7), model.entry(key).or_insert(7)),
        Act::Retain(divisor) => {
            map.retain(|key, _| !key.is_multiple_of(divisor));
            model.retain(|key, _| !key.is_multiple_of(divisor));
        }
        Act::Copy => {}
    }
}

fn check<const N: usize>(map: &PagedMap<u16, u32, N>, model: &BTreeMap<u16, u32>) {
    assert!(map.iter().eq(model.iter()) && map.iter().rev().eq(model.iter().rev()));
    assert_eq!((map.len(), map.is_empty(), map.first()), (model.len(), model.is_empty(), model.first_key_value()));
    let mut behind = None;
    for (place, (bound, page)) in map.pages.iter().enumerate() {
        assert!((1..=N).contains(&page.len()), "{place}: {page:?}");
        assert!(page[0].0 >= *bound, "{place}: {page:?} from {bound}");
        assert!(behind.is_none_or(|last| last < *bound), "{place}: {page:?} from {bound}");
        behind = page.last().map(|(key, _)| *key);
    }
    for key in (0..310).step_by(7) {
        assert_eq!((map.get(&key), map.contains_key(&key)), (model.get(&key), model.contains_key(&key)));
        assert!(map.range(key..key + 40).eq(model.range(key..key + 40)));
        let ends = (Bound::Excluded(key), Bound::Unbounded);
        assert!(map.range(ends).eq(model.range(ends)) && map.range(..=key).eq(model.range(..=key)));
    }
}

fn play<const N: usize>(acts: &[Act]) {
    let (mut map, mut model) = (PagedMap::<u16, u32, N>::default(), BTreeMap::new());
    let mut copies = Vec::new();
    for act in acts {
        apply(&mut map, &mut model, act);
        if matches!(act, Act::Copy) {
            copies.push((map.clone(), model.clone()));
        }
    }
    check(&map, &model);
    for (copy, then) in &copies {
        check(copy, then);
    }
    let bytes = rmp_serde::to_vec(&map).unwrap();
    assert_eq!(bytes, rmp_serde::to_vec(&model).unwrap());
    let again: PagedMap<u16, u32, N> = rmp_serde::from_slice(&bytes).unwrap();
    check(&again, &model);
    assert!(map.into_values().eq(model.into_values()));
}

proptest! {
    #[test]
    fn a_map_in_pages_is_a_map_and_its_copies_stay(acts in prop::collection::vec(act(), 0..400)) {
        play::<PAGE>(&acts);
        play::<3>(&acts);
        play::<SINGLE>(&acts);
    }

    #[test]
    fn a_set_in_pages_is_a_set(acts in prop::collection::vec((0u16..100, any::<bool>()), 0..300)) {
        let (mut set, mut model) = (PagedSet::default(), BTreeSet::new());
        for (value, comes) in acts {
            let (changed, expected) =
                if comes { (set.insert(value), model.insert(value)) } else { (set.remove(&value), model.remove(&value)) };
            assert_eq!(changed, expected);
            assert_eq!((set.first(), set.is_empty()), (model.first(), model.is_empty()));
            assert_eq!(set.contains(&value), comes);
        }
        assert!(set.iter().eq(model.iter()) && set.range(20..50).eq(model.range(20..50)));
        let bytes = rmp_serde::to_vec(&set).unwrap();
        assert_eq!(bytes, rmp_serde::to_vec(&model).unwrap());
        assert!(rmp_serde::from_slice::<PagedSet<u16>>(&bytes).unwrap().iter().eq(model.iter()));
    }
}

#[test]
fn keys_may_come_in_falling_order() {
    let mut map = PagedMap::<u16, u32, SINGLE>::default();
    let mut model = BTreeMap::new();
    for key in (0..100).rev() {
        apply(&mut map, &mut model, &Act::Insert(key, 1));
        check(&map, &model);
    }
}

#[test]
fn a_copy_shares_all_pages_but_those_that_are_changed() {
    let mut map: PagedMap<u16, u32> = (0..3_200).map(|key| (key, 0)).collect();
    assert_eq!(map.pages.len(), 100, "numbers that rise fill pages");
    let copy = map.clone();
    *map.get_mut(&5).unwrap() = 1;
    map.remove(&1_000);
    let shared = map.pages.iter().filter(|(bound, page)| Arc::ptr_eq(page, &copy.pages[*bound])).count();
    assert_eq!(shared, 98);
    assert_eq!((copy[&5], copy.get(&1_000)), (0, Some(&0)));
}

#[test]
fn pages_of_which_few_stay_are_small() {
    let mut map: PagedMap<u16, [u8; 1_000]> = (0..320).map(|key| (key, [0; 1_000])).collect();
    map.retain(|key, _| key.is_multiple_of(32));
    assert!(map.pages.values().all(|page| page.len() == 1 && page.capacity() <= 4), "{map:?}");
}
