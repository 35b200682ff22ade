// A page that is watched: whatever its console, its scripts or its Content-Security-Policy complain of fails the run.
import assert from "node:assert/strict";

export function watch(page, complaints) {
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()} (${page.url()})`);
  });
  page.on("pageerror", (error) => complaints.push(`page: ${error.message} (${page.url()})`));
  page.on("requestfailed", (request) => {
    // A navigation that a newer one replaced is no failure of ours.
    if (!request.isNavigationRequest()) complaints.push(`request: ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on("response", (response) => {
    if (response.request().resourceType() !== "document" && response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
  });
}

// What every page of ours must be, whoever looks at it and with what.
export async function inspect(page, name) {
  await page.waitForLoadState("load");
  const found = await page.evaluate(() => {
    const shown = [...document.querySelectorAll("input:not([type=hidden])")];
    const heights = [...document.querySelectorAll("button, .links a, .choices a")].map((e) => e.getBoundingClientRect().height);
    return {
      lang: document.documentElement.lang,
      title: document.title,
      headings: document.querySelectorAll("h1").length,
      unlabelled: shown.filter((input) => !input.labels?.length).map((input) => input.name),
      scripts: document.scripts.length,
      styled: document.querySelectorAll("[style], style").length,
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      buttons: [...document.querySelectorAll("button")].map((b) => b.getBoundingClientRect().height),
      heights,
      foreign: [...document.querySelectorAll("[src], link[href]")].map((e) => e.src || e.href).filter((url) => !url.startsWith(location.origin)),
    };
  });
  assert.ok(found.lang, `${name}: the language is not named`);
  assert.ok(found.title, `${name}: no title`);
  assert.equal(found.headings, 1, `${name}: one h1`);
  assert.deepEqual(found.unlabelled, [], `${name}: inputs without a label`);
  assert.equal(found.scripts, 0, `${name}: scripts`);
  assert.equal(found.styled, 0, `${name}: inline styles`);
  assert.ok(found.overflow <= 0, `${name}: ${found.overflow}px wider than the window`);
  assert.deepEqual(found.foreign, [], `${name}: resources of others`);
  assert.ok(found.buttons.every((height) => height >= 44), `${name}: buttons smaller than 44px: ${found.buttons}`);
}
