import { joinSamples, speakRateHz } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { CueTrack } from '#src/playback/cue-track.ts';
import { SpeakRate } from '#src/playback/speak-rate.ts';
import { stepWaiting, type Waiting, waitingRules, waitSince } from '#src/turn/waiting.ts';
import type { Question } from './matter.ts';
import type { Conversation } from './room.ts';
import { aloud } from './wording.ts';

/** Whoever was waited for longer, in case they went on, was not kept waiting by that. */
const usualEndMs = 300;
/** More than two words need. */
const longestMs = 5_000;

/** Makes waiting for an answer bearable: a soft tick now and then, "One moment." once. */
export class WaitingCues {
  readonly #room: Conversation;
  readonly #cues: Pick<CueTrack, 'play' | 'say' | 'cut'>;
  #waiting: { readonly question: Question; readonly state: Waiting } | undefined;

  constructor(room: Conversation, cues: Pick<CueTrack, 'play' | 'say' | 'cut'>) {
    this.#room = room;
    this.#cues = cues;
  }

  /** To be called every 20 ms or so. */
  tick(signal: AbortSignal): void {
    const { floor, mouth, parts } = this.#room;
    const { current } = floor;
    if (current?.kind !== 'question' || mouth.sounds) {
      if (this.#waiting && !current) this.#cues.cut();
      this.#waiting = undefined;
      return;
    }
    const former = this.#waiting?.question === current ? this.#waiting.state : undefined;
    const sinceMs = Math.max(current.said.toMs, current.endedAtMs - usualEndMs);
    const state = former ?? waitSince(sinceMs, waitingRules);
    const { waiting, effect } = stepWaiting(state, parts.clock.nowMs(), waitingRules);
    this.#waiting = { question: current, state: waiting };
    if (effect === 'tick') this.#cues.play('thinking');
    if (effect === 'moment') void this.#saySoon(AbortSignal.any([signal, current.claim.signal]));
  }

  /** Never throws: a voice that fails now is told of with the answer. */
  async #saySoon(signal: AbortSignal): Promise<void> {
    const { channel, mouth, parts } = this.#room;
    const words = aloud({ id: 'slow.voice' }, channel.guildId, parts);
    const rate = new SpeakRate();
    const pieces: Int16Array[] = [];
    try {
      for await (const pcm of parts.synthesizer.synthesize(words, parts.style.voice, signal)) {
        pieces.push(...rate.push(pcm));
      }
    } catch (error) {
      if (signal.aborted || error instanceof BotError) return;
      throw error;
    }
    pieces.push(...rate.flush());
    if (mouth.sounds || signal.aborted) return;
    this.#cues.say(joinSamples(pieces).subarray(0, (longestMs * speakRateHz) / 1000));
  }
}
