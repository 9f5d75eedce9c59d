//! Whose machine a request comes from, as far as the proxies in front of the app can be believed.

use std::net::{IpAddr, Ipv6Addr};

use crate::message::RequestHead;

/// Returns the address of the client behind `proxies` proxies, each of which adds the address that it sees to
/// `X-Forwarded-For`: the entry so many from the end, or the peer of the connection if there is none in front.
///
/// What stands before that entry was written by the client and means nothing. `None` if there are fewer entries, if the
/// entry is no address, or if the peer is not known.
pub(crate) fn client(head: &RequestHead<'_>, proxies: usize) -> Option<IpAddr> {
    let Some(from_end) = proxies.checked_sub(1) else {
        return head.headers.peer().map(|peer| peer.to_canonical());
    };
    let fields = head.all("x-forwarded-for");
    let entries = fields
        .iter()
        .rev()
        .flat_map(|field| field.rsplit(|byte| *byte == b','));
    let entry = str::from_utf8(entries.into_iter().nth(from_end)?).ok()?;
    address(entry.trim()).map(|address| address.to_canonical())
}

/// Reads an address, alone or with a port, as some proxies write it.
fn address(text: &str) -> Option<IpAddr> {
    let in_brackets = text.strip_prefix('[').and_then(|text| text.split_once(']'));
    if let Some((address, _port)) = in_brackets {
        return address.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    let with_port = || text.rsplit_once(':')?.0.parse().ok().map(IpAddr::V4);
    text.parse().ok().or_else(with_port)
}

/// Returns what one subscriber has: an IPv4 address, or the first 56 bits of an IPv6 address, which is what many providers
/// give to a household (RFC 6177). Behind a NAT64 (RFC 6052) it is the IPv4 address.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => match address.octets() {
            [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] => [a, b, c, d].into(),
            _ => IpAddr::V6((u128::from(address) & SUBSCRIBER).into()),
        },
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The first 56 bits.
const SUBSCRIBER: u128 = !(u128::MAX >> 56);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Headers;

    struct Fields(Vec<&'static str>);

    impl Headers for Fields {
        fn each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
            assert_eq!(name, "x-forwarded-for");
            self.0.iter().for_each(|value| each(value.as_bytes()));
        }

        fn peer(&self) -> Option<IpAddr> {
            Some([192, 0, 2, 99].into())
        }
    }

    fn client_of(fields: &[&'static str], proxies: usize) -> Option<String> {
        let head = RequestHead {
            method: "GET",
            path: "/",
            query: None,
            headers: &Fields(fields.to_vec()),
        };
        client(&head, proxies).map(|address| network(address).to_string())
    }

    #[test]
    fn the_client_is_so_many_entries_from_the_end() {
        let chain = ["203.0.113.1, 198.51.100.2", "192.0.2.3"];
        for (proxies, expected) in [
            (0, Some("192.0.2.99")),
            (1, Some("192.0.2.3")),
            (2, Some("198.51.100.2")),
            (3, Some("203.0.113.1")),
            (4, None),
        ] {
            assert_eq!(client_of(&chain, proxies).as_deref(), expected, "{proxies}");
        }
        assert_eq!(client_of(&[], 1), None);
    }

    #[test]
    fn what_accepts_connections_tells_the_peer_in_an_extension() {
        let mut request = http::Request::get("/").body(()).unwrap();
        assert_eq!(RequestHead::lend(&request, |head| client(head, 0)), None);
        let peer = crate::message::PeerAddress::new([192, 0, 2, 7].into());
        request.extensions_mut().insert(peer);

        let client = RequestHead::lend(&request, |head| client(head, 0));

        assert_eq!(client, Some([192, 0, 2, 7].into()));
    }

    #[test]
    fn an_entry_may_have_a_port_and_must_be_an_address() {
        for (entry, expected) in [
            ("192.0.2.3:4711", Some("192.0.2.3")),
            (" 192.0.2.3 ", Some("192.0.2.3")),
            ("[2001:db8:1:234:3:4:5:6]:4711", Some("2001:db8:1:200::")),
            ("2001:db8:1:2ff:3:4:5:6", Some("2001:db8:1:200::")),
            ("::ffff:192.0.2.3", Some("192.0.2.3")),
            ("64:ff9b::192.0.2.3", Some("192.0.2.3")),
            ("unknown", None),
            ("", None),
            ("192.0.2.3.4", None),
        ] {
            assert_eq!(client_of(&[entry], 1).as_deref(), expected, "{entry}");
        }
    }
}
