//! What a key ring promises.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use threelo::internals::KeyRing;
use threelo::internals::KeyRingError;
use threelo::internals::Purpose;
use threelo::internals::Unopenable;

const NONCE: [u8; 24] = [7; 24];
const PLACE: &[&[u8]] = &[b"grant", b"alice"];

fn secret(seed: u8) -> [u8; 32] {
    std::array::from_fn(|index| (index as u8).wrapping_mul(97).wrapping_add(seed) ^ 0xa5)
}

fn entry(id: &str, seed: u8) -> String {
    format!("{id}:{}", STANDARD.encode(secret(seed)))
}

fn ring(text: &str) -> KeyRing {
    KeyRing::parse(text).unwrap()
}

fn sealed(ring: &KeyRing) -> Vec<u8> {
    ring.seal(Purpose::Grant, PLACE, NONCE, b"token").unwrap()
}

#[test]
fn what_was_sealed_opens_in_its_place() {
    let ring = ring(&entry("k1", 1));

    let sealed = sealed(&ring);

    assert_eq!(&sealed[..4], [1, 2, b'k', b'1']);
    assert_eq!(sealed[4..28], NONCE);
    assert_eq!(sealed.len(), 28 + 5 + 16);
    let opened = ring.open(Purpose::Grant, PLACE, &sealed).unwrap();
    assert_eq!(**opened, *b"token");
}

#[test]
fn the_format_does_not_drift() {
    let ring = KeyRing::from_secret("k1", &secret(1)).unwrap();

    let text = URL_SAFE_NO_PAD.encode(sealed(&ring));

    // Values at rest must open after an upgrade: a new format needs a new version byte.
    assert_eq!(
        text,
        "AQJrMQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHB88jGhkG2XYz1qS0hdfKxzO7owK8AQ"
    );
}

#[test]
fn a_flipped_bit_or_a_cut_is_noticed() {
    let ring = ring(&entry("k1", 1));
    let sealed = sealed(&ring);

    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let opened = ring.open(Purpose::Grant, PLACE, &changed);
        assert_eq!(opened.err(), Some(Unopenable), "bit {bit}");
    }
    for length in 0..sealed.len() {
        let opened = ring.open(Purpose::Grant, PLACE, &sealed[..length]);
        assert_eq!(opened.err(), Some(Unopenable), "length {length}");
    }
    let longer = [&*sealed, b"x"].concat();
    assert!(ring.open(Purpose::Grant, PLACE, &longer).is_err());
}

#[test]
fn a_value_opens_only_for_its_purpose_and_in_its_place() {
    let ring = ring(&entry("k1", 1));
    let sealed = sealed(&ring);

    for purpose in [Purpose::Flow, Purpose::Session] {
        assert!(ring.open(purpose, PLACE, &sealed).is_err(), "{purpose:?}");
    }
    let places: [&[&[u8]]; 7] = [
        &[],
        &[b"grant"],
        &[b"alice", b"grant"],
        &[b"grantalice"],
        &[b"granta", b"lice"],
        &[b"grant", b"alice", b""],
        &[b"grant", b"mallory"],
    ];
    for place in places {
        assert!(ring.open(Purpose::Grant, place, &sealed).is_err());
    }
}

#[test]
fn plain_text_is_never_taken_for_a_sealed_value() {
    let ring = ring(&entry("k1", 1));

    for plain in [
        "",
        "{\"access_token\":\"x\"}",
        "eyJhbGciOiJub25lIn0.e30.",
        "\u{1}\u{2}k1",
    ] {
        assert!(ring.open(Purpose::Grant, PLACE, plain.as_bytes()).is_err());
    }
}

#[test]
fn keys_can_be_rotated() {
    let old = ring(&entry("k1", 1));
    let both = ring(&format!("{}, {}\n", entry("k2", 2), entry("k1", 1)));
    let new = ring(&entry("k2", 2));
    let before = sealed(&old);

    let after = sealed(&both);

    assert!(both.open(Purpose::Grant, PLACE, &before).is_ok());
    assert!(new.open(Purpose::Grant, PLACE, &after).is_ok());
    assert!(old.open(Purpose::Grant, PLACE, &after).is_err());
    assert!(new.open(Purpose::Grant, PLACE, &before).is_err());
    let impostor = ring(&entry("k1", 3));
    assert!(impostor.open(Purpose::Grant, PLACE, &before).is_err());
}

#[test]
fn both_alphabets_are_read_with_and_without_padding() {
    let standard = entry("k1", 1);
    let url_safe = format!("k1:{}", URL_SAFE_NO_PAD.encode(secret(1)));
    assert_ne!(
        standard.trim_end_matches('='),
        url_safe,
        "the alphabets differ here"
    );
    let sealed = sealed(&ring(&standard));

    for text in [
        &*standard,
        standard.trim_end_matches('='),
        &url_safe,
        &format!("{url_safe}="),
    ] {
        assert!(
            ring(text).open(Purpose::Grant, PLACE, &sealed).is_ok(),
            "{text}"
        );
    }
}

#[test]
fn an_unfit_ring_is_refused() {
    let good = entry("k1", 1);
    let nine = (1..=9)
        .map(|seed| entry(&format!("k{seed}"), seed))
        .collect::<Vec<_>>();
    let cases = [
        (String::new(), KeyRingError::Empty),
        (" \n".to_owned(), KeyRingError::Empty),
        (format!("{good},"), KeyRingError::MissingId(2)),
        (STANDARD.encode(secret(1)), KeyRingError::MissingId(1)),
        (entry("", 1), KeyRingError::InvalidId(1)),
        (entry("k 1", 1), KeyRingError::InvalidId(1)),
        (entry("12345678901234567", 1), KeyRingError::InvalidId(1)),
        (
            format!("{good},{}", entry("k1", 2)),
            KeyRingError::DuplicateId("k1".to_owned()),
        ),
        ("k1:n*t base64".to_owned(), KeyRingError::NotBase64(1)),
        ("k1:".to_owned(), KeyRingError::TooShort(1)),
        (nine.join(","), KeyRingError::TooManyKeys),
    ];

    for (text, expected) in cases {
        assert_eq!(KeyRing::parse(&text).err(), Some(expected), "{text}");
    }
    assert!(KeyRing::parse(&nine[..8].join(",")).is_ok());
}

#[test]
fn a_weak_secret_is_refused() {
    let predictable = Some(KeyRingError::Predictable(1));
    let of = |secret: &[u8]| KeyRing::from_secret("k1", secret).err();

    assert_eq!(of(&secret(1)[..31]), Some(KeyRingError::TooShort(1)));
    assert_eq!(of(&[0; 32]), predictable);
    assert_eq!(of(&[0xff; 64]), predictable);
    assert_eq!(of(&[1, 2, 0xfe].repeat(11)), predictable);
    assert_eq!(of(&secret(1)[..16].repeat(2)), predictable);
    assert_eq!(
        of(b"correct horse battery staple, says the comic"),
        predictable
    );
    assert_eq!(of(&secret(1)), None);
}

#[test]
fn nothing_prints_a_secret() {
    let ring = ring(&format!("{},{}", entry("new", 2), entry("old", 1)));

    assert_eq!(format!("{ring:?}"), r#"KeyRing["new", "old"]"#);
    let error = KeyRing::parse("k1:s3cret!").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}
