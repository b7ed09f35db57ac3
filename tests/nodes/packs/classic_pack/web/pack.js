// A script for the browser.
