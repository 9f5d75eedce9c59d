// The auth routes of the app that signs users in. It must list this extension: cross_site_origins(["chrome-extension://…"]).
export const auth = "http://localhost:3000/auth";
