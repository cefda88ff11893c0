// node scripts/road-files.mjs: lists the files of the product that run for one spoken question, one `/track play`, one reminder, one
// chat completion with sound and one caption, in a call of the sandbox. What is typed there is spoken by a stand-in voice, and heard
// and answered like any other; the bot needs no token and no network for it.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../src/app/main.mjs', import.meta.url));
const tokenProgram = fileURLToPath(new URL('../src/app/programs/token.ts', import.meta.url));
const recording = new URL('../sandbox/recordings/what-time-is-it.wav', import.meta.url);
const watcher = new URL('watch-files.mjs', import.meta.url).href;
const deadlineMs = 500_000;
/** What a road leads to is shown and stored so long after its last text. */
const settleMs = 3_000;
/** An answer that still sounds would count as idle. */
const quietMs = 15_000;
/** Tasks of each minute run in the first idle time, those of a changed call in the others. */
const firstIdleMs = 65_000;
const idleMs = 6_000;

/** A road is measured from its first line to its last text. What comes before it runs, and is not measured. */
const roads = {
  'a spoken question': {
    run: (bot) => bot.type('What time is it?', /^ {2}\w+ {3}The time is/m),
  },
  '`/track play`': {
    run: (bot) => bot.type('/track play sound:rain', /^> \/track play/m),
  },
  'a reminder': {
    prepare: (bot) => bot.type('/track stop', /Stopped/),
    run: (bot) => bot.type('Set a timer for ten seconds.', /Time's up/),
  },
  'a chat completion with sound': { run: (bot) => bot.complete() },
  'a caption': {
    async prepare(bot) {
      await bot.type('/leave', /left Lounge/);
      await bot.type('/join mode:captions', /Captions are on/);
    },
    run: (bot) => bot.type('The weather is nice today.', /did not answer/),
  },
};

/**
 * Starts the bot in an empty folder, and lists for each road the paths of the files that ran, after the call has settled. Those that
 * also run in idle seconds of the call are taken off, except for the question, of which all files count that run meanwhile.
 *
 * @returns {Promise<Readonly<Record<string, readonly string[]>>>}
 */
export async function listRoadFiles() {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'parley-roads-'));
  const bot = await startBot(folder.path);
  try {
    const idle = new Set();
    const ran = {};
    for (const [road, { prepare, run }] of Object.entries(roads)) {
      await prepare?.(bot);
      await wait(quietMs);
      await bot.takeFiles();
      if (road !== 'a spoken question') {
        await wait(idle.size === 0 ? firstIdleMs : idleMs);
        for (const path of await bot.takeFiles()) idle.add(path);
      }
      await run(bot);
      if (road !== 'a spoken question') await wait(settleMs);
      ran[road] = await bot.takeFiles();
    }
    const { 'a spoken question': question, ...others } = ran;
    const busy = Object.entries(others).map(([road, paths]) => [road, paths.filter((path) => !idle.has(path))]);
    return { 'a spoken question': question, ...Object.fromEntries(busy) };
  } finally {
    await bot.stop();
  }
}

/** Starts the bot, and resolves once its first exchange in the sandbox is over. */
async function startBot(cwd) {
  const env = { PATH: process.env.PATH, STATUS_PORT: '0', PAGE_PORT: `${await findPort()}` };
  const child = fork(program, { cwd, env, execArgv: ['--import', watcher], silent: true });
  const hasEnded = once(child, 'exit');
  const late = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  let readTo = 0;

  /** Resolves once the bot has printed a text that `pattern` matches, after the last one; rejects where it ends before. */
  async function waitForText(pattern) {
    for (;;) {
      const match = pattern.exec(printed.slice(readTo));
      if (match) {
        readTo += match.index + match[0].length;
        return match;
      }
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`The bot ended before it printed ${pattern}:\n${printed}`);
      await Promise.race([once(child.stdout, 'data'), hasEnded]);
    }
  }

  const [, v1, guildId] = await waitForText(/(http\S+\/v1)\/servers\/(\d+)/);
  await waitForText(/^ {2}Type to speak/m);
  await takeFiles();
  return {
    takeFiles,
    async type(line, ending) {
      child.stdin.write(`${line}\n`);
      await waitForText(ending);
    },
    async complete() {
      const created = ['create', 'roads', '--server', guildId, '--scopes', 'chat'];
      const token = execFileSync(process.execPath, [tokenProgram, ...created], { cwd, env, encoding: 'utf8', stdio: 'pipe' });
      await takeFiles();
      const response = await fetch(`${v1}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token.trim()}`, 'content-type': 'application/json' },
        body: JSON.stringify(toCompletionRequest(readFileSync(recording))),
      });
      const answer = await response.json();
      if (!answer.choices?.[0].message.audio?.data) throw new Error(`No sound came: ${JSON.stringify(answer)}`);
    },
    async stop() {
      clearTimeout(late);
      child.kill();
      await hasEnded;
    },
  };

  async function takeFiles() {
    const answered = once(child, 'message');
    child.kill('SIGUSR2');
    const [{ files }] = await answered;
    return files;
  }
}

function toCompletionRequest(wav) {
  const sound = { type: 'input_audio', input_audio: { data: wav.toString('base64'), format: 'wav' } };
  return {
    model: 'parley',
    modalities: ['text', 'audio'],
    audio: { voice: 'default', format: 'wav' },
    messages: [{ role: 'user', content: [sound] }],
  };
}

/** Finds a port that nobody listens at. */
async function findPort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [road, files] of Object.entries(await listRoadFiles())) {
    console.log(`${road}: ${files.length} files\n${files.toSorted().map((path) => `  ${path}`).join('\n')}`);
  }
}
