// Keeps the login of an open page alive: `kakaoLogin.fetch` instead of `fetch`, one renewal for all tabs.
//
// In the head of a page for logged-in users, {% include "kakao_login/script.html" %} brings this file and what it
// reads: <meta name="csrf-token"> and <meta name="access-token-expires-in"> (seconds).  The tokens themselves are in
// cookies that no script can read; this one never touches cookies, and what it shares with other tabs is two numbers.
"use strict";

(() => {
  const prefix = new URL("../", document.currentScript.src); // …/auth/static/kakao_login.js is below …/auth/
  const NAME = `kakao_login ${prefix.pathname}`;
  const SAFE = ["GET", "HEAD", "OPTIONS"];
  const LONGEST_TIMER = 2 ** 31 - 1; // setTimeout takes any longer delay for none at all.
  const fetch = window.fetch.bind(window); // A host may well put ours in its place.
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;
  const csrfToken = meta("csrf-token");

  // When the cookies were last renewed, by any tab, and until when they hold; where storage is blocked, each tab
  // knows of itself alone.  A page that was just loaded knows best.
  const fromNow = (seconds) => ({ at: Date.now(), until: Date.now() + seconds * 1000 });
  let own = fromNow(Number(meta("access-token-expires-in") ?? Infinity));
  const lastRenewal = () => {
    try {
      const [at, until] = (localStorage.getItem(NAME) ?? "").split(" ").map(Number);
      return at > own.at && at <= Date.now() ? { at, until } : own;
    } catch {
      return own;
    }
  };
  const remember = (expiresIn) => {
    own = fromNow(expiresIn);
    try {
      localStorage.setItem(NAME, `${own.at} ${own.until}`);
    } catch {
      // The server gives the same pair to every tab that asks within KAKAO_LOGIN_REUSE_INTERVAL.
    }
  };

  // Old browsers and plain http off localhost have no locks: then only the calls of this tab wait for each other.
  let last = Promise.resolve();
  const oneAtATime = (work) =>
    navigator.locks ? navigator.locks.request(NAME, work) : (last = last.then(work, work));

  // True when the cookies are newer than `since`, renewed by this tab or by another that had the lock before.
  const renew = (since) =>
    new Promise((resolve) => {
      oneAtATime(async () => {
        if (lastRenewal().at > since) return resolve(true);
        resolve(await postRefresh().catch(() => false));
        return new Promise((release) => setTimeout(release, 50)); // Storage reaches other tabs later than the lock.
      });
    });
  const postRefresh = async () => {
    const headers = { "X-CSRF-Token": csrfToken ?? "" };
    const signal = AbortSignal.timeout(20_000); // All other tabs are waiting.
    const answer = await fetch(new URL("refresh", prefix), { method: "POST", headers, signal });
    if (answer.ok) remember((await answer.json()).expires_in);
    return answer.ok;
  };

  const isExpired = async (answer) => {
    if (answer.status !== 401) return false;
    const body = await answer.clone().json().catch(() => null);
    return body?.error === "token_expired";
  };

  // As the browser's own fetch, with two additions for calls to this site: the CSRF token where one is due, and
  // when the access token has run out, one renewal and the call once more.  A body that is a stream is gone after
  // the first try: then the 401 is the answer, and the caller, who alone has the data, calls again.
  const fetchRenewing = async (input, init) => {
    const request = new Request(input, init);
    if (new URL(request.url).origin !== location.origin) return fetch(request);
    if (csrfToken && !SAFE.includes(request.method)) request.headers.set("X-CSRF-Token", csrfToken);
    const spare = init?.body instanceof ReadableStream ? null : request.clone();
    const since = Date.now();
    const answer = await fetch(request);
    if (!spare || !(await isExpired(answer)) || !(await renew(since))) return answer;
    schedule();
    return fetch(spare);
  };

  // Renew shortly before the access token runs out, while somebody looks at the page.
  let timer;
  const schedule = () => {
    clearTimeout(timer);
    const { until } = lastRenewal();
    const left = until - Date.now();
    const early = Math.min(60_000, left / 10);
    if (document.hidden || left === Infinity) return;
    timer = setTimeout(renewInTime, Math.min(left - early, LONGEST_TIMER), until);
  };
  const renewInTime = async (planned) => {
    if (lastRenewal().until > planned || (await renew(Date.now()))) schedule();
  };
  document.addEventListener("visibilitychange", schedule);

  // A page that comes back out of the back/forward cache was not asked for again, and its login may be over by now.
  // So it goes in hidden, and comes out when the server says that the same login still holds, or is loaded anew.
  const show = (visible) => document.documentElement.style.setProperty("visibility", visible ? "" : "hidden");
  const recheck = async () => {
    const answer = await fetchRenewing(new URL("me", prefix), { cache: "no-store" }).catch(() => null);
    const login = answer?.ok ? await answer.json().catch(() => null) : null;
    const over = answer?.status === 401 || (login && login.csrf_token !== csrfToken);
    if (over) location.reload();
    else show(true);
  };
  if (csrfToken) {
    addEventListener("pagehide", (event) => event.persisted && show(false));
    addEventListener("pageshow", (event) => event.persisted && recheck());
    schedule();
  }

  window.kakaoLogin = Object.freeze({ fetch: fetchRenewing });
})();
