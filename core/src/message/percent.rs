//! Percent escapes (RFC 3986 section 2.1).

/// Reads an escape at the start of `bytes`, and returns its byte and the rest. `None` unless `bytes` begins with `%`
/// and two hexadecimal digits, in either case. The byte may be any, NUL included: callers check what they decode.
pub(crate) fn split_escape(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let [b'%', high, low, rest @ ..] = bytes else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(*high)? * 16 + digit(*low)?;
    Some((u8::try_from(value).ok()?, rest))
}
