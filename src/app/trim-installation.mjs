// Runs after `npm ci` (postinstall) and in the steps of the image: removes from node_modules what this machine never loads. Files
// are unlinked, never changed, so a tree of hard links to another one leaves that whole. It never fails an installation: what cannot
// be removed stays. JavaScript, as the Node of the machine may read no TypeScript.
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url));
const modules = join(root, 'node_modules');
const { arch, platform } = process;
/** Only the compiler reads declarations, and only debuggers read source maps. */
const developersFile = /\.(?:map|d\.[cm]?ts)$/;

let keptCount = 0;
const removals = [
  ['ONNX Runtime for other systems', listForeignRuntimes()],
  ['sodium for other systems', listForeignSodium()],
  ['what @discordjs/opus was compiled from', listOpusSources()],
  // Without a compiler this is no place where somebody changes Parley.
  ['declarations and source maps', has('typescript') ? [] : listDevelopersFiles()],
]
  .map(([name, paths]) => [name, paths.reduce((bytes, path) => bytes + remove(path), 0)])
  .filter(([, bytes]) => bytes > 0);

if (removals.length > 0) {
  const sum = removals.reduce((bytes, [, one]) => bytes + one, 0);
  const list = removals.map(([name, bytes]) => `${name} (${format(bytes)})`).join(', ');
  console.log(`Removed ${format(sum)} that this machine never loads: ${list}.`);
}
if (keptCount > 0)
  console.log(`${keptCount} of what this machine never loads could not be removed, which only takes space.`);

function listForeignRuntimes() {
  const bin = 'onnxruntime-node/bin';
  const systems = list(bin).flatMap((version) => list(version));
  return systems.flatMap((system) => list(system)).filter((path) => !path.endsWith(join(platform, arch)));
}

function listForeignSodium() {
  return list('sodium-native/prebuilds').filter((path) => !path.includes(join('prebuilds', `${platform}-${arch}`)));
}

function listOpusSources() {
  return list('@discordjs/opus').filter((path) => /[/\\](?:build.*|deps)$/.test(path));
}

function listDevelopersFiles() {
  try {
    const names = readdirSync(modules, { recursive: true });
    return names.filter((name) => developersFile.test(name)).map((name) => join(modules, name));
  } catch {
    return [];
  }
}

function has(name) {
  return list(name).length > 0;
}

/** Paths of what lies in a folder of node_modules. Empty without such a folder. */
function list(folder) {
  const path = folder.startsWith(modules) ? folder : join(modules, folder);
  try {
    return readdirSync(path).map((name) => join(path, name));
  } catch {
    return [];
  }
}

/** Removes a file or folder. Returns the bytes that it had, 0 where it stays. */
function remove(path) {
  try {
    const bytes = measure(path);
    rmSync(path, { recursive: true, force: true });
    return bytes;
  } catch {
    keptCount++;
    return 0;
  }
}

function measure(path) {
  const found = lstatSync(path);
  if (!found.isDirectory()) return found.size;
  return readdirSync(path).reduce((bytes, name) => bytes + measure(join(path, name)), 0);
}

function format(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}
