// The action opens a page in a tab, because a popup of the action would close as soon as the login window opens.
chrome.action.onClicked.addListener(() => chrome.tabs.create({ url: "page.html" }));
