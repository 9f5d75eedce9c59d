// The last page of a login in a window of its own: tells the page that opened it, and nobody else, and closes.
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
