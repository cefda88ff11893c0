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
  holdFrames,
  type MicrophoneState,
  RoomNoise,
  stepMicrophone,
  trailingSilenceFrames,
} from './client-microphone.ts';
import {
  type EncoderRateHz,
  frameMs,
  SpeechFrames,
  toEncoderRate,
} from './speech-frames.ts';

/** Destination of the packets. */
interface PacketSink {
  /** Notes whether packets follow, before the first and after the last one. */
  onSpeaking(on: boolean): void;
  /** Takes one packet, which leaves at once. */
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
  readonly #codec: OpusCodec;
  readonly #sink: PacketSink;
  readonly #closing = new AbortController();
  readonly #encoders = new Map<EncoderRateHz, OpusEncoder>();
  /** The encoder that has not been told of silence since it encoded. */
  #lastEncoder: readonly [OpusEncoder, EncoderRateHz] | undefined;
  readonly #counter = new PacketCounter();
  readonly #noise = new RoomNoise(1);
  /** Frames of the room after the last sound. */
  #heldFrames = holdFrames.gate;
  #state: MicrophoneState = { hold: 0, silence: 0 };
  #runningSpeech: RunningSpeech | undefined;
  /** When a live microphone gave its last frame. Undefined while there is none. */
  #liveAtMs: number | undefined;
  #loop = Promise.resolve();
  #isRunning = false;
  #isSending = false;
  #latePackets = 0;

  constructor(codec: OpusCodec, sink: PacketSink) {
    this.#codec = codec;
    this.#sink = sink;
  }

  /** Counts packets of speech that were sent more than 20 ms after they were due. */
  get latePackets(): number {
    return this.#latePackets;
  }

  /**
   * Uses another microphone. A speech under way goes on, and ends as this microphone
   * does.
   */
  useMicrophone({ profile }: OpenMicrophone): void {
    this.#heldFrames = holdFrames[profile];
    if (this.#runningSpeech) return;
    this.#state = this.#toRestingState(this.#isSending ? trailingSilenceFrames : 0);
    if (this.#state.hold > 0) this.#startLoop();
  }

  /**
   * Sends a speech, one at a time. Without anything louder than -45 dB the voiced
   * instants are the first packet's.
   */
  async speak(sound: Pcm | EncodedSpeech, signal: AbortSignal): Promise<SpokenTimes> {
    signal.throwIfAborted();
    const isAmbientHeard = this.#heldFrames > 0 || 'frames' in sound;
    const speech = new SpeechFrames(
      sound,
      isAmbientHeard ? roomRateHz : toEncoderRate(sound.rateHz),
    );
    const {
      promise,
      resolve: done,
      reject: failed,
    } = Promise.withResolvers<SpokenTimes>();
    this.endLive();
    this.#runningSpeech = {
      speech,
      done,
      failed,
      tail: countTailFrames(this.#heldFrames),
    };
    const abortSpeech = () => this.#breakOffSpeech(signal.reason);
    signal.addEventListener('abort', abortSpeech, { once: true });
    this.#startLoop();
    return await promise.finally(() =>
      signal.removeEventListener('abort', abortSpeech),
    );
  }

  /**
   * Sends 20 ms of a live microphone at once: Opus as it is, samples (48 kHz mono) encoded. Whatever else this microphone
   * would pick up waits meanwhile. Nothing is sent during a speech. After 100 ms without a frame it counts as off.
   */
  sendLive(frame: Buffer | Int16Array): void {
    if (this.#runningSpeech || this.#closing.signal.aborted) return;
    const atMs = realClock.nowMs();
    this.#liveAtMs = atMs;
    this.#sendPacket(
      Buffer.isBuffer(frame) ? frame : this.#encodeFrame(frame, roomRateHz),
      atMs,
    );
    this.#startLoop();
  }

  /** Ends the live microphone: silence frames follow. */
  endLive(): void {
    if (this.#liveAtMs === undefined) return;
    this.#liveAtMs = undefined;
    this.#state = this.#toRestingState(trailingSilenceFrames);
  }

  /** Stops to send. A speech under way is broken off with `reason`. */
  async close(reason: unknown): Promise<void> {
    this.#breakOffSpeech(reason);
    this.#closing.abort(reason);
    await this.#loop;
    this.#encoders.clear();
  }

  #breakOffSpeech(reason: unknown) {
    this.#runningSpeech?.failed(reason);
    this.#runningSpeech = undefined;
    this.#state = this.#toRestingState(0);
  }

  #toRestingState(silent: number) {
    return {
      hold: Number.isFinite(this.#heldFrames) ? 0 : this.#heldFrames,
      silence: silent,
    };
  }

  #startLoop() {
    if (this.#isRunning || this.#closing.signal.aborted) return;
    this.#isRunning = true;
    this.#loop = this.#runLoop().catch((cause: unknown) =>
      this.#runningSpeech?.failed(cause),
    );
  }

  async #runLoop() {
    try {
      for (let dueMs = realClock.nowMs(); this.#sendDue(dueMs); ) {
        dueMs = await this.#waitUntil(dueMs + frameMs);
      }
    } finally {
      this.#isRunning = false;
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
    const speech = this.#runningSpeech?.speech;
    const frame = speech?.nextFrame;
    if (speech && frame && realClock.nowMs() - dueMs > latePacketMs)
      this.#latePackets++;
    if (Buffer.isBuffer(frame)) this.#sendEncoded(frame);
    else this.#sendSamples(speech, frame);
    const atMs = realClock.nowMs();
    speech?.countSent(atMs);
    this.#finishSpeech(frame === undefined, atMs);
    return this.#hasMoreToSend();
  }

  #sendEncoded(opus: Buffer) {
    [this.#state] = stepMicrophone(this.#state, true, this.#heldFrames);
    this.#sendPacket(opus, realClock.nowMs());
  }

  /** Sends 20 ms of `frame`, the speech, with the noise of the room. */
  #sendSamples(speech: SpeechFrames | undefined, frame: Int16Array | undefined) {
    const rateHz = frame && speech ? speech.rateHz : roomRateHz;
    const samples = frame?.slice() ?? new Int16Array((rateHz * frameMs) / 1000);
    const [state, output] = stepMicrophone(
      this.#state,
      frame !== undefined,
      this.#heldFrames,
    );
    this.#state = state;
    if (output === 'sound' && this.#heldFrames > 0) this.#noise.addNoise(samples);
    const atMs = realClock.nowMs();
    if (output === 'nothing') this.#endSpeech();
    else
      this.#sendPacket(
        output === 'sound' ? this.#encodeFrame(samples, rateHz) : this.#encodeSilence(),
        atMs,
      );
  }

