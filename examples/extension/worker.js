// The action opens a page in a tab: a pop-up of the action would close as soon as the login's window opens.
chrome.action.onClicked.addListener(() => chrome.tabs.create({ url: "page.html" }));
