import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readWav } from '#src/audio/formats/wav.ts';
import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { realClock } from '#src/base/clock.ts';
import { readEnvironment } from '#src/config/config.ts';
import { formatText } from '#src/texts/texts.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import { type ProcessEnd, removeProgress, runToEnd } from '#test/fakes/bot-process.ts';
import {
  instantPace,
  openMockProviders,
} from '#test/fakes/providers/mock-providers.ts';
import type { MockVoice } from '#test/fakes/providers/mock-sound.ts';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';
import { makeRemoteSettings } from '#test/scenarios/setup/bot-setup.ts';
import { playScenario, retryUntilHeld } from '#test/scenarios/setup/scenario-setup.ts';
import { inSharedTime } from '#test/scenarios/setup/shared-time.ts';

/** `npm start -- --once` in an empty folder, and the WAV it left, if it did. */
async function runOnce(
  environment: Readonly<Record<string, string>> = {},
): Promise<ProcessEnd & { readonly kept: Pcm | undefined }> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-'));
  try {
    const ended = await runToEnd(
      { ...environment, ...inSharedTime(), DATA_DIR: folder },
      ['--once'],
    );
    const wav = await readFile(join(folder, 'sandbox', 'adam-heard.wav')).catch(
      () => undefined,
    );
    return { ...ended, kept: wav && readWav(wav) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

playScenario(
  'a newcomer without any account hears the bot answer a plain question',
  async () => {
    const { code, out, complaints, kept } = await runOnce();
    expect(out).toMatch(
      /^ {2}Adam {3}What time is it\?\n {2}Nova {3}The time is now .*\n/,
    );
    const [, share] =
      /the received sound holds (\d+) % of the spoken words/.exec(out) ?? [];
    expect(Number(share)).toBeGreaterThanOrEqual(95);
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
    expect(kept && getDurationMs(kept)).toBeGreaterThan(1_000);
  },
);

playScenario(
  'providers from the environment are used, and a hum is no answer in words',
  async () => {
    await using providers = await openMockProviders({
      pace: instantPace,
      hears: 'hello',
    });
    const { code, out, kept } = await runOnce(makeRemoteSettings(providers));
    const request = new Set(providers.requests.map(({ endpoint }) => endpoint));
    expect(request).toEqual(new Set(['transcriptions', 'chat', 'speech']));
    expect(out).toContain('failed at words: ');
    expect(code).toBe(1);
    expect(kept && getDurationMs(kept)).toBeGreaterThan(500);
  },
);

playScenario(
  'the first run proves what a newcomer hears through a Realtime server',
  async () => {
    const spoken = readSpeech('human-goforward');
    /** A man who can say one thing. */
    const speakAsMan: MockVoice = (_text, rateHz) =>
      resamplePcm(spoken, rateHz).samples;
    const talk = {
      voice: speakAsMan,
      answer: () => ({ text: 'Go forward ten meters.' }),
    };
    await using providers = await openMockProviders({
      pace: instantPace,
      voice: speakAsMan,
      talk,
    });
    const REALTIME_BASE_URL = providers.baseUrl.replace('http', 'ws');
    const settings = {
      PIPELINE: 'realtime',
      ...makeRemoteSettings(providers),
      REALTIME_BASE_URL,
    };
    const { code, out, complaints } = await runOnce(settings);
    expect(out).toMatch(/^ {2}Nova {3}Go forward ten meters\.$/m);
    expect(out).toMatch(/the received sound holds \d+ % of the spoken words/);
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
  },
);

const program = fileURLToPath(import.meta.resolve('#src/app/main.mjs'));
const waitMs = 60_000;
/** Deadline of a whole program. */
const mostMs = 90_000;

/** `npm start` in an empty folder, with somebody who types into a pipe. */
class Typist implements AsyncDisposable {
  readonly #child;
  readonly #folder;
  readonly #closed;
  #out = '';
  #complaints = '';
  #read = 0;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.#closed = once(child, 'close');
    child.stdout?.on('data', (chunk) => {
      this.#out += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      this.#complaints += chunk;
    });
  }

  static async sitDown(environment: Readonly<Record<string, string>>) {
    const folder = await mkdtemp(join(tmpdir(), 'parley-'));
    // Each newcomer of this file has a page of their own.
    const ports = { PAGE_PORT: `${await findFreePort()}`, STATUS_PORT: '0' };
    const env = { ...environment, ...inSharedTime(), ...ports, DATA_DIR: folder };
    const child = spawn(process.execPath, [program], {
      cwd: folder,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const forget = realClock.later(mostMs, () => child.kill('SIGKILL'));
    child.once('exit', forget);
    return new Typist(child, folder);
  }

  type(line: string) {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Text printed since the last call, up to `words`. */
  async shown(words: string | RegExp) {
    const readScreen = () => {
      const rest = this.#out.slice(this.#read);
      const [found] = typeof words === 'string' ? [words] : (words.exec(rest) ?? []);
      const from = found === undefined ? -1 : rest.indexOf(found);
      if (from < 0)
        throw new Error(`${words} was not printed:\n${rest}${this.#complaints}`);
      return rest.slice(0, from + `${found}`.length);
    };
    const part = await retryUntilHeld(readScreen, waitMs);
    this.#read += part.length;
    return part;
  }

  /** Ends the input, which a service does not have. */
  endInput() {
    this.#child.stdin?.end();
  }

  async ask(signal: NodeJS.Signals) {
    this.#child.kill(signal);
    const [code] = await this.#closed;
    return { code, complaints: removeProgress(this.#complaints) };
  }

  /** Output of another program in the same folder. */
  async run(command: string, ...words: readonly string[]) {
    const place = {
      cwd: this.#folder,
      env: { ...readEnvironment(), DATABASE_URL: '', DATA_DIR: this.#folder },
    };
    return (await promisify(execFile)(command, words, place)).stdout;
  }

  /** Puts a recording of a question into the folder. */
  async bring(name: string) {
    await cp('sandbox/recordings/what-time-is-it.wav', join(this.#folder, name));
  }

  async [Symbol.asyncDispose]() {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
    await this.#closed;
    await rm(this.#folder, { recursive: true });
  }
}

playScenario(
  'whoever types is heard, answered and obeyed, until a supervisor stops it',
  async () => {
    const hears = 'what is it';
    await using providers = await openMockProviders({ pace: instantPace, hears });
    await using console = await Typist.sitDown(makeRemoteSettings(providers));
    console.type('hello there');
    await console.shown('> hello there\n');
    await console.shown(`  Adam   ${hears}\n`);
    await console.shown(/Nova {3}\S/);
    console.type('/say text:good evening when:now');
    await console.shown(formatText('say.now'));
    console.type('/ask what time is it');
    console.type('/stats');
    await console.shown(/I usually answer [\s\S]*\(only Adam sees this\)/);
    console.type('/privacy status');
    await console.shown('I hear you until this session ends.');
    console.type('/dance');
    await console.shown('There is no command /dance here.');
    expect(await console.ask('SIGTERM')).toEqual({ code: 0, complaints: '' });
  },
);

playScenario(
  'without a terminal, as in a container, it runs until it is stopped',
  async () => {
    await using providers = await openMockProviders({
      pace: instantPace,
      hears: 'what is it',
    });
    await using console = await Typist.sitDown(makeRemoteSettings(providers));
    console.endInput();
    await console.shown('runs until it is stopped');
    expect(await console.ask('SIGTERM')).toEqual({ code: 0, complaints: '' });
  },
);

playScenario('each curl line of docs/http.md works in the sandbox', async () => {
  await using console = await Typist.sitDown({});
  const line = await console.shown(/http:\S+\/v1\/servers\/\d+/);
  const [at = '', origin = '', guildId = ''] =
    /(http:[^ ]+)\/v1\/servers\/(\d+)$/.exec(line) ?? [];
  await console.shown('The time is now');
  await console.bring('meeting.mp3');
  const tokens = fileURLToPath(import.meta.resolve('#src/app/programs/token.ts'));
  const questions = [
    'create',
    'bell',
    '--server',
    guildId,
    '--scopes',
    'say,ask,track,audio',
  ];
  const token = /parley_\S+/.exec(
    await console.run(process.execPath, tokens, ...questions),
  )?.[0];
  const blocks = (await readFile('docs/http.md', 'utf8')).matchAll(/```sh\n(.*?)```/gs);
  const lines = [...blocks]
    .map(([, block = '']) => block)
    .filter((text) => text.includes('curl '));
  const script = lines
    .join('')
    .replace(/^v1=.*$/m, `v1=${origin}/v1`)
    .replace(/^at=.*$/m, `at=${at}`)
    .replace(/^token=.*$/m, `token="Authorization: Bearer ${token}"`)
    .replaceAll('curl ', 'curl -sS --fail-with-body ');
  expect(script.match(/^curl/gm)?.length).toBeGreaterThan(5);
  await console.run('bash', '-euo', 'pipefail', '-c', script);
});

/** The program in a folder of its own, where ONNX Runtime has no library for this system. */
const root = mkdtempSync(join(tmpdir(), 'parley-'));
const copying = `
cp -r src commands doctor sandbox page package.json "$0"
mkdir "$0/models"
ln -s "$PWD"/models/* "$0/models"
rm "$0/models/runtime-wasm"
mkdir "$0/node_modules"
ln -s "$PWD"/node_modules/* "$0/node_modules"
rm "$0/node_modules/onnxruntime-node"
mkdir "$0/node_modules/onnxruntime-node"
cp -r node_modules/onnxruntime-node/package.json node_modules/onnxruntime-node/dist "$0/node_modules/onnxruntime-node"
`;
execFileSync('sh', ['-ec', copying, root]);
afterAll(() => rmSync(root, { recursive: true }));

const reason =
  "ONNX Runtime does not load on this system \\(Cannot find module '.*\\.node'\\), so hearing and speaking need npm ci again with a network, or TRANSCRIPTION_BASE_URL and SPEECH_BASE_URL";

function runBare(
  program: string,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
) {
  const all = { DATA_DIR: join(root, 'data'), PAGE_PORT: '0', ...environment };
  return runToEnd(all, args, [], join(root, program));
}

playScenario(
  'where ONNX Runtime does not load, the start and the doctor say so',
  async () => {
    const { code, complaints } = await runBare('src/app/main.mjs');
    expect(code).toBe(1);
    expect(complaints).toMatch(new RegExp(`^${reason}\\.\n$`));
    const examined = await runBare('doctor/main.ts');
    expect(examined.code).toBe(1);
    expect(examined.out).toMatch(new RegExp(`missing +runtime +${reason}`));
  },
);

playScenario('where ONNX Runtime does not load, a talk by servers works', async () => {
  await using providers = await openMockProviders({
    pace: instantPace,
    hears: 'hello nova',
    replies: [{ match: /./, text: 'Hello, Nova.' }],
  });
  const once = await runBare(
    'src/app/main.mjs',
    ['--once'],
    makeRemoteSettings(providers),
  );
  expect(once.out).toMatch(new RegExp(`Smart Turn: ${reason}; words and silence`));
  expect(once.out).toContain('the received sound holds 100 % of the spoken words');
  expect(once).toMatchObject({ code: 0, complaints: '' });
});
