import '#src/discord/library/sodium.ts';
import { Readable } from 'node:stream';
import { AudioResource, type VoiceConnection } from '@discordjs/voice';
import type { Frame, FrameSource } from '#src/audio/frame.ts';
import { Pacer, type PacerCounts } from './pacer.ts';
import type { SyncTiming } from './timing.ts';

export type FrameSenderOptions = {
  readonly connection: VoiceConnection;
  readonly timing: SyncTiming;
  /** False: no frame is taken or sent. */
  readonly settled: () => boolean;
  /** The library threw on a frame: that one is lost. */
  readonly refused: (error: unknown) => void;
  /** The source threw; the output has stopped. */
  readonly fail: (error: unknown) => void;
};

/** The speaking half of one connection: pulls from one source at a time, and tells it what left. */
export class FrameSender {
  readonly #options: FrameSenderOptions;
  readonly #pacer: Pacer;
  #playing: { readonly source: FrameSource; readonly resource: AudioResource } | undefined;
  #stopped = false;

  constructor(options: FrameSenderOptions) {
    this.#options = options;
    const { connection, timing, settled, fail } = options;
    const line = {
      take: () => this.#playing?.resource.read() ?? undefined,
      send: (frame: Frame) => this.#send(frame),
      left: (frame: Frame, atMs: number) => this.#playing?.source.left(frame, atMs),
      isIdle: () => this.#playing?.source.isIdle ?? true,
      settled,
      fellSilent: () => void connection.setSpeaking(false),
      fail,
    };
    this.#pacer = new Pacer(line, timing);
  }

  get counts(): PacerCounts {
    return this.#pacer.counts;
  }

  /** The source has frames to send. */
  get isBusy(): boolean {
    return this.#pacer.isBusy;
  }

  play(source: FrameSource): { wake(): void } {
    this.#forget();
    if (!this.#stopped) this.#playing = { source, resource: resourceOf(source) };
    const wake = () => this.#pacer.wake();
    wake();
    return { wake };
  }

  stop(): void {
    this.#stopped = true;
    this.#pacer.stop();
    this.#forget();
  }

  #forget(): void {
    this.#playing?.resource.playStream.destroy();
    this.#playing = undefined;
  }

  #send(frame: Frame): boolean {
    try {
      return this.#options.connection.playOpusPacket(frame) === true;
    } catch (error) {
      this.#options.refused(error);
      return false;
    }
  }
}

/** Never ahead: each read() asks the source at that moment, and nothing is buffered. */
class PulledFrames extends Readable {
  readonly #source: FrameSource;

  constructor(source: FrameSource) {
    super({ objectMode: true });
    this.#source = source;
  }

  /** The stream pokes itself with read(0), which must not take a frame. */
  override read(size?: number): Frame | null {
    return size === 0 || this.destroyed ? null : (this.#source.next() ?? null);
  }
}

/**
 * Turns a FrameSource into the library's own kind of sound, which the pacer reads. `createAudioResource` makes the same of
 * Opus, but first looks for FFmpeg by starting it, which holds the main thread for 50 ms.
 */
function resourceOf(source: FrameSource): AudioResource {
  return new AudioResource([], [new PulledFrames(source)], null, 0);
}
