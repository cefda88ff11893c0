import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { text } from '#src/texts/texts.ts';
import { instantPace, openMockProviders } from '#test/fakes/providers/providers.ts';
import { openRecogniser } from '#test/fakes/recogniser/recogniser.ts';
import { remote } from '#test/scenarios/setup/bot-setup.ts';
import { eventually, scenario } from '#test/scenarios/setup/scenario-setup.ts';
import { inSharedTime } from '#test/scenarios/setup/shared-time.ts';

const program = fileURLToPath(import.meta.resolve('#src/app/main.mjs'));
const [digits, time] = [
  recording('human-digits-2934z.wav'),
  recording('synth-flite-slt-what-time-is-it.wav'),
];
const waitMs = 60_000;
/** Deadline of a whole program. */
const mostMs = 90_000;

function recording(name: string): string {
  return fileURLToPath(import.meta.resolve(`#test/fixtures/speech/${name}`));
}

/** `npm start` in an empty folder, with somebody who types into a pipe. */
class Typist implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #closed: Promise<unknown[]>;
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

  static async sitDown(
    environment: Readonly<Record<string, string>>,
    { args = [], stdin = 'pipe' }: { args?: readonly string[]; stdin?: 'pipe' | 'ignore' } = {},
  ): Promise<Typist> {
    const folder = await mkdtemp(join(tmpdir(), 'parley-'));
    const env = { ...environment, ...inSharedTime(), DATA_DIR: folder };
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      env,
      stdio: [stdin, 'pipe', 'pipe'],
    });
    const forget = realClock.later(mostMs, () => child.kill('SIGKILL'));
    child.once('exit', forget);
    return new Typist(child, folder);
  }

  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Text printed since the last call, up to `words`. */
  async shown(words: string | RegExp): Promise<string> {
    const screen = () => {
      const rest = this.#out.slice(this.#read);
      const [found] = typeof words === 'string' ? [words] : (words.exec(rest) ?? []);
      const from = found === undefined ? -1 : rest.indexOf(found);
      if (from < 0) throw new Error(`${words} was not printed:\n${rest}${this.#complaints}`);
      return rest.slice(0, from + `${found}`.length);
    };
    const part = await eventually(screen, waitMs);
    this.#read += part.length;
    return part;
  }

  /** Ends the input and waits for the end of the program. */
  async leave() {
    this.#child.stdin?.end();
    const [code] = await this.#closed;
    return { code, out: this.#out, complaints: this.#complaints };
  }

  async ask(signal: NodeJS.Signals) {
    this.#child.kill(signal);
    const [code] = await this.#closed;
    return { code, complaints: this.#complaints };
  }

  /** Recordings, by name. */
  async kept(): Promise<string[]> {
    const names = await readdir(join(this.#folder, 'sandbox'));
    return names.filter((name) => name.endsWith('.wav')).toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
    await this.#closed;
    await rm(this.#folder, { recursive: true });
  }
}

scenario('whoever types is heard, answered and obeyed, until a supervisor stops it', async () => {
  const hears = 'what is it';
  await using providers = await openMockProviders({ pace: instantPace, hears });
  await using console = await Typist.sitDown(remote(providers));
  console.type('hello there');
  await console.shown('> hello there\n');
  await console.shown(`  Adam   ${hears}\n`);
  await console.shown(
    /(?=.*ended \d+)(?=.*recognised \d+).*heard \d+ ms after Adam's last syllable\n/,
  );
  await console.shown(/kept as .*adam-1\.wav\n/);
  console.type('/say text:good evening when:now');
  await console.shown(text('say.now'));
  await console.shown(/heard \d+ ms after \/say\n/);
  console.type('/ask what time is it');
  await console.shown(/sent \d+, heard \d+ ms after \/ask\n/);
  console.type('/stats');
  await console.shown(/Last \d+ answers: .*\(only Adam sees this\)/);
  console.type('/privacy status');
  await console.shown('Hearing you: yes.');
  console.type('/dance');
  await console.shown('There is no /dance; there is /join, /leave, ');
  console.type('99');
  await console.shown('There is no button 99 now');
  console.type('?');
  await console.shown('quit, Ctrl+D or Ctrl+C leaves.');
  expect(await console.ask('SIGTERM')).toEqual({ code: 0, complaints: '' });
  const heard = ['adam-1.wav', 'adam-2.wav', 'adam-3.wav', 'adam-heard.wav', 'ben-heard.wav'];
  expect(await console.kept()).toEqual(heard);
});

scenario(
  'who plays recordings, then types as another, is told who is heard and why not',
  async () => {
    const recogniser = await openRecogniser();
    let typed: string | undefined;
    const hears = (pcm: Pcm) => typed ?? recogniser.hear(pcm);
    const replies = [{ match: /^/, text: 'Yes.' }];
    await using providers = await openMockProviders({ pace: instantPace, hears, replies });
    const args = ['--talk', digits, '--talk', time];
    await using console = await Typist.sitDown(remote(providers), { args });
    const played = await console.shown(/kept as .*adam-2\.wav\n/);
    const said = played.match(/^ {2}(?:Adam|Nova) {3}(?:two|what|Yes).*$/gm);
    const answer = '  Nova   Yes.';
    expect(said).toEqual([
      '  Adam   two nine three four zero',
      answer,
      '  Adam   what time is it',
      answer,
    ]);
    expect(played).not.toContain('Ben');
    expect(await console.kept()).toEqual(['adam-1.wav', 'adam-2.wav']);
    const [, hearMe] = /\[(\d+)\] Hear me/.exec(played) ?? [];
    const [, ask] = /\[(\d+)\] Ask/.exec(played) ?? [];
    typed = 'what is it';
    await expectAskedForYes(console, `${hearMe}`);
    await expectAnsweredByName(console, `${ask}`);
    typed = 'nova what is it';
    console.type('nova what is it');
    await console.shown(/heard \d+ ms after Adam's last syllable\n/);
    console.type('/leave');
    await console.shown(/Left Lounge after .*\n/);
    console.type('bob: are you there');
    await console.shown('Nova is in no voice channel; /join calls it.');
    console.type('quit');
    await console.shown('> quit\n');
    const { code, complaints } = await console.leave();
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
  },
);

/** Somebody new is not heard until they say yes. */
async function expectAskedForYes(console: Typist, hearMe: string): Promise<void> {
  console.type('bob: hello');
  await console.shown('Bob joined Lounge\n');
  await console.shown(
    /Two people are in the room now: begin with "Nova, \.\.\." or press its Ask button\.\n/,
  );
  await console.shown('Nova did not hear Bob');
  console.type(`bob: ${hearMe}`);
  await console.shown(`${text('privacy.allowed')} (only Bob sees this)`);
}

/** Among several it answers to its name or after Ask, and tells why not. */
async function expectAnsweredByName(console: Typist, ask: string): Promise<void> {
  console.type('bob: what is it');
  await console.shown('Nova did not answer: with several people it answers to its name');
  console.type('bob: nova what is it');
  await console.shown('Nova did not answer: the recogniser did not hear "Nova".');
  console.type(`bob: ${ask}`);
  await console.shown('Go ahead, Bob.');
  console.type('bob: what is it');
  await console.shown('  Bob    what is it\n');
  await console.shown(/heard \d+ ms after Bob's last syllable\n/);
  console.type('bob: quit');
  await console.shown('Adam is alone with Nova now and needs no name.\n');
}

scenario('where nobody can type, two exchanges are played and that is all', async () => {
  await using console = await Typist.sitDown({}, { stdin: 'ignore' });
  const { code, out, complaints } = await console.leave();
  expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
  expect(out.match(/ms after \w+'s last syllable$/gm)).toHaveLength(2);
  expect(out).toMatch(/^ {2}Ben {4}\[Hear me\]$/m);
  expect(out).toMatch(/^ {2}Ben {4}\[Ask\]$/m);
  expect(out).toMatch(
    /^ {2}Ben left Lounge\n {2}Adam is alone with Nova now and needs no name\.$/m,
  );
});

scenario('what is no recording is told before anything starts', async () => {
  const start = async (...args: readonly string[]) => {
    await using console = await Typist.sitDown({}, { args, stdin: 'ignore' });
    return await console.leave();
  };
  expect(await start('--talk', program)).toEqual({
    code: 1,
    out: '',
    complaints: `${program} cannot be spoken: The sound is not a WAV file.\n`,
  });
  const both = await start('--once', '--talk', program);
  expect(both).toMatchObject({ code: 78, complaints: '--once and --talk exclude each other.\n' });
});
