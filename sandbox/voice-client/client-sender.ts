import { randomBytes } from 'node:crypto';
import type { VoicePacket } from '#sandbox/voice/rtp-packet.ts';
import type {
  EncodedSpeech,
  OpenMicrophone,
  SpokenTimes,
} from '#sandbox/voice/voice-ports.ts';
import {
  encodePause,
  type OpusCodec,
  type OpusEncoder,
} from '#src/audio/opus/opus-codec.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import {
  countTailFrames,
  createRoomNoise,
  holdFrames,
  type MicrophoneState,
  stepMicrophone,
  trailingSilenceFrames,
} from './client-microphone.ts';
import {
  createSpeechFrames,
  type EncoderRateHz,
  frameMs,
  type SpeechFrames,
  toEncoderRate,
} from './speech-frames.ts';

/** Destination of the packets, and whether there are any for now. */
interface PacketSink {
  onSpeaking(on: boolean): void;
  onPacket(packet: Omit<VoicePacket, 'ssrc'>): void;
}

type RunningSpeech = {
  readonly speech: SpeechFrames;
  readonly done: (spoken: SpokenTimes) => void;
  readonly failed: (cause: unknown) => void;
  /** Frames until it is over, once all is said. */
  tail: number;
};

/** A live microphone that gave nothing for so long is off. */
const maxLullMs = 100;
/** Packets that leave later than this are counted. */
const latePacketMs = 20;
/** A sender that lags more than this skips ahead to the present. */
const maxLagMs = 1000;
const silence = Buffer.of(0xf8, 0xff, 0xfe);
const roomRateHz = 48_000;

/** Sends the microphone's sound, 20 ms a packet on a grid of the clock. Late packets are caught up with. */
export class ClientSender {
  readonly #codec;
  readonly #listener;
  readonly #closing = new AbortController();
  readonly #encoders = new Map<EncoderRateHz, OpusEncoder>();
  /** The one that has not been told of silence since it encoded. */
  #last: readonly [OpusEncoder, EncoderRateHz] | undefined;
  readonly #count = createPacketCounter();
  readonly #noise = createRoomNoise(1);
  /** Frames of the room after the last sound. */
  #held = holdFrames.gate;
  #state: MicrophoneState = { hold: 0, silence: 0 };
  #underWay: RunningSpeech | undefined;
  /** When a live microphone gave its last frame. Undefined while there is none. */
  #liveAtMs: number | undefined;
  #loop = Promise.resolve();
  #running = false;
  #sending = false;
  #latePackets = 0;

  constructor(codec: OpusCodec, listener: PacketSink) {
    this.#codec = codec;
    this.#listener = listener;
  }

  /** Counts packets of speech that were sent more than 20 ms after they were due. */
  get latePackets(): number {
    return this.#latePackets;
  }

