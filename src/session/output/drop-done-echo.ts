import type { ArrivedPart, PendingAnswer } from '#src/session/answering/pending-answer.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { QueuedQuestion } from '#src/session/queue/queued-turn.ts';
import type { GuildSettings } from '#src/session/settings/guild-settings.ts';
import { isDoneEcho } from '#src/turn/done-echo.ts';
import type { CuePlayer } from './cue-player.ts';

/**
 * Drops the last few words of an answer ("Done.") where all that was asked aloud was done and shows by itself.
 *
 * Longer words are an answer to something else and come whole.
 */
export async function* dropDoneEcho(
  answer: AsyncIterable<ArrivedPart>,
  question: QueuedQuestion,
  pending: Pick<PendingAnswer, 'isDone'>,
): AsyncGenerator<ArrivedPart> {
  const isAloud = !question.tell;
  let held: readonly ArrivedPart[] = [];
  let chars = 0;
  for await (const arrived of answer) {
    const { part } = arrived;
    if (pending.isDone && part.kind === 'text') chars += part.text.length;
    const isEcho = pending.isDone && isAloud && isDoneEcho(question.words?.text ?? '', chars);
    held = [...held, arrived];
    if (isEcho) continue;
    for (const one of held) yield one;
    held = [];
  }
}

/** Where a tone is played, unless a server wants none. */
export type TickContext = {
  readonly cuePlayer: Pick<CuePlayer, 'play'>;
  readonly parts: Pick<SessionDependencies, 'cues'>;
  readonly settings: () => Pick<GuildSettings, 'cues'>;
};

/** One soft tick in place of words. */
export function tick({ cuePlayer, parts, settings }: TickContext): void {
  if (settings().cues !== 'off') void cuePlayer.play(parts.cues.thinking);
}
