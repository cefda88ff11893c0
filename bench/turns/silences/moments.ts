import type { ClipWord } from '#bench/turns/clips.ts';
import { Oracle } from '#bench/turns/oracle.ts';
import type { ScenarioSound } from '#bench/turns/scenario-sound.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import type { Packet } from '#src/audio/packet.ts';
import type { SileroWeights } from '#src/audio/voice/silero.ts';
import { type SpeakerSound, SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { VoiceActivity, VoiceMeter } from '#src/audio/voice/voice-meter.ts';
import {
  type EndpointingEvent,
  type EndpointingState,
  endpointRules,
  quiet,
  readingAt,
  stepEndpointing,
  stoppedMs,
} from '#src/turn/endpointing/endpointing.ts';
import type { PauseSigns } from '#src/turn/endpointing/endpointing-delay.ts';

/** State of a turn at one instant, from packets that had come by then, and nothing later. */
export type Moment = {
  readonly atMs: number;
  /** Since the voice stopped, as voice activity and levels tell; 0 before the first voice. */
  readonly silentMs: number;
  readonly signs: PauseSigns;
};

export type MomentParts = { readonly codec: OpusCodec; readonly weights: SileroWeights };

/** An utterance is not ended here: every silence is seen to its end. */
const unendingRules = { ...endpointRules, minDelayMs: 60_000, maxDelayMs: 60_000 };
const stepMs = 20;

/** One turn as its ear knows it, with a recogniser that makes no mistake, every 20 ms on virtual time. */
export function momentsOf(
  { packets, words, lengthMs }: Pick<ScenarioSound, 'packets' | 'words' | 'lengthMs'>,
  parts: MomentParts,
): Moment[] {
  const listener = new UnendingListener(parts, words);
  const moments: Moment[] = [];
  let next = 0;
  for (let atMs = stepMs; atMs <= lengthMs; atMs += stepMs) {
    for (let packet = packets[next]; packet && packet.atMs <= atMs; packet = packets[++next]) {
      listener.put(packet);
    }
    moments.push(listener.tick(atMs));
  }
  return moments;
}

/** Voice activity and endpointing of one person, in which no utterance ever ends. */
class UnendingListener {
  readonly #stream: SpeakerStream;
  readonly #meter: VoiceMeter;
  readonly #oracle: Oracle;
  #voice: EndpointingState = quiet;

  constructor({ codec, weights }: MomentParts, words: readonly ClipWord[]) {
    this.#stream = new SpeakerStream(codec);
    this.#meter = new VoiceMeter(new VoiceActivity(weights));
    this.#oracle = new Oracle(words);
  }

  put(packet: Packet): void {
    for (const heard of this.#stream.put(packet)) this.#handle(heard, packet.atMs);
  }

  tick(atMs: number): Moment {
    for (const heard of this.#stream.settle(atMs)) this.#handle(heard, atMs);
    this.#step({ kind: 'tick', atMs }, atMs);
    const answer = this.#oracle.answerBy(atMs);
    if (answer) this.#step({ kind: 'text', text: answer.text, atMs }, atMs);
    const { silentMs, signs } = signsOf(this.#voice, atMs);
    return { atMs, silentMs, signs };
  }

  #handle(heard: SpeakerSound, nowMs: number) {
    const { kind, atMs } = heard;
    if (kind === 'silence-frame') this.#step({ kind, atMs }, nowMs);
    for (const window of this.#meter.hear(heard)) {
      const { probability, levelDb } = window;
      this.#step({ kind: 'window', probability, levelDb, atMs: window.atMs }, nowMs);
    }
  }

  #step(event: EndpointingEvent, nowMs: number) {
    const { voice, effects } = stepEndpointing(this.#voice, event, unendingRules);
    this.#voice = voice;
    for (const effect of effects) this.#oracle.notice(effect, nowMs);
  }
}

function signsOf(voice: EndpointingState, atMs: number): Pick<Moment, 'silentMs' | 'signs'> {
  if (voice.kind === 'quiet' || voice.kind === 'maybe') {
    return { silentMs: 0, signs: { closed: false, lags: false, textless: true } };
  }
  const { packetGapMs, closeMs } = endpointRules;
  const endMs = stoppedMs(voice, endpointRules);
  const { mutedAtMs, lastPacketMs, lastVoiceMs, understood } = voice;
  const silentMs = atMs - endMs;
  const closed = mutedAtMs !== undefined || atMs - lastPacketMs >= packetGapMs;
  const lags = endMs === lastVoiceMs && (mutedAtMs ?? lastPacketMs) - endMs > closeMs;
  const reading = readingAt(understood, atMs, silentMs);
  return { silentMs, signs: { closed, lags, textless: understood?.upToPause !== true, reading } };
}
