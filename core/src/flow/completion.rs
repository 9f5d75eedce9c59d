//! The ends of a flow whose code was exchanged, by this arrival or by an earlier one.
//!
//! Here the session begins, and here it is decided what the visitor sees first.

use std::sync::Arc;

use crate::clock::is_since;
use crate::error::{Causes, Reason};
use crate::flow::consent::{ConsentResult, Failure, FailureDetail};
use crate::flow::flash::Flash;
use crate::flow::outcome::{CallbackReply, Destination, Interstitial};
use crate::flow::state_cookie::Flow;
use crate::flow::verified::VerifiedFlow;
use crate::grant::{self, GrantSet};
use crate::ids::{SessionTokenHash, Subject};
use crate::ports::Ports;
use crate::return_to::ReturnTo;
use crate::session::{self, Handoff, NewSession, StartedSession, with_ticket};

/// Begins a session for a consent and leads on: to the app, to the picker, or to the page of
/// another origin that waits.
///
/// The browser's old session, `old`, ends. If no session can be stored, the visitor gets the error
/// page; the grant is stored all the same, and the next login finds it.
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
            tracing::error!(target: "threelo", error = %Causes(&error), "a session could not be created");
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

/// Where a login ends for which a page of another origin waits: in a popup, on the page that tells
/// its opener; otherwise at the return target, with a ticket in its fragment if the target is a
/// registered page of that origin. A ticket goes nowhere else (docs/decisions/0065, 0084): an
/// attacker who starts a login chooses both challenge and return target.
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
    if !handoff.may_come_to(ports, &place) {
        tracing::warn!(
            target: "threelo",
            origin = handoff.origin,
            "no handoff ticket: the return target is none of handoff_pages"
        );
        return CallbackReply::to(Destination::App(place));
    }
    let ticket = handoff.ticket(ports, session);
    CallbackReply::to(match ticket {
        Some(ticket) => Destination::Handoff(with_ticket(&place, &ticket)),
        None => Destination::App(place),
    })
}

/// The page that tells its opener. What it tells is in the flash, for `recipient` only.
fn done(ports: &Ports, handoff: &Handoff, place: ReturnTo, recipient: &str) -> CallbackReply {
    let flash = Flash::Done {
        handoff: handoff.clone(),
        return_to: place.as_str().to_owned(),
    };
    let to = Destination::Page(Interstitial::Done, place);
    CallbackReply::to(to).flash(ports, recipient, &flash)
}

/// The place where the visitor was going; by way of the picker if the site they wished for was not
/// granted. `subject` is the app's user in connect mode.
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

/// Shows which account was connected, before the visitor goes on: their browser may have been
/// signed in at Atlassian with another person's account (docs/attacks.md, T014). A hook that leads
/// the visitor elsewhere must show it there.
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

/// The most characters of the app's own words.
const MOST_WORDS: usize = 500;

/// The error page of a consent that was refused, or the place of the app's that takes its part. If
/// another account was chosen, a flash tells which one, and which one was requested as far as this
/// browser may know; and so it does with the app's own words.
pub(crate) async fn failed(
    ports: &Arc<Ports>,
    flow: VerifiedFlow,
    failure: Failure,
    session: Option<&SessionTokenHash>,
) -> CallbackReply {
    let chosen = match failure.detail {
        FailureDetail::None => return flow.failed(failure.reason),
        FailureDetail::Place(place) => {
            return CallbackReply::to(Destination::App(place)).cookie(flow.removal);
        }
        FailureDetail::Words(words) => {
            let words = words.chars().take(MOST_WORDS).collect();
            let recipient = flow.subject().unwrap_or_default().to_owned();
            let reply = flow.failed(failure.reason);
            return reply.flash(ports, &recipient, &Flash::RefusedByApp { words });
        }
        FailureDetail::Chosen(chosen) => chosen,
    };
    let expected = expected_name(ports, &flow.flow, session).await;
    let flash = Flash::WrongAccount { expected, chosen };
    let recipient = flow.subject().or(flow.flow.account.as_deref());
    let recipient = recipient.unwrap_or_default().to_owned();
    flow.failed(failure.reason).flash(ports, &recipient, &flash)
}

/// The name of the requested account: from the session, if it is that account's; in connect mode
/// from the grants of the user who started the flow. Otherwise empty, and so if the store fails: an
/// address with an account id must not become a way to look up names.
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

/// A later arrival of a flow whose state is spent. It never exchanges anything
/// (docs/decisions/0016).
///
/// - While the first arrival is at work, in this process or at another instance, it is asked to wait.
/// - If this browser has a session that began after the flow did, the login has happened: it is led
///   on.
/// - Otherwise it is refused. If the store cannot tell, the cookie stays and the visitor can try
///   again.
///
/// The times were noted by different instances, so the tolerance of docs/decisions/0025 applies.
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
        return wait_or_refuse(ports, flow).await;
    };
    let account = session.account().as_str();
    let reply = match &flow.flow.handoff {
        Some(handoff) => handed_off(ports, handoff, flow.return_to, account, &session.key),
        None => CallbackReply::to(Destination::App(flow.return_to)),
    };
    reply.cookie(flow.removal)
}

/// The same in connect mode: led on if the user has consented for any account since the flow began,
/// because the flow does not know which account it was.
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
        return wait_or_refuse(ports, flow).await;
    }
    let reply = match &flow.flow.handoff {
        Some(handoff) => done(ports, handoff, flow.return_to, subject.as_str()),
        None => CallbackReply::to(Destination::App(flow.return_to)),
    };
    reply.cookie(flow.removal)
}

/// Asks the visitor to wait while another instance exchanges the code of their flow, and refuses otherwise.
async fn wait_or_refuse(ports: &Arc<Ports>, flow: VerifiedFlow) -> CallbackReply {
    match ports.marks.is_at_work(flow.state.hash().into()).await {
        Ok(true) => CallbackReply::to(Destination::StillWorking),
        Ok(false) => flow.failed(Reason::Refused),
        Err(error) => flow.unavailable(&error.into()),
    }
}
