import type { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import { energyDb } from '#src/audio/loudness.ts';
import type { Packet } from '#src/audio/packet.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { Recording } from '#src/audio/voice/recording.ts';
import type { SpeakerSound, SpeakerStream, StreamCounts } from '#src/audio/voice/speaker-stream.ts';
import type { VoiceMeter, VoiceWindow } from '#src/audio/voice/voice-meter.ts';
import type { Transcript } from '#src/speech/ports.ts';
import { continues } from '#src/turn/endpointing/continuation.ts';
import {
  type EndpointingEffect,
  type EndpointingEvent,
  type EndpointingState,
  type EndpointRules,
  quiet,
  stepEndpointing,
} from '#src/turn/endpointing/endpointing.ts';
import type { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import { type Evidence, nothingHeard } from '#src/turn/evidence.ts';
import {
  type OverlapVoice,
  type OverlapVoiceEvent,
  type OverlapVoiceInput,
  stepOverlapVoice,
} from '#src/turn/overlap/overlap-voice.ts';
import type { Utterance } from './utterance.ts';

/** Windows remembered: more than come between a voice and its notice. */
const mostLags = 32;

type WindowLag = { readonly atMs: number; readonly lagMs: number };

/** What cannot be read counts as the usual length. */
const packetMs = 20;

/** An utterance up to its pause; `soFar` copies its sound. */
export type UtteranceSoFar = { readonly soFar: () => Utterance; readonly heard: Evidence };

/** What one ear noticed, in order. Between `began` and `ended` every sample is handed on once. */
export type SpeakerInputEvent =
  | OverlapVoiceEvent
  /** `sound` reaches back to before the voice was noticed. */
  | {
      readonly kind: 'began';
      readonly fromMs: number;
      /** As `fromMs`, without the jitter of the network. */
      readonly spokenFromMs: number;
      readonly sound: Int16Array;
      /** Length, in ms, of `sound` before the voice. */
      readonly leadMs: number;
    }
  | { readonly kind: 'sound'; readonly sound: Int16Array }
  | ({ readonly kind: 'paused' } & UtteranceSoFar)
  /** The pause is likely to be the end. */
  | ({ readonly kind: 'long-pause' } & UtteranceSoFar)
  | { readonly kind: 'resumed' }
  /** An answer may be prepared. */
  | ({ readonly kind: 'likely-over' } & UtteranceSoFar)
  | {
      readonly kind: 'ended';
      readonly whole: Utterance;
      /** When the voice began and stopped, without the jitter of the network. */
      readonly spoken: { readonly fromMs: number; readonly toMs: number };
      readonly endedAtMs: number;
      readonly why: Extract<EndpointingEffect, { kind: 'ended' }>['why'];
      readonly heard: Evidence;
    };

export type UtteranceEnd = Extract<SpeakerInputEvent, { kind: 'ended' }>;

export type SpeakerInputParts = {
  readonly speakerId: string;
  readonly stream: SpeakerStream;
  readonly meter: VoiceMeter;
  /** Knows the bot's own voice when it comes back. */
  readonly echo: Pick<EchoMeter, 'hear' | 'over'>;
  readonly rules: EndpointRules;
  readonly pauseHabits: PauseHabits;
};

/** One person's ear: packets in, whole utterances out. Opened only for people who may be heard. */
export class SpeakerInput {
  readonly #speakerId: string;
  readonly #stream: SpeakerStream;
  readonly #meter: VoiceMeter;
  readonly #echo: SpeakerInputParts['echo'];
  #isEcho = false;
  readonly #rules: EndpointRules;
  readonly #pauseHabits: PauseHabits;
  readonly #recording = new Recording();
  #voice: EndpointingState = quiet;
  #overlap: OverlapVoice;
  /** The last utterance, until it is known whether it was really over. */
  #ended: { readonly toMs: number; readonly lastWord: string } | undefined;
  #lastPacketAtMs = 0;
  /** Of the latest windows, oldest first. */
  #lags: readonly WindowLag[] = [];
  #spokenFromMs = 0;
  /** Of the last voiced window. */
  #voicedLagMs = 0;
  /** Packets that could not be decoded, up to the last one that could. */
  #missedBefore = 0;

  constructor({ speakerId, stream, meter, echo, rules, pauseHabits }: SpeakerInputParts) {
    this.#speakerId = speakerId;
    this.#stream = stream;
    this.#meter = meter;
    this.#echo = echo;
    this.#rules = rules;
    this.#pauseHabits = pauseHabits;
  }

  get lastPacketAtMs(): number {
    return this.#lastPacketAtMs;
  }

  /** Somebody talks, or pauses inside a sentence. */
  get talking(): boolean {
    return this.#voice.kind === 'talking' || this.#voice.kind === 'paused';
  }

  /** Sound this person has sent without any of it being decodable, in ms. */
  get unheardMs(): number {
    return (this.#missed() - this.#missedBefore) * packetMs;
  }

  put(packet: Packet): SpeakerInputEvent[] {
    this.#lastPacketAtMs = packet.atMs;
    return this.#stream.put(packet).flatMap((heard) => this.#take(heard));
  }

  /** Discord is mute during silence, so only a tick can end an utterance. */
  tick(atMs: number): SpeakerInputEvent[] {
    const late = this.#stream.settle(atMs).flatMap((heard) => this.#take(heard));
    return [...late, ...this.#step({ kind: 'tick', atMs }), ...this.#rest('tick', atMs)];
  }

  /** What has been understood of the utterance up to its pause. */
  read(understood: Transcript, atMs: number): SpeakerInputEvent[] {
    return this.#step({ kind: 'text', ...understood, atMs });
  }

  counts(): StreamCounts {
    return this.#stream.counts();
  }

  close(): void {
    this.#stream.close();
  }

  #take(heard: SpeakerSound): SpeakerInputEvent[] {
    const { atMs, samples } = heard;
    if (heard.kind === 'sound') this.#missedBefore = this.#missed();
    const closes = heard.kind === 'silence-frame';
    const shut = closes ? this.#step({ kind: 'silence-frame', atMs }) : [];
    const still = closes ? this.#rest('closed', atMs) : [];
    const sound: SpeakerInputEvent[] = this.talking ? [{ kind: 'sound', sound: samples }] : [];
    this.#recording.push(samples);
    const windows = this.#meter.hear(heard);
    const steps = windows.flatMap((one) => {
      const { atMs, lagMs = 0 } = one;
      this.#lags = [...this.#lags.slice(1 - mostLags), { atMs, lagMs }];
      const window = this.#withoutEcho(one);
      return [...this.#stepOverlap(window), ...this.#step(window)];
    });
    if (heard.kind !== 'sound' || this.#isEcho) return [...shut, ...still, ...sound, ...steps];
    const levelDb = energyDb(samples);
    return [...shut, ...sound, ...steps, ...this.#stepOverlap({ kind: 'packet', levelDb, atMs })];
  }

  #stepOverlap(event: OverlapVoiceInput): readonly OverlapVoiceEvent[] {
    const { overlap, noticed } = stepOverlapVoice(this.#overlap, event);
    this.#overlap = overlap;
    return noticed;
  }

  #rest(kind: 'closed' | 'tick', atMs: number): readonly OverlapVoiceEvent[] {
    return this.talking ? [] : this.#stepOverlap({ kind, atMs });
  }

  /** The bot's own voice out of somebody's loudspeakers is none. */
  #withoutEcho(window: VoiceWindow): Extract<EndpointingEvent, { kind: 'window' }> {
    const { verdict, lagMs, share, ownFromMs } = this.#echo.hear(window);
    const isKnown = lagMs !== undefined && share === 1 && ownFromMs === undefined;
    this.#isEcho = verdict === 'echo' || (isKnown && verdict !== 'speech');
    const { atMs, levelDb } = window;
    const probability = this.#isEcho ? 0 : window.probability;
    return { kind: 'window', probability, levelDb, atMs };
  }

  #missed(): number {
    const { sealed, undecodable } = this.#stream.counts();
    return sealed + undecodable;
  }

  #step(event: EndpointingEvent): SpeakerInputEvent[] {
    const before = this.#voice;
    const person = this.#pauseHabits.of(this.#speakerId);
    const { voice, effects } = stepEndpointing(before, event, this.#rules, person);
    this.#voice = voice;
    for (const effect of effects) this.#learn(effect, lastWordOf(before));
    if (before.kind !== 'quiet' && voice.kind === 'quiet') this.#echo.over();
    if (voice.kind === 'talking' && voice.lastVoiceMs === event.atMs) {
      this.#recording.voiced();
      this.#voicedLagMs = this.#lags.at(-1)?.lagMs ?? 0;
    }
    return effects.map((effect) => this.#perform(effect, event.atMs, before));
  }

  /** Whether an utterance was over shows when the next one begins. */
  #learn(effect: EndpointingEffect, lastWord: string): void {
    if (effect.kind === 'resumed') {
      this.#pauseHabits.wentOn(this.#speakerId, effect.pausedMs, lastWord);
    }
    if (effect.kind === 'ended') this.#ended = { toMs: effect.toMs, lastWord };
    if (effect.kind !== 'began' || !this.#ended) return;
    const { toMs } = this.#ended;
    if (!continues(toMs, effect.fromMs, this.#rules)) this.#pauseHabits.ended(this.#ended.lastWord);
    else this.#pauseHabits.wentOn(this.#speakerId, effect.fromMs - toMs, this.#ended.lastWord);
    this.#ended = undefined;
  }

  #soFar(voice: EndpointingState, before: EndpointingState): UtteranceSoFar {
    const now = 'fromMs' in voice ? voice : before;
    const [fromMs, toMs] = 'fromMs' in now ? [now.fromMs, now.lastVoiceMs] : [0, 0];
    const heard = 'heard' in now ? now.heard : nothingHeard;
    return { heard, soFar: () => ({ fromMs, toMs, pcm: this.#recording.soFar() }) };
  }

  /** What jitter has added to the window that ended then, as a burst of packets has many: the first of them. */
  #lagFrom(atMs: number): number {
    return this.#lags.find((one) => Math.abs(one.atMs - atMs) < 1)?.lagMs ?? 0;
  }

  #perform(effect: EndpointingEffect, atMs: number, before: EndpointingState): SpeakerInputEvent {
    switch (effect.kind) {
      case 'began': {
        this.#recording.begin();
        const { fromMs } = effect;
        this.#spokenFromMs = fromMs - this.#lagFrom(fromMs + this.#rules.windowMs);
        const sound = this.#recording.soFar().samples;
        const leadMs = Math.max(0, (sound.length / listenRateHz) * 1_000 - (atMs - fromMs));
        return { kind: 'began', fromMs, spokenFromMs: this.#spokenFromMs, sound, leadMs };
      }
      case 'paused':
      case 'long-pause':
      case 'likely-over':
        return { kind: effect.kind, ...this.#soFar(this.#voice, before) };
      case 'resumed':
        return { kind: 'resumed' };
      case 'ended': {
        const { fromMs, toMs, why } = effect;
        const heard = this.#isEcho ? nothingHeard : effect.heard;
        const whole = { fromMs, toMs, pcm: this.#recording.take() };
        this.#meter.reset();
        this.#overlap = undefined;
        const spoken = { fromMs: this.#spokenFromMs, toMs: toMs - this.#voicedLagMs };
        return { kind: 'ended', whole, spoken, endedAtMs: atMs, why, heard };
      }
    }
  }
}

function lastWordOf(voice: EndpointingState): string {
  return 'understood' in voice ? (voice.understood?.lastWord ?? '') : '';
}
