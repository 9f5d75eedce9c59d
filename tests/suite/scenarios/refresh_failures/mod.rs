//! Refreshes that go wrong, and grants that survive them.

mod lost_answers;
mod races;
mod refusals;
mod stores;

use std::time::Duration;

use threelo::ConsentReason;
use threelo::{ConsentNeeded, GrantError};

use super::World;
use super::refresh::{HOUR, MINUTE, edward_after_an_hour};

const ENOUGH: Duration = Duration::from_secs(20);
const SECOND: Duration = Duration::from_secs(1);

async fn token(world: &World, user: &str) -> Result<(), GrantError> {
    let grant = world.auth.grants().of(&world.account(user)).await?;
    grant.access_token().await.map(|_token| ())
}

fn needs_consent(outcome: &Result<(), GrantError>) -> Option<ConsentReason> {
    match outcome {
        Err(GrantError::ConsentNeeded(ConsentNeeded { reason, .. })) => Some(*reason),
        _ => None,
    }
}
