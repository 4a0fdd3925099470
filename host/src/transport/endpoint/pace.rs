//! How fast one contact may speak: a bucket of messages that fills at a steady rate.
//!
//! Ends at counting: on an accepted socket who is too fast is not listened to for a while, on a link, where one socket carries
//! everybody, the message is refused; so whoever floods slows nobody else down. Pure.
//!
//! Invariant: over any time a contact gets at most the burst and the rate times that time; a slower one never notices.

use crate::model::Timestamp;

/// How many seconds' worth of messages may come at once.
const BURST_S: u64 = 4;

/// The rate of all contacts of an endpoint.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    message_us: u64,
}

/// One contact's bucket: when it will be full again. Microseconds, as a fast rate has less than one message a millisecond.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bucket {
    full_at_us: u64,
}

impl Pace {
    pub(super) fn new(messages_per_second: u32) -> Self {
        Self { message_us: 1_000_000 / u64::from(messages_per_second.max(1)) }
    }

    /// Takes a message out of the bucket, also where there is none left: that is owed. Until when, where anything is.
    pub(super) fn take(self, bucket: &mut Bucket, now: Timestamp) -> Option<Timestamp> {
        let full_at_us = bucket.full_at_us.max(now.0 * 1_000) + self.message_us;
        bucket.full_at_us = full_at_us;
        let free_at = Timestamp(full_at_us.saturating_sub(BURST_S * 1_000_000).div_ceil(1_000));
        (free_at > now).then_some(free_at)
    }

    /// Takes a message out of the bucket, if there is one; else when there will be.
    pub(super) fn try_take(self, bucket: &mut Bucket, now: Timestamp) -> Result<(), Timestamp> {
        let before = *bucket;
        self.take(bucket, now).map_or(Ok(()), |free_at| {
            *bucket = before;
            Err(free_at)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_burst_is_free_and_then_it_is_one_by_one() {
        let (pace, mut bucket, now) = (Pace::new(50), Bucket::default(), Timestamp(1_000_000));
        for n in 0..200 {
            assert_eq!(pace.try_take(&mut bucket, now), Ok(()), "{n}");
        }
        assert_eq!(pace.try_take(&mut bucket, now), Err(now.plus_ms(20)));
        assert_eq!(pace.try_take(&mut bucket, now.plus_ms(19)), Err(now.plus_ms(20)));
        assert_eq!(pace.try_take(&mut bucket, now.plus_ms(20)), Ok(()));
        assert_eq!(pace.take(&mut bucket, now.plus_ms(20)), Some(now.plus_ms(40)));
        assert_eq!(pace.take(&mut bucket, now.plus_ms(20)), Some(now.plus_ms(60)), "what is owed adds up");
    }

    proptest! {
        #[test]
        fn nobody_gets_more_than_burst_and_rate(rate in 1..2_000u32, waits in prop::collection::vec(0..200u64, 1..400)) {
            let (pace, mut bucket, began) = (Pace::new(rate), Bucket::default(), Timestamp(5_000_000));
            let (mut now, mut taken) = (began, 0u64);
            for wait in waits {
                now = now.plus_ms(wait);
                taken += u64::from(pace.try_take(&mut bucket, now).is_ok());
                let most = u64::from(rate) * (BURST_S * 1_000 + now.since_ms(began) + 1) / 1_000 + 1;
                // A message takes a whole number of microseconds, so a fast rate is a little faster.
                prop_assert!(taken <= most + most / 500, "{taken} of {most}");
            }
        }
    }
}
