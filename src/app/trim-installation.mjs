// Runs after `npm ci` (postinstall) and in the steps of the image: removes from node_modules what this machine never loads, and
// fetches ONNX Runtime in WebAssembly where its library does not load (musl, Intel Macs, FreeBSD), or with --wasm. Files
// are unlinked, never changed, so a tree of hard links to another one leaves that whole. It never fails an installation: what cannot
// be removed stays. JavaScript, as the Node of the machine may read no TypeScript.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const [folder] = process.argv.slice(2).filter((word) => word !== '--wasm');
const root = folder ?? fileURLToPath(new URL('../..', import.meta.url));
const modules = join(root, 'node_modules');
const { arch, env: ownEnvironment, platform } = process;
/** Only the compiler reads declarations, and only debuggers read source maps. */
const developersFile = /\.(?:map|d\.[cm]?ts)$/;

const wasmFolder = join(root, 'models/runtime-wasm');
/** Files that are loaded of the packages that the WebAssembly build brings. */
const loadedOfWasm =
  /^onnxruntime-web[/\\](?:package\.json|dist[/\\](?:ort\.node\.min\.mjs|ort-wasm-simd-threaded\.(?:mjs|wasm)))$/;

let keptCount = 0;
const isWished = process.argv.includes('--wasm');
const needsWasm =
  existsSync(join(wasmFolder, 'package.json')) && (isWished || !canLoadLibrary());
report([
  [
    'ONNX Runtime for other systems',
    needsWasm ? list('onnxruntime-node/bin') : listForeignRuntimes(),
  ],
  [
    'ONNX Runtime in WebAssembly',
    needsWasm ? [] : existing(join(wasmFolder, 'node_modules')),
  ],
  ['sodium for other systems', listForeignSodium()],
  ['what @discordjs/opus was compiled from', listOpusSources()],
  ['copies of mediabunny for browsers', listBrowserCopies()],
  // Without a compiler this is no place where somebody changes Parley.
  ['declarations and source maps', has('typescript') ? [] : listDevelopersFiles()],
]);
if (keptCount > 0)
  console.log(
    `${keptCount} of what this machine never loads could not be removed, which only takes space.`,
  );
if (needsWasm) {
  try {
    installWasm();
  } catch (error) {
    console.log(
      `ONNX Runtime in WebAssembly could not be installed (${error.message}): run npm ci again.`,
    );
  }
}

function report(plan) {
  const removals = plan
    .map(([name, paths]) => [
      name,
      paths.reduce((bytes, path) => bytes + remove(path), 0),
    ])
    .filter(([, bytes]) => bytes > 0);
  if (removals.length === 0) return;
  const sum = removals.reduce((bytes, [, one]) => bytes + one, 0);
  const names = removals
    .map(([name, bytes]) => `${name} (${format(bytes)})`)
    .join(', ');
  console.log(`Removed ${format(sum)} that this machine never loads: ${names}.`);
}

function canLoadLibrary() {
  const program = "require('onnxruntime-node')";
  return (
    spawnSync(process.execPath, ['-e', program], { cwd: root, stdio: 'ignore' })
      .status === 0
  );
}

function installWasm() {
  const reason = isWished
    ? 'ONNX Runtime is not to use its library'
    : 'ONNX Runtime has no library for this system';
  const npm = ownEnvironment.npm_execpath;
  const options = [
    'ci',
    '--prefix',
    wasmFolder,
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
  ];
  const [program, words] = npm
    ? [process.execPath, [npm, ...options]]
    : ['npm', options];
  // Options of the npm that runs this, such as --package-lock-only, are not for this one; its registry and its cache are.
  const env = Object.entries(ownEnvironment).filter(
    ([name]) =>
      !/^npm_config_(?:omit|include|package_lock_only|dry_run|global)$/.test(name),
  );
  const { status } = spawnSync(program, words, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: Object.fromEntries(env),
  });
  const folder = join(wasmFolder, 'node_modules');
  if (status !== 0 || !existsSync(folder)) {
    console.log(
      `${reason}, but its WebAssembly build could not be fetched: run npm ci again.`,
    );
    return;
  }
  for (const path of listUnloadedOfWasm(folder)) remove(path);
  console.log(
    `${reason}: its WebAssembly build runs the models that hear and speak, slower.`,
  );
}

function listUnloadedOfWasm(folder) {
  const packages = readdirSync(folder).filter(
    (name) => !name.startsWith('onnxruntime-'),
  );
  const web = readdirSync(join(folder, 'onnxruntime-web'), {
    recursive: true,
    withFileTypes: true,
  })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const unloaded = web.filter((name) => !loadedOfWasm.test(name));
  return [...packages, ...unloaded].map((name) => join(folder, name));
}

function listForeignRuntimes() {
  const bin = 'onnxruntime-node/bin';
  const systems = list(bin).flatMap((version) => list(version));
  return systems
    .flatMap((system) => list(system))
    .filter((path) => !path.endsWith(join(platform, arch)));
}

function listForeignSodium() {
  return list('sodium-native/prebuilds').filter(
    (path) => !path.includes(join('prebuilds', `${platform}-${arch}`)),
  );
}

function listOpusSources() {
  return list('@discordjs/opus').filter((path) => /[/\\](?:build.*|deps)$/.test(path));
}

function listBrowserCopies() {
  return ['dist/bundles', 'src'].flatMap((name) =>
    existing(join(modules, 'mediabunny', name)),
  );
}

function listDevelopersFiles() {
  try {
    const names = readdirSync(modules, { recursive: true });
    return names
      .filter((name) => developersFile.test(name))
      .map((name) => join(modules, name));
  } catch {
    return [];
  }
}

function existing(path) {
  return existsSync(path) ? [path] : [];
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
  return readdirSync(path).reduce(
    (bytes, name) => bytes + measure(join(path, name)),
    0,
  );
}

function format(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}
