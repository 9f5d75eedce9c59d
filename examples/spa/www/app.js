import * as threelo from "/threelo.js";

const SEARCH = "/rest/api/3/search/jql?" + new URLSearchParams({
  jql: "assignee = currentUser() ORDER BY updated DESC",
  fields: "summary,status",
  maxResults: "10",
});
const $ = (id) => document.getElementById(id);

function show(me, sites) {
  $("who").textContent = me ? `Signed in as ${me.profile.name ?? me.account_id}` : "You are not signed in.";
  $("stranger").hidden = Boolean(me);
  $("user").hidden = !me;
  $("issues").replaceChildren();
  $("how").textContent = "";
  const choices = sites.map((site) => new Option(site.name, site.id, false, site.current));
  if (!sites.some((site) => site.current)) choices.unshift(new Option("Choose a site", ""));
  $("site").replaceChildren(...choices);
}

function list(found, how) {
  $("how").textContent = `${found.issues.length} issues, ${how}`;
  $("issues").replaceChildren(...found.issues.map(({ key, fields }) => {
    const item = document.createElement("li");
    const name = document.createElement("b");
    name.textContent = key;
    item.append(name, fields.summary);
    return item;
  }));
}

async function refresh() {
  const me = await threelo.me();
  if (!me) await threelo.prepareLogin();
  show(me, me ? await threelo.sites() : []);
}

// Runs the action of a button and shows its error.
const on = (id, event, work) => $(id).addEventListener(event, async () => {
  $("trouble").textContent = "";
  try {
    await work();
  } catch (error) {
    $("trouble").textContent = error.message;
    // After any error: a new login needs a new challenge, and another user may be signed in by now.
    if (!$("stranger").hidden || error.status === 401) await refresh();
  }
});

on("popup", "click", async () => {
  await threelo.signInInWindow();
  await refresh();
});
on("navigate", "click", threelo.signInHere);
on("site", "change", async () => {
  await threelo.chooseSite($("site").value);
  await refresh();
});
on("forwarded", "click", async () => list(await threelo.throughTheApp($("site").value, SEARCH), "through the app"));
on("direct", "click", async () => list(await threelo.atAtlassian($("site").value, SEARCH), "from Atlassian"));
on("out", "click", async () => {
  await threelo.signOut();
  threelo.forgetToken();
  await refresh();
});

const told = (error) => { $("trouble").textContent = error.message; };
await threelo.takeTicket().catch(told);
await refresh().catch(told);
