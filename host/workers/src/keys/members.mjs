// JSON objects in which a member must not come twice. `JSON.parse` keeps the last one, and two programs that keep
// different ones would see two different keys.

/** The object in `text`, or null if it is not one or names a member twice. */
export function membersOf(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    return null;
  }
  return namesAtTop(text) === Object.keys(value).length ? value : null;
}

/** How many members the outermost object of `text`, which is JSON, has. */
function namesAtTop(text) {
  let depth = 0;
  let names = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}:]/gs)) {
    if (token === "{" || token === "[") {
      depth += 1;
    } else if (token === "}" || token === "]") {
      depth -= 1;
    } else if (token === ":" && depth === 1) {
      names += 1;
    }
  }
  return names;
}
