import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { type ChaosSetup, channel } from '#bench/chaos/chaos-setup.ts';
import type { AskedQuestion } from '#bench/chaos/judge/journal.ts';
import type { OptionValues } from '#sandbox/interactions/interaction-words.ts';
import { energyDb } from '#src/audio/loudness/loudness.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { readWav } from '#src/audio/wav.ts';
import { realClock } from '#src/base/clock.ts';
import { sentenceIn } from './sentences.ts';
import { Talker } from './talker.ts';
import { names } from './words.ts';

/** Who there is: those who are to be heard, and others who talk all the time and never said yes. */
export type Cast = {
  readonly agreeing: number;
  readonly silent: number;
  /** Sounds on tracks, as options of `/track play`. */
  readonly sounds: readonly OptionValues[];
};

const fixtures = new URL('../../../test/fixtures/speech/', import.meta.url);
const recordings = ['human-cards-001.wav', 'human-cards-004.wav'];
/** Below this a recording is only a room. */
const voiceDb = -45;
const patienceMs = 6_000;
const pauseMs = [200, 1_200] as const;
const chatterMs = [1_500, 5_000] as const;
const settleMs = 8_000;
const callAgainMs = 3_000;
const listenEveryMs = 100;
/** Longer than that and the people are not in real time any more. */
const heldMs = 600;
export const rain: OptionValues = { sound: 'rain', track: 'bg', volume: 20, loop: true };
/** Each answers for a third of a run. */
const pipelines = ['chained', 'audio-model', 'realtime'] as const;
const usualCast: Cast = { agreeing: 4, silent: 2, sounds: [rain] };

/** The people of a run: they talk without a break, one question at a time, and call the bot when it is gone. */
export class ChaosPeople {
  readonly talkers: readonly Talker[];
  readonly #cast: Cast;
  readonly #setup: ChaosSetup;
  readonly #random: () => number;
  readonly #quietened = new AbortController();
  readonly #ending = new AbortController();
  #work: readonly Promise<void>[] = [];
  #calledAtMs = Number.NEGATIVE_INFINITY;
  #hasMusic = false;
  #pipeline = 'chained';

  private constructor(
    cast: Cast,
    setup: ChaosSetup,
    talkers: readonly Talker[],
    random: () => number,
  ) {
    this.#cast = cast;
    this.#setup = setup;
    this.talkers = talkers;
    this.#random = random;
  }

  /** Everybody sits, those who may be heard have said yes, the bot was called, and it rains. */
  static async gather(
    setup: ChaosSetup,
    random: () => number,
    cast = usualCast,
  ): Promise<ChaosPeople> {
    const clips = await Promise.all(recordings.map(clipOf));
    const all = names.slice(0, cast.agreeing + cast.silent);
    const talkers = all.map(
      (name, who) => new Talker(setup, who, setup.sandbox.person(name), clips),
    );
    const crowd = new ChaosPeople(cast, setup, talkers, random);
    for (const talker of talkers) await talker.sitDown();
    for (const talker of crowd.agreeing) await talker.agree(true);
    return crowd;
  }

