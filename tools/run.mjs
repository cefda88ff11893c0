// node tools/run.mjs [NAME ARGUMENT...]: runs a developer's tool of this folder in the folder of its caller. Without a name it only
// checks that the tools are there.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const modules = new URL('node_modules/', import.meta.url);
/** Packages by the names of their programs. */
const packages = { biome: '@biomejs/biome', knip: 'knip' };
const [name, ...options] = process.argv.slice(2);

if (!existsSync(modules)) {
  console.error("The tools for developers are not installed, as the bot and its tests need none: run npm ci --prefix tools.");
  process.exit(78);
}
if (name) {
  const folder = new URL(`${packages[name]}/`, modules);
  const { bin } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(bin[name], folder)), ...options], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
