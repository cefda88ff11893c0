import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { parseEnv, stripVTControlCharacters } from 'node:util';
import { expect } from 'vitest';
import { openSandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { Questions } from '#setup/questions.ts';
import { runSetup, type SetupOptions } from '#setup/setup.ts';
import { realClock } from '#src/base/clock.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';

export const keys = { enter: '\r', up: '\u001b[A', down: '\u001b[B', cancel: '\u0003' } as const;

/** A Discord without sound, and a folder in which the bot is set up. */
export async function openOffice(options: SandboxOptions = {}) {
  const sandbox = await openSandbox({ voice: silentVoice().half, ...options });
  const folder = mkdtempSync(join(tmpdir(), 'parley-setup-'));
  const env = join(folder, '.env');
  const environment: NodeJS.ProcessEnv = { DISCORD_API_URL: sandbox.apiUrl, DATA_DIR: folder };
  return {
    sandbox,
    folder,
    environment,
    /** Text of `.env`; undefined if there is none. */
    text: () => (existsSync(env) ? readFileSync(env, 'utf8') : undefined),
    values: () => parseEnv(readFileSync(env, 'utf8')),
    keep: (text: string) => writeFileSync(env, text, { mode: 0o600 }),
    /** Runs it at a terminal. */
    talk(more: Pick<SetupOptions, 'nearby' | 'vendors'> = {}) {
      const terminal = openTerminal();
      const ask = new Questions(terminal);
      const ended = runSetup({ ask, envPath: env, clock: realClock, environment, ...more });
      return { ...terminal, ended };
    },
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Keys and a screen of somebody at a terminal. */
function openTerminal() {
  const input = new PassThrough();
  let shown = '';
  let seen = 0;
  const output = new Writable({
    write(chunk, _encoding, done) {
      shown += stripVTControlCharacters(`${chunk}`);
      done();
    },
  });
  return {
    input,
    output,
    shown: () => shown,
    /** Once `question` stands there anew, types. */
    async answer(question: string, typed: string) {
      await expect
        .poll(() => shown.indexOf(question, seen), { timeout: 15_000 })
        .toBeGreaterThanOrEqual(0);
      seen = shown.indexOf(question, seen) + question.length;
      input.write(typed);
    },
  };
}
