// node scripts/question-files.mjs: lists the files of the product that one spoken question runs through, from a run in the
// sandbox: a line typed there is spoken by a stand-in voice, heard, answered and spoken like any other. The bot needs no token
// and no network for it. What ticks anyway while nobody speaks counts, too.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../src/app/main.mjs', import.meta.url));
const watcher = new URL('watch-files.mjs', import.meta.url).href;
const deadlineMs = 120_000;

/**
 * Starts the bot in an empty folder, asks it the time, and returns the paths of the files that ran between the question and its answer.
 *
 * @returns {Promise<readonly string[]>}
 */
export async function listQuestionFiles() {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'parley-question-'));
  const bot = fork(program, {
    cwd: folder.path,
    env: { PATH: process.env.PATH, STATUS_PORT: '0', PAGE_PORT: '0' },
    execArgv: ['--import', watcher],
    silent: true,
  });
  const isOver = new Promise((resolve) => bot.once('exit', resolve));
  const late = setTimeout(() => bot.kill('SIGKILL'), deadlineMs);
  try {
    await waitForText(bot, /^ {2}Type to speak/m);
    await takeFiles(bot);
    bot.stdin.write('What time is it?\n');
    await waitForText(bot, /^ {2}\w+ {3}The time is/m);
    return await takeFiles(bot);
  } finally {
    clearTimeout(late);
    bot.kill();
    await isOver;
  }
}

/** Resolves once the bot has printed a text that `pattern` matches; rejects where the bot ends before. */
function waitForText(bot, pattern) {
  const { promise, reject, resolve } = Promise.withResolvers();
  let printed = '';
  const read = (chunk) => {
    printed += chunk;
    if (pattern.test(printed)) resolve();
  };
  const end = () => reject(new Error(`The bot ended before it printed ${pattern}:\n${printed}`));
  bot.stdout.on('data', read);
  bot.once('exit', end);
  return promise.finally(() => {
    bot.stdout.off('data', read);
    bot.off('exit', end);
  });
}

async function takeFiles(bot) {
  const answered = once(bot, 'message');
  bot.kill('SIGUSR2');
  const [{ files }] = await answered;
  return files;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = await listQuestionFiles();
  console.log(`${files.sort().join('\n')}\n${files.length} files`);
}
