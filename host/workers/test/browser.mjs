// A browser as far as these tests need one: cookies, redirects, forms.

/** Where a form leads and what it says. */
class Form {
  constructor(html, base) {
    const attribute = (tag, name) => unescape(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? "");
    this.action = new URL(attribute(html.match(/<form[^>]*>/)[0], "action"), base);
    this.fields = [...html.matchAll(/<input[^>]*>/g)].map(([tag]) => ({
      name: attribute(tag, "name"), value: attribute(tag, "value"), autocomplete: attribute(tag, "autocomplete"),
    }));
    this.buttons = [...html.matchAll(/<button[^>]*>/g)].map(([tag]) => ({ name: attribute(tag, "name"), value: attribute(tag, "value") }));
  }

  /** Fills every field with this `autocomplete` token or name. */
  fill(what, value) {
    this.fields.filter(({ name, autocomplete }) => name === what || autocomplete === what).forEach((field) => (field.value = value));
    return this;
  }
}

const unescape = (text) => text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** One person's browser, which stays on `origin`: a redirect elsewhere is where a visit ends. */
export class Browser {
  #origin;
  #cookies = new Map();

  constructor(origin) {
    this.#origin = origin;
  }

  get(url) {
    return this.#visit(new URL(url, this.#origin), { method: "GET" });
  }

  /** Presses the button with `value` in the form of `page` that has it. */
  press(page, value, fill = {}) {
    const form = page.forms.find(({ buttons }) => buttons.some((button) => button.value === value));
    if (form === undefined) {
      throw new Error(`no button ${value} at ${page.url} (${page.status}):\n${page.body}`);
    }
    Object.entries(fill).forEach(([name, text]) => form.fill(name, text));
    const button = form.buttons.find((candidate) => candidate.value === value);
    const body = new URLSearchParams([...form.fields, button].map((field) => [field.name, field.value]));
    return this.#visit(form.action, { method: "POST", body, headers: { origin: this.#origin } });
  }

  async #visit(url, init) {
    for (let hops = 0; hops < 12; hops += 1) {
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const response = await fetch(url, { ...init, redirect: "manual", headers: { ...init.headers, cookie, accept: "text/html" } });
      response.headers.getSetCookie().forEach((line) => this.#keep(line));
      const body = await response.text();
      const location = response.headers.get("location");
      if (location === null) {
        return page(url, response.status, body);
      }
      url = new URL(location, url);
      if (url.origin !== this.#origin) {
        return page(url, response.status, "");
      }
      init = { method: "GET" };
    }
    throw new Error(`too many redirects, the last to ${url}`);
  }

  #keep(line) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) {
      this.#cookies.delete(name);
    } else {
      this.#cookies.set(name, value);
    }
  }
}

function page(url, status, body) {
  const forms = [...body.matchAll(/<form[\s\S]*?<\/form>/g)].map(([html]) => new Form(html, url));
  const links = [...body.matchAll(/<a[^>]*href="([^"]*)"/g)].map(([, href]) => new URL(unescape(href), url));
  return { url, status, body, forms, links };
}
