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
  const written = (ms, name) => {
    const [date, time] = iso(ms).split("T"), [year, month, day] = date.split("-");
    return Number(day) + " " + MONTHS[month - 1] + " " + year + ", " + time.slice(0, 8) + " " + name;
  };
  const utc = (ms) => written(ms, "UTC");
  // The last setting of the zone's clocks that was made before this moment.
  const setting = (ms) => job.zone.settings.filter(([from]) => from === null || from <= ms).pop();
  const moment = (ms) => {
    if (job.zone === null) return utc(ms);
    const [, ahead, name] = setting(ms);
    return written(ms + ahead, name);
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
  // An address in which a line may end behind a sign, and not inside a word.
  const address = (value, style = "") => {
    if (!value) return null;
    const made = element("bdi", style ? { class: style } : {});
    for (const piece of value.match(/[^@._+-]*[@._+-]?/g)) made.append(piece, document.createElement("wbr"));
    return made;
  };
  const sign = (code) => {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg"), use = document.createElementNS(space, "use");
    for (const [key, value] of [["class", "sign " + code], ["viewBox", "0 0 16 16"], ["width", "16"],
      ["height", "16"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
    use.setAttribute("href", "#sign-" + code);
    svg.append(use);
    return svg;
  };

  // What a user has, in a few words. The details have the ids of the workspaces, too.
  const stateOf = (active, spaces, ids) => {
    const parts = [];
    if (active !== null) parts.push(active ? "active" : "disabled");
    if (spaces !== null) {
      parts.push(spaces.length === 0 ? "no workspaces"
        : spaces.length + (spaces.length === 1 ? " workspace" : " workspaces") +
          (ids ? ": " + spaces.map(text).join(", ") : ""));
    }
    return parts.join("; ");
  };
  const before = (row, ids = false) => stateOf(row[ACTIVE_BEFORE], row[SPACES_BEFORE], ids);
  const after = (row, ids = false) => stateOf(row[ACTIVE_AFTER], row[SPACES_AFTER], ids);
  const finding = (row) => job.findings[text(row[FINDING])] || text(row[FINDING]);
  const BY_WORDS = { body: "the answer to the write itself", reread: "reading the user again" };

  // What the details of a line show: names and values. A value of the kind "time" is in ms.
  const facts = (row) => [
    ["Before", before(row, true)],
    ["Afterwards", after(row, true)],
    ["Seen before at", row[SEEN], "time"],
    ["User id", row[ID], "code"],
    ["User name", row[USER], "address"],
    ["Display name", row[NAME]],
    ["Reason", text(row[REASON]), "code"],
    ["In words", text(row[DETAIL])],
    ["Attempts", row[ATTEMPTS]],
    ["Last HTTP status", row[STATUS]],
    ["Request id", row[REQUEST], "code"],
    ["First attempt at", row[FIRST], "time"],
    ["Done at", row[DONE], "time"],
    ["Confirmed at", row[CONFIRMED], "time"],
    ["Confirmed by", BY_WORDS[text(row[BY])] || text(row[BY])],
    ["Verified later", finding(row)],
    ["What differed", text(row[FINDING_DETAIL])],
    ["Verified at", row[FOUND], "time"],
    ["Undo", row[UNDO]],
    ["Last run", row[RUN] === null ? null : job.runs[row[RUN]]],
    ...row[CELLS].map((_, index) => ["Roster: " + (job.columns[index] || "column " + (index + 1)), cell(row, index)]),
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  const times = (ms) => job.zone === null ? [utc(ms)] : [moment(ms), utc(ms)];

  // The text that a search looks through: all that a line and its details show. It is made at the first search.
  let hay = null;
  const haystack = () => hay ??= rows.map((row) => [
    row[LINE], job.outcomes[row[OUTCOME]][1], why(row),
    ...facts(row).flatMap(([, value, kind]) => kind === "time" ? times(value) : [value]),
  ].join("\n").toLowerCase());

  const keys = {
    line: (row) => row[LINE],
    user: (row) => (row[NAME] || row[USER] || row[ID] || "").toLowerCase(),
    outcome: (row) => job.outcomes[row[OUTCOME]][1],
    why: (row) => why(row),
    attempts: (row) => row[ATTEMPTS],
    done: (row) => row[DONE] === null ? Infinity : row[DONE],
    before: (row) => before(row),
    after: (row) => after(row),
    verified: finding,
  };

  const state = { query: "", outcome: "", sort: "", down: false, page: 0, size: 50 };
  // The lines whose details are open, and the columns that were chosen.
  const open = new Set(), chosen = new Set();
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

  const at = (ms) => element("time", { datetime: iso(ms) }, moment(ms));

  const details = (row) => {
    const list = element("dl");
    for (const [name, value, kind] of facts(row)) {
      const shown = kind === "time" ? times(value).map((time) => element("time", { datetime: iso(value) }, time))
        : [kind === "address" ? address(value) : isolated(String(value))];
      const style = kind === "code" ? { class: "code" } : {};
      list.append(element("div", {}, element("dt", {}, name), ...shown.map((one) => element("dd", style, one))));
    }
    return list;
  };

  const body = document.querySelector("#people tbody");
  const CHOICES = ["before", "after", "verified"];
  const LABELS = { before: "Before", after: "After", verified: "Verified" };
  const draw = (index) => {
    const row = rows[index], [code, name] = job.outcomes[row[OUTCOME]];
    const id = "details-" + row[LINE], reason = why(row);
    const more = element("button", {
      type: "button", class: "more", "aria-expanded": "false", "aria-label": "Details of line " + row[LINE],
    });
    const cells = [
      element("td", { role: "cell" }, more),
      element("td", { role: "cell", class: "number", "data-label": "Line" }, String(row[LINE])),
      element("th", { role: "rowheader", scope: "row", "data-label": "User" },
        row[NAME] && row[NAME] !== row[USER] ? isolated(row[NAME], "name") : null, address(row[USER], "address"),
        row[ID] ? isolated(row[ID], "code") : element("span", { class: "faint" }, "no id")),
      element("td", { role: "cell", "data-label": "Outcome" }, element("span", { class: "outcome" }, sign(code), name)),
      element("td", { role: "cell", "data-label": "Why" }, reason,
        text(row[DETAIL]) !== reason ? isolated(text(row[DETAIL]), "words") : null),
      ...CHOICES.filter((choice) => chosen.has(choice)).map((choice) =>
        element("td", { role: "cell", class: "state", "data-label": LABELS[choice] }, isolated(keys[choice](row)))),
      element("td", { role: "cell", class: "number", "data-label": "Attempts" }, String(row[ATTEMPTS])),
      element("td", { role: "cell", "data-label": "Done" },
        row[DONE] === null ? element("span", { class: "faint" }, "not yet") : at(row[DONE])),
    ];
    const line = element("tr", { role: "row" }, ...cells);
    const unfold = () => {
      more.setAttribute("aria-expanded", "true");
      more.setAttribute("aria-controls", id);
      const all = element("td", { role: "cell", colspan: String(cells.length) }, details(row));
      const under = element("tr", { role: "row", class: "detail", id }, all);
      if (line.parentNode) line.after(under);
      return under;
    };
    more.addEventListener("click", () => {
      if (open.delete(index)) {
        more.setAttribute("aria-expanded", "false");
        more.removeAttribute("aria-controls");
        document.getElementById(id).remove();
      } else {
        open.add(index);
        unfold();
      }
    });
    return open.has(index) ? [line, unfold()] : [line];
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
    body.replaceChildren(...shown.flatMap(draw));
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
  for (const box of document.querySelectorAll("input[data-choice]")) {
    box.checked = false;
    box.addEventListener("change", () => {
      const choice = box.dataset.choice;
      if (box.checked) chosen.add(choice); else chosen.delete(choice);
      document.querySelector("#people th[data-sort=" + choice + "]").hidden = !box.checked;
      $("people").classList.toggle("with-choices", chosen.size > 0);
      if (!box.checked && state.sort === choice) renew({ sort: "", down: false }); else show();
    });
  }

  // On paper there are no pages to turn: all lines that are selected are printed, up to a number that a browser
  // can lay out.
  const PRINTED = 5000;
  window.addEventListener("beforeprint", () => {
    const printed = Math.min(found.length, PRINTED), left = leftOut();
    body.replaceChildren(...found.slice(0, printed).flatMap(draw));
    const selects = state.query && state.outcome ? "the search and the filter select"
      : state.query ? "the search finds" : state.outcome ? "the filter selects" : "";
    const rest = found.length - printed + left, all = printed + rest;
    $("printed").textContent = "Printed: " + (rest > 0 ? "the first " + number(printed) + " of " : selects ? "" : "all ") +
      number(all) + (all === 1 ? " line" : " lines") + (selects ? " that " + selects : "") + "." +
      (rest > 0 ? " The other " + number(rest) + " are in report.csv." : "") +
      (selects ? " The page holds " + number(rows.length) + " lines." : "");
  });
  window.addEventListener("afterprint", () => show());
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
