/* Bundles tiptap.js, and writes down what is in it: `node build.mjs <folder>`. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";

const NAME = "tiptap.js";
const SOURCES = ["build.mjs", "package-lock.json", "package.json", NAME];
const folder = process.argv[2];

const { metafile } = await build({
  bundle: true,
  charset: "utf8",
  entryPoints: [NAME],
  format: "esm",
  legalComments: "none", // every licence is in LICENSES.txt, whole
  metafile: true,
  minify: true,
  outfile: join(folder, NAME),
  target: "es2022",
});
const packages = found(Object.keys(metafile.inputs));
const texts = packages.map(({ home, ...about }) => [about, licence(home)]);
writeFileSync(join(folder, "LICENSES.txt"), texts.map(told).join("\n"));
const manifest = {
  files: sums(folder, [NAME, "LICENSES.txt"]),
  sources: sums(".", SOURCES),
  packages: texts.map(([about]) => about),
};
writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");

/* The packages that these files belong to, each once, by name. */
function found(files) {
  const homes = new Set(files.map(homeOf).filter(Boolean));
  const all = [...homes].map((home) => {
    const { name, version, license } = JSON.parse(readFileSync(join(home, "package.json")));
    return { name, version, licence: license, home };
  });
  return all.sort((one, other) => (one.name < other.name ? -1 : 1));
}

function homeOf(file) {
  if (!file.startsWith("node_modules/")) return null;
  let home = dirname(file);
  while (!isHome(home)) home = dirname(home);
  return home;
}

function isHome(folder) {
  const path = join(folder, "package.json");
  return existsSync(path) && "version" in JSON.parse(readFileSync(path));
}

function licence(home) {
  const file = readdirSync(home).find((name) => /^licen[cs]e/i.test(name));
  if (!file) throw new Error(`${home} brings no licence`);
  return readFileSync(join(home, file), "utf8").trim();
}

function told([{ name, version, licence }, text]) {
  return `${name} ${version} (${licence})\n\n${text}\n\n${"-".repeat(72)}\n`;
}

function sums(folder, names) {
  const sum = (name) => createHash("sha256").update(readFileSync(join(folder, name)));
  return Object.fromEntries(names.map((name) => [name, sum(name).digest("hex")]));
}
