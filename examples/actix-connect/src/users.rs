//! The app's own sign-in, with actix-session. Your app already has one.

use actix_session::Session;
use actix_web::Responder;
use actix_web::error::ErrorBadRequest;
use actix_web::http::header;
use actix_web::web::{Data, Form, Html, Query, Redirect};
use incidents::{Desk, LoginPage, SignIn};

/// The key under which a session keeps the id of its user.
pub(crate) const USER: &str = "user";

pub(crate) async fn login(page: Query<LoginPage>) -> impl Responder {
    let page = Html::new(page.html()).customize();
    page.insert_header((header::CACHE_CONTROL, "no-store"))
}

pub(crate) async fn sign_in(
    session: Session,
    desk: Data<Desk>,
    form: Form<SignIn>,
) -> Result<Redirect, actix_web::Error> {
    let user = form
        .user()
        .ok_or_else(|| ErrorBadRequest("there is no such user"))?;
    session.renew();
    session.insert(USER, user)?;
    Ok(Redirect::to(desk.place_after(&form)).see_other())
}

pub(crate) async fn sign_out(session: Session) -> Redirect {
    session.purge();
    Redirect::to("/").see_other()
}
