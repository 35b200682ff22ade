// When a key signs, how long it stays published, and when the next one is due. Everything follows from when keys activate,
// and each key gives way to the one that activates after it. Times are seconds since the Unix epoch.
// `term` and `terms`: keys of one algorithm, `{activates_at, number, kid}`.

/** How long an isolate may go on signing by a key that was replaced: it looks for changes more often. */
export const RELOAD_SLACK_S = 300;

/** The order in which keys sign; of those that activate in the same second, the one made later signs. */
export function inOrder(a, b) {
  return a.activates_at - b.activates_at || a.number - b.number;
}

/** The key that signs at `now`: the latest that is active; if the clock was set back before all of them, the first. */
export function current(terms, now) {
  const sorted = terms.toSorted(inOrder);
  return sorted.findLast((term) => term.activates_at <= now) ?? sorted[0];
}

/** When `term` stops signing: when the next key activates. Undefined while none is there. */
export function stopsAt(terms, term) {
  return terms.toSorted(inOrder).find((other) => inOrder(other, term) > 0)?.activates_at;
}

/**
 * Whether `term` may sign at `now`. A caller asks which key is current and signs a moment later, or has not noticed yet that
 * keys were rotated: the key that was current a while ago will do.
 */
export function maySign(terms, term, now) {
  const order = inOrder(term, current(terms, now));
  return order === 0 || (order < 0 && now < stopsAt(terms, term) + RELOAD_SLACK_S);
}

/** When `term` is deleted: `retention` after the last signature by it. Undefined while no key is there to follow it. */
export function retiresAt(terms, term, retention) {
  const stopped = stopsAt(terms, term);
  return stopped === undefined ? undefined : stopped + RELOAD_SLACK_S + retention;
}

/** Whether the current key is `rotation` seconds old and nothing is there to follow it. A `rotation` of 0: never. */
export function rotationDue(terms, now, rotation) {
  const signing = current(terms, now);
  return signing !== undefined && rotation > 0 && stopsAt(terms, signing) === undefined && now >= signing.activates_at + rotation;
}
