// node themes.mjs PATH/TO/preview [DIRECTORY FOR SCREENSHOTS]
//
// Every page in every theme, language, scheme and width: fits the window, can be read (WCAG 2.2 §1.4.3, in `contrast` §1.4.6), shows its
// focus (§2.4.7, §2.4.13), runs in the direction of its language, and obeys its own Content-Security-Policy. `preview` is the example of
// core/component.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { contrasts, unseenFocus } from "./seen.mjs";
import { watch } from "./watch.mjs";

const preview = process.argv[2] ?? "../../target/debug/examples/preview";
const shots = process.argv[3] ?? "shots/themes";
const THEMES = ["default", "minimal", "terminal", "contrast"];
const LANGUAGES = ["en", "de", "ar", "ja"];
const WIDTHS = [390, 1280];
const LINKS = [{ label: "Privacy", href: "https://harbour.example/privacy" }, { label: "Terms", href: "https://harbour.example/terms" }];
// Of each theme and language these are kept as pictures; all are inspected.
const PICTURES = ["choose", "consent", "consent-unverified", "register", "code-wrong", "account", "device-filled", "error-denied", "authenticator"];
const TYPES = { css: "text/css; charset=utf-8", svg: "image/svg+xml", png: "image/png" };

// The pages of a theme in a language, on a port of their own.
async function served(theme, language) {
  const directory = await mkdtemp(join(tmpdir(), "doorward-themes-"));
  await writeFile(join(directory, "theme.json"), JSON.stringify({ name: theme, links: LINKS }));
  execFileSync(preview, [join(directory, "pages"), join(directory, "theme.json"), language], { stdio: "inherit" });
  const pages = join(directory, "pages");
  const server = createServer(async (request, answer) => {
    const name = new URL(request.url, "http://127.0.0.1").pathname.slice(1);
    if (name === "favicon.ico") return answer.writeHead(204).end();
    const asset = name.startsWith("assets/");
    const content = await readFile(join(pages, asset ? name : `${name}.html`)).catch(() => undefined);
    if (!content || name.includes("..")) return answer.writeHead(404).end();
    if (asset) return answer.writeHead(200, { "content-type": TYPES[name.split(".").pop()] }).end(content);
    const [, ...lines] = (await readFile(join(pages, `${name}.headers`), "utf8")).trim().split("\n");
    for (const line of lines.filter((line) => line && !line.startsWith("content-length"))) {
      const at = line.indexOf(": ");
      answer.setHeader(line.slice(0, at), line.slice(at + 2));
    }
    answer.end(content);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const names = (await readdir(pages)).filter((file) => file.endsWith(".html")).map((file) => file.slice(0, -5));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(directory, { recursive: true, force: true });
  };
  // The page that posts itself leaves at once.
  return { origin: `http://127.0.0.1:${server.address().port}`, names: names.filter((name) => name !== "form-post").sort(), stop };
}

async function check(page, name, { theme, language, width }) {
  const found = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    dir: getComputedStyle(document.documentElement).direction,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    cut: [...document.querySelectorAll("main *, footer *")]
      .filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).display !== "inline" && !e.matches("input, svg *"))
      .map((e) => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 40)}`),
  }));
  const problems = [];
  const expect = (fine, problem) => fine || problems.push(problem);
  expect(found.lang === language, `lang=${found.lang}`);
  expect(found.dir === (language === "ar" ? "rtl" : "ltr"), `dir=${found.dir}`);
  expect(found.overflow <= 0, `${found.overflow}px wider than the window`);
  expect(found.cut.length === 0, `wider than their box: ${found.cut.join("; ")}`);
  const least = theme === "contrast" ? 7 : 4.5;
  for (const { text, ratio } of await page.evaluate(contrasts)) {
    expect(ratio >= least, `contrast ${ratio.toFixed(2)} of "${text}"`);
  }
  // The same at every width.
  if (width === WIDTHS[0]) for (const what of await unseenFocus(page)) problems.push(`no focus to be seen at ${what}`);
  return problems.map((problem) => `${name}: ${problem}`);
}

await mkdir(shots, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let failed = 0;
let looked = 0;
for (const theme of process.env.THEMES?.split(",") ?? THEMES) {
  for (const language of process.env.LANGUAGES?.split(",") ?? LANGUAGES) {
    const site = await served(theme, language);
    for (const colorScheme of ["light", "dark"]) {
      const complaints = [];
      for (const width of WIDTHS) {
        const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme, reducedMotion: "reduce" });
        const page = await context.newPage();
        watch(page, complaints);
        for (const name of site.names) {
          await page.goto(`${site.origin}/${name}`);
          const where = `${theme} ${language} ${colorScheme} ${width} ${name}`;
          complaints.push(...(await check(page, where, { theme, language, width })));
          if (PICTURES.includes(name)) await page.screenshot({ path: join(shots, `${where.replaceAll(" ", "-")}.png`), fullPage: true });
          looked++;
        }
        await context.close();
      }
      if (complaints.length) console.log(complaints.join("\n"));
      failed += complaints.length;
    }
    await site.stop();
  }
}
await browser.close();
console.log(`${looked} pages, ${failed} problems`);
assert.ok(looked > 0);
process.exit(failed ? 1 : 0);