  /** Begins to talk; nothing ends it but `end`. */
  begin(): void {
    const silent = this.talkers.slice(this.#cast.agreeing);
    this.#work = [
      this.#converse(),
      this.#listen(),
      ...silent.map((talker) => this.#chatter(talker)),
    ];
  }

  /** Nobody asks anything any more; everybody still listens. */
  quieten(): void {
    this.#quietened.abort();
  }

  async end(): Promise<void> {
    this.quieten();
    this.#ending.abort();
    await Promise.all(this.#work);
  }

  /** Those who are heard when they agree. */
  get agreeing(): readonly Talker[] {
    return this.talkers.slice(0, this.#cast.agreeing);
  }

  /** Has the owner of the server choose the pipeline of this share of the run, 0 to 1; again where no answer came. */
  async usePipelineAt(share: number): Promise<void> {
    const value = pipelines[Math.floor(share * pipelines.length)];
    if (value === undefined || this.#pipeline === value) return;
    const reply = await this.#setup.sandbox
      .person('Olga')
      .command('settings set', { key: 'pipeline', value })
      .answered(AbortSignal.timeout(settleMs))
      .catch(() => undefined);
    console.log(`pipeline ${value}: ${reply?.text ?? 'no answer'}`);
    if (reply && sentenceIn(reply.text) === undefined) this.#pipeline = value;
  }

  /** The bot was ended and started again, perhaps without having written down the last seconds. */
  restarted(): void {
    for (const talker of this.talkers) talker.doubt();
  }

  async #converse(): Promise<void> {
    for (let n = 0; !this.#quietened.signal.aborted; n++) {
      const talker = this.agreeing[n % this.#cast.agreeing];
      if (talker && this.#setup.isUp) await this.#turnOf(talker);
      await this.#pause(pauseMs);
    }
  }

  async #turnOf(talker: Talker): Promise<void> {
    if (!talker.isSeated || talker.consent === 'no') return; // calling it would be a yes
    if (talker.consent === 'unclear') await talker.agree(true);
    if (this.#setup.sandbox.bot().channel !== channel) await this.#call(talker);
    if (this.#setup.sandbox.bot().channel !== channel) return;
    const question = await talker.ask();
    if (question?.isOwed) await this.#outcome(question);
  }

  async #call(talker: Talker): Promise<void> {
    const nowMs = realClock.nowMs();
    if (nowMs - this.#calledAtMs < callAgainMs) return;
    this.#calledAtMs = nowMs;
    const reply = await talker.command('join');
    if (!reply || sentenceIn(reply.text) !== undefined) return;
    await talker.person.settled(AbortSignal.timeout(settleMs)).catch(() => undefined);
    await talker.command('captions on');
    if (this.#hasMusic) return;
    for (const sound of this.#cast.sounds) {
      this.#hasMusic = (await talker.command('track play', sound)) !== undefined;
    }
  }

  /** Waits for the answer, but not for ever: the next one asks meanwhile. */
  async #outcome({ who, number }: AskedQuestion): Promise<void> {
    const untilMs = realClock.nowMs() + patienceMs;
    while (realClock.nowMs() < untilMs && !this.#quietened.signal.aborted) {
      const isOver = this.#setup.journal.events.some(
        (event) =>
          'canary' in event &&
          event.canary.who === who &&
          event.canary.number === number &&
          (event.kind === 'written' || (event.kind === 'heard' && event.part === 2)),
      );
      if (isOver) return;
      await setTimeout(listenEveryMs);
    }
  }

  /** Somebody who is not to be heard talks over everybody. */
  async #chatter(talker: Talker): Promise<void> {
    while (!this.#quietened.signal.aborted) {
      if (talker.isSeated) await talker.ask();
      await this.#pause(chatterMs);
    }
  }

  /** Where this very process was held, nobody could say or hear anything; that is a fault of its own. */
  async #listen(): Promise<void> {
    for (let fromMs = realClock.nowMs(); !this.#ending.signal.aborted; ) {
      for (const talker of this.talkers) talker.listen();
      await setTimeout(listenEveryMs);
      const toMs = realClock.nowMs();
      const name = 'this machine was held';
      if (toMs - fromMs > heldMs) this.#setup.journal.add({ kind: 'fault', name, fromMs, toMs });
      fromMs = toMs;
    }
  }

  async #pause([from, to]: readonly [number, number]): Promise<void> {
    await setTimeout(from + this.#random() * (to - from));
  }
}

/** Without the room before and after the words. */
async function clipOf(name: string): Promise<Pcm> {
  const pcm = readWav(await readFile(new URL(name, fixtures)));
  const size = pcm.rateHz / 50;
  const frames = Array.from({ length: Math.floor(pcm.samples.length / size) }, (_, n) =>
    pcm.samples.subarray(n * size, (n + 1) * size),
  );
  const isVoice = (frame: Int16Array) => energyDb(frame) > voiceDb;
  const [first, last] = [frames.findIndex(isVoice), frames.findLastIndex(isVoice)];
  return { ...pcm, samples: pcm.samples.slice(first * size, (last + 1) * size) };
}
