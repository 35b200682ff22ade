// `doorward:host/settings`, from the settings document that `doorward compose` wrote (its shape: world `services` in
// `wit/portable/portable.wit`). Sections are made text once for each isolate, not for each request.

/** The settings document, read. */
export class Settings {
  #sections;

  /** @param document its JSON. @param issuer goes before the issuer in it, unless undefined or empty. */
  constructor(document, issuer) {
    const { sections, mail, keys } = JSON.parse(document);
    const server = issuer ? { ...sections.server, issuer } : sections.server;
    this.#sections = new Map(Object.entries({ ...sections, server }).map(([name, section]) => [name, JSON.stringify(section)]));
    /** Where people reach this service. */
    this.issuer = server.issuer;
    /** `{service, url, from}`, or null: no mail. */
    this.mail = mail ?? null;
    /** `{algorithms, rotation_days, publish_lead_s}`, each with its default. */
    this.keys = { algorithms: ["ES256", "RS256"], rotation_days: 90, publish_lead_s: 86_400, ...keys };
  }

  /** The JSON of a section, or undefined. */
  section(name) {
    return this.#sections.get(name);
  }
}
