// `doorward:host/mail`, over the HTTP interface of a mail service: Resend's (`POST /emails`) or Postmark's (`POST /email`).
// Neither the text of a message nor its address nor its code is ever logged.

/** How long the service may take, in milliseconds: less than a request may. */
const TIMEOUT_MS = 8_000;
/** Bounds of `doorward:host/mail`, in bytes. */
const MAX_SUBJECT_BYTES = 200;
const MAX_TEXT_BYTES = 16 * 1024;
const MAX_ADDRESS_BYTES = 254;
const MAX_LOCAL_PART_BYTES = 64;

/** One address: a dot-atom (RFC 5322 §3.2.3, and RFC 6531 beyond ASCII) at a domain name: nothing that adds a second recipient. */
const ADDRESS = new RegExp("^(?<local>ATOM(?:\\.ATOM)*)@LABEL(?:\\.LABEL)*$"
  .replaceAll("ATOM", "[a-z0-9!#$%&'*+/=?^_`{|}~\\u{a1}-\\u{10ffff}-]+")
  .replaceAll("LABEL", "(?!-)[a-z0-9\\u{a1}-\\u{10ffff}-]+(?<!-)"), "iu");
const CONTROL = /\p{Cc}/u;

const bytes = (text) => new TextEncoder().encode(text).byteLength;
const unavailable = (why) => ({ tag: "unavailable", val: why });

/** How each service wants a message. */
const SERVICES = {
  resend: ({ from }, token, { to, subject, text }) => ({
    headers: { authorization: `Bearer ${token}` },
    body: { from, to: [to], subject, text },
  }),
  postmark: ({ from }, token, { to, subject, text }) => ({
    headers: { "x-postmark-server-token": token, accept: "application/json" },
    body: { From: from, To: to, Subject: subject, TextBody: text, MessageStream: "outbound" },
  }),
};

/** The services that `mail.service` in the settings may name. */
export const MAIL_SERVICES = Object.keys(SERVICES);

/** Hands one message to the service. @param service `{service, url, from}` from the settings, or null. */
export async function deliver(service, token, message) {
  if (service === null || message.channel !== "email") {
    throw { tag: "unsupported", val: service === null ? "no mail service is configured" : "only e-mail can be sent from here" };
  }
  const problem = messageProblem(message);
  if (problem !== null) {
    throw { tag: "invalid", val: problem };
  }
  const { headers, body } = SERVICES[service.service](service, token, message);
  let answer;
  try {
    answer = await fetch(service.url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    // Nothing in the body matters, and nothing of it is read.
    await answer.body?.cancel();
  } catch (error) {
    throw unavailable(`the mail service did not answer: ${error?.name ?? "error"}`);
  }
  if (!answer.ok) {
    throw unavailable(`the mail service answered ${answer.status}`);
  }
}

/** What keeps a message from being given to anyone, or null. */
function messageProblem({ to, subject, text }) {
  const local = ADDRESS.exec(to)?.groups.local;
  if (local === undefined || /\s/u.test(to) || bytes(to) > MAX_ADDRESS_BYTES || bytes(local) > MAX_LOCAL_PART_BYTES) {
    return "the recipient is no e-mail address";
  }
  if (CONTROL.test(subject) || bytes(subject) > MAX_SUBJECT_BYTES) {
    return "the subject is longer than 200 bytes or holds control characters";
  }
  if (CONTROL.test(text.replace(/[\n\t]/g, "")) || bytes(text) > MAX_TEXT_BYTES) {
    return "the text is longer than 16 KiB or holds control characters";
  }
  return null;
}
