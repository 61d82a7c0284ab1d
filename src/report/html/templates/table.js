"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const job = read("job"), rows = read("lines"), words = read("words");
  // The places of a row's members, as `line_data.rs` writes them.
  const [LINE, ID, USER, NAME, OUTCOME, REASON, DETAIL, ACTIVE_BEFORE, SPACES_BEFORE, SEEN, ACTIVE_AFTER,
    SPACES_AFTER, ATTEMPTS, STATUS, REQUEST, FIRST, DONE, CONFIRMED, BY, RUN, FINDING, FINDING_DETAIL,
    FOUND, UNDO, CELLS] = Array(25).keys();
  const $ = (id) => document.getElementById(id);
  const text = (value) => value === null ? "" : typeof value === "number" ? words[value] : value;
  const number = (value) => value.toLocaleString("en-US");
  const cell = (row, index) => {
    const value = row[CELLS][index];
    return value === undefined ? "" : typeof value === "number" ? row[[ID, USER, NAME][value]] : value;
  };
  const why = (row) => {
    const code = text(row[REASON]);
    return job.reasons[code] || text(row[DETAIL]) || code;
  };
  const iso = (ms) => new Date(job.base + ms).toISOString();
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const moment = (ms) => {
    const [date, time] = iso(ms).split("T"), [year, month, day] = date.split("-");
    return Number(day) + " " + MONTHS[month - 1] + " " + year + ", " + time.slice(0, 8) + " UTC";
  };

  const element = (name, options = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(options)) {
      if (key === "class") made.className = value; else made.setAttribute(key, value);
    }
    made.append(...children.filter((child) => child !== null && child !== ""));
    return made;
  };
  const isolated = (value, style = "") => value ? element("bdi", style ? { class: style } : {}, value) : null;
  const sign = (code) => {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg"), use = document.createElementNS(space, "use");
    for (const [key, value] of [["class", "sign " + code], ["viewBox", "0 0 16 16"], ["width", "16"],
      ["height", "16"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
    use.setAttribute("href", "#sign-" + code);
    svg.append(use);
    return svg;
  };

  // The text that a search looks through. It is made once for each row, at the first search.
  let hay = null;
  const haystack = () => hay ??= rows.map((row) => [
    row[LINE], row[ID], row[USER], row[NAME], job.outcomes[row[OUTCOME]][1], text(row[REASON]), why(row),
    text(row[DETAIL]), row[REQUEST], row[STATUS], text(row[FINDING]), row[UNDO],
    ...row[CELLS].map((_, index) => cell(row, index)),
  ].filter((part) => part !== null).join("\n").toLowerCase());

  const keys = {
    line: (row) => row[LINE],
    user: (row) => (row[NAME] || row[USER] || row[ID] || "").toLowerCase(),
    outcome: (row) => job.outcomes[row[OUTCOME]][1],
    why: (row) => why(row),
    attempts: (row) => row[ATTEMPTS],
    done: (row) => row[DONE] === null ? Infinity : row[DONE],
  };

  const state = { query: "", outcome: "", sort: "", down: false, page: 0, size: 50 };
  let found = [];

  const select = () => {
    const terms = state.query.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = job.outcomes.findIndex(([code]) => code === state.outcome);
    const hays = terms.length ? haystack() : null;
    found = [];
    for (let index = 0; index < rows.length; index += 1) {
      if (state.outcome && rows[index][OUTCOME] !== wanted) continue;
      if (hays && !terms.every((term) => hays[index].includes(term))) continue;
      found.push(index);
    }
    if (state.sort) {
      const key = new Map(found.map((index) => [index, keys[state.sort](rows[index])]));
      const way = state.down ? -1 : 1;
      // Rows that are alike stay in the page's own order.
      found.sort((a, b) => {
        const x = key.get(a), y = key.get(b);
        return x < y ? -way : x > y ? way : a - b;
      });
    }
  };

  const has = (active, spaces) => {
    const parts = [];
    if (active !== null) parts.push(active ? "active" : "disabled");
    if (spaces !== null) {
      parts.push(spaces.length ? spaces.length + (spaces.length === 1 ? " workspace: " : " workspaces: ") +
        spaces.map(text).join(", ") : "no workspaces");
    }
    return parts.join("; ");
  };
  const at = (ms) => ms === null ? null : element("time", { datetime: iso(ms) }, moment(ms));
  const BY_WORDS = { body: "the answer to the write itself", reread: "reading the user again" };

  const details = (row) => {
    const list = element("dl");
    const add = (name, value, style = "") => {
      if (value === null || value === "" || value === undefined) return;
      const shown = typeof value === "object" ? value : isolated(String(value));
      list.append(element("div", {}, element("dt", {}, name), element("dd", style ? { class: style } : {}, shown)));
    };
    add("Before", has(row[ACTIVE_BEFORE], row[SPACES_BEFORE]));
    add("Afterwards", has(row[ACTIVE_AFTER], row[SPACES_AFTER]));
    add("Seen before at", at(row[SEEN]));
    add("User id", row[ID], "code");
    add("User name", row[USER]);
    add("Display name", row[NAME]);
    add("Reason", text(row[REASON]), "code");
    add("In words", text(row[DETAIL]));
    add("Attempts", row[ATTEMPTS]);
    add("Last HTTP status", row[STATUS]);
    add("Request id", row[REQUEST], "code");
    add("First attempt at", at(row[FIRST]));
    add("Done at", at(row[DONE]));
    add("Confirmed at", at(row[CONFIRMED]));
    add("Confirmed by", BY_WORDS[text(row[BY])] || text(row[BY]));
    add("Verified later", text(row[FINDING]));
    add("What differed", text(row[FINDING_DETAIL]));
    add("Verified at", at(row[FOUND]));
    add("Undo", row[UNDO]);
    add("Last run", row[RUN] === null ? null : job.runs[row[RUN]]);
    row[CELLS].forEach((_, index) => add("Roster: " + (job.columns[index] || "column " + (index + 1)), cell(row, index)));
    return list;
  };

  const body = document.querySelector("#people tbody");
  const draw = (row) => {
    const [code, name] = job.outcomes[row[OUTCOME]];
    const who = row[NAME] || row[USER];
    const more = element("button", {
      type: "button", class: "more", "aria-expanded": "false",
      "aria-label": "Details of line " + row[LINE],
    });
    const reason = why(row);
    const line = element("tr", { role: "row" },
      element("td", { role: "cell" }, more),
      element("td", { role: "cell", class: "number", "data-label": "Line" }, String(row[LINE])),
      element("th", { role: "rowheader", scope: "row", "data-label": "User" }, isolated(who, "name"),
        row[ID] ? isolated(row[ID], "code") : element("span", { class: "faint" }, "no id")),
      element("td", { role: "cell", "data-label": "Outcome" }, element("span", { class: "outcome" }, sign(code), name)),
      element("td", { role: "cell", "data-label": "Why" }, reason,
        text(row[DETAIL]) !== reason ? isolated(text(row[DETAIL]), "words") : null),
      element("td", { role: "cell", class: "number", "data-label": "Attempts" }, String(row[ATTEMPTS])),
      element("td", { role: "cell", "data-label": "Done" },
        row[DONE] === null ? element("span", { class: "faint" }, "not yet") : at(row[DONE])));
    more.addEventListener("click", () => {
      const open = more.getAttribute("aria-expanded") === "true";
      more.setAttribute("aria-expanded", String(!open));
      if (open) line.nextSibling.remove();
      else line.after(element("tr", { role: "row", class: "detail" }, element("td", { role: "cell", colspan: "7" }, details(row))));
    });
    return line;
  };

  // Lines of the roster that the page does not hold, and that the outcome asked for does not rule out.
  const leftOut = () => {
    const wanted = job.outcomes.findIndex(([code]) => code === state.outcome);
    return wanted < 0 ? job.left.reduce((sum, lines) => sum + lines, 0) : job.left[wanted];
  };
  const pages = () => Math.max(1, Math.ceil(found.length / state.size));
  const show = () => {
    state.page = Math.min(Math.max(state.page, 0), pages() - 1);
    const from = state.page * state.size, shown = found.slice(from, from + state.size);
    body.replaceChildren(...shown.map((index) => draw(rows[index])));
    const all = found.length === rows.length ? number(rows.length) + (rows.length === 1 ? " line" : " lines")
      : number(found.length) + " of " + number(rows.length) + " lines";
    const left = leftOut(), here = job.left.some((lines) => lines > 0) ? " on this page" : "";
    const others = left === 0 ? "" : " " + number(left) + (left === 1 ? " more is" : " more are") + " not on this page" +
      (state.query ? " and " + (left === 1 ? "was" : "were") + " not searched" : "") + ": see report.csv.";
    $("count").textContent = (shown.length > 0
      ? "Lines " + number(from + 1) + " to " + number(from + shown.length) + " of " + all + here + "."
      : left === 0 ? "No line fits." : "No line on this page fits.") + others;
    $("page").textContent = "Page " + number(state.page + 1) + " of " + number(pages());
    for (const id of ["first", "previous"]) $(id).disabled = state.page === 0;
    for (const id of ["next", "last"]) $(id).disabled = state.page === pages() - 1;
    for (const head of document.querySelectorAll("#people th[data-sort]")) {
      if (head.dataset.sort === state.sort) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    $("order").value = state.sort + (state.down ? " down" : "");
  };
  const renew = (change) => { Object.assign(state, change, { page: 0 }); select(); show(); };
  const turn = (page) => { state.page = page; show(); };

  const counts = new Map();
  for (const row of rows) counts.set(row[OUTCOME], (counts.get(row[OUTCOME]) || 0) + 1);
  job.outcomes.forEach(([code, name], index) => {
    const held = counts.get(index) || 0, all = held + job.left[index];
    const many = held === all ? number(held) : number(held) + " of " + number(all);
    if (all > 0) $("outcome").append(element("option", { value: code }, name + " (" + many + ")"));
  });
  for (const [value, name] of [["", "What went wrong first"], ["line", "Line"], ["user", "User"], ["outcome", "Outcome"],
    ["attempts down", "Most attempts"], ["done", "Done first"], ["done down", "Done last"]]) {
    $("order").append(element("option", { value }, name));
  }

  $("search").addEventListener("input", (event) => renew({ query: event.target.value }));
  $("outcome").addEventListener("change", (event) => renew({ outcome: event.target.value }));
  $("size").addEventListener("change", (event) => renew({ size: Number(event.target.value) }));
  $("order").addEventListener("change", (event) => {
    const [sort, down] = event.target.value.split(" ");
    renew({ sort, down: Boolean(down) });
  });
  document.querySelector(".controls").addEventListener("submit", (event) => event.preventDefault());
  for (const head of document.querySelectorAll("#people th[data-sort]")) {
    head.firstElementChild.addEventListener("click", () => {
      // Up, down, and back to the page's own order.
      const sort = head.dataset.sort;
      if (state.sort !== sort) renew({ sort, down: false });
      else if (!state.down) renew({ down: true });
      else renew({ sort: "", down: false });
    });
  }
  $("first").addEventListener("click", () => turn(0));
  $("previous").addEventListener("click", () => turn(state.page - 1));
  $("next").addEventListener("click", () => turn(state.page + 1));
  $("last").addEventListener("click", () => turn(pages() - 1));
  for (const link of document.querySelectorAll("a[data-outcome]")) {
    link.addEventListener("click", () => {
      $("outcome").value = link.dataset.outcome;
      if ($("outcome").value !== link.dataset.outcome) $("outcome").value = "";
      $("search").value = "";
      renew({ outcome: $("outcome").value, query: "" });
    });
  }
  $("table").hidden = false;
  renew({});
})();
