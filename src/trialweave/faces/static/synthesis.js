/* The page of a synthesis, answered in place. Without this file the form is sent as any other. */
"use strict";

(() => {
  const form = document.getElementById("question");
  const told = document.getElementById("told");
  if (!form || !told || !document.getElementById("found")) return;
  document.documentElement.classList.add("lively");

  let asking = null; // what stops the request that is under way
  let drawing = null; // the figure that is drawn when nothing is ticked for a moment
  let behind = null; // the same for what is fetched once it is looked at

  const queryOf = () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value !== "") query.append(name, value);
    return query.toString();
  };

  async function pageAt(address, signal) {
    const answer = await fetch(address, { signal, headers: { accept: "text/html" } });
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  /* Ask what the form says, and put the answer where the last one stood. */
  async function ask() {
    if (!form.reportValidity()) return;
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    const address = "/synthesis?" + queryOf();
    document.getElementById("found").setAttribute("aria-busy", "true");
    let page;
    try {
      page = await pageAt(address, mine.signal);
    } catch (error) {
      if (!mine.signal.aborted) location.assign(address);
      return;
    }
    if (mine.signal.aborted) return;
    const next = page.getElementById("found");
    if (!next) {
      location.assign(address); // an error that is a page of its own
      return;
    }
    document.title = page.title;
    document.querySelector("h1").textContent = page.querySelector("h1").textContent;
    place(document.adoptNode(next));
    const link = document.getElementById("address");
    history.replaceState(null, "", link ? link.getAttribute("href") : address);
    told.textContent = next.dataset.told || "";
  }

  /* Keeps what is open, where the focus is, where the page stands, and figures until the new ones
     are drawn. */
  function place(next) {
    const old = document.getElementById("found");
    const focus = old.contains(document.activeElement) ? document.activeElement : null;
    const top = focus ? focus.getBoundingClientRect().top : 0;
    for (const part of old.querySelectorAll("details[id]")) {
      const same = next.querySelector("#" + CSS.escape(part.id));
      if (same) same.open = part.open;
    }
    const drawn = old.querySelector("#forest");
    const redrawn = next.querySelector("#forest");
    const source = redrawn && redrawn.getAttribute("src");
    if (drawn && redrawn) {
      drawn.alt = redrawn.alt;
      redrawn.replaceWith(drawn);
    }
    old.replaceWith(next);
    clearTimeout(drawing);
    if (drawn && source && drawn.getAttribute("src") !== source) {
      drawn.classList.add("stale");
      drawn.onload = drawn.onerror = () => drawn.classList.remove("stale");
      drawing = setTimeout(() => drawn.setAttribute("src", source), 250);
    }
    if (focus) {
      const same = [...next.querySelectorAll("input, button, a, summary, [tabindex]")].find(
        (each) => each.isEqualNode(focus) || (focus.name && each.name === focus.name && each.value === focus.value)
      );
      if (same) {
        same.focus({ preventScroll: true });
        scrollBy({ top: same.getBoundingClientRect().top - top, behavior: "instant" });
      }
    }
    watch();
  }

  /* Certainty takes longer than the answer: it comes when somebody is about to read it. */
  function watch() {
    if (behind) behind.abort();
    const mine = (behind = new AbortController());
    const place = document.getElementById("certainty");
    const link = place && place.querySelector("a");
    if (!link || !("IntersectionObserver" in window)) return;
    const seen = new IntersectionObserver(async (entries) => {
      if (!entries.some((each) => each.isIntersecting)) return;
      seen.disconnect();
      try {
        const page = await pageAt(link.getAttribute("href"), mine.signal);
        const part = page.getElementById("draft");
        if (part && !mine.signal.aborted) place.append(document.adoptNode(part));
      } catch {
        /* the link is still there */
      }
    }, { rootMargin: "200px" });
    seen.observe(place);
    mine.signal.addEventListener("abort", () => seen.disconnect());
  }

  document.addEventListener("change", (event) => {
    if (event.target.form === form) ask();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  watch();
})();
