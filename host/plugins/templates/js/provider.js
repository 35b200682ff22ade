// Lets in whoever knows the word on the door. Change it into what you need: `describe` says what the plugin is, `handle`
// answers the browser. A page is data; Doorward draws it. The contract is in wit/deps/provider/provider.wit.

import { increment } from "doorward:host/records@0.1.0";

// Wrong and right words together, from everyone, in ten minutes.
const TRIES = 100n;
const WINDOW_S = 600;

const text = (id, english) => ({ id, english, args: [] });

const schema = {
  type: "object",
  properties: { word: { type: "string", minLength: 16, description: "What people have to say" } },
  required: ["word"],
  additionalProperties: false,
};

function page(messages) {
  const word = {
    name: "word",
    kind: "password",
    label: text("word", "Word"),
    autocomplete: "current-password",
    required: true,
  };
  const enter = { name: "press", value: "enter", label: text("enter", "Come in"), emphasis: "primary" };
  const form = { path: "authorize", fields: [word], buttons: [enter] };
  const val = { title: text("title", "Say the word"), messages, figures: [], forms: [form], links: [] };
  return { step: { tag: "page", val } };
}

// How long it takes says nothing about where two texts differ.
function equal(one, other) {
  let different = one.length ^ other.length;
  for (let at = 0; at < one.length; at++) {
    different |= one.charCodeAt(at) ^ other.charCodeAt(at % Math.max(other.length, 1));
  }
  return different === 0;
}

// Counted before the word is looked at, so that requests at the same time count too.
function count() {
  const now = Math.floor(Date.now() / 1000);
  const end = (Math.floor(now / WINDOW_S) + 1) * WINDOW_S;
  let counted;
  try {
    counted = increment(`words/${end}`, 1n, BigInt(end));
  } catch (failure) {
    throw { tag: "unavailable", val: "the store did not answer" };
  }
  if (counted > TRIES) {
    throw { tag: "too-many-requests", val: Math.max(end - now, 1) };
  }
}

export const loginProvider = {
  describe() {
    return {
      label: text("label", "the word on the door"),
      purposes: ["sign-in"],
      languages: [],
      settingsSchema: JSON.stringify(schema),
      outboundHosts: [],
    };
  },

  texts(language) {
    return [];
  },

  handle(context, request) {
    if (request.path !== "authorize") {
      throw { tag: "not-found" };
    }
    if (request.method === "get") {
      return page([]);
    }
    count();
    const right = JSON.parse(context.settings).word;
    const [, given] = request.form.find(([name]) => name === "word") ?? ["word", ""];
    if (typeof right !== "string" || right === "" || !equal(right, given)) {
      return page([{ severity: "error", text: text("wrong", "That is not the word.") }]);
    }
    // `subject` says who it is: stable, unique here, never somebody else's later.
    const val = { subject: "guest", emailVerified: false, claims: [], amr: ["kba"], credentialChanged: false };
    return { step: { tag: "authenticated", val } };
  },

  // It keeps nothing of anybody.
  forget(leaver) {},
};
