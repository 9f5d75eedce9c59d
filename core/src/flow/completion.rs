//! The ends of a flow whose code was exchanged, or had been.

use std::sync::Arc;
use std::time::SystemTime;

use crate::clock::is_since;
use crate::error::{Causes, Reason};
use crate::flow::consent::{ConsentResult, Failure};
use crate::flow::flash::{self, Flash};
use crate::flow::outcome::{Interstitial, Landing};
use crate::flow::state_cookie::Flow;
use crate::flow::verified::VerifiedFlow;
use crate::grant;
use crate::ids::{SessionTokenHash, Subject};
use crate::message::cookie::SetCookie;
use crate::ports::Ports;
use crate::return_to::ReturnTo;
use crate::session::{self, Handoff, with_ticket};
use crate::session::{NewSession, StartedSession};
use crate::store::GrantRecord;

pub(crate) async fn sign_in(
    ports: &Arc<Ports>,
    bound: VerifiedFlow,
    consented: ConsentResult,
    old: Option<&SessionTokenHash>,
) -> Landing {
    let new = NewSession {
        profile: Arc::clone(&consented.profile),
        site: consented.site.clone(),
        remember: bound.flow.remember,
        replaces: old.copied(),
    };
    let StartedSession { key, cookie } = match session::begin(ports, new).await {
        Ok(begun) => begun,
        Err(error) => {
            tracing::error!(target: "threelo", error = %Causes(&error), "no session could be begun");
            return bound.failed(Reason::Unavailable);
        }
    };
    let cookies = vec![bound.removal, cookie];
    match &bound.flow.handoff {
        Some(handoff) => {
            let account = consented.profile.account_id.as_str();
            handed(ports, handoff, (consented.return_to, account, key), cookies)
        }
        None => landed(ports, consented, (None, cookies)),
    }
}

/// A page of another origin waits: in its own window, or for the visitor to come back with a ticket.
fn handed(
    ports: &Ports,
    handoff: &Handoff,
    (place, whose, session): (ReturnTo, &str, SessionTokenHash),
    cookies: Vec<SetCookie>,
) -> Landing {
    if handoff.popup {
        return done(ports, handoff, (place, whose), cookies);
    }
    let ticket = handoff.ticket(ports, &session);
    match ticket.filter(|_| handoff.owns(&place)) {
        Some(ticket) => Landing::Handed(with_ticket(&place, &ticket), cookies),
        None => Landing::At(place, cookies),
    }
}

fn done(
    ports: &Ports,
    handoff: &Handoff,
    (place, whose): (ReturnTo, &str),
    mut cookies: Vec<SetCookie>,
) -> Landing {
    let notice = Flash::Done {
        handoff: handoff.clone(),
        return_to: place.as_str().to_owned(),
    };
    cookies.extend(flash::carry(ports, whose, &notice));
    Landing::By(Interstitial::Done, place, cookies)
}

/// Where the visitor was going; by way of the picker if the wished site was not granted.
fn landed(
    ports: &Ports,
    consented: ConsentResult,
    (subject, mut cookies): (Option<&str>, Vec<SetCookie>),
) -> Landing {
    let Some(wish) = consented.missed_site else {
        return Landing::At(consented.return_to, cookies);
    };
    let account = consented.profile.account_id.as_str();
    let notice = Flash::SiteNotGranted { wish };
    cookies.extend(flash::carry(ports, subject.unwrap_or(account), &notice));
    let account = subject.map(|_connected| consented.profile.account_id.clone());
    Landing::By(Interstitial::Picker(account), consented.return_to, cookies)
}

