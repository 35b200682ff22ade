// What the host itself answers when a request does not get as far as the core, or the core does not answer. Nothing
// internal reaches the wire: the reason is in the log.

const RETRY = "This did not work just now. Please try again in a moment.";
const UNREADABLE = "The server could not read this request.";

/** By reason: status, error code of OAuth (RFC 6749 §4.1.2.1, §5.2), sentence for people, seconds until another try. */
const REFUSALS = {
  malformedTarget: [400, "invalid_request", UNREADABLE],
  notHttps: [400, "invalid_request", "This address works over https only."],
  targetTooLong: [414, "invalid_request", UNREADABLE],
  headerTooLarge: [431, "invalid_request", UNREADABLE],
  bodyTooLarge: [413, "invalid_request", UNREADABLE],
  bodyIncomplete: [400, "invalid_request", UNREADABLE],
  tooManyRequests: [429, "temporarily_unavailable", RETRY, 10],
  coreFailed: [503, "temporarily_unavailable", RETRY, 1],
  misconfigured: [503, "temporarily_unavailable", RETRY, 60],
};

/** Thrown where a request ends early. */
export class Refusal extends Error {
  /** @param reason a key of `REFUSALS`. */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** The answer: JSON, or a plain page for those who prefer one. */
export function refuse(reason, request) {
  const [status, code, sentence, retryAfter] = REFUSALS[reason];
  const page = prefersHtml(request.headers.get("accept") ?? "");
  const headers = new Headers({
    "content-type": page ? "text/html; charset=utf-8" : "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  if (page) {
    headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
  } else {
    // Nothing in it is anyone's: a script that may read our other answers must be able to read this one.
    headers.set("access-control-allow-origin", "*");
    headers.set("access-control-expose-headers", "Retry-After");
  }
  if (retryAfter !== undefined) {
    headers.set("retry-after", String(retryAfter));
  }
  const body = page ? html(sentence) : JSON.stringify({ error: code });
  return new Response(request.method === "HEAD" ? null : body, { status, headers });
}

/** Whether `text/html` comes before any JSON in `Accept`: so it does in every browser. */
function prefersHtml(accept) {
  const types = accept.split(",").map((range) => range.split(";")[0].trim());
  return types.find((type) => type === "text/html" || type === "application/json") === "text/html";
}

function html(sentence) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Please try again</title><p>${sentence}</p></html>\n`;
}
