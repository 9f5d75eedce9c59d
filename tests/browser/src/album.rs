//! Pictures of pages, for people to look at.

use std::path::PathBuf;

use crate::{Chrome, Look};

/// Takes a picture of every page it is shown, in light and dark, narrow and wide, when `THREELO_SCREENS` names a folder;
/// in any case the page must have its headline.
#[derive(Debug)]
pub struct Album<'a> {
    chrome: &'a Chrome,
    folder: Option<PathBuf>,
}

impl<'a> Album<'a> {
    /// An album of what this browser shows.
    pub fn new(chrome: &'a Chrome) -> Self {
        let folder = std::env::var_os("THREELO_SCREENS").map(PathBuf::from);
        Self { chrome, folder }
    }

    /// Opens a page and takes its picture.
    pub async fn add(&self, name: &str, url: &str) {
        self.chrome.open(url).await;
        self.shoot(name).await;
    }

    /// Takes a picture of the page that is open.
    pub async fn shoot(&self, name: &str) {
        self.chrome.settled().await;
        let script = "return document.querySelectorAll('h1').length";
        let headlines = self.chrome.script(script).await;
        assert_eq!(headlines, 1, "{name} at {}", self.chrome.url().await);
        let Some(folder) = &self.folder else { return };
        std::fs::create_dir_all(folder).expect("a folder for the pictures");
        for (scheme, dark) in [("light", false), ("dark", true)] {
            for (width, size) in [("narrow", (390, 760)), ("wide", (1280, 800))] {
                let file = folder.join(format!("{name}-{scheme}-{width}.png"));
                self.chrome.photograph(Look { size, dark }, &file).await;
            }
        }
    }
}
