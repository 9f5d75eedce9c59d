//! The app's own sign-in, with tower-sessions. Your app already has one.

use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect};
use incidents::{Desk, LoginPage, SignIn};
use tower_sessions::{Session, session};

/// The key under which a session keeps the id of its user.
pub(crate) const USER: &str = "user";

pub(crate) async fn login(Query(page): Query<LoginPage>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], Html(page.html()))
}

pub(crate) async fn sign_in(
    session: Session,
    State(desk): State<Arc<Desk>>,
    Form(form): Form<SignIn>,
) -> Result<Redirect, StatusCode> {
    let user = form.user().ok_or(StatusCode::BAD_REQUEST)?;
    session.cycle_id().await.map_err(unavailable)?;
    session.insert(USER, user).await.map_err(unavailable)?;
    Ok(Redirect::to(&desk.place_after(&form)))
}

pub(crate) async fn sign_out(session: Session) -> Result<Redirect, StatusCode> {
    session.flush().await.map_err(unavailable)?;
    Ok(Redirect::to("/"))
}

#[expect(clippy::needless_pass_by_value, reason = "map_err passes it by value")]
fn unavailable(error: session::Error) -> StatusCode {
    tracing::error!(%error, "the session store does not answer");
    StatusCode::SERVICE_UNAVAILABLE
}