/// The visitor sees which account was connected, before they go on: perhaps their browser was signed in at Atlassian as
/// somebody else. A hook that leads them elsewhere shows it there.
pub(crate) fn connected(ports: &Ports, bound: VerifiedFlow, consented: ConsentResult) -> Landing {
    let cookies = vec![bound.removal];
    let subject = bound.flow.subject.as_deref();
    if let Some(handoff) = &bound.flow.handoff {
        let whose = subject.unwrap_or_default();
        return done(ports, handoff, (consented.return_to, whose), cookies);
    }
    if consented.is_led {
        return Landing::At(consented.return_to, cookies);
    }
    if consented.missed_site.is_some() {
        return landed(ports, consented, (subject, cookies));
    }
    let notice = Flash::Connected {
        name: consented.profile.display_name().to_owned(),
        account_id: consented.profile.account_id.as_str().to_owned(),
    };
    let notice = flash::carry(ports, subject.unwrap_or_default(), &notice);
    let cookies = cookies.into_iter().chain(notice);
    Landing::By(
        Interstitial::Connections,
        consented.return_to,
        cookies.collect(),
    )
}

/// Says who was asked for, as far as this browser may know.
pub(crate) async fn failed(
    ports: &Arc<Ports>,
    bound: VerifiedFlow,
    failure: Failure,
    session: Option<&SessionTokenHash>,
) -> Landing {
    let Failure { reason, notice } = failure;
    let notice = match notice {
        Some(Flash::WrongAccount { chosen, .. }) => {
            let expected = expected_name(ports, &bound.flow, session).await;
            Some(Flash::WrongAccount { expected, chosen })
        }
        other => other,
    };
    let flow = &bound.flow;
    let whose = flow.subject.as_deref().or(flow.account.as_deref());
    let whose = whose.unwrap_or_default();
    let cookie = notice.and_then(|notice| flash::carry(ports, whose, &notice));
    match bound.failed(reason) {
        Landing::Failed {
            reason,
            return_to,
            handoff,
            mut cookies,
        } => {
            cookies.extend(cookie);
            Landing::Failed {
                reason,
                return_to,
                handoff,
                cookies,
            }
        }
        other => other,
    }
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
        .filter(|(holder, _)| holder.account.as_str() == expected)
        .find_map(|(_, reach)| reach.newest().profile.clone());
    known.map_or_else(String::new, |profile| profile.display_name().to_owned())
}

/// A second arrival never exchanges: it is told to wait, led on if its login has happened, or refused.
pub(crate) async fn again(
    ports: &Arc<Ports>,
    bound: VerifiedFlow,
    session: Option<&SessionTokenHash>,
) -> Landing {
    if ports.is_at_work(&bound.state.hash()) {
        return Landing::StillWorking;
    }
    if ports.config.mode.is_connect() {
        return connected_again(ports, bound).await;
    }
    let session = match session::current(ports, session).await {
        Ok(session) => session,
        Err(error) => return bound.unavailable(&error),
    };
    let began = bound.flow.issued_at.unwrap_or(SystemTime::UNIX_EPOCH);
    match session {
        Some(session) if is_since(session.created_at, began) => {
            let cookies = vec![bound.removal];
            let whose = session.account().as_str();
            match &bound.flow.handoff {
                Some(handoff) => handed(
                    ports,
                    handoff,
                    (bound.return_to, whose, session.key),
                    cookies,
                ),
                None => Landing::At(bound.return_to, cookies),
            }
        }
        _ => bound.failed(Reason::Refused),
    }
}

/// The same in connect mode: led on if the user has connected an account since the flow began.
async fn connected_again(ports: &Arc<Ports>, bound: VerifiedFlow) -> Landing {
    let subject = bound.flow.subject.as_deref().map(Subject::parse);
    let Some(Ok(subject)) = subject else {
        return bound.failed(Reason::Refused);
    };
    let linked = match grant::of_subject(ports, &subject).await {
        Ok(linked) => linked,
        Err(error) => return bound.unavailable(&error.into()),
    };
    let began = bound.flow.issued_at.unwrap_or(SystemTime::UNIX_EPOCH);
    let since = |grant: &GrantRecord| is_since(grant.consented_at, began);
    if linked.iter().any(|(_, reach)| since(reach.newest())) {
        let cookies = vec![bound.removal];
        return match &bound.flow.handoff {
            Some(handoff) => done(ports, handoff, (bound.return_to, subject.as_str()), cookies),
            None => Landing::At(bound.return_to, cookies),
        };
    }
    bound.failed(Reason::Refused)
}
