//! Sorted maps and sets in pages, which copies share until one of them changes a page. So a copy of all that a large centre holds is
//! made in a few milliseconds, and a checkpoint is encoded from it on another thread while the centre goes on.
//!
//! ```text
//!  the centre  ──► bound │ bound │ bound │ ...          what it changes in a page that is shared goes into a page of its own
//!                    ▼       ▼       ▼
//!                   page    page    page    ...
//!                    ▲       ▲       ▲
//!  a copy      ──► bound │ bound │ bound │ ...
//! ```
//! They are encoded as the maps and sets of the standard library are, whatever their pages.
//!
//! Invariant: pages are sorted and not empty; no key of a page is less than its bound, and all are less than the next page's.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Bound, Deref, DerefMut, Index, RangeBounds};
use std::sync::Arc;

/// Entries of a page at most: with more, less is to be copied for a copy of all, and more when a page is changed for the first time.
pub(super) const PAGE: usize = 32;
/// A page for each entry, where entries are few and large.
pub(super) const SINGLE: usize = 1;

type Page<K, V> = Arc<Vec<(K, V)>>;

/// A map. See the [module](self).
#[derive(Clone)]
pub(super) struct PagedMap<K, V, const N: usize = PAGE> {
    pages: BTreeMap<K, Page<K, V>>,
    len: usize,
}

impl<K, V, const N: usize> Default for PagedMap<K, V, N> {
    fn default() -> Self {
        Self { pages: BTreeMap::new(), len: 0 }
    }
}

fn place_in<K: Borrow<Q>, V, Q: Ord + ?Sized>(page: &[(K, V)], key: &Q) -> Result<usize, usize> {
    page.binary_search_by(|(there, _)| there.borrow().cmp(key))
}

impl<K: Ord + Clone, V: Clone, const N: usize> PagedMap<K, V, N> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The page in which a key is, if it is in any.
    fn page<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&Page<K, V>>
    where
        K: Borrow<Q>,
    {
        self.pages.range::<Q, _>((Bound::Unbounded, Bound::Included(key))).next_back().map(|(_, page)| page)
    }

    fn page_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut Page<K, V>>
    where
        K: Borrow<Q>,
    {
        self.pages.range_mut::<Q, _>((Bound::Unbounded, Bound::Included(key))).next_back().map(|(_, page)| page)
    }

    pub(super) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let page = self.page(key)?;
        let place = place_in(page, key).ok()?;
        Some(&page[place].1)
    }

    pub(super) fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    pub(super) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let page = self.page_mut(key)?;
        let place = place_in(page, key).ok()?;
        Some(&mut Arc::make_mut(page)[place].1)
    }

    /// What is under a key; it is made where nothing is.
    pub(super) fn get_or_insert_with(&mut self, key: &K, make: impl FnOnce() -> V) -> &mut V {
        if !self.contains_key(key) {
            self.insert(key.clone(), make());
        }
        self.get_mut(key).expect("it was inserted above")
    }

    pub(super) fn insert(&mut self, key: K, value: V) -> Option<V> {
        let is_behind_all = self.last().is_none_or(|(last, _)| *last < key);
        if self.pages.first_key_value().is_some_and(|(bound, _)| key < *bound)
            && let Some((_, first)) = self.pages.pop_first()
        {
            self.pages.insert(key.clone(), first);
        }
        let Some(page) = self.page_mut(&key) else {
            self.begin_page(key, value);
            return None;
        };
        match place_in(page, &key) {
            Ok(place) => Some(std::mem::replace(&mut Arc::make_mut(page)[place].1, value)),
            // Numbers that rise fill pages, instead of leaving halves behind.
            Err(_) if is_behind_all && page.len() >= N => {
                self.begin_page(key, value);
                None
            }
            Err(place) => {
                let page = Arc::make_mut(page);
                page.insert(place, (key, value));
                if page.len() > N {
                    let half = page.split_off(page.len() / 2);
                    self.pages.insert(half[0].0.clone(), Arc::new(half));
                }
                self.len += 1;
                None
            }
        }
    }

    fn begin_page(&mut self, key: K, value: V) {
        self.pages.insert(key.clone(), Arc::new(vec![(key, value)]));
        self.len += 1;
    }

    pub(super) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let page = self.page_mut(key)?;
        let place = place_in(page, key).ok()?;
        let is_last = page.len() == 1;
        let page = Arc::make_mut(page);
        let (_, value) = page.remove(place);
        // Of those that came together few may stay for long.
        if page.len() * 4 <= page.capacity() {
            page.shrink_to(page.len() * 2);
        }
        if is_last {
            self.remove_page(key);
        }
        self.len -= 1;
        Some(value)
    }

    /// Removes the page in which a key would be.
    fn remove_page<Q: Ord + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        let found = self.pages.range::<Q, _>((Bound::Unbounded, Bound::Included(key))).next_back();
        if let Some(bound) = found.map(|(bound, _)| bound.clone()) {
            self.pages.remove(bound.borrow());
        }
    }

    pub(super) fn first(&self) -> Option<(&K, &V)> {
        let (_, page) = self.pages.first_key_value()?;
        page.first().map(|(key, value)| (key, value))
    }

    fn last(&self) -> Option<(&K, &V)> {
        let (_, page) = self.pages.last_key_value()?;
        page.last().map(|(key, value)| (key, value))
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.pages.values().flat_map(|page| page.iter()).map(|(key, value)| (key, value))
    }

    pub(super) fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    pub(super) fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    pub(super) fn into_values(self) -> impl Iterator<Item = V> {
        self.pages.into_values().flat_map(Arc::unwrap_or_clone).map(|(_, value)| value)
    }

    /// Those within bounds, in order.
    pub(super) fn range(&self, bounds: impl RangeBounds<K>) -> impl Iterator<Item = (&K, &V)> {
        let (low, high) = (bounds.start_bound().cloned(), bounds.end_bound().cloned());
        let first = match &low {
            Bound::Unbounded => None,
            Bound::Included(key) | Bound::Excluded(key) => self.pages.range(..=key).next_back(),
        };
        let from = first.map_or(Bound::Unbounded, |(bound, _)| Bound::Included(bound));
        let pages = self.pages.range::<K, _>((from, Bound::Unbounded));
        pages
            .flat_map(|(_, page)| page.iter())
            .map(|(key, value)| (key, value))
            .skip_while(move |(key, _)| !(low.as_ref(), Bound::Unbounded).contains(*key))
            .take_while(move |(key, _)| (Bound::Unbounded, high.as_ref()).contains(*key))
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&K, &V) -> bool) {
        let gone: Vec<K> = self.iter().filter(|(key, value)| !keep(key, value)).map(|(key, _)| key.clone()).collect();
        for key in gone {
            self.remove(&key);
        }
    }
}

