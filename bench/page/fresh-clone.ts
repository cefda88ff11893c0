import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openBrowser } from '#test/page/browser/open-browser.ts';
import { openProgram } from '#test/page/browser/open-program.ts';
import { tappedOf, tapSound } from '#test/page/browser/sound-tap.ts';
import { firstAudibleMs } from './aligned.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
/** "What time is it". */
const question = join(root, 'sandbox/recordings/synth-flite-awb-what-time-is-it.wav');
const rateHz = 48_000;
/** Limit of the time. */
const mostS = 60;

/**
 * From `npm ci` in a fresh clone of what is committed to the first answer to spoken words, heard in the page: one sentence.
 * The microphone is opened once the two exchanges on the terminal are over, as Adam speaks in the first of them.
 */
export async function timeFreshClone(): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const parent = await mkdtemp(join(tmpdir(), 'parley-fresh-'));
  stack.defer(() => rm(parent, { recursive: true, force: true }));
  const folder = join(parent, 'parley');
  await run('git', ['clone', '--quiet', root, folder]);
  const beganMs = performance.now();
  const secondsNow = () => (performance.now() - beganMs) / 1_000;
  await run('npm', ['ci'], { cwd: folder });
  const installedS = secondsNow();
  const program = stack.use(await openProgram({ folder, command: 'npm start' }));
  const browser = await openBrowser(question);
  stack.defer(() => browser.close());
  const context = await browser.newContext();
  await tapSound(context);
  const tab = await context.newPage();
  await tab.goto(program.link.href);
  await tab.getByLabel('all the time').check();
  const shownS = secondsNow();
  await program.shows('Type to speak as Adam');
  const shownAnswers = tab.getByRole('log', { name: 'Said and answered' }).getByRole('article');
  const before = await shownAnswers.count();
  await tab.getByRole('button', { name: 'Microphone' }).click();
  await tab
    .getByRole('listitem')
    .filter({ hasText: 'Nova' })
    .filter({ hasText: 'speaks' })
    .waitFor();
  const heardS = secondsNow();
  await shownAnswers.nth(before).waitFor();
  const { played } = await tappedOf(tab);
  if (firstAudibleMs(played, rateHz, 0) === undefined) throw new Error('Nothing was heard.');
  const [installed, shown, heard] = [installedS, shownS, heardS].map((s) => s.toFixed(0));
  if (heardS > mostS) process.exitCode = 1;
  return `heard in the page ${heard} s after npm ci was begun (${installed} s for npm ci, page shown after ${shown} s); at most ${mostS} s`;
}
