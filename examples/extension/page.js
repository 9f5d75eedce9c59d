// The whole extension. Its bearer session is kept in memory, where no page can read it.

import { auth } from "./config.js";

const SEARCH = "/rest/api/3/search/jql?" + new URLSearchParams({
  jql: "assignee = currentUser() ORDER BY updated DESC",
  fields: "summary",
  maxResults: "10",
});
const $ = (id) => document.getElementById(id);
const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// A request with the bearer token needs no other proof, because no browser adds the token by itself.
async function ask(method, path, body) {
  const { token } = await chrome.storage.session.get("token");
  const headers = { "X-Threelo": "1" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(`${auth}/${path}`, { method, headers, body: body && JSON.stringify(body) });
  const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
  const value = isJson ? await answer.json() : null;
  if (!answer.ok) throw new Error(value?.title ?? `status ${answer.status}`);
  return value;
}

// Prepared before the click, because a popup must be opened in the click itself.
let verifier = "";
let loginUrl = "";
async function prepare() {
  verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const challenge = base64url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)));
  loginUrl = `${auth}/login?${new URLSearchParams({ display: "popup", origin: location.origin, challenge })}`;
}

// The handoff ticket, accepted from the last page of the login only.
function ticket() {
  return new Promise((resolve) => addEventListener("message", function done({ origin, data }) {
    if (origin !== new URL(auth).origin || data?.type !== "threelo:done" || !data.ticket) return;
    removeEventListener("message", done);
    resolve(data.ticket);
  }));
}

async function signIn() {
  open(loginUrl, "sign-in", "popup,width=520,height=720");
  const redeemed = await ask("POST", "redeem", { ticket: await ticket(), verifier, deliver: "bearer" });
  await chrome.storage.session.set({ token: redeemed.token });
  await refresh();
}

async function list() {
  const { sites } = await ask("GET", "sites");
  const site = sites.find(({ current }) => current) ?? sites[0];
  const found = await ask("GET", `api/jira/${site.id}${SEARCH}`);
  $("list").replaceChildren(...found.issues.map(({ key, fields }) => {
    const item = document.createElement("li");
    item.textContent = `${key} ${fields.summary}`;
    return item;
  }));
}

async function signOut() {
  await ask("POST", "logout");
  await chrome.storage.session.remove("token");
  $("list").replaceChildren();
  await refresh();
}

async function refresh() {
  const me = await ask("GET", "me?optional=true");
  if (!me.account_id) await prepare();
  $("who").textContent = me.account_id ? `Signed in as ${me.profile.name ?? me.account_id}` : "You are not signed in.";
  $("in").hidden = Boolean(me.account_id);
  $("issues").hidden = $("out").hidden = !me.account_id;
}

const run = (work) => async () => {
  $("trouble").textContent = "";
  await work().catch((error) => { $("trouble").textContent = error.message; });
};
$("in").onclick = run(signIn);
$("issues").onclick = run(list);
$("out").onclick = run(signOut);
run(refresh)();
