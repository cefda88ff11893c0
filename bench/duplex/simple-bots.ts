import { voices } from '#bench/manners/channel.ts';
import { Marks } from '#bench/manners/marks.ts';
import { Microphones, type SimulatedUtterance } from '#bench/manners/microphones.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { Packet } from '#src/audio/packet.ts';
import { loadSilero } from '#src/audio/voice/silero.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice/voice-meter.ts';
import { asksForStory, type BotAnswer, type BotFrame, type DuplexBot, type Saying } from './bot.ts';

/** Rules of a simple bot. */
export type SimpleRules = {
  /** `voice`: voice activity of 0.5 or more. `packets`: whatever is sent. */
  readonly hears: 'voice' | 'packets';
  /** Silence that ends a turn, in ms. */
  readonly endMs: number;
  /** Whether it hears anything while it speaks, and falls silent at once. */
  readonly isInterruptible: boolean;
};

/** Any voice activity interrupts it, and any pause of half a second is an end. */
export const voiceActivityRules: SimpleRules = {
  hears: 'voice',
  endMs: 500,
  isInterruptible: true,
};
/** Rules of most bots at Discord: a second without packets ends a turn, and the bot is deaf while it speaks. */
export const naiveRules: SimpleRules = { hears: 'packets', endMs: 1_000, isInterruptible: false };

type StreamListener = { readonly stream: SpeakerStream; readonly meter: VoiceMeter };
type Reply = { readonly utterances: readonly number[]; readonly fromMs: number; toMs: number };

const packetMs = 20;
const betweenMs = 300;
const startProbability = 0.5;
/** Recogniser, model and voice of bench/manners. */
const answerAfterMs = 120 + 150 + 60;
const [storyMs, answerMs] = [20_000, 2_600];
const restMs = 2_400;

const [codec, weights] = await Promise.all([loadOpus(), loadSilero()]);

/** A bot that answers whatever it hears, by one rule for the end of a turn and one for interruptions. */
export class SimpleBot implements DuplexBot {
  readonly microphones: Microphones;
  readonly frames: BotFrame[] = [];
  readonly #rules: SimpleRules;
  readonly #listeners = new Map<string, StreamListener>();
  readonly #replies: Reply[] = [];
  readonly #ends: number[] = [];
  readonly #answerAfterMs: number;
  #nowMs = 0;
  #waiting: Packet[] = [];
  #turn: { readonly utterances: Set<number>; lastMs: number } | undefined;

  /** It works `toolMs` longer on each answer. */
  constructor(rules: SimpleRules, toolMs = 0) {
    this.#rules = rules;
    this.#answerAfterMs = answerAfterMs + toolMs;
    this.microphones = new Microphones(voices, new Marks());
  }

  nowMs(): number {
    return this.#nowMs;
  }

  say({ personId, text, sound }: Saying, fromMs: number): SimulatedUtterance {
    const former = this.microphones.said.findLast((one) => one.personId === personId);
    const freeMs = sound ? fromMs : Math.max(fromMs, (former?.toMs ?? 0) + betweenMs);
    const onGridMs = packetMs * Math.ceil(freeMs / packetMs);
    const { utterance, packets } = sound
      ? this.microphones.transmit(personId, text, onGridMs, sound)
      : this.microphones.say(personId, text, onGridMs);
    this.#waiting = [...this.#waiting, ...packets].sort((a, b) => a.atMs - b.atMs);
    return utterance;
  }

  async goTo(atMs: number): Promise<void> {
    while (this.#nowMs < atMs) this.#step();
  }

  answers(): readonly BotAnswer[] {
    return this.#replies.filter(({ fromMs, toMs }) => toMs > fromMs && fromMs <= this.#nowMs);
  }

  endsNoticedAtMs(): readonly number[] {
    return this.#ends;
  }

  async rest(): Promise<void> {
    this.#cut();
    this.#turn = undefined;
    await this.goTo(this.#nowMs + restMs);
    this.#cut();
    this.#turn = undefined;
  }

  #step(): void {
    this.#nowMs += packetMs;
    const atMs = this.#nowMs;
    while (this.#waiting[0] && this.#waiting[0].atMs <= atMs) {
      const packet = this.#waiting.shift();
      if (packet && this.#isVoiced(packet)) this.#hear(packet.speakerId);
    }
    const { endMs } = this.#rules;
    if (this.#turn && atMs - this.#turn.lastMs >= endMs) this.#answer([...this.#turn.utterances]);
    if (this.#reply) this.frames.push({ atMs });
  }

  /** The reply it speaks now. */
  get #reply(): Reply | undefined {
    return this.#replies.find(({ fromMs, toMs }) => fromMs <= this.#nowMs && this.#nowMs < toMs);
  }

  #isVoiced(packet: Packet): boolean {
    const { speakerId, opus } = packet;
    if (this.#rules.hears === 'packets') return opus.length > 3;
    const listener = this.#listeners.get(speakerId) ?? {
      stream: new SpeakerStream(codec),
      meter: new VoiceMeter(new VoiceActivity(weights)),
    };
    this.#listeners.set(speakerId, listener);
    const windows = listener.stream.put(packet).flatMap((heard) => listener.meter.hear(heard));
    return windows.some(({ probability }) => probability >= startProbability);
  }

  #hear(personId: string): void {
    if (this.#reply) {
      if (!this.#rules.isInterruptible) return;
      this.#cut();
    }
    const last = this.microphones.said.findLast(
      (one) => one.personId === personId && one.fromMs <= this.#nowMs,
    );
    const coming = this.#replies.find(({ fromMs }) => fromMs > this.#nowMs);
    this.#turn ??= { utterances: new Set(coming?.utterances), lastMs: 0 };
    if (coming) coming.toMs = coming.fromMs;
    this.#turn.lastMs = this.#nowMs;
    if (last) this.#turn.utterances.add(last.id);
  }

  #answer(utterances: readonly number[]): void {
    this.#turn = undefined;
    this.#ends.push(this.#nowMs);
    const { text = '' } = this.microphones.said[(utterances.at(-1) ?? 0) - 1] ?? {};
    const fromMs = this.#nowMs + this.#answerAfterMs;
    const toMs = fromMs + (asksForStory(text) ? storyMs : answerMs);
    this.#replies.push({ utterances, fromMs, toMs });
  }

  #cut(): void {
    for (const reply of this.#replies) {
      reply.toMs = Math.min(reply.toMs, Math.max(reply.fromMs, this.#nowMs));
    }
  }
}
