//! How a handler of the app starts a login.

use crate::auth::session::AuthSession;
use crate::error::Rejection;
use crate::flow::LoginRequest;
use crate::message::Reply;
use crate::return_to::ReturnTo;
use crate::web::{self, Start};

impl AuthSession {
    /// Starts a login in the form that fits this request. Never fails: what goes wrong is in the
    /// reply.
    ///
    /// In sign-in mode the same requests may start a login as at `GET login`, and scripts of the app's
    /// own pages. Prefetches, frames, images, `HEAD`, and changes without proof of their origin start
    /// none, and where another site sent the visitor without a click, a page asks first
    /// (docs/decisions/0078).
    ///
    /// In connect mode a flow is started only by a change for which a page of this app asks
    /// (docs/decisions/0034), and only if the handler asked for [`connections`](Self::connections)
    /// before, because otherwise the app's user is not known. Any other request is led to the page
    /// with the button, which starts a flow for the same place, scopes, site and account, but
    /// without details.
    pub fn start_login(&self, login: &LoginRequest) -> Reply {
        let context = self.0.context();
        if let Some(elsewhere) = self.at_public_url() {
            return web::go(context.audience, &elsewhere);
        }
        let subject = match self.subject() {
            Err(Rejection::WrongMode(_)) => match self.gate() {
                None => None,
                Some(reply) => return reply,
            },
            Ok(subject) if self.0.seen.can_change && self.0.same_origin => Some(subject),
            Ok(_) => return web::to_button(&self.0.web, login, context),
            Err(_) if self.wants_subject() => {
                return web::to_button(&self.0.web, login, context);
            }
            Err(other) => return self.reject(other).into_reply(),
        };
        let started = web::start_login(&self.0.web, login, context, subject);
        started.unwrap_or_else(|rejection| self.reject(rejection).into_reply())
    }

    /// The same place at the public URL, for a visitor who came by another name: a flow that began there could not end.
    fn at_public_url(&self) -> Option<String> {
        let web = &self.0.web;
        let name = self.0.seen.other_name()?;
        let here = self.0.context().here(web)?;
        let here = here.as_str();
        // Of htmx it may be a page of another origin that is listed: that is where it is, and no place of ours.
        if !here.starts_with('/') {
            return None;
        }
        let gap = if here.contains('?') { '&' } else { '?' };
        let marked = format!("{here}{gap}{}=1", web::NAMED);
        // Once only: a proxy may give every request that name.
        let is_second = here.contains(&marked[here.len() + 1..]);
        (!is_second).then(|| web.at_public_url(name, &marked))
    }

    /// The reply to a request that may not start a login, or is asked about first; `None` if it may.
    fn gate(&self) -> Option<Reply> {
        let start = match self.0.seen.start {
            Start::Allowed if !self.0.same_origin => Start::Foreign,
            start => start,
        };
        if let Err(rejection) = start.check() {
            return Some(self.reject(rejection).into_reply());
        }
        (start == Start::Asked).then(|| {
            let web = &self.0.web;
            let here = self.0.context().here(web);
            let here = here
                .as_ref()
                .map_or(web.ports.config.home(), ReturnTo::as_str);
            web::ask_first(web, here, self.0.context())
        })
    }
}
