import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseEnv } from 'node:util';

/** Settings to be written: by name; an empty value is that of a setting left out. */
export type SettingChanges = ReadonlyMap<string, string>;

/** Content of `.env`; where there is none yet, the comment that it begins with. */
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

const beginning = '# Written by npm run setup. .env.example lists all settings.\n';

/** Reads `.env` at `path`, and whether it may be replaced. */
export function readEnvFile(path: string): EnvFileOutcome {
  try {
    if (!existsSync(path)) return { kind: 'read', file: { path, text: beginning, values: {} } };
    if (!(statSync(path).mode & ownerWrites))
      return refused(path, 'is read-only: run chmod u+w to make it writable');
    const text = readFileSync(path, 'utf8');
    return { kind: 'read', file: { path, text, values: parsed(text) } };
  } catch (error) {
    return refused(path, `cannot be read (${codeOf(error)})`);
  }
}

/** The text with `changes` in it. Every other line stays as it is; a setting that has no line yet gets one at the end. */
export function withChanges(text: string, changes: SettingChanges): string {
  let changed = text;
  const added: string[] = [];
  for (const [name, value] of changes) {
    const line = `${name}=${quoted(value)}`;
    const lines = changed.split('\n');
    const hasIt = lines.some((one) => nameOn(one) === name);
    if (hasIt) changed = lines.map((one) => (nameOn(one) === name ? line : one)).join('\n');
    else if (value !== '') added.push(`${line}\n`);
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
  values: EnvFile['values'],
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

function parsed(text: string): EnvFile['values'] {
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
