import type { LevelTrack } from '#src/audio/echo/band-levels.ts';
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
import { findOggWriter } from '#src/speech/listen.ts';
import type { Transcript, UtterancePcm } from '#src/speech/speech-engine.ts';
import {
  type EndpointingEffect,
  type EndpointingEvent,
  type EndpointingState,
  type EndpointRules,
  quietVoice,
  stepEndpointing,
} from '#src/turn/endpointing/endpointing.ts';
import {
  type PauseHabits,
  updateWordsJudgement,
  type WordsJudgement,
} from '#src/turn/endpointing/endpointing-delay.ts';
import {
  type OverlapVoice,
  type OverlapVoiceEvent,
  type OverlapVoiceInput,
  stepOverlapVoice,
} from '#src/turn/overlap/overlap-speech.ts';
import { noEvidence, type VoiceEvidence } from '#src/turn/voice-evidence.ts';

/** A whole utterance with its sound. Times are monotonic ms. */
export type Utterance = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly pcm: UtterancePcm;
};

/** An utterance up to its pause. `soFar` copies the sound, and `heard` sums up the voice in it. */
export type UtteranceSoFar = {
  readonly soFar: () => Utterance;
  readonly heard: VoiceEvidence;
};

/** Events of one person's voice. Between `began` and `ended`, the events `sound` hand each sample on once. */
export type SpeakerInputEvent =
  | OverlapVoiceEvent
  /** An utterance begins. `fromMs` and `pieces` reach back before the voice was noticed. */
  | {
      readonly kind: 'began';
      readonly fromMs: number;
      readonly pieces: readonly SoundPiece[];
    }
  | { readonly kind: 'sound'; readonly pieces: readonly SoundPiece[] }
  | ({ readonly kind: 'paused' } & UtteranceSoFar)
  /** Asks the turn model whether the turn is over. Give its answer to `SpeakerInput.onJudged`. */
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
  /** Called once it is known whether the person went on, to learn how good the judgement was. */
  readonly learn?: (wentOn: boolean) => void;
};

type SpeakerInputOptions = {
  readonly speakerId: PersonId;
  readonly stream: SpeakerStream;
  readonly meter: VoiceWindowMeter;
  readonly echo: EchoMeter;
  readonly rules: EndpointRules;
  readonly pauseHabits: PauseHabits;
  /** Returns whether the microphone of another person heard the voice between two instants, in ms, louder. */
  readonly isVoiceOfOther: (fromMs: number, toMs: number) => boolean;
};

/**
 * Turns the packets of one person, who may be heard, into utterances. Call `addPacket` for each packet and `tick` in
 * between: only they let time pass.
 */
export class SpeakerInput {
  readonly #options;
  #isEcho = false;
  readonly #recording = new UtteranceBuffer();
  readonly #events: SpeakerInputEvent[] = [];
  #voice = quietVoice;
  #overlap: OverlapVoice;
  /** Kept until the next one shows whether it was over. */
  #lastUtterance: { readonly toMs: number; readonly lastWord: string } | undefined;
  /** Kept until it shows whether the person went on. */
  #judgedWords: JudgedWords | undefined;
  #lastPacketAtMs = 0;
  readonly #spokenMinute = new SpokenMinute();
  /** Instant, in ms, up to which silence was heard. Packets may wait in the socket that came since. */
  #heardToMs = 0;

  constructor(options: SpeakerInputOptions) {
    this.#options = options;
  }

  /** Monotonic ms of the latest packet. 0 before the first. */
  get lastPacketAtMs(): number {
    return this.#lastPacketAtMs;
  }

  /** Levels that the microphone heard. */
  get track(): LevelTrack {
    return this.#options.echo.track;
  }

  /** True within an utterance, also in its pauses. */
  get isTalking(): boolean {
    return this.#voice.kind === 'talking' || this.#voice.kind === 'paused';
  }

  /** True in a pause of an utterance. */
  get isPausing(): boolean {
    return this.#voice.kind === 'paused';
  }

