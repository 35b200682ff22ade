// When keys sign, and how long they stay: the rules of the native server (`host/wasmtime/src/keys/schedule.rs`), put to the same questions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { RELOAD_SLACK_S, current, maySign, note, retiresAt, rotationDue } from "../src/keys/schedule.mjs";

const DAY = 86_400;
const term = (kid, activatesAt, droppedAt = null) => ({ kid, activates_at: activatesAt, number: 0, dropped_at: droppedAt });

test("a key signs from its activation to the next one, and for a moment longer", () => {
  const terms = [term("b", 200), term("a", 100), term("c", 300)];
  assert.deepEqual([150, 199, 200, 300].map((now) => current(terms, now).kid), ["a", "a", "b", "c"]);
  assert.equal(retiresAt(terms, terms[1], 1000), 200 + RELOAD_SLACK_S + 1000);
  assert.equal(retiresAt(terms, terms[2], 1000), undefined);
  assert.ok(maySign(terms, terms[1], 199 + RELOAD_SLACK_S));
  assert.ok(!maySign(terms, terms[1], 200 + RELOAD_SLACK_S));
  assert.ok(!maySign(terms, terms[2], 299));
});

test("a dropped key goes as a followed one does, and comes back if it is configured again", () => {
  const terms = [term("a", 100), term("b", 900)];
  assert.equal(note(terms[0], true, 500), undefined);
  assert.equal(note(terms[0], false, 500), 500);
  const dropped = terms.map((one) => ({ ...one, dropped_at: 500 }));
  for (const one of dropped) {
    assert.equal(note(one, false, 600), undefined);
    assert.equal(note(one, true, 600), null);
    assert.equal(retiresAt(dropped, one, 1000), 500 + RELOAD_SLACK_S + 1000);
  }
  // Another isolate may have it configured.
  assert.ok(maySign(dropped, dropped[0], 600));
  assert.ok(!maySign(dropped, dropped[1], 600));
  // One that was followed before that goes when it would have gone.
  const followed = [term("a", 100), term("b", 200, 500)];
  assert.equal(retiresAt(followed, followed[0], 1000), 200 + RELOAD_SLACK_S + 1000);
});

test("rotation is due when the current key is old and alone", () => {
  const alone = [term("a", 100)];
  assert.ok(!rotationDue(alone, 199, 100));
  assert.ok(rotationDue(alone, 200, 100));
  assert.ok(!rotationDue(alone, 200, 0));
  assert.ok(!rotationDue([term("a", 100), term("b", 900)], 500, 100));
});

test("no relying party that keeps the set as long as it may ever meets a key that it does not know", () => {
  // An isolate publishes what it read up to four minutes ago; a relying party keeps what it got for five; a token lives a day.
  const [stale, kept, step] = [240, 300, 60];
  let terms = [term("0", 0)];
  const published = [];
  const alive = new Map();
  for (let now = 0; now < 5 * DAY; now += step) {
    if (rotationDue(terms, now, DAY)) {
      terms = [...terms, term(String(terms.length + now), now + 600)];
    }
    terms = terms.filter((one) => !(retiresAt(terms, one, DAY) <= now));
    published.push(new Set(terms.map(({ kid }) => kid)));
    alive.set(current(terms, now).kid, now + DAY);
    for (const [kid, until] of alive) {
      if (now < until) {
        const oldest = published.at(-1 - (stale + kept) / step) ?? published[0];
        assert.ok(oldest.has(kid) && published.at(-1).has(kid), `at ${now}: ${kid}`);
      }
    }
  }
  assert.ok(alive.size >= 4);
});
