import type { Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { addFailureStage, BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { ClauseVoice } from '#src/pipeline/read-ahead-speech.ts';
import type { VoiceTrack } from '#src/playback/reply/cue-track.ts';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { createDeadlineError } from '#src/ports/failure-event.ts';
import type { SpokenSegment } from '#src/ports/feature-session.ts';

export const paceChanges = ['slower', 'faster', 'usual'] as const;

const [slowerFactor, minPace, maxPace] = [0.85, 0.7, 1.4];

export type SpeechPace = ReturnType<typeof createSpeechPace>;

/**
 * Keeps the pace of the bot's speech in one session, as people asked for it. 1 is usual.
 *
 * @example
 * import { createSpeechPace } from '#src/voice/output/speech-output.ts';
 *
 * const pace = createSpeechPace();
 * pace.changePace('faster');
 * pace.changePace('slower');
 * pace.speed; // 1
 */
export function createSpeechPace() {
  let speed = 1;

  return {
    get speed(): number {
      return speed;
    },
    changePace(to: (typeof paceChanges)[number]) {
      // "Faster" takes back "slower" before it goes further, and the other way round.
      if (to === 'usual') speed = 1;
      else if (to === 'slower')
        speed = speed > 1 ? 1 : Math.max(minPace, speed * slowerFactor);
      else speed = speed < 1 ? 1 : Math.min(maxPace, speed / slowerFactor);
    },
  };
}

/** A reply of which nothing leaves is given up then. */
const maxStallMs = 10_000;
const [minSpeed, maxSpeed] = [0.5, 2];

type ReplyOptions = {
  readonly id: number;
  readonly by?: string;
  readonly interruptible?: boolean;
  /** Pace of the listener, beside the one that people ask for aloud. 1 is usual. */
  readonly ownSpeed?: number;
  readonly answeredIds?: readonly PersonId[];
};

type OpenReply = ReplyOptions & { readonly reply: SpokenReply };

/** A reply of which something has left. `isStarved`: its next sound is late. */
type LeavingReply = Pick<ReplyOptions, 'id'> & {
  readonly isStarved: boolean;
  readonly pausedAfter: string | undefined;
};

/** Receives the words of each reply that is over, except notices. Never throws. */
type OnSent = (words: SpokenSegment) => void;

export type SpeechOutput = ReturnType<typeof createSpeechOutput>;

/**
 * Says one reply after the other on the voice track of a session.
 *
 * @example
 * import type { Pcm } from '#src/audio/pcm.ts';
 * import type { SpeechOutput } from '#src/voice/output/speech-output.ts';
 *
 * declare const output: SpeechOutput;
 * declare const hello: Pcm;
 * const { signal } = new AbortController();
 * await output.speakReply(signal, async (reply) => {
 *   await reply.write(hello, 'Hello.', signal);
 *   reply.end();
 *   await reply.finish;
 * }, { id: 1 });
 */
export function createSpeechOutput(
  track: VoiceTrack,
  clock: Clock,
  onSent: OnSent,
  pace: SpeechPace,
) {
  let openReply: OpenReply | undefined;
  let resumeCount = 0;
  let isStuck = false;

  function describeSpoken({ answeredIds, by, reply }: OpenReply) {
    const fromMs = reply.firstSentAtMs;
    if (fromMs === undefined || !reply.interruptible) return undefined;
    const [text, toMs] = [reply.getHeardText(), clock.nowMs()];
    const answered = answeredIds ?? (by === undefined ? [] : [by]);
    const times = { fromMs, toMs, isOver: false, isCut: false };
    return {
      key: reply,
      text,
      ...times,
      answeredIds: answered,
      isAnswer: by !== undefined,
    };
  }

  async function reportSpoken(
    sent: SpokenSegment,
    { finish }: Pick<SpokenReply, 'finish'>,
  ) {
    const isCut = (await finish) === 'cancelled';
    onSent({ ...sent, isOver: true, isCut });
  }

  /** Cuts a reply with sound that is ready but not sent. */
  async function watchForStall(
    reply: Pick<SpokenReply, 'cut' | 'getPlayedMs' | 'isPaused' | 'isReady'>,
    signal: AbortSignal,
  ) {
    let before = -1;
    while (!signal.aborted) {
      const now = reply.getPlayedMs() + resumeCount; // Both only grow.
      const isDue = reply.isReady && !reply.isPaused;
      isStuck = isDue && now === before;
      // The writer goes on after a cut.
      if (isStuck) return reply.cut();
      before = isDue ? now : -1;
      await clock.sleep(maxStallMs, signal).catch(() => undefined); // Ends the loop.
    }
  }

  return {
    get spokenSoFar(): SpokenSegment | undefined {
      return openReply && describeSpoken(openReply);
    },
    get heardText(): string {
      return openReply?.reply.getHeardText() ?? '';
    },
    get leavingReply(): LeavingReply | undefined {
      if (openReply?.reply.firstSentAtMs === undefined) return undefined;
      const { id, reply } = openReply;
      const pausedAfter = reply.isPaused ? reply.getHeardText() : undefined;
      return {
        id,
        pausedAfter,
        isStarved: !reply.isOver && !reply.isPaused && !reply.isReady,
      };
    },
    get isStuck(): boolean {
      return isStuck;
    },
    /**
     * Opens a reply for `work`, and silences it afterwards. Throws as `work`. Aborting `signal` silences it at once
     * and throws `signal.reason`.
     */
    async speakReply(
      signal: AbortSignal,
      work: (reply: SpokenReply) => Promise<void>,
      birth: ReplyOptions,
    ) {
      const { interruptible, ownSpeed = 1 } = birth;
      const speed = Math.min(maxSpeed, Math.max(minSpeed, pace.speed * ownSpeed));
      const reply = new SpokenReply({ speed, interruptible });
      const open = { ...birth, reply };
      const cut = () => reply.cut();
      signal.addEventListener('abort', cut);
      const over = new AbortController();
      isStuck = false;
      try {
        track.add(reply);
        openReply = open;
        void watchForStall(reply, AbortSignal.any([signal, over.signal]));
        await work(reply);
        signal.throwIfAborted();
      } finally {
        over.abort(new Error('the reply is over'));
        if (openReply === open) openReply = undefined; // The next one may have begun.
        signal.removeEventListener('abort', cut);
        reply.cut();
        const sent = describeSpoken(open);
        if (sent) void reportSpoken(sent, reply);
      }
    },
    duck(db: number) {
      openReply?.reply.duck(db);
    },
    /** No sound is lost. */
    pause() {
      openReply?.reply.pause();
    },
    resume() {
      resumeCount++;
      openReply?.reply.resume();
    },
  };
}

export function createStuckError(): BotError {
  return createDeadlineError(
    'speak',
    `The voice link sent no frame of a reply for ${maxStallMs / 1000} s.`,
  );
}

/** Yields the sound of a clause, none if unspeakable. Errors: BotError at the stage `speak`. */
export async function* synthesizeClause(
  clause: string,
  { synthesizer, voice }: ClauseVoice,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  try {
    yield* synthesizer.synthesize(clause, voice, signal);
  } catch (error) {
    if (error instanceof BotError && error.code === 'speech.unspeakable') return;
    throw addFailureStage('speak', error);
  }
}
