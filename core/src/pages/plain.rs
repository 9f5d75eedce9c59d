//! The built-in look: plain HTML and CSS, no script, nothing that is loaded but the app's own logo.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;
use sha2::Sha256;

use crate::pages::bodies::content;
use crate::pages::html::escaped;
use crate::pages::texts::Texts;
use crate::pages::{Page, PageContext, Pages};

/// The style block without the app's colors. The hash of the whole block is what `style-src` allows, so that injected styles
/// do not apply.
const STYLE: &str = include_str!("style.css");

/// The built-in pages: readable on phones and on desktops, in light and dark, by keyboard and with
/// a screen reader. In English or German, as the visitor prefers.
///
/// An app gives them its name, its logo, its color, and further texts:
///
/// ```
/// use threelo::Auth;
/// use threelo::pages::{Color, PlainPages};
///
/// # fn main() -> Result<(), threelo::BuildError> {
/// # let credentials = threelo::Credentials::new("my-client-id", "my-secret");
/// let pages = PlainPages::new()
///     .app_name("Incidents")
///     .logo("/logo.svg")
///     .accent(Color::rgb(0x0c, 0x66, 0xe4), Color::rgb(0x57, 0x9d, 0xff));
/// let auth = Auth::builder(credentials, "https://app.example.com").pages(pages).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct PlainPages {
    /// Shown above every headline and behind it in the title; escaped when a page is rendered.
    app_name: Option<String>,
    /// The path of a picture, shown above that.
    logo: Option<String>,
    /// The style block.
    style: Cow<'static, str>,
    /// The languages; the first is for visitors who read none of them.
    texts: Vec<Texts>,
}

impl Default for PlainPages {
    fn default() -> Self {
        Self {
            app_name: None,
            logo: None,
            style: Cow::Borrowed(STYLE),
            texts: vec![Texts::english(), Texts::german()],
        }
    }
}

/// A color of the sRGB space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    red: u8,
    green: u8,
    blue: u8,
}

impl Color {
    /// A color by its parts, such as `Color::rgb(0x0c, 0x66, 0xe4)` for `#0c66e4`.
    pub const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// As CSS writes it.
    fn css(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }

    /// Black or white, whichever can be read better on it: by relative luminance (WCAG 2.2).
    fn readable_on(self) -> &'static str {
        let linear = |part: u8| {
            let part = f32::from(part) / 255.0;
            match part <= 0.040_45 {
                true => part / 12.92,
                false => ((part + 0.055) / 1.055).powf(2.4),
            }
        };
        let (red, green, blue) = (linear(self.red), linear(self.green), linear(self.blue));
        let luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        // There, black and white have the same contrast.
        if luminance > 0.179 {
            "#000000"
        } else {
            "#ffffff"
        }
    }
}

impl PlainPages {
    /// Makes pages that show neither a name nor a logo.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows the app's name above every headline and in the title. Markup in it is shown as text.
    pub fn app_name(mut self, name: impl Into<String>) -> Self {
        self.app_name = Some(name.into());
        self
    }

    /// Shows a picture above every headline, from a path of the app's own origin such as `/logo.svg`, which must be readable
    /// without a login. It is 40 pixels high at most.
    pub fn logo(mut self, path: impl Into<String>) -> Self {
        self.logo = Some(path.into());
        self
    }

    /// The color of buttons and links, in light and in dark. Text on it is black or white, whichever can be read better; that
    /// the color itself can be read on white, and the other one on almost black, is the app's part.
    pub fn accent(mut self, light: Color, dark: Color) -> Self {
        let colors = |color: Color| {
            format!(
                ":root{{--act:{};--on-act:{};--mark:color-mix(in srgb,var(--act) 14%,var(--card))}}",
                color.css(),
                color.readable_on()
            )
        };
        self.style = Cow::Owned(format!(
            "{STYLE}{}\n@media (prefers-color-scheme:dark){{{}}}\n",
            colors(light),
            colors(dark)
        ));
        self
    }

    /// Adds a language, or changes the texts of one that there is. Visitors who read none of them get the first, which is
    /// English unless [`language`](Self::language) says otherwise.
    pub fn texts(mut self, texts: Texts) -> Self {
        match self.texts.iter_mut().find(|known| known.lang == texts.lang) {
            Some(known) => *known = texts,
            None => self.texts.push(texts),
        }
        self
    }

    /// Speaks one language to everybody, whatever their browser says: that of the app. `de` or `en`, or what
    /// [`texts`](Self::texts) added before; any other is ignored.
    pub fn language(mut self, lang: &str) -> Self {
        if let Some(texts) = self.texts.iter().find(|texts| texts.lang == lang) {
            self.texts = vec![*texts];
        }
        self
    }

