//! Randomness, from the operating system only.

use rand::TryRng;
use rand::rngs::SysRng;

use crate::error::Rejection;
use crate::ids::Ticket;

/// Random bytes; an error is an error, never a weaker source.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Rejection> {
    let mut bytes = [0; N];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_no_entropy| Rejection::NoRandomness)?;
    Ok(bytes)
}

/// A new ticket of 256 bits.
pub(crate) fn random_ticket() -> Result<Ticket, Rejection> {
    random().map(Ticket::from_bytes)
}
