//! STUB
#![allow(missing_docs)]
pub use crate::error::Reason;
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Page<'a> {
    Continue {
        login_url: &'a str,
        home_url: &'a str,
    },
    Picker {
        action: &'a str,
        return_to: &'a str,
        sites: &'a [SiteChoice<'a>],
        add_url: &'a str,
        account: &'a str,
    },
    NoSites {
        account: &'a str,
        add_url: &'a str,
        home_url: &'a str,
    },
    Failed {
        reason: Reason,
        try_again: &'a str,
        home_url: &'a str,
    },
    Cancelled {
        try_again: &'a str,
        home_url: &'a str,
    },
    StillWorking {
        go_on: &'a str,
        home_url: &'a str,
    },
    Logout {
        action: &'a str,
        return_to: &'a str,
        account: Option<&'a str>,
        home_url: &'a str,
    },
}
#[derive(Clone, Debug)]
pub struct SiteChoice<'a> {
    pub cloud_id: &'a str,
    pub name: &'a str,
    pub url: Option<&'a str>,
    pub current: bool,
}
pub trait Pages: Send + Sync + 'static {
    fn render(&self, page: &Page<'_>) -> String;
    fn style_sources(&self) -> String;
}
#[derive(Clone, Debug, Default)]
pub struct PlainPages;
impl PlainPages {
    pub fn new() -> Self {
        Self
    }
}
impl Pages for PlainPages {
    fn render(&self, page: &Page<'_>) -> String {
        format!("{page:?}")
    }
    fn style_sources(&self) -> String {
        "'none'".into()
    }
}
