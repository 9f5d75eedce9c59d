//! Addresses that Atlassian's answers give: the next page, the thing itself.

/// A path below the base of an API, and a query.
pub(crate) type Target<'a> = (&'a str, Option<&'a str>);

/// Reads a link of an API at `base`: a path, an address of the gateway, or one of the site.
///
/// What is left is checked like any other path when the call is made.
///
/// # Errors
///
/// Why it is none: it leads to another host, or on the gateway to another API or site.
pub(crate) fn within<'a>(
    base: &str,
    gateway: &str,
    site: Option<&str>,
    link: &'a str,
) -> Result<Target<'a>, &'static str> {
    let (address, query) = match link.split_once('?') {
        Some((address, query)) => (address, Some(query)),
        None => (link, None),
    };
    let below = |origin: &str| {
        let rest = address.strip_prefix(origin.trim_end_matches('/'))?;
        rest.starts_with('/').then_some(rest)
    };
    let of_base = |path: &'a str| {
        let rest = path.strip_prefix(base)?;
        rest.starts_with('/').then_some(rest)
    };
    if let Some(path) = below(gateway) {
        let path = of_base(path).ok_or("the link leads to another API or site")?;
        return Ok((path, query));
    }
    let of_site = || below(site?);
    if let Some(path) = of_site() {
        return Ok((path, query));
    }
    if !address.starts_with('/') || address.starts_with("//") {
        return Err("the link leads to another host");
    }
    Ok((of_base(address).unwrap_or(address), query))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "/ex/jira/1";
    const GATEWAY: &str = "https://api.atlassian.com";
    const SITE: &str = "https://acme.atlassian.net/";

    #[test]
    fn links_of_the_same_api_are_taken_in_every_form() {
        for link in [
            "/rest/api/3/search?startAt=50&x=%20",
            "/ex/jira/1/rest/api/3/search?startAt=50&x=%20",
            "https://api.atlassian.com/ex/jira/1/rest/api/3/search?startAt=50&x=%20",
            "https://acme.atlassian.net/rest/api/3/search?startAt=50&x=%20",
        ] {
            let expected = ("/rest/api/3/search", Some("startAt=50&x=%20"));
            assert_eq!(
                within(BASE, GATEWAY, Some(SITE), link),
                Ok(expected),
                "{link}"
            );
        }
    }

    #[test]
    fn links_to_other_hosts_and_other_sites_are_not() {
        for link in [
            "https://api.atlassian.com/ex/jira/2/rest/api/3/search",
            "https://api.atlassian.com/me",
            "https://api.atlassian.com/ex/jira/12/rest",
            "https://api.atlassian.com.evil.example/ex/jira/1/rest",
            "https://acme.atlassian.net.evil.example/rest",
            "https://acme.atlassian.net@evil.example/rest",
            "https://other.atlassian.net/rest",
            "http://acme.atlassian.net/rest",
            "//evil.example/rest",
            "rest",
            "",
        ] {
            assert!(within(BASE, GATEWAY, Some(SITE), link).is_err(), "{link}");
        }
        let of_site = "https://acme.atlassian.net/rest";
        assert!(within(BASE, GATEWAY, None, of_site).is_err());
    }
}
