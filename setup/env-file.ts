import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseEnv } from 'node:util';

/** Settings to be written: by name; an empty value is that of a setting left out. */
export type SettingChanges = ReadonlyMap<string, string>;

/** Content of `.env`, or of the example where there is none yet. */
export type EnvFile = {
  readonly path: string;
  readonly text: string;
  readonly values: Readonly<Record<string, string>>;
};

export type EnvFileOutcome =
  | { readonly kind: 'read'; readonly file: EnvFile }
  /** `why` is one sentence for the owner. */
  | { readonly kind: 'refused'; readonly why: string };

const ownerWrites = 0o200;

/** Reads `.env` at `path`, and whether it may be replaced; a missing one begins with the text of `example`. */
export function readEnvFile(path: string, example: string): EnvFileOutcome {
  const isNew = !existsSync(path);
  try {
    if (!isNew && !(statSync(path).mode & ownerWrites))
      return refused(path, 'is read-only: run chmod u+w to make it writable');
    const text = readFileSync(isNew ? example : path, 'utf8');
    const values = isNew ? {} : parsed(text);
    return { kind: 'read', file: { path, text, values } };
  } catch (error) {
    return refused(path, `cannot be read (${codeOf(error)})`);
  }
}

/**
 * The text with `changes` in it. Every other line stays as it is; a setting that has no line yet gets one at the end, below
 * its comment in `example`.
 */
export function withChanges(text: string, changes: SettingChanges, example: string): string {
  let changed = text;
  const added: string[] = [];
  for (const [name, value] of changes) {
    const line = `${name}=${quoted(value)}`;
    const lines = changed.split('\n');
    const hasIt = lines.some((one) => nameOn(one) === name);
    if (hasIt) changed = lines.map((one) => (nameOn(one) === name ? line : one)).join('\n');
    else if (value !== '') added.push(`${commentOf(name, example)}${line}\n`);
  }
  const gap = changed === '' || changed.endsWith('\n') ? '' : '\n';
  return added.length === 0 ? changed : `${changed}${gap}${added.join('')}`;
}

/** The setting that this line of a file sets, if it sets one. */
function nameOn(line: string): string | undefined {
  return /^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=/.exec(line)?.[1];
}

/**
 * Replaces the file by `text`, whole or not at all, readable by its owner only. Returns one sentence where that fails; then
 * it is as it was.
 */
export async function replaceEnvFile(path: string, text: string): Promise<string | undefined> {
  const part = `${path}.${process.pid}.part`;
  try {
    await using file = await open(part, 'wx', 0o600);
    await file.writeFile(text);
    await file.sync();
    await chmod(part, 0o600);
    await rename(part, path);
    return undefined;
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    const code = codeOf(error);
    const mend = ['EACCES', 'EPERM', 'EROFS'].includes(code)
      ? ` Make ${dirname(path)} writable.`
      : '';
    return `${path} could not be written (${code}), and has not changed.${mend}`;
  }
}

/** Names whose value in `text` differs from `values` and `changes`; the text is then not as intended. */
export function strayNames(
  text: string,
  values: Readonly<Record<string, string>>,
  changes: SettingChanges,
): readonly string[] {
  const read = parsed(text);
  const meant = { ...values, ...Object.fromEntries(changes) };
  return Object.keys(meant).filter((name) => (read[name] ?? '') !== meant[name]);
}

/** Value in the form that Node reads: plain where it can be, else in a quote that it does not hold. */
function quoted(value: string): string {
  if (/^[\w./:@,+=%~-]*$/.test(value)) return value;
  const quote = ["'", '"', '`'].find((one) => !value.includes(one)) ?? "'";
  return `${quote}${value}${quote}`;
}

/** The lines of comment above a setting, with their line ends. */
function commentOf(name: string, example: string): string {
  const lines = example.split('\n');
  const at = lines.findIndex((line) => line.startsWith(`${name}=`));
  const from = lines.slice(0, Math.max(0, at)).findLastIndex((line) => !line.startsWith('#')) + 1;
  return lines
    .slice(from, Math.max(0, at))
    .map((line) => `${line}\n`)
    .join('');
}

function parsed(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(parseEnv(text)).map(([name, value]) => [name, value ?? '']),
  );
}

function refused(path: string, what: string): EnvFileOutcome {
  return { kind: 'refused', why: `${path} ${what}. Nothing was changed.` };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? `${error.code}` : 'unknown error';
}
