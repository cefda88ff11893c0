import {
  firstSoundMs,
  HonestMinds,
  recogniseMs,
} from '#bench/manners/honest-models.ts';
import { readPieces, SoundMarks } from '#bench/manners/sound-marks.ts';
import type { HumanScene } from '#bench/turns/human/human-scenes.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { nobody, toPersonId } from '#src/base/ids.ts';
import type { SessionEvent, TurnTimestamps } from '#src/ports/session-events.ts';
import type { TurnModel } from '#src/speech/local/turn-model.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import { PartialTrust, predictEndOfTurn } from '#src/turn/endpointing/end-of-turn.ts';
import {
  endpointRules,
  usualSoundsOverMs,
  usualTurnModelMs,
} from '#src/turn/endpointing/endpointing.ts';
import { WordsJudgeTrust } from '#src/turn/endpointing/words-judge-trust.ts';
import {
  lounge,
  openSessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** A person's turn as the session heard and answered it, in ms of the scene. */
export type PersonTurn = {
  readonly scene: HumanScene;
  /** End of the last sound. */
  readonly spokenMs: number;
  /** First frame of each answer that was heard, also of one that was taken back as the person went on. */
  readonly answersMs: readonly number[];
  /** Frames of the bot that left. */
  readonly framesMs: readonly number[];
  /** Words of the question that was answered last. */
  readonly question: string;
  /** Whose words each answer that was heard was to: the person's, or those that the microphone of the neighbour brought. */
  readonly answeredMicrophones: readonly HearingMicrophone[];
  /** Instants of the last answer. */
  readonly instants?: TurnTimestamps;
  /** Last logits that the turn is over, by the words of the last question and by the turn model. */
  readonly wordsLogit?: number;
  readonly soundLogit?: number;
};

/** The person's own microphone, and one of somebody else in the room that hears the person as well. */
export type HearingMicrophone = 'own' | 'neighbour';

/** Parts that all turns share. */
export type TurnParts = {
  readonly codec: OpusCodec;
  readonly turnModel: TurnModel;
  /** The recogniser writes signs: a full stop at any pause, and the person's own question mark. */
  readonly hasPunctuation: boolean;
};

/** Time from the question to the turn model to its answer. */
const judgeMs = 60;
const packetMs = 20;
/** Time by which the bot has said hello. */
const greetedMs = 12_000;
/** Time after the last sound by which each answer has begun. */
const answeredMs = 4_000;
/** A word is known this long before the end of its label, which is by hand or by a recogniser. */
const labelMs = 40;
const eventLoopRounds = 4;
const asker = { id: toPersonId('1'), name: 'Ana', isBot: false, roleIds: [] };
const neighbour = { id: toPersonId('2'), name: 'Ben', isBot: false, roleIds: [] };

/** Plays a person's turn to a session of its own, on virtual time. `farScene`: what the microphone of a neighbour brings of it. */
export async function playPersonTurn(
  scene: HumanScene,
  { codec, turnModel, hasPunctuation }: TurnParts,
  farScene?: HumanScene,
): Promise<PersonTurn> {
  const clock = new VirtualClock(undefined, eventLoopRounds);
  const marks = new SoundMarks();
  const minds = new HonestMinds(clock, () => 'short');
  const synthesizer = new FakeSynthesizer({ clock, firstMs: firstSoundMs });
  const judging = new TimedTurnModel(turnModel, clock);
  const scenes = farScene ? [scene, farScene] : [scene];
  const people = [asker, neighbour].slice(0, scenes.length);
  const recogniser = createSceneRecogniser(scenes, clock, hasPunctuation);
  const answers: Extract<SessionEvent, { kind: 'answered' }>[] = [];
  const fixture = openSessionFixture(
    {
      clock,
      synthesizer,
      addressing: 'always',
      transcriber: recogniser,
      partialTrust: new PartialTrust(false),
      wordsJudges: new WordsJudgeTrust(),
      tools: [],
      pipeline: minds.withSynthesizer(synthesizer),
      codec: marks.wrapCodec(codec, () => undefined),
      consent: { policy: 'notice' },
      turnModel: judging,
      endpointRules: personRules,
      onEvent: (_guildId, event) =>
        void (event.kind === 'answered' && answers.push(event)),
    },
    people,
  );
  await using _sessions = fixture.sessions;
  await fixture.sessions.join(lounge, asker.id ?? nobody);
  const { link } = fixture.linkOpener;
  const framesMs: number[] = [];
  const firstFramesMs = new Map<number, number>();
  link.onLeft = (_frame, atMs) => {
    framesMs.push(atMs);
    const { turnQueue } =
      fixture.sessions.findSession(lounge.guildId)?.loop.state ?? {};
    // A cue before the first sound is no answer, and leaves none heard.
    const { heardFromMs, reply } = turnQueue?.current ?? {};
    if (reply !== undefined && heardFromMs !== undefined)
      firstFramesMs.set(reply, heardFromMs);
  };
  const passTime = async (untilMs: number, packets: readonly Packet[]) => {
    let next = 0;
    while (clock.nowMs() < untilMs) {
      await clock.advance(packetMs);
      await judging.waitUntilAnswered();
      for (; packets[next] && (packets[next]?.atMs ?? 0) <= clock.nowMs(); next++)
        link.arrive(packets[next] as Packet);
      link.tick(clock.nowMs());
    }
  };
  await passTime(greetedMs, []);
  const startMs = clock.nowMs();
  const packets = scenes
    .flatMap((sent, n) =>
      sent.packets.map((packet) => {
        const opus = Buffer.from(packet.opus); // one object of its own, for its mark
        marks.putMark(opus, { utterance: n + 1, frame: packet.atMs / packetMs });
        const speakerId = people[n]?.id ?? nobody;
        return { ...packet, opus, atMs: packet.atMs + startMs, speakerId };
      }),
    )
    .toSorted((a, b) => a.atMs - b.atMs);
  const spokenMs = scene.stretches.at(-1)?.[1] ?? 0;
  await passTime(startMs + Math.max(scene.lengthMs, spokenMs + answeredMs), packets);
  fixture.talk.stopSpeaking(lounge.guildId);
  await passTime(clock.nowMs() + 1_000, []);
  const heardAnswers = answers.filter(
    ({ instants: { firstSentAtMs = 0 } }) => firstSentAtMs > startMs,
  );
  const answersMs = [...firstFramesMs.values()]
    .filter((atMs) => atMs > startMs)
    .map((atMs) => atMs - startMs);
  const instants = heardAnswers.at(-1)?.instants;
  return {
    scene,
    spokenMs,
    answersMs,
    question: minds.requests.at(-1)?.texts.join(' ') ?? '',
    answeredMicrophones: heardAnswers.map(({ speakerId }) =>
      speakerId === asker.id ? 'own' : 'neighbour',
    ),
    framesMs: framesMs.map((atMs) => atMs - startMs).filter((atMs) => atMs > 0),
    ...(instants && { instants: moveInstants(instants, startMs) }),
    ...recogniser.last,
    ...judging.last,
  };
}

const personRules = {
  ...endpointRules,
  delay: { ...endpointRules.delay, textTimeoutMs: 600 },
  pause: {
    ...endpointRules.pause,
    soundsOverMs: usualSoundsOverMs,
    turnModelMs: usualTurnModelMs,
  },
};

function moveInstants(instants: TurnTimestamps, startMs: number): TurnTimestamps {
  return Object.fromEntries(
    Object.entries(instants).map(([name, atMs]) => [name, atMs - startMs]),
  ) as TurnTimestamps;
}

/** The turn model, whose answer comes 60 ms of virtual time after the question, however long it really takes. */
class TimedTurnModel implements TurnModel {
  readonly #model: TurnModel;
  readonly #clock: VirtualClock;
  #isRunning: Promise<unknown> = Promise.resolve();
  /** The last logit. */
  last: { readonly soundLogit?: number } = {};

  constructor(model: TurnModel, clock: VirtualClock) {
    this.#model = model;
    this.#clock = clock;
  }

  load(): void {
    this.#model.load();
  }

  async judge(...[sound, signal]: Parameters<TurnModel['judge']>) {
    const judging = this.#model.judge(sound, signal);
    this.#isRunning = judging;
    await this.#clock.sleep(judgeMs, signal).catch(() => undefined);
    const soundLogit = await judging;
    if (soundLogit !== undefined) this.last = { soundLogit };
    return soundLogit;
  }

  /** Resolves once the model has answered, so that no virtual time passes meanwhile. */
  async waitUntilAnswered(): Promise<void> {
    await this.#isRunning;
  }
}

/** Creates a recogniser that gives the true words that have ended in the sound, 120 ms after it was asked. */
function createSceneRecogniser(
  scenes: readonly HumanScene[],
  clock: VirtualClock,
  hasPunctuation: boolean,
): Transcriber & { last: { readonly wordsLogit?: number } } {
  const recogniser: Transcriber & { last: { readonly wordsLogit?: number } } = {
    last: {},
    async *transcribe(pcm, signal) {
      await clock.sleep(recogniseMs, signal);
      const pieces = readPieces(pcm.samples);
      const [fromMs, toMs] = [
        ((pieces[0]?.from ?? 0) - 1) * packetMs,
        (pieces.at(-1)?.to ?? 0) * packetMs,
      ];
      const utterance = pieces[0]?.utterance ?? 1;
      const scene = scenes[utterance - 1] as HumanScene;
      const text = writeWords(scene, fromMs, toMs + labelMs, hasPunctuation);
      if (text !== '' && scene === scenes[0])
        recogniser.last = { wordsLogit: predictEndOfTurn(text).completeLogit };
      yield { kind: 'final', transcript: { text } };
    },
  };
  return recogniser;
}

function writeWords(
  { stretches, text, words }: HumanScene,
  fromMs: number,
  toMs: number,
  hasPunctuation: boolean,
) {
  const spokenMs = stretches.at(-1)?.[1] ?? 0;
  const heardClipWords = words.filter(
    ([, from, to]) => (from + to) / 2 >= fromMs && Math.min(to, spokenMs) <= toMs,
  );
  const joined = heardClipWords.map(([word]) => word).join(' ');
  if (!hasPunctuation || joined === '') return joined;
  const isAll = heardClipWords.at(-1) === words.at(-1);
  const sign = isAll && /\?\s*$/.test(text) ? '?' : '.';
  return `${joined.charAt(0).toUpperCase()}${joined.slice(1)}${sign}`;
}
