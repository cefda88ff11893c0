import type { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import {
  joinSamples,
  listenRateHz,
  measureLevelDb,
  type SoundPiece,
} from '#src/audio/pcm.ts';
import type { SpeakerSound, SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import type { VoiceWindow, VoiceWindowMeter } from '#src/audio/voice/voice-activity.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { Transcript, UtterancePcm } from '#src/speech/speech-engine.ts';
import { findOggWriter } from '#src/speech/utterance-sound.ts';
import {
  type EndpointingEffect,
  type EndpointingEvent,
  type EndpointingState,
  type EndpointRules,
  quietVoice,
  stepEndpointing,
} from '#src/turn/endpointing/endpointing.ts';
import {
  updateWordsJudgement,
  type WordsJudgement,
} from '#src/turn/endpointing/endpointing-delay.ts';
import type { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import {
  type OverlapVoice,
  type OverlapVoiceEvent,
  type OverlapVoiceInput,
  stepOverlapVoice,
} from '#src/turn/overlap/overlap-voice.ts';
import { noEvidence, type VoiceEvidence } from '#src/turn/voice-evidence.ts';

export type Utterance = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly pcm: UtterancePcm;
};

/** An utterance up to its pause. `soFar` copies its sound. */
export type UtteranceSoFar = {
  readonly soFar: () => Utterance;
  readonly heard: VoiceEvidence;
};

/** Between `began` and `ended` each sample is handed on once. */
export type SpeakerInputEvent =
  | OverlapVoiceEvent
  /** Begins before the voice was noticed. */
  | {
      readonly kind: 'began';
      readonly fromMs: number;
      readonly pieces: readonly SoundPiece[];
    }
  | { readonly kind: 'sound'; readonly pieces: readonly SoundPiece[] }
  | ({ readonly kind: 'paused' } & UtteranceSoFar)
  /** `SpeakerInput.judge` takes the answer. */
  | {
      readonly kind: 'ask-turn-model';
      readonly askedAtMs: number;
      readonly sound: Int16Array;
    }
  | ({ readonly kind: 'long-pause' } & UtteranceSoFar)
  | { readonly kind: 'resumed' }
  | ({ readonly kind: 'likely-over' | 'sounds-over' } & UtteranceSoFar)
  | {
      readonly kind: 'ended';
      readonly whole: Utterance;
      readonly endedAtMs: number;
      readonly why: Extract<EndpointingEffect, { kind: 'ended' }>['why'];
      readonly heard: VoiceEvidence;
    };

export type UtteranceEnd = Extract<SpeakerInputEvent, { kind: 'ended' }>;

const judgedSamples = 8 * listenRateHz;

export type JudgedWords = WordsJudgement & {
  readonly learn?: (wentOn: boolean) => void;
};

type SpeakerInputOptions = {
  readonly speakerId: PersonId;
  readonly stream: SpeakerStream;
  readonly meter: VoiceWindowMeter;
  readonly echo: EchoMeter;
  readonly rules: EndpointRules;
  readonly pauseHabits: PauseHabits;
};

/** Turns the packets of one person into utterances. It exists only for heard people. */
export class SpeakerInput {
  readonly #options;
  #isEcho = false;
  readonly #recording = createUtteranceBuffer();
  readonly #events: SpeakerInputEvent[] = [];
  #voice = quietVoice;
  #overlap: OverlapVoice;
  /** Kept until the next one shows whether it was over. */
  #lastUtterance: { readonly toMs: number; readonly lastWord: string } | undefined;
  /** Kept until it shows whether the person went on. */
  #judgedWords: JudgedWords | undefined;
  #lastPacketAtMs = 0;

  constructor(parts: SpeakerInputOptions) {
    this.#options = parts;
  }

  get lastPacketAtMs(): number {
    return this.#lastPacketAtMs;
  }

  get isTalking(): boolean {
    return this.#voice.kind === 'talking' || this.#voice.kind === 'paused';
  }

  get isPausing(): boolean {
    return this.#voice.kind === 'paused';
  }

  addPacket(packet: Packet): SpeakerInputEvent[] {
    this.#lastPacketAtMs = packet.atMs;
    for (const heard of this.#options.stream.put(packet)) this.#handleSound(heard);
    return this.#takeEvents();
  }

  tick(atMs: number): SpeakerInputEvent[] {
    // Discord sends nothing during silence, so only a tick can end an utterance.
    for (const heard of this.#options.stream.releaseOverdue(atMs))
      this.#handleSound(heard);
    this.#stepEndpointing({ kind: 'tick', atMs });
    this.#stepQuietOverlap('tick', atMs);
    return this.#takeEvents();
  }

  addTranscript(understood: Transcript, atMs: number): SpeakerInputEvent[] {
    this.#stepEndpointing({ kind: 'text', ...understood, atMs });
    return this.#takeEvents();
  }

  /** Applies the turn model's `probability`, undefined where it failed. */
  onJudged(
    askedAtMs: number,
    probability: number | undefined,
    atMs: number,
  ): SpeakerInputEvent[] {
    this.#stepEndpointing({ kind: 'turn-judged', askedAtMs, probability, atMs });
    return this.#takeEvents();
  }

  onWordsJudged(judgement: JudgedWords, atMs: number): SpeakerInputEvent[] {
    this.#judgedWords = updateWordsJudgement(this.#judgedWords, judgement);
    this.#stepEndpointing({ kind: 'words-judged', judgement, atMs });
    return this.#takeEvents();
  }

  #takeEvents() {
    return this.#events.splice(0);
  }

  #handleSound(heard: SpeakerSound) {
    const { atMs, samples } = heard;
    if (heard.kind === 'silence-frame') {
      this.#stepEndpointing({ kind: 'silence-frame', atMs });
      this.#stepQuietOverlap('closed', atMs);
    }
    if (this.isTalking) this.#events.push({ kind: 'sound', pieces: [heard] });
    this.#recording.push(heard);
    for (const one of this.#options.meter.measureSound(heard)) {
      const window = this.#removeEcho(one);
      this.#stepOverlap(window);
      this.#stepEndpointing(window);
    }
    if (heard.kind !== 'sound' || this.#isEcho) return;
    this.#stepOverlap({ kind: 'packet', levelDb: measureLevelDb(samples), atMs });
  }

  #stepOverlap(event: OverlapVoiceInput) {
    const step = stepOverlapVoice(this.#overlap, event);
    this.#overlap = step.overlap;
    this.#events.push(...step.events);
  }

  #stepQuietOverlap(kind: 'closed' | 'tick', atMs: number) {
    if (!this.isTalking && this.#overlap) this.#stepOverlap({ kind, atMs });
  }

  #removeEcho(window: VoiceWindow): Extract<OverlapVoiceInput, { kind: 'window' }> {
    // The bot's own voice from a person's loudspeakers is no overlap.
    const { verdict, lagMs, share, ownFromMs } = this.#options.echo.hear(window);
    const isKnown = lagMs !== undefined && share === 1 && ownFromMs === undefined;
    this.#isEcho = verdict === 'echo' || (isKnown && verdict !== 'speech');
    const probability = this.#isEcho ? 0 : window.probability;
    return { kind: 'window', probability, levelDb: window.levelDb, atMs: window.atMs };
  }

  #stepEndpointing(event: EndpointingEvent) {
    const before = this.#voice;
    const { echo, pauseHabits, rules, speakerId } = this.#options;
    const { voice, effects } = stepEndpointing(
      before,
      event,
      rules,
      pauseHabits.getHabits(speakerId),
    );
    this.#voice = voice;
    const lastWord = 'understood' in before ? (before.understood?.lastWord ?? '') : '';
    for (const effect of effects) this.#learnPauses(effect, lastWord);
    if (before.kind !== 'quiet' && voice.kind === 'quiet') echo.endUtterance();
    if (voice.kind === 'talking' && voice.lastVoiceMs === event.atMs)
      this.#recording.markVoice();
    for (const effect of effects)
      this.#events.push(this.#toInputEvent(effect, event.atMs, before));
  }

  #learnPauses(effect: EndpointingEffect, lastWord: string) {
    // The next utterance shows whether the last one was really over.
    const { pauseHabits, rules, speakerId } = this.#options;
    if (effect.kind === 'resumed') {
      pauseHabits.learnResumed(speakerId, effect.pausedMs, lastWord);
      this.#learnJudgement(effect.pausedMs);
    }
    if (effect.kind === 'ended') this.#lastUtterance = { toMs: effect.toMs, lastWord };
    if (effect.kind !== 'began' || !this.#lastUtterance) return;
    const { toMs, lastWord: before } = this.#lastUtterance;
    const silentMs = effect.fromMs - toMs;
    this.#learnJudgement(silentMs);
    if (silentMs > rules.mergeMs) pauseHabits.learnEnded(before);
    else pauseHabits.learnResumed(speakerId, silentMs, before);
    this.#lastUtterance = undefined;
  }

  #learnJudgement(silentMs: number) {
    // No pause is over where the recogniser is only asked again.
    if (silentMs > 0)
      this.#judgedWords?.learn?.(silentMs <= this.#options.rules.mergeMs);
    this.#judgedWords = undefined;
  }

  #createSoFar(voice: EndpointingState, before: EndpointingState) {
    const now = 'fromMs' in voice ? voice : before;
    const [fromMs, toMs] = 'fromMs' in now ? [now.fromMs, now.lastVoiceMs] : [0, 0];
    const heard = 'heard' in now ? now.heard : noEvidence;
    return { heard, soFar: () => ({ fromMs, toMs, pcm: this.#recording.copySound() }) };
  }

  #toInputEvent(
    effect: EndpointingEffect,
    atMs: number,
    before: EndpointingState,
  ): SpeakerInputEvent {
    switch (effect.kind) {
      case 'began': {
        this.#recording.begin();
        const { pieces } = this.#recording;
        return { kind: 'began', fromMs: effect.fromMs, pieces };
      }
      case 'paused':
      case 'long-pause':
      case 'likely-over':
      case 'sounds-over':
        return { kind: effect.kind, ...this.#createSoFar(this.#voice, before) };
      case 'ask-turn-model': {
        const heard = this.#recording.copySound().samples;
        const silence = new Int16Array(toSamples(effect.aheadMs));
        const sound = joinSamples([heard, silence]).subarray(-judgedSamples);
        return { kind: effect.kind, askedAtMs: effect.atMs, sound };
      }
      case 'resumed':
        return { kind: 'resumed' };
      case 'ended': {
        const heard = this.#isEcho ? noEvidence : effect.heard;
        const whole = {
          fromMs: effect.fromMs,
          toMs: effect.toMs,
          pcm: this.#recording.takeUtterance(),
        };
        this.#options.meter.reset();
        this.#overlap = undefined;
        return { kind: 'ended', whole, endedAtMs: atMs, why: effect.why, heard };
      }
    }
  }
}

const maxIdleMs = 60_000;
const maxSpeakers = 25;
/** Pauses are measured for so long after a packet. */
const packetPauseMs = 1_000;
const minSilenceMs = 1_000;

type SpeakerEvent = {
  readonly speakerId: PersonId;
  readonly event: SpeakerInputEvent;
};

/**
 * Opens speaker inputs of one channel. The first packet that may be heard opens one.
 *
 * @example
 * import type { PersonId } from '#src/base/ids.ts';
 * import type { Packet } from '#src/audio/jitter-buffer.ts';
 * import { createSpeakerInputs, type SpeakerInput } from '#src/voice/hearing/speaker-input.ts';
 *
 * declare const createInput: (speakerId: PersonId) => SpeakerInput;
 * declare const packet: Packet;
 * const inputs = createSpeakerInputs(createInput);
 * for (const { kind } of inputs.addPacket(packet)) console.log(kind); // began, sound, paused, ended ...
 * for (const { event } of inputs.tick(packet.atMs + 200)) console.log(event.kind);
 */
export function createSpeakerInputs(
  createInput: (speakerId: PersonId) => SpeakerInput,
) {
  const inputs = new Map<string, SpeakerInput>();

  /** Unfinished utterances are lost. */
  function closeOthers(mayHear: (speakerId: PersonId) => boolean) {
    for (const speakerId of inputs.keys()) {
      if (!mayHear(speakerId)) inputs.delete(speakerId);
    }
  }

  function openInput(speakerId: PersonId, atMs: number) {
    // With 25 open, a person gets the input with the longest silence.
    if (inputs.size >= maxSpeakers && !closeQuietest(atMs)) return undefined;
    const input = createInput(speakerId);
    inputs.set(speakerId, input);
    return input;
  }

  function closeQuietest(atMs: number) {
    const [first] = [...inputs]
      .map(([id, input]) => ({
        id,
        isTalking: input.isTalking,
        lastMs: input.lastPacketAtMs,
      }))
      .filter(({ isTalking, lastMs }) => !isTalking && atMs - lastMs >= minSilenceMs)
      .sort((one, other) => one.lastMs - other.lastMs);
    if (first) inputs.delete(first.id);
    return first !== undefined;
  }

  return {
    isBusy(atMs: number): boolean {
      for (const input of inputs.values()) {
        if (input.isTalking || atMs - input.lastPacketAtMs < packetPauseMs) return true;
      }
      return false;
    },
    get isPausing(): boolean {
      for (const input of inputs.values()) if (input.isPausing) return true;
      return false;
    },
    addPacket(packet: Packet): SpeakerInputEvent[] {
      const { speakerId, atMs } = packet;
      const input = inputs.get(speakerId) ?? openInput(speakerId, atMs);
      return input?.addPacket(packet) ?? [];
    },
    tick(atMs: number): SpeakerEvent[] {
      const all: SpeakerEvent[] = [];
      for (const [speakerId, input] of inputs) {
        for (const event of input.tick(atMs)) all.push({ speakerId, event });
        if (atMs - input.lastPacketAtMs > maxIdleMs) inputs.delete(speakerId);
      }
      return all;
    },
    find(speakerId: PersonId): SpeakerInput | undefined {
      return inputs.get(speakerId);
    },
    closeOthers,
    listTalking(): readonly string[] {
      return [...inputs]
        .filter(([, input]) => input.isTalking)
        .map(([speakerId]) => speakerId);
    },
    close() {
      closeOthers(() => false);
    },
  };
}

/**
 * A voice is noticed up to 150 ms late (Silero v5, p90 on our recordings), and a soft sound comes
 * first.
 */
const preRollMs = 400;
const tailMs = 200;

const toSamples = (ms: number) => (ms * listenRateHz) / 1000;

function createUtteranceBuffer() {
  let pieces: SoundPiece[] = [];
  let length = 0;
  let voicedLength = 0;
  let isRunning = false;

  function dropOldSamples() {
    for (;;) {
      const firstLength = pieces[0]?.samples.length;
      if (firstLength === undefined || length - firstLength < toSamples(preRollMs))
        return;
      pieces.shift();
      length -= firstLength;
    }
  }

  function copyUntil(end: number): UtterancePcm {
    let from = 0;
    const kept = pieces.filter(({ samples }) => {
      const isWithin = from < end;
      from += samples.length;
      return isWithin;
    });
    const samples = joinSamples(kept.map((piece) => piece.samples)).subarray(0, end);
    const toOgg = findOggWriter(kept);
    return { samples, rateHz: listenRateHz, channels: 1, toOgg };
  }

  function cutPieces(at: number) {
    let from = 0;
    return pieces.flatMap((piece) => {
      const cut = at - from;
      from += piece.samples.length;
      if (cut <= 0) return piece;
      // A piece that is cut inside no longer belongs to a packet.
      return cut < piece.samples.length ? { samples: piece.samples.slice(cut) } : [];
    });
  }

  return {
    get pieces(): readonly SoundPiece[] {
      return [...pieces];
    },
    push(piece: SoundPiece) {
      pieces.push(piece);
      length += piece.samples.length;
      if (!isRunning) dropOldSamples();
    },
    begin() {
      isRunning = true;
      voicedLength = length;
    },
    markVoice() {
      voicedLength = length;
    },
    copySound(): UtterancePcm {
      return copyUntil(length);
    },
    takeUtterance(): UtterancePcm {
      const kept = Math.min(length, voicedLength + toSamples(tailMs));
      const taken = copyUntil(kept);
      isRunning = false;
      pieces = cutPieces(kept);
      length -= kept;
      voicedLength = 0;
      dropOldSamples();
      return taken;
    },
  };
}
