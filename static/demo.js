// Shows how long the access token still lives; without script the page shows the time alone.
"use strict";

for (const element of document.querySelectorAll("time[data-expires]")) {
  const written = element.textContent;
  const show = () => {
    const left = Math.max(0, Math.round(Number(element.dataset.expires) - Date.now() / 1000));
    const minutes = String(Math.floor(left / 60)).padStart(2, "0");
    element.textContent = `${written} (${minutes}:${String(left % 60).padStart(2, "0")})`;
  };
  show();
  setInterval(show, 1000);
}
