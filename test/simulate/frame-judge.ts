import { silenceFrame } from '#src/audio/opus/opus-packet.ts';
import type { ConversationState } from '#src/conversation/machine/state.ts';
import { isLinkUp } from './conversation-view.ts';
import type { Hold } from './simulated-step.ts';
import type { Simulation } from './simulation-world.ts';

/** Frames that may leave within the time of one, after a timer that came late. */
const maxFramesAtOnce = 5;
const frameMs = 20;
/** Frames of silence that end a sound: https://docs.discord.com/developers/topics/voice-connections#voice-data-interpolation */
const silenceFrames = 5;
/** Time, in ms, in which a voice socket resumes, while frames wait. */
const maxResumeMs = 3_000;

/** Judges the pace of frames that leave, and how sound ends. */
export class FrameJudge {
  readonly #hold;
  #burstFromMs = 0;
  #framesAtOnce = 0;
  #silentFrames = silenceFrames;
  #leftMs = 0;
  /** The call in which frames leave. */
  #call: object | undefined;

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** A frame leaves. */
  checkLeft(opus: Buffer, atMs: number): void {
    if (atMs - this.#burstFromMs >= frameMs) {
      this.#burstFromMs = atMs;
      this.#framesAtOnce = 0;
    }
    this.#framesAtOnce++;
    this.#hold(100, this.#framesAtOnce <= maxFramesAtOnce, this.#framesAtOnce);
    this.#silentFrames = opus.equals(silenceFrame) ? this.#silentFrames + 1 : 0;
    this.#leftMs = atMs;
  }

  /** Time has passed. */
  checkTime({ clock, discord, isStalled }: Simulation, state: ConversationState): void {
    const { current } = discord.voice;
    // A link that ends takes what is owed along.
    const isOver = !isLinkUp(state) || current !== this.#call;
    if (isStalled || isOver) this.#silentFrames = silenceFrames;
    this.#call = current;
    const isLate = clock.nowMs() - this.#leftMs > maxResumeMs;
    this.#hold(101, !isLate || this.#silentFrames >= silenceFrames, this.#silentFrames);
  }
}
