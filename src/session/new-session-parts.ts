import { Wakeup } from '#src/base/wakeup.ts';
import { PreemptiveBudget } from '#src/spending/preemptive-budget.ts';
import { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import type { SessionDependencies } from './dependencies.ts';
import { CuePlayer } from './output/cue-player.ts';
import { openPauseNotices } from './output/pause-notices.ts';
import { SessionVoice } from './output/session-voice.ts';
import type { ChannelRef } from './ports/voice-link.ts';
import { ConsentWithdrawals } from './presence/consent-withdrawals.ts';
import type { TurnQueue } from './queue/turn-queue.ts';
import { PendingConfirmations } from './tools/pending-confirmations.ts';

type NewSession = {
  readonly channel: ChannelRef;
  readonly parts: Pick<SessionDependencies, 'clock' | 'spending'>;
  readonly queue: TurnQueue;
  /** Aborted when the session is over. */
  readonly signal: AbortSignal;
};

/** What each session begins anew with, whatever was before it. */
export function newSessionParts(
  { channel, parts, queue, signal }: NewSession,
  isCaptionsOnly: () => boolean,
) {
  const { clock } = parts;
  const wakeup = new Wakeup(clock);
  const wake = () => wakeup.wake();
  const pauseNotices = openPauseNotices(channel, parts, { queue, isCaptionsOnly, wake });
  signal.addEventListener('abort', () => pauseNotices.close());
  return {
    confirmations: new PendingConfirmations(),
    cuePlayer: new CuePlayer(),
    governed: new Wakeup(clock),
    pauseHabits: new PauseHabits(),
    voice: new SessionVoice(),
    preemptiveBudget: new PreemptiveBudget(),
    wakeup,
    pauseNotices,
    withdrawals: new ConsentWithdrawals(),
  };
}
