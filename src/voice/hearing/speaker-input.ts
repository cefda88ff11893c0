import type { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import type { Packet } from '#src/audio/packet.ts';
import { energyDb, type Pcm } from '#src/audio/pcm.ts';
import {
  Recording,
  type SpeakerSound,
  type SpeakerStream,
  type StreamCounts,
} from '#src/audio/voice/speaker-stream.ts';
import { type VoiceMeter, type VoiceWindow, WindowLags } from '#src/audio/voice/voice-meter.ts';
import type { Transcript } from '#src/speech/ports.ts';
import {
  continues,
  type EndpointingEffect,
  type EndpointingEvent,
  type EndpointingState,
  type EndpointRules,
  quiet,
  stepEndpointing,
} from '#src/turn/endpointing/endpointing.ts';
import type { PauseHabits } from '#src/turn/endpointing/endpointing-delay.ts';
import { type Evidence, nothingHeard } from '#src/turn/hallucinations.ts';
import {
  type OverlapVoice,
  type OverlapVoiceEvent,
  type OverlapVoiceInput,
  stepOverlapVoice,
} from '#src/turn/overlap/overlap-voice.ts';

/** Usual length, in ms, of a packet that cannot be read. */
const packetMs = 20;

/** One person's utterance, whole or as far as it has come. */
export type Utterance = {
  readonly fromMs: number;
  /** Arrival of the last voiced packet. */
  readonly toMs: number;
  readonly pcm: Pcm;
};

/** An utterance up to its pause; `soFar` copies its sound. */
export type UtteranceSoFar = { readonly soFar: () => Utterance; readonly heard: Evidence };

/** Events of one speaker input, in order. Between `began` and `ended` every sample is handed on once. */
export type SpeakerInputEvent =
  | OverlapVoiceEvent
  /** `sound` reaches back to before the voice was noticed. */
  | {
      readonly kind: 'began';
      readonly fromMs: number;
      /** Same as `fromMs`, without the jitter of the network. */
      readonly spokenFromMs: number;
      readonly sound: Int16Array;
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
  readonly echo: EchoMeter;
  readonly rules: EndpointRules;
  readonly pauseHabits: PauseHabits;
};

/** Speaker input of one person: packets in, whole utterances out. Opened only for people who may be heard. */
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
  readonly #lags = new WindowLags();
  #spokenFromMs = 0;
  /** Lag of the last voiced window, in ms. */
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

  /** True while the person talks, or pauses inside a sentence. */
  get talking(): boolean {
    return this.#voice.kind === 'talking' || this.#voice.kind === 'paused';
  }

  /** True in a pause that only time can prove to be the end. */
  get pausing(): boolean {
    return this.#voice.kind === 'paused';
  }

  /** Sound this person has sent without any of it being decodable, in ms. */
  get unheardMs(): number {
    return (this.#stream.missed - this.#missedBefore) * packetMs;
  }

  put(packet: Packet): SpeakerInputEvent[] {
    this.#lastPacketAtMs = packet.atMs;
    const noticed: SpeakerInputEvent[] = [];
    for (const heard of this.#stream.put(packet)) this.#handle(heard, noticed);
    return noticed;
  }

  /** Discord is mute during silence, so only a tick can end an utterance. */
  tick(atMs: number): SpeakerInputEvent[] {
    const noticed: SpeakerInputEvent[] = [];
    for (const heard of this.#stream.settle(atMs)) this.#handle(heard, noticed);
    this.#step({ kind: 'tick', atMs }, noticed);
    this.#rest('tick', atMs, noticed);
    return noticed;
  }

  /** Passes on the recognised words of the utterance, up to its pause. */
  read(understood: Transcript, atMs: number): SpeakerInputEvent[] {
    const noticed: SpeakerInputEvent[] = [];
    this.#step({ kind: 'text', ...understood, atMs }, noticed);
    return noticed;
  }

  counts(): StreamCounts {
    return this.#stream.counts();
  }

  /** Jitter of this person's packets, in ms. */
  get jitterMs(): number | undefined {
    return this.#stream.jitterMs;
  }

  close(): void {
    this.#stream.close();
  }

  /** Adds what it noticed, as all below do. */
  #handle(heard: SpeakerSound, noticed: SpeakerInputEvent[]): void {
    const { atMs, samples } = heard;
    if (heard.kind === 'sound') this.#missedBefore = this.#stream.missed;
    if (heard.kind === 'silence-frame') {
      this.#step({ kind: 'silence-frame', atMs }, noticed);
      this.#rest('closed', atMs, noticed);
    }
    if (this.talking) noticed.push({ kind: 'sound', sound: samples });
    this.#recording.push(samples);
    for (const one of this.#meter.hear(heard)) {
      this.#lags.put(one.atMs, one.lagMs ?? 0);
      const window = this.#withoutEcho(one);
      this.#stepOverlap(window, noticed);
      this.#step(window, noticed);
    }
    if (heard.kind !== 'sound' || this.#isEcho) return;
    this.#stepOverlap({ kind: 'packet', levelDb: energyDb(samples), atMs }, noticed);
  }

  #stepOverlap(event: OverlapVoiceInput, noticed: SpeakerInputEvent[]): void {
    const step = stepOverlapVoice(this.#overlap, event);
    this.#overlap = step.overlap;
    noticed.push(...step.noticed);
  }

  #rest(kind: 'closed' | 'tick', atMs: number, noticed: SpeakerInputEvent[]): void {
    if (!this.talking && this.#overlap) this.#stepOverlap({ kind, atMs }, noticed);
  }

  /** The bot's own voice from the loudspeakers of a person is no overlap. */
  #withoutEcho(window: VoiceWindow): Extract<OverlapVoiceInput, { kind: 'window' }> {
    const { verdict, lagMs, share, ownFromMs } = this.#echo.hear(window);
    const isKnown = lagMs !== undefined && share === 1 && ownFromMs === undefined;
    this.#isEcho = verdict === 'echo' || (isKnown && verdict !== 'speech');
    const { atMs, levelDb } = window;
    const probability = this.#isEcho ? 0 : window.probability;
    return { kind: 'window', probability, levelDb, atMs };
  }

  #step(event: EndpointingEvent, noticed: SpeakerInputEvent[]): void {
    const before = this.#voice;
    const person = this.#pauseHabits.of(this.#speakerId);
    const { voice, effects } = stepEndpointing(before, event, this.#rules, person);
    this.#voice = voice;
    for (const effect of effects) this.#learn(effect, lastWordOf(before));
    if (before.kind !== 'quiet' && voice.kind === 'quiet') this.#echo.over();
    if (voice.kind === 'talking' && voice.lastVoiceMs === event.atMs) {
      this.#recording.voiced();
      this.#voicedLagMs = this.#lags.latestMs;
    }
    for (const effect of effects) noticed.push(this.#perform(effect, event.atMs, before));
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

  #perform(effect: EndpointingEffect, atMs: number, before: EndpointingState): SpeakerInputEvent {
    switch (effect.kind) {
      case 'began': {
        this.#recording.begin();
        const { fromMs } = effect;
        this.#spokenFromMs = fromMs - this.#lags.atMs(fromMs + this.#rules.windowMs);
        const sound = this.#recording.soFar().samples;
        return { kind: 'began', fromMs, spokenFromMs: this.#spokenFromMs, sound };
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
