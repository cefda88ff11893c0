import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';

const main = fileURLToPath(import.meta.resolve('#src/app/main.mjs'));
const linkPattern = /Talk in your browser:\s+(\S+)/;
const showMs = 90_000;
/** Byte that a terminal sends for Ctrl+C. */
const interrupt = '\x03';

/** `npm start` without npm, as a newcomer runs it. */
export type Program = AsyncDisposable & {
  /** The address that it printed. */
  readonly link: URL;
  /** All that stands on the terminal. */
  screen(): string;
  /** Waits until it stands on the terminal. */
  shows(words: string | RegExp): Promise<void>;
};

/** A clone with everything installed, and what starts the program there. */
export type Clone = { readonly folder: string; readonly command: string };

/**
 * The program at a terminal of its own (`script` of util-linux), in an empty folder, or in a clone: the link that it prints goes to terminals only.
 * `settings` are those of the environment.
 */
export async function openProgram(
  clone?: Clone,
  settings: Readonly<Record<string, string>> = {},
) {
  const folder = clone?.folder ?? (await mkdtemp(join(tmpdir(), 'parley-')));
  const start =
    clone?.command ??
    `'${process.execPath}' --min-semi-space-size=2 --max-semi-space-size=2 '${main}'`;
  const command = `DISCORD_TOKEN= PAGE_PORT=${await findFreePort()} ${start}`;
  const child = spawn(
    '/usr/bin/script',
    ['--quiet', '--return', '--command', command, '/dev/null'],
    {
      cwd: folder,
      ...(clone ? {} : { env: { TERM: 'dumb', ...settings } }),
      timeout: 240_000,
      killSignal: 'SIGKILL',
    },
  );
  const closed = once(child, 'close');
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += stripVTControlCharacters(`${chunk}`);
  });
  const readScreen = () => out;
  const waitForScreen = async (words: string | RegExp) => {
    const signal = AbortSignal.timeout(showMs);
    while (out.search(words) < 0) await once(child.stdout, 'data', { signal });
  };
  await waitForScreen(linkPattern);
  const [, link = ''] = linkPattern.exec(out) ?? [];
  const stopProgram = async () => {
    child.stdin.write(interrupt);
    await closed;
    await rm(folder, { recursive: true, force: true });
  };
  return {
    link: new URL(link),
    screen: readScreen,
    shows: waitForScreen,
    [Symbol.asyncDispose]: stopProgram,
  };
}
