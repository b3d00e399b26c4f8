// On the pages for signing in: what a window still keeps of a patient is removed.
const KEEP_MS = 600_000;

// After signing out at once. After a session that ended by itself, typed text that had not reached
// the server waits ten minutes for its author to come back.
if (new URLSearchParams(location.search).has("out")) sessionStorage.clear();
else if (location.pathname === "/sign-in") setTimeout(() => sessionStorage.clear(), KEEP_MS);
