import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseEnv } from 'node:util';

/** An empty value removes a setting. */
export type EnvChanges = ReadonlyMap<string, string>;

/** The file of settings. A new file begins with the comment in `text`. */
export type EnvFile = {
  readonly path: string;
  readonly text: string;
  readonly values: Readonly<Record<string, string>>;
};

/** Outcome of `readEnvFile`. A reason is a sentence for the person at the terminal. */
export type EnvFileOutcome =
  | { readonly kind: 'read'; readonly file: EnvFile }
  | { readonly kind: 'refused'; readonly reason: string };

const ownerWriteMode = 0o200;

const firstComment = '# Written by npm run setup. .env.example lists all settings.\n';

/** Refuses a file that may not be read or replaced, before any question. */
export function readEnvFile(path: string): EnvFileOutcome {
  try {
    if (!existsSync(path))
      return { kind: 'read', file: { path, text: firstComment, values: {} } };
    if (!(statSync(path).mode & ownerWriteMode))
      return refuseEnvFile(path, 'is read-only: run chmod u+w to make it writable');
    const text = readFileSync(path, 'utf8');
    return { kind: 'read', file: { path, text, values: parseEnvText(text) } };
  } catch (error) {
    return refuseEnvFile(path, `cannot be read (${getErrorCode(error)})`);
  }
}

/**
 * Writes changes into the text of a `.env` file. A setting without a line gets one at the end.
 *
 * @example
 * import { applyChanges } from '#setup/env-file.ts';
 *
 * const changes = new Map([['PIPELINE', 'realtime'], ['BOT_NAME', 'Nova']]);
 * applyChanges('# mine\nPIPELINE=chained\n', changes); // '# mine\nPIPELINE=realtime\nBOT_NAME=Nova\n'
 */
export function applyChanges(text: string, changes: EnvChanges): string {
  let changed = text;
  const addedLines: string[] = [];
  for (const [name, value] of changes) {
    const newLine = `${name}=${quoteValue(value)}`;
    const lines = changed.split('\n');
    const hasLine = lines.some((textLine) => parseSettingName(textLine) === name);
    if (hasLine)
      changed = lines
        .map((textLine) => (parseSettingName(textLine) === name ? newLine : textLine))
        .join('\n');
    else if (value !== '') addedLines.push(`${newLine}\n`);
  }
  const gap = changed === '' || changed.endsWith('\n') ? '' : '\n';
  return addedLines.length === 0 ? changed : `${changed}${gap}${addedLines.join('')}`;
}

function parseSettingName(textLine: string) {
  return /^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=/.exec(textLine)?.[1];
}

/**
 * Replaces the file whole or not at all, readable by its owner only. Returns a sentence if that
 * fails.
 */
export async function replaceEnvFile(
  path: string,
  text: string,
): Promise<string | undefined> {
  const partPath = `${path}.${process.pid}.part`;
  try {
    await using file = await open(partPath, 'wx', 0o600);
    await file.writeFile(text);
    await file.sync();
    await chmod(partPath, 0o600);
    await rename(partPath, path);
    return undefined;
  } catch (error) {
    await rm(partPath, { force: true }).catch(() => undefined);
    const code = getErrorCode(error);
    const mend = ['EACCES', 'EPERM', 'EROFS'].includes(code)
      ? ` Make ${dirname(path)} writable.`
      : '';
    return `${path} could not be written (${code}), and has not changed.${mend}`;
  }
}

/** Finds names of settings that Node would parse to another value. */
export function findStrayNames(
  text: string,
  values: EnvFile['values'],
  changes: EnvChanges,
): readonly string[] {
  const read = parseEnvText(text);
  const meant = { ...values, ...Object.fromEntries(changes) };
  return Object.keys(meant).filter((name) => (read[name] ?? '') !== meant[name]);
}

/** Quotes a value so that Node parses the same value. */
function quoteValue(value: string) {
  if (/^[\w./:@,+=%~-]*$/.test(value)) return value;
  const quote = ["'", '"', '`'].find((mark) => !value.includes(mark)) ?? "'";
  return `${quote}${value}${quote}`;
}

function parseEnvText(text: string) {
  return Object.fromEntries(
    Object.entries(parseEnv(text)).map(([name, value]) => [name, value ?? '']),
  );
}

function refuseEnvFile(path: string, fault: string): EnvFileOutcome {
  return { kind: 'refused', reason: `${path} ${fault}. Nothing was changed.` };
}

function getErrorCode(error: unknown) {
  return error instanceof Error && 'code' in error ? `${error.code}` : 'unknown error';
}
