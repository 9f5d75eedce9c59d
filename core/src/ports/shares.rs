//! What one client may have of the exchanges of this process, so that the junk codes of one client take no places from
//! others (docs/decisions/0085).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::message::network;

/// Exchanges of one client at a time: a tenth of all places.
const MOST_PLACES: u32 = 16;
/// Codes of one client that Atlassian may refuse within [`WINDOW`].
const MOST_REFUSALS: u32 = 20;
const WINDOW: Duration = Duration::from_secs(60);
/// When a client without a place may come again.
const SOON: Duration = Duration::from_secs(5);
/// Clients that are remembered. While all of them count, others are not limited.
const MOST_CLIENTS: usize = 10_000;

/// The clients that exchange codes, or had codes refused a moment ago.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shares {
    of: Arc<Mutex<HashMap<IpAddr, Share>>>,
    /// Whether it was said that a client has no address.
    warned: Arc<AtomicBool>,
}

/// What one client has.
#[derive(Debug)]
struct Share {
    places: u32,
    refusals: u32,
    /// When the first of the refusals was; at the beginning, when the client came.
    since: SystemTime,
}

impl Share {
    /// How long the client must wait until its refusals are forgotten. A time that lies ahead was noted by a clock that
    /// was wrong.
    fn rest(&self, now: SystemTime) -> Duration {
        let age = now.duration_since(self.since).unwrap_or(WINDOW);
        WINDOW.saturating_sub(age)
    }
}

impl Shares {
    /// Takes a place for a client; one that is not known is not limited.
    ///
    /// # Errors
    ///
    /// When it may come again, if it has all the places that one client may have, or too many of its codes were refused.
    pub(crate) fn take(&self, client: Option<IpAddr>, now: SystemTime) -> Result<Place, Duration> {
        let Some(client) = client.map(network) else {
            return Ok(Place(None));
        };
        let mut shares = self.lock();
        if shares.len() >= MOST_CLIENTS {
            shares.retain(|_, share| share.places > 0 || !share.rest(now).is_zero());
        }
        if shares.len() >= MOST_CLIENTS && !shares.contains_key(&client) {
            return Ok(Place(None));
        }
        let share = shares.entry(client).or_insert(Share {
            places: 0,
            refusals: 0,
            since: now,
        });
        if share.rest(now).is_zero() {
            (share.refusals, share.since) = (0, now);
        }
        if share.refusals >= MOST_REFUSALS {
            return Err(share.rest(now));
        }
        if share.places >= MOST_PLACES {
            return Err(SOON);
        }
        share.places += 1;
        Ok(Place(Some((self.clone(), client))))
    }

    /// Says once that `trusted_proxies` finds no address, so that nobody is limited by it.
    pub(crate) fn warn_of_unknown_client(&self, trusted_proxies: usize) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(target: "threelo", trusted_proxies, "trusted_proxies is set, but a callback came without an address so many entries from the end of X-Forwarded-For, or with 0 without a PeerAddress: such clients are not limited");
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Share>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place of a client; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Place(Option<(Shares, IpAddr)>);

impl Place {
    /// Notes that Atlassian refused the code.
    pub(crate) fn refused(&self, now: SystemTime) {
        if let Some((shares, client)) = &self.0
            && let Some(share) = shares.lock().get_mut(client)
        {
            if share.refusals == 0 {
                share.since = now;
            }
            share.refusals += 1;
        }
    }
}

impl Drop for Place {
    /// Gives the place back, and forgets a client that has no other and had no code refused.
    fn drop(&mut self) {
        let Some((shares, client)) = &self.0 else {
            return;
        };
        let mut shares = shares.lock();
        if let Some(share) = shares.get_mut(client) {
            share.places -= 1;
            if share.places == 0 && share.refusals == 0 {
                shares.remove(client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn client(number: u8) -> Option<IpAddr> {
        Some([192, 0, 2, number].into())
    }

    #[test]
    fn one_client_has_a_tenth_of_the_places_and_gives_them_back() {
        let shares = Shares::default();
        let mut places: Vec<Place> = (0..MOST_PLACES)
            .map(|_| shares.take(client(1), at(0)).unwrap())
            .collect();
        assert_eq!(shares.take(client(1), at(0)).unwrap_err(), SOON);
        assert!(shares.take(client(2), at(0)).is_ok());
        assert!(shares.take(None, at(0)).is_ok());

        places.pop();

        assert!(shares.take(client(1), at(0)).is_ok());
    }

    #[test]
    fn a_client_whose_codes_are_refused_waits_for_the_rest_of_a_minute() {
        let shares = Shares::default();
        for _ in 0..MOST_REFUSALS {
            shares.take(client(1), at(100)).unwrap().refused(at(100));
        }
        let rest = shares.take(client(1), at(120)).unwrap_err();
        assert_eq!(rest, Duration::from_secs(40));
        assert!(shares.take(client(2), at(120)).is_ok());

        assert!(shares.take(client(1), at(160)).is_ok());
    }

    #[test]
    fn a_clock_that_is_set_back_holds_nobody() {
        let shares = Shares::default();
        for _ in 0..MOST_REFUSALS {
            let now = at(1_000_000);
            shares.take(client(1), now).unwrap().refused(now);
        }
        assert!(shares.take(client(1), at(0)).is_ok());
    }

    #[test]
    fn clients_without_an_end_cost_bounded_memory() {
        let shares = Shares::default();
        for number in 0..30_000_u32 {
            let client = Some(IpAddr::V4(number.into()));
            shares.take(client, at(0)).unwrap().refused(at(0));
        }
        assert!(shares.lock().len() <= MOST_CLIENTS);
        let idle = Shares::default();
        drop(idle.take(client(1), at(0)));
        assert!(idle.lock().is_empty());
    }
}
