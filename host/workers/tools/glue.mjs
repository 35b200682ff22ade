// What jco writes, made fit for Workers: no compilation of WebAssembly from bytes (the platform refuses it), no objects built
// for a debug log that nobody reads, and of the two forms that each import has only the one that is used.

import { parse } from "acorn";

/**
 * @param source JavaScript as jco wrote it.
 * @returns `{code, modules, imports}`: `modules` are `[name, bytes]` of WebAssembly that was written into the source;
 *   `imports` maps each imported interface to the names taken from it.
 */
export function tighten(source) {
  const tree = parse(source, { ecmaVersion: "latest", sourceType: "module" });
  const edits = [];
  const modules = [];
  const imports = new Map();
  const suspending = suspendingFunctions(tree);
  walk(tree, (node) => {
    if (isDebugLog(node)) {
      edits.push([node.start, node.end, ";"]);
      return false;
    }
    if (isChoice(node)) {
      const chosen = suspending.has(node.test.object.name) ? node.consequent : node.alternate;
      edits.push([node.start, chosen.start, ""], [chosen.end, node.end, ""]);
    }
    const bytes = inlineModule(node);
    if (bytes !== null) {
      const name = `core.inline${modules.length}.wasm`;
      modules.push([name, bytes]);
      edits.push([node.start, node.end, `getCoreModule('${name}')`]);
      return false;
    }
    collectImport(node, imports);
    return true;
  });
  return { code: apply(source, edits), modules, imports };
}

/** Functions marked `name.manuallyAsync = true`. */
function suspendingFunctions(tree) {
  const names = new Set();
  walk(tree, (node) => {
    if (node.type === "AssignmentExpression" && isManuallyAsync(node.left) && node.right.value === true) {
      names.add(node.left.object.name);
    }
    return true;
  });
  return names;
}

const isManuallyAsync = (node) =>
  node.type === "MemberExpression" && node.object.type === "Identifier" && node.property.name === "manuallyAsync";

const isChoice = (node) => node.type === "ConditionalExpression" && isManuallyAsync(node.test);

const isDebugLog = (node) =>
  node.type === "ExpressionStatement" && node.expression.type === "CallExpression" && node.expression.callee.name === "_debugLog";

/** The bytes of `new WebAssembly.Module(new Uint8Array([…]))`, or null. */
function inlineModule(node) {
  const isModule = node.type === "NewExpression" && node.callee.type === "MemberExpression" && node.callee.property.name === "Module";
  const array = isModule ? node.arguments[0]?.arguments?.[0] : undefined;
  return array?.type === "ArrayExpression" ? Uint8Array.from(array.elements, (element) => element.value) : null;
}

/** `const { get, list: list$1 } = imports['doorward:host/records']`. */
function collectImport(node, imports) {
  if (node.type === "VariableDeclarator" && node.init?.type === "MemberExpression" && node.init.object.name === "imports") {
    const names = node.id.properties.map((property) => property.key.name);
    const name = node.init.property.value;
    imports.set(name, [...(imports.get(name) ?? []), ...names]);
  }
}

function walk(node, visit) {
  if (node === null || typeof node !== "object") {
    return;
  }
  if (Array.isArray(node)) {
    node.forEach((child) => walk(child, visit));
  } else if (typeof node.type === "string" && visit(node)) {
    Object.values(node).forEach((child) => walk(child, visit));
  }
}

/** Edits may lie inside what other edits keep, but never overlap what they replace. */
function apply(source, edits) {
  edits.sort(([a], [b]) => a - b);
  let code = "";
  let at = 0;
  for (const [start, end, text] of edits) {
    if (start < at) {
      // Inside something already left out.
      continue;
    }
    code += source.slice(at, start) + text;
    at = end;
  }
  return code + source.slice(at);
}
