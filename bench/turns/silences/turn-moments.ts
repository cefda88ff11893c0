import { OracleRecogniser } from '#bench/turns/oracle-recogniser.ts';
import type { ScenarioSound } from '#bench/turns/scenario-sound.ts';
import type { ClipWord } from '#bench/turns/voice-clips.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { SileroNetwork } from '#src/audio/voice/silero-network.ts';
import { type SpeakerSound, SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { VoiceActivityDetector, VoiceWindowMeter } from '#src/audio/voice/voice-activity.ts';
import {
  type EndpointingEvent,
  type EndpointingState,
  endpointRules,
  getVoiceEndMs,
  quietVoice,
  readEndOfTurn,
  stepEndpointing,
} from '#src/turn/endpointing/endpointing.ts';
import type { PauseSigns } from '#src/turn/endpointing/endpointing-delay.ts';

/** State of a turn at one instant, from packets that had come by then, and nothing later. */
export type TurnMoment = {
  readonly atMs: number;
  /** Since the voice stopped, as voice activity and levels tell; 0 before the first voice. */
  readonly silentMs: number;
  readonly signs: PauseSigns;
};

export type MomentDeps = { readonly codec: OpusCodec; readonly weights: SileroNetwork };

/** An utterance is not ended here: every silence is seen to its end. */
const unendingRules = { ...endpointRules, minDelayMs: 60_000, maxDelayMs: 60_000 };
const stepMs = 20;

/** One turn as its ear knows it, with a recogniser that makes no mistake, every 20 ms on virtual time. */
export function listMoments(
  { packets, words, lengthMs }: Pick<ScenarioSound, 'packets' | 'words' | 'lengthMs'>,
  parts: MomentDeps,
): TurnMoment[] {
  const listener = new UnendingListener(parts, words);
  const moments: TurnMoment[] = [];
  let next = 0;
  for (let atMs = stepMs; atMs <= lengthMs; atMs += stepMs) {
    for (let packet = packets[next]; packet && packet.atMs <= atMs; packet = packets[++next]) {
      listener.putPacket(packet);
    }
    moments.push(listener.tick(atMs));
  }
  return moments;
}

/** Voice activity and endpointing of one person, in which no utterance ever ends. */
class UnendingListener {
  readonly #stream: SpeakerStream;
  readonly #meter: VoiceWindowMeter;
  readonly #oracle: OracleRecogniser;
  #voice: EndpointingState = quietVoice;

  constructor({ codec, weights }: MomentDeps, words: readonly ClipWord[]) {
    this.#stream = new SpeakerStream(codec);
    this.#meter = new VoiceWindowMeter(new VoiceActivityDetector(weights));
    this.#oracle = new OracleRecogniser(words);
  }

  putPacket(packet: Packet): void {
    for (const heard of this.#stream.put(packet)) this.#handleHeard(heard, packet.atMs);
  }

  tick(atMs: number): TurnMoment {
    for (const heard of this.#stream.releaseOverdue(atMs)) this.#handleHeard(heard, atMs);
    this.#stepVoice({ kind: 'tick', atMs }, atMs);
    const answer = this.#oracle.getAnswer(atMs);
    if (answer) this.#stepVoice({ kind: 'text', text: answer.text, atMs }, atMs);
    const { silentMs, signs } = toSigns(this.#voice, atMs);
    return { atMs, silentMs, signs };
  }

  #handleHeard(heard: SpeakerSound, nowMs: number) {
    const { kind, atMs } = heard;
    if (kind === 'silence-frame') this.#stepVoice({ kind, atMs }, nowMs);
    for (const window of this.#meter.measureSound(heard)) {
      const { probability, levelDb } = window;
      this.#stepVoice({ kind: 'window', probability, levelDb, atMs: window.atMs }, nowMs);
    }
  }

  #stepVoice(event: EndpointingEvent, nowMs: number) {
    const { voice, effects } = stepEndpointing(this.#voice, event, unendingRules);
    this.#voice = voice;
    for (const effect of effects) this.#oracle.onNoticed(effect, nowMs);
  }
}

function toSigns(voice: EndpointingState, atMs: number): Pick<TurnMoment, 'silentMs' | 'signs'> {
  if (voice.kind === 'quiet' || voice.kind === 'maybe') {
    return { silentMs: 0, signs: { isClosed: false, isLagging: false, isTextless: true } };
  }
  const { packetGapMs, closeMs } = endpointRules;
  const endMs = getVoiceEndMs(voice, endpointRules);
  const { mutedAtMs, lastPacketMs, lastVoiceMs, understood } = voice;
  const silentMs = atMs - endMs;
  const isClosed = mutedAtMs !== undefined || atMs - lastPacketMs >= packetGapMs;
  const isLagging = endMs === lastVoiceMs && (mutedAtMs ?? lastPacketMs) - endMs > closeMs;
  const endOfTurn = readEndOfTurn(understood, atMs, silentMs);
  return {
    silentMs,
    signs: { isClosed, isLagging, isTextless: understood?.isUpToPause !== true, endOfTurn },
  };
}