  /** Sums up how long this person spoke in the minute before `atMs`, in ms, without pauses. */
  sumSpokenMs(atMs: number): number {
    return this.#spokenMinute.sumMs(atMs);
  }

  /** Hears one packet of this person. Returns the events, oldest first. */
  addPacket(packet: Packet): SpeakerInputEvent[] {
    this.#lastPacketAtMs = packet.atMs;
    for (const sound of this.#options.stream.put(packet)) this.#handleSound(sound);
    return this.#takeEvents();
  }

  /** Lets time pass up to `atMs`. Returns the events, oldest first. */
  tick(atMs: number): SpeakerInputEvent[] {
    // Discord sends nothing during silence, so only a tick can end an utterance.
    for (const sound of this.#options.stream.releaseOverdue(atMs))
      this.#handleSound(sound);
    const { stream } = this.#options;
    // What has arrived is heard before a pause is judged.
    if (!stream.isWaiting)
      this.#stepEndpointing({ kind: 'tick', atMs, isUneven: stream.isUneven(atMs) });
    this.#stepQuietOverlap('tick', atMs);
    this.#spokenMinute.expire(atMs);
    return this.#takeEvents();
  }

  /** Applies the words so far, by which a pause is judged. Returns the events, oldest first. */
  addTranscript(transcript: Transcript): SpeakerInputEvent[] {
    this.#stepEndpointing({ kind: 'text', ...transcript, atMs: this.#heardToMs });
    return this.#takeEvents();
  }

  /** Applies the turn model's `logit` that the turn is over, undefined where it failed. */
  onJudged(askedAtMs: number, logit: number | undefined): SpeakerInputEvent[] {
    const atMs = this.#heardToMs;
    this.#stepEndpointing({ kind: 'turn-judged', askedAtMs, logit, atMs });
    return this.#takeEvents();
  }

  /** Applies a chat model's judgement of the words in a pause. Returns the events, oldest first. */
  onWordsJudged(judgement: JudgedWords): SpeakerInputEvent[] {
    this.#judgedWords = updateWordsJudgement(this.#judgedWords, judgement);
    const atMs = this.#heardToMs;
    this.#stepEndpointing({ kind: 'words-judged', judgement, atMs });
    return this.#takeEvents();
  }

  #takeEvents() {
    return this.#events.splice(0);
  }

  #handleSound(sound: SpeakerSound) {
    const { atMs, samples } = sound;
    if (sound.kind === 'silence-frame') {
      this.#stepEndpointing({ kind: 'silence-frame', atMs });
      this.#stepQuietOverlap('closed', atMs);
    }
    if (this.isTalking) this.#events.push({ kind: 'sound', pieces: [sound] });
    this.#recording.push(sound);
    for (const voiceWindow of this.#options.meter.measureSound(sound)) {
      const window = this.#removeEcho(voiceWindow);
      this.#stepOverlap(window);
      this.#stepEndpointing(window);
    }
    if (sound.kind !== 'sound' || this.#isEcho) return;
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

  #removeEcho(window: VoiceWindow) {
    // The bot's own voice from a person's loudspeakers is no overlap.
    const { verdict, lagMs, share, ownFromMs } = this.#options.echo.hear(window);
    const isKnown = lagMs !== undefined && share === 1 && ownFromMs === undefined;
    this.#isEcho = verdict === 'echo' || (isKnown && verdict !== 'speech');
    const probability = this.#isEcho ? 0 : window.probability;
    const { atMs, isLost, levelDb } = window;
    return { kind: 'window', probability, levelDb, atMs, isLost } as const;
  }

  #stepEndpointing(event: EndpointingEvent) {
    this.#heardToMs = Math.max(this.#heardToMs, event.atMs);
    const voiceBefore = this.#voice;
    const { echo, pauseHabits, rules, speakerId } = this.#options;
    const { voice, effects } = stepEndpointing(
      voiceBefore,
      event,
      rules,
      pauseHabits.getHabits(speakerId),
    );
    this.#voice = voice;
    const lastWord =
      'understood' in voiceBefore ? (voiceBefore.understood?.lastWord ?? '') : '';
    for (const effect of effects) this.#learnPauses(effect, lastWord);
    if (voiceBefore.kind !== 'quiet' && voice.kind === 'quiet') echo.endUtterance();
    if (voice.kind === 'talking' && voice.lastVoiceMs === event.atMs) {
      this.#recording.markVoice();
      this.#countVoice(effects, event.atMs);
    }
    for (const effect of effects)
      this.#events.push(this.#toInputEvent(effect, event.atMs, voiceBefore));
  }

