// Sign-in with Atlassian for a page on another origin than the app, with threelo's JSON routes.

import { auth, api } from "/config.js";

const server = new URL(auth).origin;
// Host names with the same last two labels, and one host name with two ports, are the same site.
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

// Calls one of the JSON routes. Changes carry a header field that no page of an unlisted origin can add.
async function ask(method, path, body) {
  const headers = method === "GET" ? {} : { "X-Threelo": "1" };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(`${auth}/${path}`, { method, headers, body: body && JSON.stringify(body), credentials: "include" });
  const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
  const value = isJson ? await answer.json() : null;
  if (!answer.ok) throw new Refused(answer.status, value ?? {});
  return value;
}

// The access token for Atlassian's API, its account, and its end.
let token = null;

// Returns who is signed in, and forgets the token of another account, which would still work.
export const me = async () => {
  const me = await ask("GET", "me?optional=true");
  if (token && token.account !== me.account_id) token = null;
  return me.account_id ? me : null;
};
export const sites = async () => (await ask("GET", "sites")).sites;
export const chooseSite = (site) => ask("POST", "site", { site });
export const signOut = () => ask("POST", "logout");

// Backend for frontend: the app adds the token, which never reaches this page.
export const throughTheApp = (cloudId, path) => ask("GET", `api/jira/${cloudId}${path}`);

// Direct: the page gets a token that lasts for at least five minutes, and another one before it ends or if it is refused.
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

// On another site, a login ends with a handoff ticket, which only the page with the verifier can redeem.
const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
// Prepared before the click: popup blockers and the login accept only a window that is opened in the click itself.
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
  // Not earlier: a false ticket in the address must not use up the verifier of the real one.
  sessionStorage.removeItem("verifier");
}

// Signs in by navigation, which always works.
export function signInHere() {
  // Set only for this tab's own login, because a popup gets a copy of the session storage.
  sessionStorage.setItem("here", "yes");
  location.href = urls.here;
}

// Signs in with a popup, or by navigation if the popup is blocked.
export function signInInWindow() {
  if (!open(urls.popup, "sign-in", "popup,width=520,height=720")) return signInHere();
  return ended();
}

// Waits for the end of a login in a popup. Its last page reports it; if a page on the way cut the popup off from its opener,
// a page of this origin in the popup does, or polling finds out. `popup.closed` is of no use then.
function ended() {
  const channel = new BroadcastChannel("threelo");
  const stop = new AbortController();
  const end = new Promise((resolve, reject) => {
    addEventListener("message", ({ origin, data }) => {
      if (origin !== server || data?.type !== "threelo:done") return;
      if (data.ticket) redeem(data.ticket).then(resolve, reject);
      else resolve();
    }, stop);
    // Another tab may be waiting too: only the tab that has the verifier can redeem the ticket.
    channel.onmessage = ({ data }) => {
      if (data.ticket) redeem(data.ticket).then(() => {
        channel.postMessage({ taken: data.ticket });
        resolve();
      }, () => {});
    };
    const began = Date.now();
    const poll = setInterval(async () => {
      if (Date.now() - began > 10 * 60_000) reject(new Error("the sign-in took too long"));
      else if (sameSite && (await me().catch(() => null))) resolve();
    }, 1000);
    stop.signal.addEventListener("abort", () => clearInterval(poll));
  });
  return end.finally(() => {
    stop.abort();
    channel.close();
  });
}

// Takes a ticket from the address: of this tab's own login by navigation, or of a popup that lost its opener.
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
  else throw new Error("This sign-in was started in another browser window, or took too long. Please sign in again.");
}
