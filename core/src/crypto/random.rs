//! Randomness, from the operating system only.

use rand::TryRng as _;
use rand::rngs::SysRng;

/// The operating system gives no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers")]
pub(crate) struct NoRandomness;

/// Random bytes. A failure of the operating system is an error; no weaker source is tried.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_no_entropy| NoRandomness)?;
    Ok(bytes)
}