  /** Counts one window of voice, and at a beginning all that led to it. */
  #countVoice(effects: readonly EndpointingEffect[], atMs: number) {
    const began = effects.find(({ kind }) => kind === 'began');
    const { windowMs } = this.#options.rules.activity;
    const ms = began?.kind === 'began' ? atMs - began.fromMs : windowMs;
    this.#spokenMinute.addVoice(atMs, ms);
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
    const { toMs, lastWord: endedWord } = this.#lastUtterance;
    this.#lastUtterance = undefined;
    const silentMs = effect.fromMs - toMs;
    if (silentMs <= 0) return;
    this.#learnJudgement(silentMs);
    if (silentMs > rules.mergeMs) pauseHabits.learnEnded(endedWord);
    else pauseHabits.learnResumed(speakerId, silentMs, endedWord);
  }

  #learnJudgement(silentMs: number) {
    // No pause is over where the recogniser is only asked again.
    if (silentMs > 0)
      this.#judgedWords?.learn?.(silentMs <= this.#options.rules.mergeMs);
    this.#judgedWords = undefined;
  }

  #createSoFar(
    voiceAfter: EndpointingState,
    voiceBefore: EndpointingState,
  ): UtteranceSoFar {
    const voice = 'fromMs' in voiceAfter ? voiceAfter : voiceBefore;
    const [fromMs, toMs] =
      'fromMs' in voice ? [voice.fromMs, voice.lastVoiceMs] : [0, 0];
    const heard = 'evidence' in voice ? voice.evidence : noEvidence;
    const evidence = this.#markVoiceOfOther(heard, fromMs, toMs);
    const copySoFar = () => ({ fromMs, toMs, pcm: this.#recording.copySound() });
    return { heard: evidence, soFar: copySoFar };
  }

  #toInputEvent(
    effect: EndpointingEffect,
    atMs: number,
    voiceBefore: EndpointingState,
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
        return { kind: effect.kind, ...this.#createSoFar(this.#voice, voiceBefore) };
      case 'ask-turn-model':
        return this.#createTurnModelRequest(effect);
      case 'resumed':
        return { kind: 'resumed' };
      case 'ended':
        return this.#endUtterance(effect, atMs);
    }
  }

  #markVoiceOfOther(
    evidence: VoiceEvidence,
    fromMs: number,
    toMs: number,
  ): VoiceEvidence {
    return this.#options.isVoiceOfOther(fromMs, toMs)
      ? { ...evidence, isOfOther: true }
      : evidence;
  }

  #createTurnModelRequest({
    kind,
    aheadMs,
    atMs: askedAtMs,
  }: Extract<EndpointingEffect, { kind: 'ask-turn-model' }>): SpeakerInputEvent {
    const { samples } = this.#recording.copySound();
    const silence = new Int16Array(toSamples(aheadMs));
    const sound = joinSamples([samples, silence]).subarray(-judgedSamples);
    return { kind, askedAtMs, sound };
  }

  #endUtterance(
    effect: Extract<EndpointingEffect, { kind: 'ended' }>,
    endedAtMs: number,
  ): SpeakerInputEvent {
    const { fromMs, toMs, why: reason } = effect;
    const evidence = this.#isEcho
      ? noEvidence
      : this.#markVoiceOfOther(effect.evidence, fromMs, toMs);
    const whole = { fromMs, toMs, pcm: this.#recording.takeUtterance() };
    this.#options.meter.reset();
    this.#overlap = undefined;
    return { kind: 'ended', whole, endedAtMs, why: reason, heard: evidence };
  }
}

