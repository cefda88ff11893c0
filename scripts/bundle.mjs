// npm run node -- scripts/bundle.mjs [FOLDER]: writes the bot and its programs as bundled files into dist, with which a release starts
// sooner than from its sources. Files that are no code (models, sounds, texts, WebAssembly) are read where they lie in the sources.
import { chmodSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const outFolder = resolve(process.argv[2] ?? join(root, 'dist'));

const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const npmPrograms = JSON.parse(
  readFileSync(join(root, 'src/base/help/programs.json'), 'utf8'),
);
/** Programs that people start, by `bin` of package.json: the bot, and each npm script of its operator under its name. */
const operatorPrograms = Object.fromEntries(
  Object.values(bin).map((path) => {
    const name = basename(path, '.mjs');
    return [name, npmPrograms[name === 'parley' ? 'start' : name].file];
  }),
);
/** An address of a program of ours, or of a file beside the present one. */
const addresses =
  /new URL\(\s*'(?<program>[^']+\.ts)',\s*import\.meta\.url,?\s*\)|import\.meta\.url/g;
/** Programs, and those that the sources start as threads and processes. Each is found by its name beside the others. */
const programs = { ...operatorPrograms, ...findChildPrograms() };
const programNames = new Map(
  Object.entries(programs).map(([name, path]) => [join(root, path), name]),
);

/**
 * Libraries that go into the bundle. All others stay in node_modules: those in machine code or WebAssembly, those that look for files of
 * their own, and @discordjs/voice, whose request for sodium-native is redirected by its address.
 */
const inlined =
  /^(@discordjs\/(builders|collection|formatters|rest|util|ws)|@hono\/node-server|@sapphire\/|discord-api-types|discord\.js|fast-deep-equal|hono|lodash\.snakecase|magic-bytes\.js|openai|ts-mixer|tslib|zod)(\/|$)/;
/** Libraries of discord.js are given Node's own HTTP client, as src/discord/library/undici.ts says. */
const ownUndici = join(root, 'src/discord/library/undici.ts');
const emptyModule = '\0empty';

const bundle = await rolldown({
  input: programs,
  cwd: root,
  platform: 'node',
  tsconfig: false,
  plugins: [{ name: 'parley', resolveId, load, transform }],
  onLog(level, log) {
    if (level === 'warn' && !/^(EVAL|CIRCULAR_DEPENDENCY)$/.test(log.code ?? ''))
      console.error(log.message);
  },
});
const { output } = await bundle.write({
  dir: outFolder,
  format: 'esm',
  charset: 'ascii',
  minify: true,
  sourcemap: true,
  banner: ({ isEntry, name }) =>
    isEntry && name in operatorPrograms ? '#!/usr/bin/env node' : '',
  entryFileNames: '[name].mjs',
  chunkFileNames: '[name]-[hash].mjs',
});
await bundle.close();
for (const name of Object.keys(operatorPrograms))
  chmodSync(join(outFolder, `${name}.mjs`), 0o755);
const codeBytes = output.reduce(
  (sum, file) => sum + (file.type === 'chunk' ? Buffer.byteLength(file.code) : 0),
  0,
);
console.log(
  `${relative(process.cwd(), outFolder)}: ${output.length} files, ${(codeBytes / 1e6).toFixed(1)} MB of code`,
);

/** Finds each program whose address a source has. Its name is that of its file, or of its folder for a main.ts. */
function findChildPrograms() {
  const sources = globSync('{src,commands,doctor,setup,sandbox}/**/*.{ts,mjs}', {
    cwd: root,
  });
  const paths = sources.flatMap((source) =>
    [...readFileSync(join(root, source), 'utf8').matchAll(addresses)]
      .filter(({ groups }) => groups.program !== undefined)
      .map(({ groups }) => join(dirname(source), groups.program)),
  );
  return Object.fromEntries(paths.map((path) => [toProgramName(path), path]));
}

function toProgramName(path) {
  const name = basename(path, '.ts');
  return name === 'main' ? basename(dirname(path)) : name;
}

function resolveId(specifier, importer) {
  if (importer === undefined) return null; // a program
  const isFromDiscord = /[/\\]node_modules[/\\](@discordjs|discord\.js)[/\\]/.test(
    importer,
  );
  if (specifier === 'undici' && isFromDiscord) return ownUndici;
  // As skipZodLanguages of src/base/module-loading.mjs does.
  if (
    specifier === '../locales/index.js' &&
    /[/\\]node_modules[/\\]zod[/\\]/.test(importer)
  )
    return emptyModule;
  const isPackage = /^[^./#\0]/.test(specifier) && !specifier.startsWith(root);
  if (isPackage && !inlined.test(specifier))
    return { id: specifier, external: true };
  return null;
}

function load(id) {
  return id === emptyModule ? 'export {};' : null;
}

/** Lets a module of ours find its files, and its programs, from the bundle. */
function transform(code, id) {
  if (id.includes(`${sep}node_modules${sep}`)) return null;
  const place = relative(outFolder, id).split(sep).join('/');
  const located = code.replace(addresses, (address, program) => {
    if (program === undefined)
      return `new URL(${JSON.stringify(place)}, import.meta.url).href`;
    const name = programNames.get(resolve(dirname(id), program));
    if (name === undefined)
      throw new Error(`${place} starts ${program}, whose name another program has.`);
    const lines = '\n'.repeat(address.split('\n').length - 1);
    return `new URL('./${name}.mjs', import.meta.url)${lines}`;
  });
  const ordered = id === join(root, programs.parley) ? orderHooks(located) : located;
  return { code: ordered, map: null }; // no line moves
}

/** A library outside runs before all code of a file that imports it, so hooks are set in a file of its own. */
function orderHooks(code) {
  const start = "await import('./program.ts');";
  if (!code.includes(start)) throw new Error(`src/app/main.mjs lacks ${start}`);
  return code.replace(start, `await import('#src/discord/library/sodium.ts'); ${start}`);
}
