// Sign-in with Atlassian for a page on another origin than the app: what a page needs of threelo's routes.

import { auth, api } from "/config.js";

const server = new URL(auth).origin;
// Names that end in the same two labels, or one name with two ports, are of one site.
const end = (host) => host.split(".").slice(-2).join(".");
const isNumber = (host) => /^[\d.]+$/.test(host);
const [here, there] = [location.hostname, new URL(auth).hostname];
const sameSite = location.protocol === new URL(auth).protocol
  && (here === there || (!isNumber(here) && !isNumber(there) && here.includes(".") && end(here) === end(there)));

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.title ?? `status ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

// Asks one of the JSON routes. Changes carry the field that no foreign page can add.
async function ask(method, path, body) {
  const headers = method === "GET" ? {} : { "X-Threelo": "1" };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(`${auth}/${path}`, { method, headers, body: body && JSON.stringify(body), credentials: "include" });
  const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
  const value = isJson ? await answer.json() : null;
  if (!answer.ok) throw new Refused(answer.status, value ?? {});
  return value;
}

// The access token for calls of Atlassian's API, whose it is, and when it ends.
let token = null;

// Who is signed in. A token that was handed out to somebody else is forgotten: it would still work.
export const me = async () => {
  const me = await ask("GET", "me?optional=true");
  if (token && token.account !== me.account_id) token = null;
  return me.account_id ? me : null;
};
export const sites = async () => (await ask("GET", "sites")).sites;
export const chooseSite = (site) => ask("POST", "site", { site });
export const signOut = () => ask("POST", "logout");

// Backend for frontend: the app adds the token, and this page never has it.
export const throughTheApp = (cloudId, path) => ask("GET", `api/jira/${cloudId}${path}`);

// Direct: a token that lasts for five minutes at least is asked for again when it is about to end, or is not accepted.
async function accessToken(anew) {
  if (anew || !token || token.ends < Date.now() + 60_000) {
    const { account_id, access_token, expires_in } = await ask("POST", "token", { refused: anew });
    token = { account: account_id, access_token, ends: Date.now() + expires_in * 1000 };
  }
  return token.access_token;
}
export async function atAtlassian(cloudId, path) {
  for (const anew of [false, true]) {
    const headers = { Authorization: `Bearer ${await accessToken(anew)}`, Accept: "application/json" };
    const answer = await fetch(`${api}/ex/jira/${cloudId}${path}`, { headers });
    if (answer.status === 401 && !anew) continue;
    if (!answer.ok) throw new Refused(answer.status, {});
    return answer.json();
  }
}
export const forgetToken = () => { token = null; };

// The login of a page of another site ends with a ticket, for whoever made the verifier.
const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
// Made before anybody clicks: a window that is opened in the click itself passes for the visitor's own wish, at pop-up
// blockers and at the login.
let urls = null;
export async function prepareLogin() {
  const parameters = { return_to: location.origin + location.pathname };
  if (!sameSite) {
    const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
    sessionStorage.setItem("verifier", verifier);
    const challenge = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    Object.assign(parameters, { origin: location.origin, challenge: base64url(challenge) });
  }
  const url = (more) => `${auth}/login?${new URLSearchParams({ ...parameters, ...more })}`;
  urls = { here: url({}), popup: url({ display: "popup", origin: location.origin }) };
}

async function redeem(ticket) {
  await ask("POST", "redeem", { ticket, verifier: sessionStorage.getItem("verifier") ?? "" });
  // Not before: a ticket that somebody else put into the address must not spoil the real one.
  sessionStorage.removeItem("verifier");
}

// Signs in by navigation, which always works.
export function signInHere() {
  sessionStorage.setItem("here", "yes"); // A window that is opened gets a copy of what was kept before.
  location.href = urls.here;
}

// Signs in in a window, or here if it is blocked.
export function signInInWindow() {
  if (!open(urls.popup, "sign-in", "popup,width=520,height=720")) return signInHere();
  return ended();
}

// The end of a login in a window: told by its last page; or, where a page on the way cut the two apart, by a window of
// this very origin, or by asking. `popup.closed` says nothing then.
function ended() {
  const channel = new BroadcastChannel("threelo");
  const stop = new AbortController();
  const end = new Promise((resolve, reject) => {
    addEventListener("message", ({ origin, data }) => {
      if (origin !== server || data?.type !== "threelo:done") return;
      if (data.ticket) redeem(data.ticket).then(resolve, reject);
      else resolve();
    }, stop);
    // Another tab may wait too: only the one whose verifier it is can redeem the ticket.
    channel.onmessage = ({ data }) => {
      if (data.ticket) redeem(data.ticket).then(() => {
        channel.postMessage({ taken: data.ticket });
        resolve();
      }, () => {});
    };
    const began = Date.now();
    const poll = setInterval(async () => {
      if (Date.now() - began > 10 * 60_000) reject(new Error("nobody signed in"));
      else if (sameSite && (await me().catch(() => null))) resolve();
    }, 1000);
    stop.signal.addEventListener("abort", () => clearInterval(poll));
  });
  return end.finally(() => {
    stop.abort();
    channel.close();
  });
}

// A ticket in the address: this tab's own login by navigation, or one in a window that lost its opener.
export async function takeTicket() {
  const ticket = new URLSearchParams(location.hash.slice(1)).get("threelo_ticket");
  if (!ticket) return;
  history.replaceState(null, "", location.pathname + location.search);
  const channel = new BroadcastChannel("threelo");
  const isTaken = new Promise((resolve) => {
    channel.onmessage = ({ data }) => { if (data.taken === ticket) resolve(true); };
    setTimeout(resolve, 1000, false);
  });
  const isOwn = sessionStorage.getItem("here");
  sessionStorage.removeItem("here");
  await (isOwn ? redeem(ticket) : offer(channel, ticket, isTaken));
  channel.close();
}
async function offer(channel, ticket, isTaken) {
  channel.postMessage({ ticket });
  if (await isTaken) close();
  else throw new Error("This sign-in was begun elsewhere, or took too long. Please sign in again.");
}