/**
 * A voice is noticed up to 150 ms late (Silero v5, p90 on our recordings), and a soft sound comes
 * first.
 */
const preRollMs = 400;
const tailMs = 200;

const toSamples = (ms: number) => (ms * listenRateHz) / 1000;

/** Sound of the current utterance, or of the last 400 ms before a voice. */
class UtteranceBuffer {
  #pieces: SoundPiece[] = [];
  #length = 0;
  #voicedLength = 0;
  #isRunning = false;

  /** Copies the list of pieces, oldest first. */
  get pieces(): readonly SoundPiece[] {
    return [...this.#pieces];
  }

  /** Adds a piece. Old ones are dropped until `begin`. */
  push(piece: SoundPiece): void {
    this.#pieces.push(piece);
    this.#length += piece.samples.length;
    if (!this.#isRunning) this.#dropOldSamples();
  }

  /** Keeps all sound from here on, and the pre-roll. */
  begin(): void {
    this.#isRunning = true;
    this.#voicedLength = this.#length;
  }

  /** Marks the end so far as voiced. */
  markVoice(): void {
    this.#voicedLength = this.#length;
  }

  /** Copies the sound so far. */
  copySound(): UtterancePcm {
    return this.#copyUntil(this.#length);
  }

  /** Takes the utterance up to 200 ms after its last voice. Later sound is kept for the next one. */
  takeUtterance(): UtterancePcm {
    const takenLength = Math.min(this.#length, this.#voicedLength + toSamples(tailMs));
    const utterance = this.#copyUntil(takenLength);
    this.#isRunning = false;
    this.#pieces = this.#cutPieces(takenLength);
    this.#length -= takenLength;
    this.#voicedLength = 0;
    this.#dropOldSamples();
    return utterance;
  }

  #dropOldSamples() {
    for (;;) {
      const firstLength = this.#pieces[0]?.samples.length;
      if (
        firstLength === undefined ||
        this.#length - firstLength < toSamples(preRollMs)
      )
        return;
      this.#pieces.shift();
      this.#length -= firstLength;
    }
  }

  #copyUntil(end: number): UtterancePcm {
    let from = 0;
    const copied = this.#pieces.filter(({ samples }) => {
      const isWithin = from < end;
      from += samples.length;
      return isWithin;
    });
    const samples = joinSamples(copied.map((piece) => piece.samples)).subarray(0, end);
    const toOgg = findOggWriter(copied);
    return { samples, rateHz: listenRateHz, channels: 1, toOgg };
  }

  #cutPieces(at: number) {
    let from = 0;
    return this.#pieces.flatMap((piece) => {
      const cut = at - from;
      from += piece.samples.length;
      if (cut <= 0) return piece;
      // A piece that is cut inside no longer belongs to a packet.
      return cut < piece.samples.length ? { samples: piece.samples.slice(cut) } : [];
    });
  }
}

/** Length of the minute, in seconds. */
const keptSeconds = 60;

/** How long one person spoke in the last minute. It keeps one number for each second of it, and nothing older. */
class SpokenMinute {
  /** Spoken ms by whole second of the monotonic clock. */
  readonly #msBySecond = new Map<number, number>();

  /** Adds `ms` of voice that ended at `atMs`. */
  addVoice(atMs: number, ms: number): void {
    const second = toSecond(atMs);
    this.#msBySecond.set(second, (this.#msBySecond.get(second) ?? 0) + ms);
  }

  /** Drops what is older than a minute. */
  expire(atMs: number): void {
    for (const second of this.#msBySecond.keys()) {
      if (second > toSecond(atMs) - keptSeconds) return;
      this.#msBySecond.delete(second);
    }
  }

  /** Sums up the minute before `atMs`, in ms. */
  sumMs(atMs: number): number {
    this.expire(atMs);
    return [...this.#msBySecond.values()].reduce((sum, ms) => sum + ms, 0);
  }
}

function toSecond(atMs: number) {
  return Math.floor(atMs / 1000);
}
