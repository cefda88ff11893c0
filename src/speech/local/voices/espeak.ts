import { spawn } from 'node:child_process';
import type { Pcm } from '#src/audio/pcm.ts';
import {
  neverAborted,
  waitUnlessAborted,
  withTimeout,
} from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { findProgram } from '#src/base/find-program.ts';
import { createUnspeakableError, splitText } from '#src/speech/speech-engine.ts';
import {
  type EspeakVoice,
  findEspeakVoice,
  listEspeakLanguages,
  parseEspeakVoices,
} from './espeak-voices.ts';

/** A program that takes the options of eSpeak NG, and its first arguments. */
export type EspeakProgram = readonly [path: string, ...first: string[]];

/** The voice of one text. */
export type EspeakManner = {
  readonly language: string;
  /** 2 is twice as fast. */
  readonly speed: number;
  /** 1 is the usual pitch. */
  readonly pitch: number;
};

/** Words a minute of the program at speed 1, and its limits. */
const [usualPace, minPace, maxPace] = [175, 80, 450];
const usualPitch = 50;
/** Longest text of one process: a minute of sound. */
const maxTextLetters = 1_000;
/** A sentence takes 60 ms, on two busy cores. A process that is silent for this long is killed. */
const silenceMs = 10_000;
/** Header of the WAV that is streamed. Its length is not known yet, so it states the longest. */
const [headerBytes, rateAt] = [44, 24];
/** A change of language inside a text, as `(en)`. */
const languageMark = /\([a-z-]+\)/g;
/** The program takes `[[` for the begin of sounds, and ends a clause at brackets and dashes. */
const notWords =
  /[\p{Cc}\p{Zl}\p{Zp}[\]{}()<>"\u201c\u201d\u201e\u00ab\u00bb\u2013\u2014|\\]+/gu;

/** Finds eSpeak NG among the programs of this machine. */
export function findEspeak(searchPath: string): EspeakProgram | undefined {
  const path = findProgram('espeak-ng', searchPath);
  return path === undefined ? undefined : [path];
}

/**
 * eSpeak NG, installed by the operator (GPL, so it stays a program of its own): a plain voice for about a hundred languages,
 * and the sounds of letters for voices of Piper. Each text is one process, which gets it by its standard input.
 *
 * @example
 * import { realClock } from '#src/base/clock.ts';
 * import { Espeak, findEspeak } from '#src/speech/local/voices/espeak.ts';
 *
 * declare const signal: AbortSignal;
 * const program = findEspeak('/usr/bin');
 * const espeak = program && (await Espeak.open(program, realClock));
 * const manner = { language: 'de', speed: 1, pitch: 1 };
 * if (espeak) for await (const pcm of espeak.speak('Guten Tag', manner, signal)) console.log(pcm.rateHz);
 */
export class Espeak {
  readonly #program: EspeakProgram;
  readonly #clock: Pick<Clock, 'later'>;
  readonly #voices: readonly EspeakVoice[];
  /** Languages (BCP 47, without regions) that the program reads. */
  readonly languages: readonly string[];

  private constructor(
    program: EspeakProgram,
    clock: Pick<Clock, 'later'>,
    voices: readonly EspeakVoice[],
  ) {
    this.#program = program;
    this.#clock = clock;
    this.#voices = voices;
    this.languages = listEspeakLanguages(voices);
  }

  /** Asks the program for its voices. Undefined if it does not start or has none. */
  static async open(
    program: EspeakProgram,
    clock: Pick<Clock, 'later'>,
  ): Promise<Espeak | undefined> {
    try {
      const table = await readAll(run(program, ['--voices'], '', clock, neverAborted));
      const voices = parseEspeakVoices(table.toString());
      return voices.length > 0 ? new Espeak(program, clock, voices) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Speaks a text. Throws BotError `speech.no_voice`, `speech.unspeakable` or `speech.failed`. */
  async *speak(
    text: string,
    { language, pitch, speed }: EspeakManner,
    signal: AbortSignal,
  ): AsyncGenerator<Pcm> {
    signal.throwIfAborted();
    const words = toWords(text);
    if (!/[\p{L}\p{N}]/u.test(words)) throw createUnspeakableError();
    const pace = Math.round(Math.min(maxPace, Math.max(minPace, speed * usualPace)));
    const options = ['-s', `${pace}`, '-p', `${Math.round(usualPitch * pitch)}`, '-z'];
    const voice = ['-v', this.#getVoice(language)];
    for (const part of splitText(words, maxTextLetters)) {
      const args = ['--stdout', '-b', '1', ...voice, ...options, '--stdin'];
      yield* readWave(run(this.#program, args, part, this.#clock, signal));
    }
  }

  /**
   * Returns the sounds of clauses in IPA, one for each. Throws as `speak` does.
   *
   * A clause that the program reads as several is joined with the others: then one line holds all.
   */
  async toIpa(
    clauses: readonly string[],
    language: string,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    signal.throwIfAborted();
    const args = ['-q', '--ipa', '-b', '1', '-v', this.#getVoice(language)];
    const lines = clauses.map((clause) => toWords(clause));
    const input = `${lines.join('\n')}\n`;
    const output = await readAll(run(this.#program, args, input, this.#clock, signal));
    const sounds = output
      .toString()
      .split(/\r?\n/)
      .map((line) => line.replace(languageMark, '').trim().normalize('NFD'))
      .filter((line) => line !== '');
    return sounds.length === clauses.length ? sounds : [sounds.join(', ')];
  }

  #getVoice(language: string) {
    const voice = findEspeakVoice(this.#voices, language);
    if (voice !== undefined) return voice;
    throw new BotError(
      'speech.no_voice',
      false,
      `eSpeak NG does not read ${language}.`,
    );
  }
}

function toWords(text: string) {
  return text.replace(notWords, ' ').trim();
}

/** A process that somebody else has killed, as the system does where memory runs out. */
class KilledError extends BotError {
  constructor(by: string) {
    super('speech.failed', true, `eSpeak NG was ended by ${by}.`);
  }
}

/** Runs the program and yields its output. One that is killed before its first output is run once more. */
async function* run(...given: Parameters<typeof runOnce>): AsyncGenerator<Buffer> {
  let hasOutput = false;
  try {
    for await (const piece of runOnce(...given)) {
      hasOutput = true;
      yield piece;
    }
  } catch (error) {
    if (hasOutput || !(error instanceof KilledError)) throw error;
    yield* runOnce(...given);
  }
}

/** Runs the program once. It is killed when nobody reads on, and when it is silent. */
async function* runOnce(
  [path, ...first]: EspeakProgram,
  args: readonly string[],
  input: string,
  clock: Pick<Clock, 'later'>,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const child = spawn(path, [...first, ...args], {
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  });
  let cause: unknown;
  child.on('error', (error) => {
    cause = error;
  });
  const ended = new Promise<readonly [code: number | null, killedBy: string | null]>(
    (resolve) => child.on('close', (...end) => resolve(end)),
  );
  child.stdin.on('error', () => undefined); // It may end before it has read all.
  child.stdin.end(input);
  const pieces = child.stdout[Symbol.asyncIterator]();
  const waitFor = async <T>(work: Promise<T>) => {
    const bounded = withTimeout(work, silenceMs, clock, () =>
      createFailure('is silent'),
    );
    return await waitUnlessAborted(bounded, signal);
  };
  try {
    for (;;) {
      const { value, done } = await waitFor(pieces.next());
      if (done) break;
      yield value;
    }
    const [code, killedBy] = await waitFor(ended);
    if (killedBy !== null) throw new KilledError(killedBy);
    if (code !== 0) throw createFailure(`ended with ${code}`, cause);
  } finally {
    child.kill('SIGKILL');
    child.stdin.destroy();
    child.stdout.destroy();
  }
}

/** Reads 16-bit mono sound behind the header of a WAV, as it comes. */
async function* readWave(bytes: AsyncIterable<Buffer>): AsyncGenerator<Pcm> {
  let rest: Buffer = Buffer.alloc(0);
  let rateHz: number | undefined;
  for await (const piece of bytes) {
    rest = Buffer.concat([rest, piece]);
    if (rateHz === undefined) {
      if (rest.length < headerBytes) continue;
      rateHz = rest.readUInt32LE(rateAt);
      rest = rest.subarray(headerBytes);
    }
    const whole = rest.subarray(0, rest.length - (rest.length % 2));
    rest = rest.subarray(whole.length);
    if (whole.length > 0) yield { samples: toSamples(whole), rateHz, channels: 1 };
  }
  if (rateHz === undefined) throw createFailure('gave no sound');
}

function toSamples(bytes: Buffer) {
  return new Int16Array(Uint8Array.from(bytes).buffer);
}

async function readAll(pieces: AsyncIterable<Buffer>) {
  return Buffer.concat(await Array.fromAsync(pieces));
}

function createFailure(what: string, cause?: unknown) {
  return new BotError('speech.failed', true, `eSpeak NG ${what}.`, cause);
}
