// The last page of a login in a popup: tells the page that opened it, if it has the listed origin, and closes.
// Where a page on the way cut the two apart (Cross-Origin-Opener-Policy), this window becomes a page of the app.
(() => {
  const { origin, message, fallback } = document.currentScript.dataset;
  if (window.opener) {
    window.opener.postMessage(JSON.parse(message), origin);
    window.close();
  } else if (fallback) {
    location.replace(fallback);
  } else {
    window.close();
  }
})();
