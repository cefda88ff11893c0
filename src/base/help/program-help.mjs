// The first import of each program: answers --help from the one table of programs. JavaScript, as Node 20 reads no TypeScript.
import { readFileSync, realpathSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const table = new URL('./programs.json', import.meta.url);

/**
 * A program that people run by npm.
 * @typedef {object} Program
 * @property {string} file its path from the root of the repository
 * @property {string} use its command, with all options
 * @property {string} about one sentence
 * @property {Readonly<Record<string, string>>} options what each option does
 */

/** All programs, by the name of their npm script. @type {Readonly<Record<string, Program>>} */
export const programs = JSON.parse(readFileSync(table, 'utf8'));

/**
 * Finds the command of a program, with all options, for a person who typed a wrong one.
 * @param {string} name
 * @returns {string}
 */
export function getUsage(name) {
  return programs[name]?.use ?? '';
}

/**
 * Formats what --help prints.
 * @param {Program} program
 * @returns {string}
 */
export function formatHelp({ about, options, use }) {
  const rows = Object.entries(options);
  const width = Math.max(0, ...rows.map(([option]) => option.length));
  const lines = rows.map(([option, effect]) => `  ${option.padEnd(width)}  ${effect}`);
  return [about, '', use, ...(lines.length > 0 ? ['', ...lines] : [])].join('\n');
}

const [, entry = ''] = process.argv;
/** A program in the bundle, which scripts/bundle.mjs makes. npm starts it by a link. */
const bundled = /^dist\/([a-z-]+)\.mjs$/;
const started = relative(root, findRealPath(entry)).replaceAll(sep, '/');
const [, name] = bundled.exec(started) ?? [];
const program =
  name === undefined
    ? Object.values(programs).find((each) => each.file === started)
    : programs[name === 'parley' ? 'start' : name];
if (program && process.argv.slice(2).some((arg) => arg === '--help' || arg === '-h')) {
  process.stdout.write(`${formatHelp(program)}\n`);
  process.exit(0);
}

/**
 * Finds the file behind links. The path itself where there is none, as for code on the command line.
 * @param {string} path
 * @returns {string}
 */
function findRealPath(path) {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
