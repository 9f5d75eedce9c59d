//! Randomness, from the operating system only (docs/decisions/0010).

use rand::TryRng as _;
use rand::rngs::SysRng;

/// The operating system provided no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system provides no random bytes")]
pub(crate) struct NoRandomness;

/// Draws random bytes from the operating system. There is no generator in the process whose state a fork or a restored
/// snapshot could duplicate. A failure is an error, never a panic, and no weaker source is tried (docs/attacks.md
/// T106).
pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_no_entropy| NoRandomness)?;
    Ok(bytes)
}
