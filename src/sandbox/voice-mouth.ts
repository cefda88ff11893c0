import { randomBytes } from 'node:crypto';
import { energyDb } from '#src/audio/loudness.ts';
import type { OpusCodec } from '#src/audio/opus.ts';
import { type Pcm, toMono } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import type { Clock } from '#src/base/clock.ts';
import type { VoicePacket } from './rtp.ts';
import type { Spoken } from './voice-ports.ts';

type EncoderRateHz = 16_000 | 24_000 | 48_000;
export type SendPacket = (packet: Omit<VoicePacket, 'ssrc'>) => void;

const frameMs = 20;
/** RTP counts at 48 kHz whatever the encoder's rate. */
const timestampsPerFrame = 960;
/** A louder frame of the source is voice; below lie the pauses of a studio recording. */
const voicedDb = -45;
const silence = Buffer.of(0xf8, 0xff, 0xfe);
const silenceFrames = 5;

/** Speaks in real time: 20 ms a packet on a grid of the clock; a packet that is late is caught up with. */
export class VoiceMouth {
  readonly #codec: OpusCodec;
  readonly #clock: Clock;
  readonly #send: SendPacket;
  #sequence = randomBytes(2).readUInt16BE();
  #timestamp = randomBytes(4).readUInt32BE();
  #lastAtMs: number | undefined;

  constructor(codec: OpusCodec, clock: Clock, send: SendPacket) {
    this.#codec = codec;
    this.#clock = clock;
    this.#send = send;
  }

  /** One at a time. Without anything louder than -45 dB the voiced instants are the first packet's. */
  async speak(pcm: Pcm, signal: AbortSignal): Promise<Spoken> {
    const rateHz = encoderRate(pcm.rateHz);
    const frames = cut(resample(toMono(pcm), rateHz).samples, rateHz);
    const encoder = this.#codec.encoder(rateHz);
    const voiced: number[] = [];
    try {
      const startMs = this.#clock.nowMs();
      this.#skipPause(startMs);
      let firstPacketAtMs: number | undefined;
      for (let n = 0; n < frames.length + silenceFrames; n++) {
        await this.#reach(startMs + n * frameMs, signal);
        const frame = frames[n];
        const atMs = this.#say(frame ? encoder.encode(frame) : silence);
        firstPacketAtMs ??= atMs;
        if (frame && energyDb(frame) > voicedDb) voiced.push(atMs);
      }
      const first = firstPacketAtMs ?? startMs;
      return {
        firstPacketAtMs: first,
        firstVoicedAtMs: voiced[0] ?? first,
        lastVoicedAtMs: voiced.at(-1) ?? first,
      };
    } finally {
      encoder.free();
    }
  }

  async #reach(dueMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const waitMs = dueMs - this.#clock.nowMs();
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
  }

  /** Timestamps go on while nobody speaks, sequence numbers do not (RFC 3550 section 5.1). */
  #skipPause(nowMs: number): void {
    const pauseMs = nowMs - (this.#lastAtMs ?? nowMs);
    const skipped = Math.max(0, Math.round(pauseMs / frameMs) - 1);
    this.#timestamp = (this.#timestamp + skipped * timestampsPerFrame) >>> 0;
  }

  #say(opus: Buffer): number {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + timestampsPerFrame) >>> 0;
    const atMs = this.#clock.nowMs();
    this.#send({ sequence: this.#sequence, timestamp: this.#timestamp, payload: opus });
    this.#lastAtMs = atMs;
    return atMs;
  }
}

function encoderRate(rateHz: number): EncoderRateHz {
  return rateHz === 16_000 || rateHz === 24_000 ? rateHz : 48_000;
}

/** 20 ms each; the last is filled up with silence. */
function cut(samples: Int16Array, rateHz: EncoderRateHz): Int16Array[] {
  const length = (rateHz * frameMs) / 1000;
  return Array.from({ length: Math.ceil(samples.length / length) }, (_, n) => {
    const frame = new Int16Array(length);
    frame.set(samples.subarray(n * length, (n + 1) * length));
    return frame;
  });
}