  #isLive() {
    if (this.#liveAtMs !== undefined && realClock.nowMs() - this.#liveAtMs >= maxLullMs)
      this.endLive();
    return this.#liveAtMs !== undefined;
  }

  #hasMoreToSend() {
    const { hold, silence: silent } = this.#state;
    return this.#runningSpeech !== undefined || hold > 0 || silent > 0;
  }

  /**
   * Ends the speech after its tail. `inTail`: this frame carried nothing of the speech.
   */
  #finishSpeech(inTail: boolean, atMs: number) {
    const underWay = this.#runningSpeech;
    if (!underWay || underWay.speech.nextFrame) return;
    if (inTail) underWay.tail--;
    if (underWay.tail > 0) return;
    this.#runningSpeech = undefined;
    underWay.done(underWay.speech.toSpokenTimes(atMs));
  }

  #encodeFrame(samples: Int16Array, rateHz: EncoderRateHz) {
    const encoder = this.#encoders.get(rateHz) ?? this.#codec.createEncoder(rateHz);
    this.#encoders.set(rateHz, encoder);
    this.#lastEncoder = [encoder, rateHz];
    return encoder.encode(samples);
  }

  /** Returns a silence frame, of which a client's encoder is told as well. */
  #encodeSilence() {
    const [encoder, rateHz] = this.#lastEncoder ?? [];
    if (encoder && rateHz) encodePause(encoder, rateHz);
    this.#lastEncoder = undefined;
    return silence;
  }

  #sendPacket(payload: Buffer, atMs: number) {
    if (!this.#isSending) {
      this.#isSending = true;
      this.#sink.onSpeaking(true);
      this.#counter.skipPause(atMs);
    }
    this.#sink.onPacket({ ...this.#counter.countPacket(atMs), payload });
  }

  #endSpeech() {
    if (!this.#isSending) return;
    this.#isSending = false;
    this.#sink.onSpeaking(false);
  }
}

/** RTP counts at 48 kHz whatever the encoder's rate. */
const timestampsPerFrame = 960;

/** Number and timestamp of one packet in its RTP header. */
type PacketNumber = { readonly sequence: number; readonly timestamp: number };

/** Numbers the packets of one sender. Timestamps go on while nothing is sent, sequence numbers do not (RFC 3550 section 5.1). */
class PacketCounter {
  #sequence = randomBytes(2).readUInt16BE();
  #timestamp = randomBytes(4).readUInt32BE();
  #lastAtMs: number | undefined;

  /** Counts the time since the last packet as a pause before the next one. */
  skipPause(nowMs: number): void {
    const pauseMs = nowMs - (this.#lastAtMs ?? nowMs);
    const skippedFrames = Math.max(0, Math.round(pauseMs / frameMs) - 1);
    this.#timestamp = (this.#timestamp + skippedFrames * timestampsPerFrame) >>> 0;
  }

  /** Numbers the packet that leaves at `atMs`. */
  countPacket(atMs: number): PacketNumber {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + timestampsPerFrame) >>> 0;
    this.#lastAtMs = atMs;
    return { sequence: this.#sequence, timestamp: this.#timestamp };
  }
}
