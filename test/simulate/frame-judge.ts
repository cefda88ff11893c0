import { silenceFrame } from '#src/audio/opus/opus-packet.ts';
import type { ConversationState } from '#src/conversation/machine/state.ts';
import { isLinkUp } from './conversation-view.ts';
import type { Hold } from './invariants.ts';
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
  /** Session whose frames left last. */
  #session: Simulation['session'];

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
  checkTime({ clock, isStalled, session }: Simulation, state: ConversationState): void {
    // A link that ends takes what is owed along, and so does one that is followed by that of another session.
    const isOther = session !== this.#session;
    this.#session = session;
    if (isStalled || isOther || !isLinkUp(state)) this.#silentFrames = silenceFrames;
    const isOver = clock.nowMs() - this.#leftMs > maxResumeMs;
    this.#hold(101, !isOver || this.#silentFrames >= silenceFrames, this.#silentFrames);
  }
}
