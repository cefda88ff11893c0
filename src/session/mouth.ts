import type { Clock } from '#src/base/clock.ts';
import { type Finish, SpokenReply } from '#src/playback/spoken-reply.ts';
import type { VoiceTrack } from '#src/playback/voice-track.ts';

/** A reply of which nothing leaves for so long is given up: the link does not take it. */
const stallMs = 10_000;

/** Says one thing after the other on the track of one session. */
export class Mouth {
  readonly #track: VoiceTrack;
  readonly #clock: Clock;
  #reply: SpokenReply | undefined;
  #sounded = false;

  constructor(track: VoiceTrack, clock: Clock) {
    this.#track = track;
    this.#clock = clock;
  }

  /** Something of what is being said has been heard. */
  get sounds(): boolean {
    return this.#reply?.firstSentAtMs !== undefined;
  }

  /** Something of what was said last has been heard. */
  get sounded(): boolean {
    return this.#sounded;
  }

  /**
   * Opens a reply for `work`; whatever happens, it is silent afterwards.
   *
   * Throws what `work` throws. Aborting `signal` falls silent within a frame and throws `signal.reason`.
   */
  async speak(signal: AbortSignal, work: (reply: SpokenReply) => Promise<void>): Promise<void> {
    const reply = new SpokenReply();
    const hush = () => reply.cut();
    signal.addEventListener('abort', hush);
    try {
      if (this.#track.add(reply).kind === 'full') throw new Error('things are said one at a time');
      this.#reply = reply;
      await work(reply);
      signal.throwIfAborted();
    } finally {
      this.#reply = undefined;
      this.#sounded = reply.firstSentAtMs !== undefined;
      signal.removeEventListener('abort', hush);
      reply.cut();
    }
  }

  /** How the reply ended once all of it has left; cut when the link takes nothing of it any more. */
  async played(reply: SpokenReply, signal: AbortSignal): Promise<Finish> {
    const over = new AbortController();
    const watch = async (): Promise<void> => {
      for (let before = -1; reply.playedMs() !== before; ) {
        before = reply.playedMs();
        await this.#clock.sleep(stallMs, AbortSignal.any([signal, over.signal]));
      }
      reply.cut();
    };
    const watching = watch().catch(() => undefined); // ends with the reply or with its signal
    const finish = await reply.finish;
    over.abort(new Error('played'));
    await watching;
    return finish;
  }
}
