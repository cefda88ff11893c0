import { createOracleRecogniser } from '#bench/turns/oracle-recogniser.ts';
import type { ScenarioSound } from '#bench/turns/scenario-sound.ts';
import type { ClipWord } from '#bench/turns/voice-clips.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { SileroNetwork } from '#src/audio/voice/silero-network.ts';
import { type SpeakerSound, SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { VoiceWindowMeter } from '#src/audio/voice/voice-activity.ts';
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
  /** Since the voice stopped, as voice activity and levels tell; 0 before the first voice. */
  readonly silentMs: number;
  readonly signs: PauseSigns;
};

export type MomentDeps = { readonly codec: OpusCodec; readonly weights: SileroNetwork };

/** An utterance is not ended here: every silence is seen to its end. */
const unendingRules = {
  ...endpointRules,
  delay: { ...endpointRules.delay, minDelayMs: 60_000, maxDelayMs: 60_000 },
};
const stepMs = 20;
const samplesPerMs = 16;

/** Asked in each pause with the last sound of a person: how likely their turn is over. */
export type JudgeTurn = (samples: Int16Array) => Promise<number | undefined>;

/** From the question to the turn model to its answer, in ms: 12 for its features, 40 for it, and the way there and back. */
const judgeMs = 60;

/**
 * One turn as its ear knows it, with a recogniser that makes no mistake, every 20 ms on virtual time. A turn model answers
 * 60 ms after it was asked.
 */
export async function listMoments(
  { packets, words, lengthMs }: Pick<ScenarioSound, 'packets' | 'words' | 'lengthMs'>,
  parts: MomentDeps,
  judge?: JudgeTurn,
) {
  const rules = judge
    ? {
        ...unendingRules,
        pause: { ...unendingRules.pause, turnModelMs: usualTurnModelMs },
      }
    : unendingRules;
  const listener = createUnendingListener(parts, words, rules);
  const moments: TurnMoment[] = [];
  let next = 0;
  let answer:
    | Omit<Extract<EndpointingEvent, { kind: 'turn-judged' }>, 'atMs'>
    | undefined;
  for (let atMs = stepMs; atMs <= lengthMs; atMs += stepMs) {
    for (
      let packet = packets[next];
      packet && packet.atMs <= atMs;
      packet = packets[++next]
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
    answer = { kind: 'turn-judged', askedAtMs, probability: await judge(sound) };
  }
  return moments;
}

/** Voice activity and endpointing of one person, in which no utterance ever ends. */
function createUnendingListener(
  { codec, weights }: MomentDeps,
  words: readonly ClipWord[],
  rules: EndpointRules,
) {
  const stream = new SpeakerStream(codec);
  const meter = new VoiceWindowMeter(weights);
  const oracle = createOracleRecogniser(words);
  const sounds: Int16Array[] = [];
  let asked: Extract<EndpointingEffect, { kind: 'ask-turn-model' }> | undefined;
  let voice = quietVoice;

  function handleHeard(all: readonly SpeakerSound[], nowMs: number) {
    for (const heard of all) {
      const { kind, atMs, samples } = heard;
      sounds.push(samples.slice());
      if (kind === 'silence-frame') stepVoice({ kind, atMs }, nowMs);
      for (const window of meter.measureSound(heard))
        stepVoice({ ...window, kind: 'window' }, nowMs);
    }
  }

  function stepVoice(event: EndpointingEvent, nowMs: number) {
    const next = stepEndpointing(voice, event, rules);
    voice = next.voice;
    for (const effect of next.effects) {
      if (effect.kind === 'ask-turn-model') asked = effect;
      else oracle.onNoticed(effect, nowMs);
    }
  }

  return {
    stepVoice,
    putPacket: (packet: Packet) => handleHeard(stream.put(packet), packet.atMs),

    tick(atMs: number) {
      handleHeard(stream.releaseOverdue(atMs), atMs);
      stepVoice({ kind: 'tick', atMs }, atMs);
      const answer = oracle.getAnswer(atMs);
      if (answer) stepVoice({ kind: 'text', text: answer.text, atMs }, atMs);
      return { atMs, ...toSigns(voice, atMs) };
    },

    /** The question that came up since the last call, with all sound so far. */
    takeQuestion() {
      if (!asked) return undefined;
      const { atMs: askedAtMs, aheadMs } = asked;
      asked = undefined;
      const silence = new Int16Array(aheadMs * samplesPerMs);
      return { askedAtMs, sound: joinedSpeech([...sounds, silence]) };
    },
  };
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
