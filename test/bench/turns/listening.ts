import type { OpusCodec } from '#src/audio/opus.ts';
import type { Packet } from '#src/audio/packet.ts';
import type { SileroWeights } from '#src/audio/silero.ts';
import { type Heard, SpeakerStream } from '#src/audio/speaker-stream.ts';
import { VoiceActivity } from '#src/audio/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice-meter.ts';
import {
  type EndpointRules,
  quiet,
  stepVoice,
  type Voice,
  type VoiceEffect,
  type VoiceEvent,
} from '#src/turn/endpointing.ts';
import type { Person } from '#src/turn/patience.ts';
import type { Word } from './clips.ts';

export type Noted = { readonly atMs: number; readonly effect: VoiceEffect };

export type Ears = {
  readonly codec: OpusCodec;
  readonly weights: SileroWeights;
  readonly rules: EndpointRules;
  readonly person: Person;
  /** Of a recogniser that makes no mistake; without it there are no texts. */
  readonly words?: readonly Word[];
};

/** From the question to the text. */
export const recogniseMs = 120;
/** What an utterance keeps of the time before its first voiced window. */
const keptMs = 250;
const stepMs = 10;
/** Packets come at full ticks, ticks between them. */
const tickMs = 20;

type Text = Extract<VoiceEvent, { kind: 'text' }>;

/** One person's packets through the listening path, on virtual time: what was decided, and when. */
export function listen(packets: Iterable<Packet>, lengthMs: number, ears: Ears): Noted[] {
  const listener = new Listener(ears);
  const arriving = packets[Symbol.iterator]();
  let next = arriving.next();
  for (let atMs = 0; atMs <= lengthMs; atMs += stepMs) {
    for (; !next.done && next.value.atMs <= atMs; next = arriving.next()) listener.put(next.value);
    listener.answerBy(atMs);
    if (atMs % tickMs !== 0) listener.tick(atMs);
  }
  listener.close();
  return listener.noted;
}

/** The ear of a session, with an oracle for a recogniser. */
class Listener {
  readonly noted: Noted[] = [];
  readonly #ears: Ears;
  readonly #stream: SpeakerStream;
  readonly #meter: VoiceMeter;
  #voice: Voice = quiet;
  #fromMs = 0;
  #answer: Text | undefined;

  constructor(ears: Ears) {
    this.#ears = ears;
    this.#stream = new SpeakerStream(ears.codec);
    this.#meter = new VoiceMeter(new VoiceActivity(ears.weights));
  }

  put(packet: Packet): void {
    for (const heard of this.#stream.put(packet)) this.#take(heard);
  }

  tick(atMs: number): void {
    for (const heard of this.#stream.settle(atMs)) this.#take(heard);
    this.#step({ kind: 'tick', atMs });
  }

  /** The text comes if it is due. */
  answerBy(atMs: number): void {
    const answer = this.#answer;
    if (!answer || answer.atMs > atMs) return;
    this.#answer = undefined;
    this.#step(answer);
  }

  close(): void {
    this.#stream.close();
  }

  #take(heard: Heard): void {
    const { atMs, samples } = heard;
    if (heard.kind === 'silence-frame') this.#step({ kind: 'silence-frame', atMs });
    for (const window of this.#meter.push(samples, atMs)) this.#step({ kind: 'window', ...window });
  }

  #step(event: VoiceEvent): void {
    const { rules, person } = this.#ears;
    const { voice, effects } = stepVoice(this.#voice, event, rules, person);
    this.#voice = voice;
    for (const effect of effects) this.#perform(effect, event.atMs);
  }

  #perform(effect: VoiceEffect, atMs: number): void {
    this.noted.push({ atMs, effect });
    switch (effect.kind) {
      case 'began':
        this.#fromMs = effect.fromMs;
        break;
      case 'paused':
        this.#answer = this.#ears.words && answerTo(this.#ears.words, this.#fromMs, atMs);
        break;
      case 'likely-over':
        break;
      case 'resumed':
        this.#answer = undefined;
        break;
      case 'ended':
        this.#answer = undefined;
        this.#meter.reset();
    }
  }
}

/** Only words of this utterance that have ended in the sound up to the pause. */
function answerTo(words: readonly Word[], fromMs: number, pausedAtMs: number): Text {
  const ended = words.filter(([, from, to]) => from >= fromMs - keptMs && to <= pausedAtMs);
  const text = ended.map(([word]) => word).join(' ');
  return { kind: 'text', text, atMs: pausedAtMs + recogniseMs };
}