  /**
   * Uses another microphone. A speech under way goes on, and ends as this microphone
   * does.
   */
  useMicrophone({ profile }: OpenMicrophone) {
    this.#held = holdFrames[profile];
    if (this.#underWay) return;
    this.#state = this.#isResting(this.#sending ? trailingSilenceFrames : 0);
    if (this.#state.hold > 0) this.#start();
  }

  /**
   * Sends a speech, one at a time. Without anything louder than -45 dB the voiced
   * instants are the first packet's.
   */
  async speak(given: Pcm | EncodedSpeech, signal: AbortSignal) {
    signal.throwIfAborted();
    const isAmbientHeard = this.#held > 0 || 'frames' in given;
    const speech = createSpeechFrames(
      given,
      isAmbientHeard ? roomRateHz : toEncoderRate(given.rateHz),
    );
    const {
      promise,
      resolve: done,
      reject: failed,
    } = Promise.withResolvers<SpokenTimes>();
    this.endLive();
    this.#underWay = { speech, done, failed, tail: countTailFrames(this.#held) };
    const abort = () => this.#breakOffSpeech(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    this.#start();
    return await promise.finally(() => signal.removeEventListener('abort', abort));
  }

  /**
   * Sends 20 ms of a live microphone at once: Opus as it is, samples (48 kHz mono) encoded. Whatever else this microphone
   * would pick up waits meanwhile. Nothing is sent during a speech. After 100 ms without a frame it counts as off.
   */
  sendLive(frame: Buffer | Int16Array) {
    if (this.#underWay || this.#closing.signal.aborted) return;
    const atMs = realClock.nowMs();
    this.#liveAtMs = atMs;
    this.#send(Buffer.isBuffer(frame) ? frame : this.#encode(frame, roomRateHz), atMs);
    this.#start();
  }

  /** Ends the live microphone: silence frames follow. */
  endLive() {
    if (this.#liveAtMs === undefined) return;
    this.#liveAtMs = undefined;
    this.#state = this.#isResting(trailingSilenceFrames);
  }

  /** Stops to send. A speech under way is broken off with `reason`. */
  async close(reason: unknown) {
    this.#breakOffSpeech(reason);
    this.#closing.abort(reason);
    await this.#loop;
    this.#encoders.clear();
  }

  #breakOffSpeech(reason: unknown) {
    this.#underWay?.failed(reason);
    this.#underWay = undefined;
    this.#state = this.#isResting(0);
  }

  #isResting(silent: number) {
    return { hold: Number.isFinite(this.#held) ? 0 : this.#held, silence: silent };
  }

  #start() {
    if (this.#running || this.#closing.signal.aborted) return;
    this.#running = true;
    this.#loop = this.#run().catch((cause: unknown) => this.#underWay?.failed(cause));
  }

  async #run() {
    try {
      for (let dueMs = realClock.nowMs(); this.#sendDue(dueMs); ) {
        dueMs = await this.#waitUntil(dueMs + frameMs);
      }
    } finally {
      this.#running = false;
      this.#endSpeech();
    }
  }

  async #waitUntil(dueMs: number) {
    const { signal } = this.#closing;
    signal.throwIfAborted();
    const waitMs = dueMs - realClock.nowMs();
    if (waitMs > 0) await realClock.sleep(waitMs, signal);
    return waitMs < -maxLagMs ? realClock.nowMs() : dueMs;
  }

  /** Sends 20 ms. Returns false when nothing remains to send. */
  #sendDue(dueMs: number) {
    if (this.#isLive()) return true;
    const speech = this.#underWay?.speech;
    const frame = speech?.next;
    if (speech && frame && realClock.nowMs() - dueMs > latePacketMs)
      this.#latePackets++;
    if (Buffer.isBuffer(frame)) this.#sendEncoded(frame);
    else this.#sendSamples(speech, frame);
    const atMs = realClock.nowMs();
    speech?.countSent(atMs);
    this.#finish(frame === undefined, atMs);
    return this.#goesOn();
  }

  #sendEncoded(opus: Buffer) {
    [this.#state] = stepMicrophone(this.#state, true, this.#held);
    this.#send(opus, realClock.nowMs());
  }

  /** Sends 20 ms of `frame`, the speech, with the noise of the room. */
  #sendSamples(speech: SpeechFrames | undefined, frame: Int16Array | undefined) {
    const rateHz = frame && speech ? speech.rateHz : roomRateHz;
    const heard = frame?.slice() ?? new Int16Array((rateHz * frameMs) / 1000);
    const [state, sent] = stepMicrophone(this.#state, frame !== undefined, this.#held);
    this.#state = state;
    if (sent === 'sound' && this.#held > 0) this.#noise.addNoise(heard);
    const atMs = realClock.nowMs();
    if (sent === 'nothing') this.#endSpeech();
    else
      this.#send(sent === 'sound' ? this.#encode(heard, rateHz) : this.#shut(), atMs);
  }

  #isLive() {
    if (this.#liveAtMs !== undefined && realClock.nowMs() - this.#liveAtMs >= maxLullMs)
      this.endLive();
    return this.#liveAtMs !== undefined;
  }

  #goesOn() {
    const { hold, silence: silent } = this.#state;
    return this.#underWay !== undefined || hold > 0 || silent > 0;
  }

  /**
   * Ends the speech after its tail. `inTail`: this frame carried nothing of the speech.
   */
  #finish(inTail: boolean, atMs: number) {
    const underWay = this.#underWay;
    if (!underWay || underWay.speech.next) return;
    if (inTail) underWay.tail--;
    if (underWay.tail > 0) return;
    this.#underWay = undefined;
    underWay.done(underWay.speech.toSpokenTimes(atMs));
  }

  #encode(samples: Int16Array, rateHz: EncoderRateHz) {
    const encoder = this.#encoders.get(rateHz) ?? this.#codec.createEncoder(rateHz);
    this.#encoders.set(rateHz, encoder);
    this.#last = [encoder, rateHz];
    return encoder.encode(samples);
  }

  /** Returns a silence frame, of which a client's encoder is told as well. */
  #shut() {
    const [encoder, rateHz] = this.#last ?? [];
    if (encoder && rateHz) encodePause(encoder, rateHz);
    this.#last = undefined;
    return silence;
  }

  #send(payload: Buffer, atMs: number) {
    if (!this.#sending) {
      this.#sending = true;
      this.#listener.onSpeaking(true);
      this.#count.skipPause(atMs);
    }
    this.#listener.onPacket({ ...this.#count.next(atMs), payload });
  }

  #endSpeech() {
    if (!this.#sending) return;
    this.#sending = false;
    this.#listener.onSpeaking(false);
  }
}

/** RTP counts at 48 kHz whatever the encoder's rate. */
const timestampsPerFrame = 960;

/** Numbers the packets of one sender. Timestamps go on while nothing is sent, sequence numbers do not (RFC 3550 section 5.1). */
function createPacketCounter() {
  let sequence = randomBytes(2).readUInt16BE();
  let timestamp = randomBytes(4).readUInt32BE();
  let lastAtMs: number | undefined;

  return {
    /** Counts the time since the last packet as a pause before the next one. */
    skipPause(nowMs: number) {
      const pauseMs = nowMs - (lastAtMs ?? nowMs);
      const skipped = Math.max(0, Math.round(pauseMs / frameMs) - 1);
      timestamp = (timestamp + skipped * timestampsPerFrame) >>> 0;
    },

    next(atMs: number): { readonly sequence: number; readonly timestamp: number } {
      sequence = (sequence + 1) & 0xffff;
      timestamp = (timestamp + timestampsPerFrame) >>> 0;
      lastAtMs = atMs;
      return { sequence, timestamp };
    },
  };
}