impl<K: Ord + Clone + Borrow<Q>, V: Clone, Q: Ord + ?Sized, const N: usize> Index<&Q> for PagedMap<K, V, N> {
    type Output = V;

    /// # Panics
    /// Where there is nothing, as with the maps of the standard library.
    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("who asks so knows that it is there")
    }
}

impl<K: Ord + Clone, V: Clone, const N: usize> Extend<(K, V)> for PagedMap<K, V, N> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord + Clone, V: Clone, const N: usize> FromIterator<(K, V)> for PagedMap<K, V, N> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        map.extend(entries);
        map
    }
}

impl<K: fmt::Debug + Ord + Clone, V: fmt::Debug + Clone, const N: usize> fmt::Debug for PagedMap<K, V, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Serialize + Ord + Clone, V: Serialize + Clone, const N: usize> Serialize for PagedMap<K, V, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de, K, V, const N: usize> Deserialize<'de> for PagedMap<K, V, N>
where
    K: Deserialize<'de> + Ord + Clone,
    V: Deserialize<'de> + Clone,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map: BTreeMap<K, V> = Deserialize::deserialize(deserializer)?;
        Ok(map.into_iter().collect())
    }
}

/// A set. See the [module](self).
#[derive(Clone)]
pub(super) struct PagedSet<T> {
    map: PagedMap<T, ()>,
}

impl<T> Default for PagedSet<T> {
    fn default() -> Self {
        Self { map: PagedMap::default() }
    }
}

impl<T: Ord + Clone> PagedSet<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    pub(super) fn contains(&self, value: &T) -> bool {
        self.map.contains_key(value)
    }

    /// Whether it was not there.
    pub(super) fn insert(&mut self, value: T) -> bool {
        self.map.insert(value, ()).is_none()
    }

    /// Whether it was there.
    pub(super) fn remove(&mut self, value: &T) -> bool {
        self.map.remove(value).is_some()
    }

    pub(super) fn first(&self) -> Option<&T> {
        self.map.first().map(|(value, ())| value)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.map.keys()
    }

    /// Those within bounds, in order.
    pub(super) fn range(&self, bounds: impl RangeBounds<T>) -> impl Iterator<Item = &T> {
        self.map.range(bounds).map(|(value, ())| value)
    }
}

impl<T: fmt::Debug + Ord + Clone> fmt::Debug for PagedSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<T: Serialize + Ord + Clone> Serialize for PagedSet<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.map.len()))?;
        for value in self.iter() {
            seq.serialize_element(value)?;
        }
        seq.end()
    }
}

impl<'de, T: Deserialize<'de> + Ord + Clone> Deserialize<'de> for PagedSet<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values: Vec<T> = Deserialize::deserialize(deserializer)?;
        Ok(Self { map: values.into_iter().map(|value| (value, ())).collect() })
    }
}

/// Something large that is seldom changed, and then as a whole.
#[derive(Debug, Default)]
pub(super) struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Shared<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests;
