//! The texts of one language, and their places.

/// A headline, what there is to say, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "apps write texts of their own")]
pub struct PageText {
    /// The headline.
    pub title: &'static str,
    /// What happened, or what the page is about.
    pub body: &'static str,
    /// What to do about it; empty if the buttons say it.
    pub advice: &'static str,
}

/// Everything that the built-in pages say in one language: plain text, in which `{}` stands for a name where a field says so.
///
/// An app changes single texts, or adds a language. What it leaves out stays as it is, also after an update that adds fields:
///
/// ```
/// use threelo::pages::{PageText, PlainPages, Texts};
///
/// let french = Texts {
///     lang: "fr",
///     cancelled: PageText {
///         title: "Vous avez annulé chez Atlassian",
///         body: "Rien n'a été partagé avec cette application.",
///         advice: "Vous pouvez réessayer quand vous voulez.",
///     },
///     ..Texts::english()
/// };
/// let pages = PlainPages::new().texts(french);
/// # let _ = pages;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "apps write texts of their own")]
pub struct Texts {
    /// The language, as in the attribute `lang` and in `Accept-Language`: `en`, `de`, `pt-BR`.
    pub lang: &'static str,
    /// Asked when another site sent the browser to the login without a click.
    pub continue_login: PageText,
    /// On a second arrival at the callback, while the first still exchanges the code.
    pub still_working: PageText,
    /// To a visitor who has to wait, because of their network or of a limit of the app.
    pub limited: PageText,
    /// To everybody, while there is no place for another sign-in.
    pub busy: PageText,
    /// To a visitor who is not signed in and sent a form, whose content is lost.
    pub sign_in_first: PageText,
    /// What was sent needs a site, and none is chosen.
    pub site_first: PageText,
    /// What was sent needs a site, and the chosen one is gone.
    pub site_gone_first: PageText,
    /// A scope is missing that no consent has had.
    pub scope_not_asked: PageText,
    /// A scope is missing that an earlier consent had.
    pub scope_narrowed: PageText,
    /// Atlassian did not grant a scope.
    pub scope_not_granted: PageText,
    /// Connect mode: a page of the app needs a connected account.
    pub connect_first: PageText,
    /// Inside a frame, with a link that opens a window.
    pub own_window: PageText,
    /// A change, or a read, came from another site without proof.
    pub cross_site: PageText,
    /// The last page of a login in a popup; seen only if the script could not close the window.
    pub done: PageText,
    /// Seen for a moment, while the browser reloads the address.
    pub bounce: PageText,
    /// `Reason::Refused`.
    pub refused: PageText,
    /// `Reason::RefusedByApp`; the body is replaced by the words of the app, if it has some.
    pub refused_by_app: PageText,
    /// `Reason::AppFailed`.
    pub app_failed: PageText,
    /// `Reason::Cancelled`.
    pub cancelled: PageText,
    /// `Reason::Busy`.
    pub waited_too_long: PageText,
    /// `Reason::Setup`.
    pub setup: PageText,
    /// `Reason::Cookies`.
    pub cookies: PageText,
    /// `Reason::Account`.
    pub account: PageText,
    /// `Reason::WrongAccount`. The advice is shown below the names of the two accounts, on a page of its own.
    pub wrong_account: PageText,
    /// `Reason::LinkedElsewhere`.
    pub linked_elsewhere: PageText,
    /// `Reason::Unavailable`.
    pub unavailable: PageText,
    /// `ApiTrouble::Forbidden`.
    pub api_forbidden: PageText,
    /// `ApiTrouble::NotFound`.
    pub api_not_found: PageText,
    /// `ApiTrouble::Busy`.
    pub api_busy: PageText,
    /// `ApiTrouble::OutcomeUnknown`.
    pub api_outcome_unknown: PageText,
    /// `ApiTrouble::Unavailable`.
    pub api_unavailable: PageText,
    /// `ApiTrouble::Failed`.
    pub api_failed: PageText,
    /// `RequestFault::NoSuchPage`. The advice names the path that was meant, in the place of `{}`, if there is one.
    pub no_such_page: PageText,
    /// `RequestFault::ConnectInstead`: the login of sign-in mode, opened in connect mode.
    pub connect_instead: PageText,
    /// `RequestFault::Method`.
    pub wrong_method: PageText,
    /// `RequestFault::Unreadable`.
    pub unreadable: PageText,
    /// `RequestFault::ForScripts`.
    pub for_scripts: PageText,
    /// `RequestFault::TooMuch`.
    pub too_much: PageText,
    /// `SetupFault::ScopesNotConfigured`; the scopes stand between body and advice.
    pub scopes_not_configured: PageText,
    /// `SetupFault::NoProductScope`.
    pub no_product_scope: PageText,
    /// `SetupFault::Handler`.
    pub handler: PageText,
    /// An account reaches no site. `{}` is the name of the account.
    pub no_sites: PageText,
    /// The list of sites. `{}` is the name of the account. The advice stands before the link that adds a site.
    pub picker: PageText,
    /// Connect mode, right after a connection. `{}` is the name of the account; the advice follows its id.
    pub connected: PageText,
    /// Connect mode, before the first connection.
    pub connect: PageText,
    /// Connect mode, above the list of connected accounts.
    pub connections: PageText,
    /// Connect mode, above the scopes that will be asked for.
    pub connect_scopes: PageText,
    /// Connect mode, before another site is added. `{}` is the name of the account.
    pub connect_site: PageText,
    /// Connect mode, after a consent has ended. `{}` is the name of the account.
    pub connect_again: PageText,
    /// Asks before an account is disconnected. `{}` is its name.
    pub disconnect: PageText,
    /// After an account was disconnected. `{}` is its name; the advice stands before the link to Atlassian.
    pub disconnected: PageText,
    /// Asks before the session is ended. `{}` is the name of the account; the advice is for a visitor who is not signed in.
    pub logout: PageText,
    /// Back to the app.
    pub back: &'static str,
    /// Starts again.
    pub try_again: &'static str,
    /// The way on.
    pub go_on: &'static str,
    /// The way on, for who does not want to wait.
    pub go_on_now: &'static str,
    /// To Atlassian, after a question.
    pub go_on_to_atlassian: &'static str,
    /// To the login at Atlassian.
    pub sign_in_with_atlassian: &'static str,
    /// To the app's own login.
    pub sign_in: &'static str,
    /// Opens the login in a window.
    pub open_sign_in: &'static str,
    /// To the picker.
    pub choose_site: &'static str,
    /// To the connected accounts.
    pub choose_account: &'static str,
    /// To the consent for more scopes.
    pub ask_atlassian: &'static str,
    /// To the consent for another site.
    pub choose_site_at_atlassian: &'static str,
    /// To the consent that adds a site.
    pub add_site: &'static str,
    /// Connects the first account.
    pub connect_button: &'static str,
    /// Connects another account.
    pub connect_another: &'static str,
    /// Renews a consent.
    pub connect_again_button: &'static str,
    /// Disconnects an account.
    pub disconnect_button: &'static str,
    /// Leaves an account connected.
    pub keep: &'static str,
    /// To the list of apps at Atlassian.
    pub manage_apps: &'static str,
    /// Ends the session.
    pub sign_out: &'static str,
    /// Ends all sessions of the account.
    pub sign_out_everywhere: &'static str,
    /// Ends nothing.
    pub stay_signed_in: &'static str,
    /// To a login that any account may finish.
    pub sign_in_as_other: &'static str,
    /// The name of the account that was asked for, in the place of `{}`.
    pub here_you_are: &'static str,
    /// The same, if the name is not known.
    pub asked_of_another: &'static str,
    /// The name of the account that was chosen, in the place of `{}`.
    pub you_chose: &'static str,
    /// The same, if the name is not known.
    pub you_chose_another: &'static str,
    /// Of a disconnected account whose name is not known.
    pub no_longer_connected: &'static str,
    /// An account whose name is not known.
    pub your_account: &'static str,
    /// Of a connected account whose consent has ended.
    pub permission_ended: &'static str,
    /// Of a connected account without sites.
    pub no_site_reachable: &'static str,
    /// What the list of accounts is called for screen readers.
    pub connections_label: &'static str,
    /// What the list of sites is called for screen readers.
    pub sites_label: &'static str,
    /// Marks the site that is worked on.
    pub current_site: &'static str,
    /// Marks a site that the newest consent added.
    pub new_site: &'static str,
    /// The chosen site is gone.
    pub site_gone: &'static str,
    /// The requested site is not among those that were granted; its name in the place of `{}`.
    pub site_not_granted: &'static str,
    /// The same, if the site is not named.
    pub a_site: &'static str,
    /// Searches among many sites.
    pub search: &'static str,
    /// What the field for that is called.
    pub search_label: &'static str,
    /// How many sites fit, the number in the place of `{}`.
    pub sites_found: &'static str,
    /// There may be more sites than are shown.
    pub many_sites: &'static str,
    /// To the page before.
    pub previous: &'static str,
    /// To the next page.
    pub next: &'static str,
}
