import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { catalogueHook } from './served-models.ts';

const setupProgram = fileURLToPath(import.meta.resolve('#setup/main.ts'));
export const keys = { enter: '\r', up: '\u001b[A' } as const;
const waitMs = 60_000;

/** Runs `npm run setup` at a terminal, in a folder whose `.env` it writes. */
export function openTypedSetup(
  folder: string,
  environment: Readonly<Record<string, string>>,
): TypedSetup {
  const program = [process.execPath, '--import', catalogueHook, setupProgram];
  // util-linux's script gives it a terminal, which has no size.
  const line = `stty columns 200 rows 60; exec ${program.join(' ')}`;
  const child = spawn(
    'script',
    ['--quiet', '--flush', '--return', '--command', line, '/dev/null'],
    { cwd: folder, env: { PATH: process.env.PATH, TERM: 'xterm', ...environment } },
  );
  let sentText = '';
  let seen = 0;
  child.stdout.on('data', (piece) => {
    sentText += piece;
  });
  const readNewText = () => stripVTControlCharacters(sentText).slice(seen);
  const ended = once(child, 'close').then(([code]) => code);
  return {
    ended,
    async answer(question, typed = '') {
      await expect.poll(readNewText, { timeout: waitMs }).toContain(question);
      seen += readNewText().indexOf(question) + question.length;
      child.stdin.write(typed);
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A setup whose questions are answered by keys. */
export interface TypedSetup extends AsyncDisposable {
  /** The exit code. */
  readonly ended: Promise<number | null>;
  /** Types an answer once its question, or a sentence, stands there anew. */
  answer(question: string, typed?: string): Promise<void>;
}
