// When a key signs, how long it stays published, and when the next one is due. Everything follows from when keys activate,
// and each key gives way to the one that activates after it, or to nothing when its algorithm is taken off the list. Times are seconds since
// the Unix epoch. `term` and `terms`: keys of one algorithm, `{activates_at, number, kid, dropped_at}`; `dropped_at`: when it was first seen
// that the algorithm is not configured any more, or null.

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

/** When the next key activates. Undefined while none is there. */
function followedAt(terms, term) {
  return terms.toSorted(inOrder).find((other) => inOrder(other, term) > 0)?.activates_at;
}

/**
 * Whether `term` may sign at `now`. A caller asks which key is current and signs a moment later, or has not noticed yet that
 * keys were rotated: the key that was current a while ago will do. By which algorithms is the caller's own to say.
 */
export function maySign(terms, term, now) {
  const order = inOrder(term, current(terms, now));
  return order === 0 || (order < 0 && now < followedAt(terms, term) + RELOAD_SLACK_S);
}

/** When `term` is deleted: `retention` after the last signature by it. Undefined while it signs and no key is there to follow it. */
export function retiresAt(terms, term, retention) {
  const stops = [followedAt(terms, term), term.dropped_at].filter((at) => typeof at === "number");
  return stops.length === 0 ? undefined : Math.min(...stops) + RELOAD_SLACK_S + retention;
}

/**
 * What `dropped_at` of a key whose algorithm is `configured` or not becomes: since when it is not, or null because it is again. Undefined: it
 * stays as it is.
 */
export function note(term, configured, now) {
  const dropped = typeof term.dropped_at === "number";
  if (configured === dropped) {
    return configured ? null : now;
  }
  return undefined;
}

/** Whether the current key is `rotation` seconds old and nothing is there to follow it. A `rotation` of 0: never. */
export function rotationDue(terms, now, rotation) {
  const signing = current(terms, now);
  return signing !== undefined && rotation > 0 && followedAt(terms, signing) === undefined && now >= signing.activates_at + rotation;
}
