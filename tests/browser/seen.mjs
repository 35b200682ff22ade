// What can be seen of a page: its text, and where the focus is.

// Runs in the page: the contrast of every text that is shown to what it stands on (WCAG 2.2 §1.4.3).
export function contrasts() {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  // Any CSS colour as red, green, blue (0 to 255) and alpha (0 to 1).
  const parse = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    return layers.reverse().reduce((below, layer) => over(layer, below), dark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
  };
  const found = [];
  const measure = (element, text) => {
    const below = ground(element);
    const ink = over(parse(getComputedStyle(element).color), below);
    const [a, b] = [luminance(ink), luminance(below)].sort((x, y) => y - x);
    found.push({ text: text.trim().slice(0, 40), ratio: (a + 0.05) / (b + 0.05) });
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (texts.currentNode.data.trim() && !element.closest("script, style") && element.checkVisibility()) measure(element, texts.currentNode.data);
  }
  for (const input of document.querySelectorAll("input:not([type=hidden]):not([type=checkbox])")) measure(input, `input ${input.name}`);
  return found;
}

// What gets the focus by the keyboard without an outline of at least two pixels that stands out from its ground.
export async function unseenFocus(page) {
  const unseen = [];
  const count = await page.evaluate(() => document.querySelectorAll("a[href], button, input:not([type=hidden])").length);
  await page.evaluate(() => document.activeElement?.blur());
  for (let at = 0; at < count; at++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return undefined;
      const style = getComputedStyle(element);
      return { what: `${element.tagName} ${element.textContent.trim().slice(0, 30)}`, seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 };
    });
    if (focused && !focused.seen) unseen.push(focused.what);
  }
  return unseen;
}
