//! The ends of a flow whose code was exchanged, or had been.

use std::sync::Arc;

use crate::clock::is_since;
use crate::error::{Causes, Reason};
use crate::flow::consent::{ConsentResult, Failure};
use crate::flow::flash::Flash;
use crate::flow::outcome::{CallbackReply, Destination, Interstitial};
use crate::flow::state_cookie::Flow;
use crate::flow::verified::VerifiedFlow;
use crate::grant::{self, GrantSet};
use crate::ids::{SessionTokenHash, Subject};
use crate::ports::Ports;
use crate::return_to::ReturnTo;
use crate::session::{self, Handoff, NewSession, StartedSession, with_ticket};

/// Begins a session for a consent and leads on.
pub(crate) async fn sign_in(
    ports: &Arc<Ports>,
    flow: VerifiedFlow,
    result: ConsentResult,
    old: Option<&SessionTokenHash>,
) -> CallbackReply {
    let new = NewSession {
        profile: Arc::clone(&result.profile),
        site: result.site.clone(),
        remember: flow.flow.remember,
        replaces: old.copied(),
    };
    let StartedSession { key, cookie } = match session::begin(ports, new).await {
        Ok(started) => started,
        Err(error) => {
            tracing::error!(target: "threelo", error = %Causes(&error), "no session could be begun");
            return flow.failed(Reason::Unavailable);
        }
    };
    let reply = match &flow.flow.handoff {
        Some(handoff) => {
            let account = result.profile.account_id.as_str();
            handed_off(ports, handoff, result.return_to, account, &key)
        }
        None => led_on(ports, result, None),
    };
    reply.cookie(flow.removal).cookie(cookie)
}

/// A page of another origin waits: in its own window, or for the visitor to come back with a ticket.
fn handed_off(
    ports: &Ports,
    handoff: &Handoff,
    place: ReturnTo,
    recipient: &str,
    session: &SessionTokenHash,
) -> CallbackReply {
    if handoff.popup {
        return done(ports, handoff, place, recipient);
    }
    let ticket = handoff.ticket(ports, session);
    CallbackReply::to(match ticket.filter(|_| handoff.owns(&place)) {
        Some(ticket) => Destination::Handoff(with_ticket(&place, &ticket)),
        None => Destination::App(place),
    })
}

fn done(ports: &Ports, handoff: &Handoff, place: ReturnTo, recipient: &str) -> CallbackReply {
    let flash = Flash::Done {
        handoff: handoff.clone(),
        return_to: place.as_str().to_owned(),
    };
    let to = Destination::Page(Interstitial::Done, place);
    CallbackReply::to(to).flash(ports, recipient, &flash)
}

/// Where the visitor was going; by way of the picker if the wished site was not granted.
fn led_on(ports: &Ports, result: ConsentResult, subject: Option<&str>) -> CallbackReply {
    let Some(wish) = result.missed_site else {
        return CallbackReply::to(Destination::App(result.return_to));
    };
    let account = &result.profile.account_id;
    let picker = Interstitial::Picker(subject.map(|_connected| account.clone()));
    let flash = Flash::SiteNotGranted { wish };
    let to = Destination::Page(picker, result.return_to);
    CallbackReply::to(to).flash(ports, subject.unwrap_or(account.as_str()), &flash)
}

/// The visitor sees which account was connected, before they go on: perhaps their browser was signed in at Atlassian as
/// somebody else. A hook that leads them elsewhere shows it there.
pub(crate) fn connected(
    ports: &Ports,
    flow: &VerifiedFlow,
    result: ConsentResult,
) -> CallbackReply {
    let subject = flow.subject();
    let recipient = subject.unwrap_or_default();
    let reply = if let Some(handoff) = &flow.flow.handoff {
        done(ports, handoff, result.return_to, recipient)
    } else if result.is_led {
        CallbackReply::to(Destination::App(result.return_to))
    } else if result.missed_site.is_some() {
        led_on(ports, result, subject)
    } else {
        let flash = Flash::Connected {
            name: result.profile.display_name().to_owned(),
            account_id: result.profile.account_id.as_str().to_owned(),
        };
        let to = Destination::Page(Interstitial::Connections, result.return_to);
        CallbackReply::to(to).flash(ports, recipient, &flash)
    };
    reply.cookie(flow.removal.clone())
}

