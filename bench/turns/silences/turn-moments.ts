import { OracleRecogniser } from '#bench/turns/oracle-recogniser.ts';
import type { ScenarioSound } from '#bench/turns/scenario-sound.ts';
import type { ClipWord } from '#bench/turns/voice-clips.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { type SpeakerSound, SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import {
  type SileroNetwork,
  VoiceWindowMeter,
} from '#src/audio/voice/voice-activity.ts';
import {
  describePause,
  type EndpointingEffect,
  type EndpointingEvent,
  type EndpointingState,
  type EndpointRules,
  endpointRules,
  quietVoice,
  stepEndpointing,
  usualTurnModelMs,
} from '#src/turn/endpointing/endpointing.ts';
import type { PauseSigns } from '#src/turn/endpointing/endpointing-delay.ts';
import { joinedSpeech } from '#test/audio/recorded-speech.ts';

/** State of a turn at one instant, from packets that had come by then, and nothing later. */
export type TurnMoment = {
  readonly atMs: number;
  /** Time since the voice stopped, as voice activity and levels tell. 0 before the first voice. */
  readonly silentMs: number;
  readonly signs: PauseSigns;
};

/** Codec and voice activity detection. */
export type MomentDeps = { readonly codec: OpusCodec; readonly weights: SileroNetwork };

/** Rules by which no utterance ends, so that every silence is seen to its end. */
const unendingRules = {
  ...endpointRules,
  delay: { ...endpointRules.delay, minDelayMs: 60_000, maxDelayMs: 60_000 },
};
const stepMs = 20;
const samplesPerMs = 16;

/** Judges how likely a person's turn is over. Asked in each pause, with the person's sound so far at 16 kHz and the instant. Returns a logit, or undefined for no judgement. */
export type JudgeTurn = (
  samples: Int16Array,
  askedAtMs: number,
) => Promise<number | undefined>;

type JudgedTurn = Omit<Extract<EndpointingEvent, { kind: 'turn-judged' }>, 'atMs'>;

/** Time from the question to the turn model to its answer: 12 ms for its features, 40 for the model, and the way there and back. */
const judgeMs = 60;

/**
 * Lists the state of one turn as the bot's hearing knows it, with a recogniser that makes no mistake, every 20 ms on virtual time. A turn model
 * answers 60 ms after it was asked.
 */
export async function listMoments(
  { packets, words, lengthMs }: Pick<ScenarioSound, 'packets' | 'words' | 'lengthMs'>,
  deps: MomentDeps,
  judge?: JudgeTurn,
): Promise<readonly TurnMoment[]> {
  const listener = new UnendingListener(deps, words, makeRules(judge));
  const moments: TurnMoment[] = [];
  let nextPacket = 0;
  let answer: JudgedTurn | undefined;
  for (let atMs = stepMs; atMs <= lengthMs; atMs += stepMs) {
    for (
      let packet = packets[nextPacket];
      packet && packet.atMs <= atMs;
      packet = packets[++nextPacket]
    )
      listener.putPacket(packet);
    if (answer && atMs - answer.askedAtMs >= judgeMs) {
      listener.stepVoice({ ...answer, atMs }, atMs);
      answer = undefined;
    }
    moments.push(listener.tick(atMs));
    const question = listener.takeQuestion();
    if (!judge || !question) continue;
    const { askedAtMs, sound } = question;
    answer = { kind: 'turn-judged', askedAtMs, logit: await judge(sound, askedAtMs) };
  }
  return moments;
}

function makeRules(judge: JudgeTurn | undefined): EndpointRules {
  if (!judge) return unendingRules;
  const pause = { ...unendingRules.pause, turnModelMs: usualTurnModelMs };
  return { ...unendingRules, pause };
}

/** A question to the turn model, with all sound so far. */
type TurnQuestion = { readonly askedAtMs: number; readonly sound: Int16Array };

/** Voice activity and endpointing of one person, in which no utterance ever ends. */
class UnendingListener {
  readonly #stream: SpeakerStream;
  readonly #meter: VoiceWindowMeter;
  readonly #oracle: OracleRecogniser;
  readonly #rules: EndpointRules;
  readonly #sounds: Int16Array[] = [];
  #question: Extract<EndpointingEffect, { kind: 'ask-turn-model' }> | undefined;
  #voice: EndpointingState = quietVoice;

  constructor(
    { codec, weights }: MomentDeps,
    words: readonly ClipWord[],
    rules: EndpointRules,
  ) {
    this.#stream = new SpeakerStream(codec);
    this.#meter = new VoiceWindowMeter(weights);
    this.#oracle = new OracleRecogniser(words);
    this.#rules = rules;
  }

  /** Steps endpointing by one event. */
  stepVoice(event: EndpointingEvent, nowMs: number): void {
    const { voice, effects } = stepEndpointing(this.#voice, event, this.#rules);
    this.#voice = voice;
    for (const effect of effects) {
      if (effect.kind === 'ask-turn-model') this.#question = effect;
      else this.#oracle.onEvent(effect, nowMs);
    }
  }

  /** Takes a packet that has arrived. */
  putPacket(packet: Packet): void {
    this.#addSounds(this.#stream.put(packet), packet.atMs);
  }

  /** Lets time pass, and returns the state of the turn then. */
  tick(atMs: number): TurnMoment {
    this.#addSounds(this.#stream.releaseOverdue(atMs), atMs);
    this.stepVoice({ kind: 'tick', atMs }, atMs);
    const answer = this.#oracle.takeAnswer(atMs);
    if (answer) this.stepVoice({ kind: 'text', text: answer.text, atMs }, atMs);
    return { atMs, ...toSigns(this.#voice, atMs) };
  }

  /** Returns the question that came up since the last call, with all sound so far. */
  takeQuestion(): TurnQuestion | undefined {
    if (!this.#question) return undefined;
    const { atMs: askedAtMs, aheadMs } = this.#question;
    this.#question = undefined;
    const silence = new Int16Array(aheadMs * samplesPerMs);
    return { askedAtMs, sound: joinedSpeech([...this.#sounds, silence]) };
  }

  #addSounds(sounds: readonly SpeakerSound[], nowMs: number) {
    for (const sound of sounds) {
      const { kind, atMs, samples } = sound;
      this.#sounds.push(samples.slice());
      if (kind === 'silence-frame') this.stepVoice({ kind, atMs }, nowMs);
      for (const window of this.#meter.measureSound(sound))
        this.stepVoice({ ...window, kind: 'window' }, nowMs);
    }
  }
}

function toSigns(voice: EndpointingState, atMs: number) {
  if (voice.kind === 'quiet' || voice.kind === 'maybe') {
    return {
      silentMs: 0,
      signs: { isClosed: false, isLagging: false, isTextless: true },
    };
  }
  return describePause(voice, atMs, endpointRules.pause);
}
