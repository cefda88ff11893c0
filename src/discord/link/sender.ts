import type { VoiceConnection } from '@discordjs/voice';
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
  readonly #pacer: Pacer;
  #source: FrameSource | undefined;
  #stopped = false;

  constructor({ connection, timing, settled, refused, fail }: FrameSenderOptions) {
    const send = (frame: Frame): boolean => {
      try {
        return connection.playOpusPacket(frame) === true;
      } catch (error) {
        refused(error);
        return false;
      }
    };
    const line = {
      take: () => this.#source?.next(),
      send,
      left: (frame: Frame, atMs: number) => this.#source?.left(frame, atMs),
      isIdle: () => this.#source?.isIdle ?? true,
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
    this.#source = this.#stopped ? undefined : source;
    const wake = () => this.#pacer.wake();
    wake();
    return { wake };
  }

  stop(): void {
    this.#stopped = true;
    this.#pacer.stop();
    this.#source = undefined;
  }
}
