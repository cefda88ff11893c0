import type { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import type { Packet } from '#src/audio/packet.ts';
import { energyDb, type Pcm } from '#src/audio/pcm.ts';
import type { SpeakerSound, SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { Recording } from '#src/audio/voice/utterance-buffer.ts';
import type { VoiceMeter, VoiceWindow } from '#src/audio/voice/voice-meter.ts';
import type { Transcript } from '#src/speech/ports.ts';
import {
  type EndpointingEffect,
  type EndpointingEvent,
  type EndpointingState,
  type EndpointRules,
  quiet,
  stepEndpointing,
} from '#src/turn/endpointing/endpointing.ts';
import type { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import {
  type OverlapVoice,
  type OverlapVoiceEvent,
  type OverlapVoiceInput,
  stepOverlapVoice,
} from '#src/turn/overlap/overlap-voice.ts';
import { type Evidence, nothingHeard } from '#src/turn/voice-evidence.ts';

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
  | { readonly kind: 'began'; readonly fromMs: number; readonly sound: Int16Array }
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
      readonly endedAtMs: number;
      readonly why: Extract<EndpointingEffect, { kind: 'ended' }>['why'];
      readonly heard: Evidence;
    };

export type UtteranceEnd = Extract<SpeakerInputEvent, { kind: 'ended' }>;

type SpeakerInputParts = {
  readonly speakerId: PersonId;
  readonly stream: SpeakerStream;
  readonly meter: VoiceMeter;
  /** Knows the bot's own voice when it comes back. */
  readonly echo: EchoMeter;
  readonly rules: EndpointRules;
  readonly pauseHabits: PauseHabits;
};

/** Speaker input of one person: packets in, whole utterances out. Opened only for people who may be heard. */
export class SpeakerInput {
  readonly #parts;
  #isEcho = false;
  readonly #recording = new Recording();
  #voice: EndpointingState = quiet;
  #overlap: OverlapVoice;
  /** The last utterance, until it is known whether it was really over. */
  #ended: { readonly toMs: number; readonly lastWord: string } | undefined;
  #lastPacketAtMs = 0;

  constructor(parts: SpeakerInputParts) {
    this.#parts = parts;
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

  put(packet: Packet): SpeakerInputEvent[] {
    this.#lastPacketAtMs = packet.atMs;
    const noticed: SpeakerInputEvent[] = [];
    for (const heard of this.#parts.stream.put(packet)) this.#handle(heard, noticed);
    return noticed;
  }

  /** Discord is mute during silence, so only a tick can end an utterance. */
  tick(atMs: number): SpeakerInputEvent[] {
    const noticed: SpeakerInputEvent[] = [];
    for (const heard of this.#parts.stream.settle(atMs)) this.#handle(heard, noticed);
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

  /** Adds what it noticed, as all below do. */
  #handle(heard: SpeakerSound, noticed: SpeakerInputEvent[]) {
    const { atMs, samples } = heard;
    if (heard.kind === 'silence-frame') {
      this.#step({ kind: 'silence-frame', atMs }, noticed);
      this.#rest('closed', atMs, noticed);
    }
    if (this.talking) noticed.push({ kind: 'sound', sound: samples });
    this.#recording.push(samples);
    for (const one of this.#parts.meter.hear(heard)) {
      const window = this.#withoutEcho(one);
      this.#stepOverlap(window, noticed);
      this.#step(window, noticed);
    }
    if (heard.kind !== 'sound' || this.#isEcho) return;
    this.#stepOverlap({ kind: 'packet', levelDb: energyDb(samples), atMs }, noticed);
  }

  #stepOverlap(event: OverlapVoiceInput, noticed: SpeakerInputEvent[]) {
    const step = stepOverlapVoice(this.#overlap, event);
    this.#overlap = step.overlap;
    noticed.push(...step.noticed);
  }

  #rest(kind: 'closed' | 'tick', atMs: number, noticed: SpeakerInputEvent[]) {
    if (!this.talking && this.#overlap) this.#stepOverlap({ kind, atMs }, noticed);
  }

  /** The bot's own voice from the loudspeakers of a person is no overlap. */
  #withoutEcho(window: VoiceWindow): Extract<OverlapVoiceInput, { kind: 'window' }> {
    const { verdict, lagMs, share, ownFromMs } = this.#parts.echo.hear(window);
    const isKnown = lagMs !== undefined && share === 1 && ownFromMs === undefined;
    this.#isEcho = verdict === 'echo' || (isKnown && verdict !== 'speech');
    const { atMs, levelDb } = window;
    const probability = this.#isEcho ? 0 : window.probability;
    return { kind: 'window', probability, levelDb, atMs };
  }

  #step(event: EndpointingEvent, noticed: SpeakerInputEvent[]) {
    const before = this.#voice;
    const { echo, pauseHabits, rules, speakerId } = this.#parts;
    const { voice, effects } = stepEndpointing(before, event, rules, pauseHabits.of(speakerId));
    this.#voice = voice;
    const lastWord = 'understood' in before ? (before.understood?.lastWord ?? '') : '';
    for (const effect of effects) this.#learn(effect, lastWord);
    if (before.kind !== 'quiet' && voice.kind === 'quiet') echo.over();
    if (voice.kind === 'talking' && voice.lastVoiceMs === event.atMs) this.#recording.voiced();
    for (const effect of effects) noticed.push(this.#perform(effect, event.atMs, before));
  }

  /** Whether an utterance was over shows when the next one begins. */
  #learn(effect: EndpointingEffect, lastWord: string) {
    const { pauseHabits, rules, speakerId } = this.#parts;
    if (effect.kind === 'resumed') pauseHabits.wentOn(speakerId, effect.pausedMs, lastWord);
    if (effect.kind === 'ended') this.#ended = { toMs: effect.toMs, lastWord };
    if (effect.kind !== 'began' || !this.#ended) return;
    const { toMs, lastWord: before } = this.#ended;
    const silentMs = effect.fromMs - toMs;
    if (silentMs > rules.mergeMs) pauseHabits.ended(before);
    else pauseHabits.wentOn(speakerId, silentMs, before);
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
        const sound = this.#recording.soFar().samples;
        return { kind: 'began', fromMs: effect.fromMs, sound };
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
        this.#parts.meter.reset();
        this.#overlap = undefined;
        return { kind: 'ended', whole, endedAtMs: atMs, why, heard };
      }
    }
  }
}

/** Silence in ms after which a person's decoder is freed, until they speak again. */
const idleMs = 60_000;
/** People heard at once in one channel. */
const limit = 25;
/** Time in ms after the last packet in which pauses are still measured, and what came late is put in order. */
const packetPauseMs = 1_000;
/** Shortest silence, in ms, after which a person gives their decoder to one person more. */
const leastSilenceMs = 1_000;

/** Events of one person. */
type SpeakerEvent = { readonly speakerId: PersonId; readonly noticed: SpeakerInputEvent };

/**
 * Speaker inputs of all people in one channel, 25 at most. One is opened by the first packet that may be heard, never earlier.
 *
 * One person more gets the speaker input of the person who is silent longest, for at least 1 s. If there is none, the packets of that
 * person are dropped until there is.
 */
export class SpeakerInputs {
  readonly #open;
  readonly #inputs = new Map<string, SpeakerInput>();

  constructor(open: (speakerId: PersonId) => SpeakerInput) {
    this.#open = open;
  }

  /** True while a person sends or talks, so that time alone changes their state. */
  isBusy(atMs: number): boolean {
    for (const input of this.#inputs.values()) {
      if (input.talking || atMs - input.lastPacketAtMs < packetPauseMs) return true;
    }
    return false;
  }

  /** True while a person is in a pause that only time can prove to be the end. */
  get isPausing(): boolean {
    for (const input of this.#inputs.values()) if (input.pausing) return true;
    return false;
  }

  put(packet: Packet): SpeakerInputEvent[] {
    const { speakerId, atMs } = packet;
    const input = this.#inputs.get(speakerId) ?? this.#add(speakerId, atMs);
    return input?.put(packet) ?? [];
  }

  tick(atMs: number): SpeakerEvent[] {
    const all: SpeakerEvent[] = [];
    for (const [speakerId, input] of this.#inputs) {
      for (const noticed of input.tick(atMs)) all.push({ speakerId, noticed });
      if (atMs - input.lastPacketAtMs > idleMs) this.#inputs.delete(speakerId);
    }
    return all;
  }

  /** Passes on the recognised words of this person, up to a pause. */
  read(speakerId: PersonId, understood: Transcript, atMs: number): SpeakerInputEvent[] {
    return this.#inputs.get(speakerId)?.read(understood, atMs) ?? [];
  }

  /** Closes the speaker inputs of all others at once; what they had heard is gone. */
  keep(mayHear: (speakerId: PersonId) => boolean): void {
    for (const speakerId of this.#inputs.keys()) {
      if (!mayHear(speakerId)) this.#inputs.delete(speakerId);
    }
  }

  /** Ids of those who talk now. */
  talking(): readonly string[] {
    return [...this.#inputs].filter(([, input]) => input.talking).map(([speakerId]) => speakerId);
  }

  close(): void {
    this.keep(() => false);
  }

  #add(speakerId: PersonId, atMs: number): SpeakerInput | undefined {
    if (this.#inputs.size >= limit && !this.#makeSpace(atMs)) return undefined;
    const input = this.#open(speakerId);
    this.#inputs.set(speakerId, input);
    return input;
  }

  #makeSpace(atMs: number): boolean {
    const [first] = [...this.#inputs]
      .map(([id, input]) => ({ id, isTalking: input.talking, lastMs: input.lastPacketAtMs }))
      .filter(({ isTalking, lastMs }) => !isTalking && atMs - lastMs >= leastSilenceMs)
      .sort((one, other) => one.lastMs - other.lastMs);
    if (first) this.#inputs.delete(first.id);
    return first !== undefined;
  }
}