    /// The texts for a visitor.
    fn texts_for(&self, context: &PageContext<'_>) -> &Texts {
        let offered: Vec<&str> = self.texts.iter().map(|texts| texts.lang).collect();
        let preferred = context.preferred(&offered);
        let found = self
            .texts
            .iter()
            .find(|texts| Some(texts.lang) == preferred);
        found
            .or_else(|| self.texts.first())
            .unwrap_or(const { &Texts::english() })
    }

    /// Puts a document together. `headline` and the app's name are escaped here; `body` and
    /// `refresh` are HTML already. `noindex` keeps the pages out of search results.
    fn document(&self, lang: &str, headline: &str, body: &str, refresh: &str) -> String {
        let headline = escaped(headline);
        let style = &self.style;
        let (title, app) = match self.app_name.as_deref().map(escaped) {
            Some(name) => (
                format!("{headline} – {name}"),
                format!("<p class=\"app\">{name}</p>\n"),
            ),
            None => (headline.clone(), String::new()),
        };
        let logo = self.logo.as_deref().map(escaped);
        let logo = logo.map(|path| format!("<img class=\"logo\" src=\"{path}\" alt=\"\">\n"));
        let logo = logo.unwrap_or_default();
        format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n{refresh}<title>{title}</title>\n<style>{style}</style>\n</head>\n\
             <body>\n<main>\n{logo}{app}<h1>{headline}</h1>\n{body}\n</main>\n</body>\n</html>\n",
            escaped(lang)
        )
    }
}

impl Pages for PlainPages {
    /// Renders a page. Only [`Page::Bounce`] gets a `refresh`.
    fn render(&self, page: &Page<'_>, context: &PageContext<'_>) -> String {
        let texts = self.texts_for(context);
        let (title, body) = content(texts, page);
        let refresh = match page {
            Page::Bounce { again } => format!(
                "<meta http-equiv=\"refresh\" content=\"0;url={}\">\n\
                 <meta name=\"turbo-visit-control\" content=\"reload\">\n",
                escaped(again)
            ),
            _ => String::new(),
        };
        self.document(texts.lang, title, &body, &refresh)
    }

    /// The hash of the only style block.
    fn style_sources(&self) -> String {
        let hash = Sha256::digest(self.style.as_bytes());
        format!("'sha256-{}'", STANDARD.encode(hash))
    }

    /// The app's own origin, if there is a logo.
    fn image_sources(&self) -> String {
        self.logo.as_ref().map_or("", |_path| "'self'").to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(accept_language: Option<&str>) -> PageContext<'_> {
        PageContext::new(accept_language, "/auth/error")
    }

    const PAGE: Page<'static> = Page::CrossSite { home_url: "/" };

    #[test]
    fn the_policy_allows_exactly_the_style_block_of_the_document() {
        let colored = PlainPages::new().accent(Color::rgb(0, 82, 204), Color::rgb(87, 157, 255));
        for look in [PlainPages::new(), colored] {
            let page = look.render(&PAGE, &context(None));
            let block = page.split("<style>").nth(1).unwrap();
            let block = block.split("</style>").next().unwrap();

            assert_eq!(
                look.style_sources(),
                format!("'sha256-{}'", STANDARD.encode(Sha256::digest(block)))
            );
        }
    }

    #[test]
    fn a_page_speaks_the_language_of_its_visitor_or_that_of_the_app() {
        let look = PlainPages::new();
        let said = |look: &PlainPages, accepted| look.render(&PAGE, &context(accepted));
        assert!(said(&look, Some("de-AT")).contains("<html lang=\"de\">"));
        assert!(said(&look, Some("de-AT")).contains("Zurück zur App"));
        assert!(said(&look, Some("fr")).contains("<html lang=\"en\">"));
        let german = PlainPages::new().language("de");
        assert!(said(&german, Some("en")).contains("Zurück zur App"));
        let french = Texts {
            lang: "fr",
            back: "Retour",
            ..Texts::english()
        };
        let look = look.texts(french).language("xx");
        assert!(said(&look, Some("fr")).contains("Retour"));
        assert!(said(&look, Some("en")).contains("Back to the app"));
    }

    #[test]
    fn a_logo_is_allowed_by_the_policy_and_only_then() {
        let look = PlainPages::new();
        assert_eq!(look.image_sources(), "");
        let look = look.logo("/logo.svg\"><script>");
        assert_eq!(look.image_sources(), "'self'");
        let page = look.render(&PAGE, &context(None));
        assert!(
            page.contains("src=\"/logo.svg&quot;&gt;&lt;script&gt;\""),
            "{page}"
        );
    }

    #[test]
    fn text_on_the_accent_can_be_read() {
        for (color, on) in [
            (Color::rgb(0x0c, 0x66, 0xe4), "#ffffff"),
            (Color::rgb(0x57, 0x9d, 0xff), "#000000"),
            (Color::rgb(255, 255, 0), "#000000"),
            (Color::rgb(0, 0, 0), "#ffffff"),
        ] {
            assert_eq!(color.readable_on(), on, "{}", color.css());
        }
    }
}