/// Says who was asked for, as far as this browser may know.
pub(crate) async fn failed(
    ports: &Arc<Ports>,
    flow: VerifiedFlow,
    failure: Failure,
    session: Option<&SessionTokenHash>,
) -> CallbackReply {
    let Some(chosen) = failure.chosen else {
        return flow.failed(failure.reason);
    };
    let expected = expected_name(ports, &flow.flow, session).await;
    let flash = Flash::WrongAccount { expected, chosen };
    let recipient = flow.subject().or(flow.flow.account.as_deref());
    let recipient = recipient.unwrap_or_default().to_owned();
    flow.failed(failure.reason).flash(ports, &recipient, &flash)
}

async fn expected_name(
    ports: &Arc<Ports>,
    flow: &Flow,
    session: Option<&SessionTokenHash>,
) -> String {
    let Some(expected) = flow.account.as_deref() else {
        return String::new();
    };
    let session = session::current(ports, session).await.ok().flatten();
    if let Some(session) = session.filter(|session| session.account().as_str() == expected) {
        return session.profile.display_name().to_owned();
    }
    let subject = flow.subject.as_deref().map(Subject::parse);
    let Some(Ok(subject)) = subject else {
        return String::new();
    };
    let linked = grant::of_subject(ports, &subject).await.unwrap_or_default();
    let known = linked
        .iter()
        .filter(|set| set.account().as_str() == expected)
        .find_map(|set| set.newest().profile.clone());
    known.map_or_else(String::new, |profile| profile.display_name().to_owned())
}

/// A second arrival never exchanges: it is told to wait, led on if its login has happened, or refused.
pub(crate) async fn again(
    ports: &Arc<Ports>,
    flow: VerifiedFlow,
    session: Option<&SessionTokenHash>,
) -> CallbackReply {
    if ports.is_at_work(&flow.state.hash()) {
        return CallbackReply::to(Destination::StillWorking);
    }
    if ports.config.mode.is_connect() {
        return connected_again(ports, flow).await;
    }
    let session = match session::current(ports, session).await {
        Ok(session) => session,
        Err(error) => return flow.unavailable(&error),
    };
    let since = |created_at| is_since(created_at, flow.began());
    let Some(session) = session.filter(|session| since(session.created_at)) else {
        return flow.failed(Reason::Refused);
    };
    let account = session.account().as_str();
    let reply = match &flow.flow.handoff {
        Some(handoff) => handed_off(ports, handoff, flow.return_to, account, &session.key),
        None => CallbackReply::to(Destination::App(flow.return_to)),
    };
    reply.cookie(flow.removal)
}

/// The same in connect mode: led on if the user has connected an account since the flow began.
async fn connected_again(ports: &Arc<Ports>, flow: VerifiedFlow) -> CallbackReply {
    let subject = flow.subject().map(Subject::parse);
    let Some(Ok(subject)) = subject else {
        return flow.failed(Reason::Refused);
    };
    let linked = match grant::of_subject(ports, &subject).await {
        Ok(linked) => linked,
        Err(error) => return flow.unavailable(&error.into()),
    };
    let since = |set: &GrantSet| is_since(set.newest().consented_at, flow.began());
    if !linked.iter().any(since) {
        return flow.failed(Reason::Refused);
    }
    let reply = match &flow.flow.handoff {
        Some(handoff) => done(ports, handoff, flow.return_to, subject.as_str()),
        None => CallbackReply::to(Destination::App(flow.return_to)),
    };
    reply.cookie(flow.removal)
}
