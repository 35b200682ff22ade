// npm run build -- DIR [--out DIR]
//
// Makes a Worker of what `doorward compose --for workers --out DIR` wrote: `doorward.wasm` and `settings.json`. The answer
// is a directory with `worker.js`, its WebAssembly modules and the settings, which `wrangler` uploads as they are and
// `serve.mjs` runs.

import { transpile } from "@bytecodealliance/jco";
import { build as bundle } from "esbuild";
import { mkdir, readFile, rm, writeFile, readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { SUSPENDED, SUSPENDING, hostImports, slotOf } from "../src/imports.mjs";
import { coreDigest } from "./component.mjs";
import { tighten } from "./glue.mjs";

const HERE = fileURLToPath(new URL("..", import.meta.url));

/** Builds `out` from the composition in `from`. @param entry the Worker's main module. */
export async function build({ from, out, entry = join(HERE, "src/worker.mjs"), component = "doorward.wasm" }) {
  const composition = await readFile(join(from, component));
  const settings = await readFile(join(from, "settings.json"));
  JSON.parse(settings);
  await clear(out);

  const { files } = await transpile(composition, {
    name: "core",
    instantiation: "sync",
    wasiShim: false,
    asyncMode: "jspi",
    asyncImports: SUSPENDING,
    asyncExports: SUSPENDED,
    validLiftingOptimization: true,
    noTypescript: true,
  });
  const glue = tighten(new TextDecoder().decode(files["core.js"]));
  checkImports(glue.imports);
  const modules = [...Object.entries(files).filter(([name]) => name.endsWith(".wasm")), ...glue.modules];
  await Promise.all(modules.map(([name, bytes]) => writeFile(join(out, basename(name)), bytes)));
  await writeFile(join(out, "settings.json"), settings);

  await bundle({
    entryPoints: [entry],
    outfile: join(out, "worker.js"),
    bundle: true,
    format: "esm",
    target: "es2024",
    minify: true,
    legalComments: "none",
    external: ["cloudflare:*", "./*.wasm", "./settings.json"],
    plugins: [componentPlugin(glue.code, modules.map(([name]) => basename(name)))],
    logLevel: "warning",
  });
  return { core: coreDigest(composition), ...(await sizes(out)) };
}

/** Empties `out`, unless it holds what no build wrote: a directory that was named by mistake is not a build. */
async function clear(out) {
  await mkdir(out, { recursive: true });
  const foreign = (await readdir(out)).find((name) => !/^(worker\.js|settings\.json|core\.\w+\.wasm)$/.test(name));
  if (foreign !== undefined) {
    throw new Error(`${out} holds ${foreign}, which no build wrote: name another directory after --out, or empty this one`);
  }
  await rm(out, { recursive: true });
  await mkdir(out);
}

/** Every import of the component must be answered; what is not is named. */
export function checkImports(imports) {
  const answered = hostImports(slotOf());
  const missing = [...imports].flatMap(([name, functions]) =>
    functions.filter((member) => answered[name]?.[member] === undefined).map((member) => `${name}: ${member}`),
  );
  if (missing.length > 0) {
    throw new Error(`this host does not answer what the component imports: ${missing.join(", ")}. Compose it with \`doorward compose --for workers\`.`);
  }
}

/** The module `doorward:component`: `instantiate(imports, instantiateCore)` over modules that are imported statically. */
function componentPlugin(code, names) {
  const statics = names.map((name, index) => `import m${index} from "./${name}";`).join("\n");
  const table = names.map((name, index) => `${JSON.stringify(name)}: m${index}`).join(", ");
  const contents = `${statics}
import { instantiate as start } from "doorward:glue";
const modules = { ${table} };
export const instantiate = (imports, core) => start((name) => modules[name], imports, core);`;
  return {
    name: "component",
    setup(setup) {
      setup.onResolve({ filter: /^doorward:(component|glue)$/ }, ({ path }) => ({ path, namespace: "component" }));
      setup.onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path, external: true }));
      setup.onLoad({ filter: /.*/, namespace: "component" }, ({ path }) => ({ contents: path === "doorward:glue" ? code : contents, loader: "js" }));
    },
  };
}

async function sizes(out) {
  const files = await Promise.all((await readdir(out)).map((name) => readFile(join(out, name))));
  const total = (measure) => files.reduce((sum, bytes) => sum + measure(bytes), 0);
  return { bytes: total((bytes) => bytes.length), gzip: total((bytes) => gzipSync(bytes).length) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: "string", default: join(HERE, "dist") } } });
  if (positionals.length !== 1) {
    console.error("usage: npm run build -- DIR [--out DIR]   (DIR: what `doorward compose --for workers --out DIR` wrote)");
    process.exit(2);
  }
  try {
    const { core, bytes, gzip } = await build({ from: resolve(positionals[0]), out: resolve(values.out) });
    const kib = (size) => `${(size / 1024).toFixed(0)} KiB`;
    console.log(`core sha256:${core}`);
    console.log(`${values.out}: ${kib(bytes)}, ${kib(gzip)} compressed`);
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exit(1);
  }
}
