import { Wakeup } from '#src/base/wakeup.ts';
import { PreemptiveBudget } from '#src/spending/preemptive-budget.ts';
import { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import { LiveTalkers } from './connection/live-talkers.ts';
import type { SessionDependencies } from './dependencies.ts';
import { CuePlayer } from './output/cue-player.ts';
import { GoneVoices, type GoneVoicesSession } from './output/gone-voices.ts';
import { openPauseNotices } from './output/pause-notices.ts';
import { SessionVoice } from './output/session-voice.ts';
import { ConsentWithdrawals } from './presence/consent-withdrawals.ts';
import type { TurnQueue } from './queue/turn-queue.ts';
import type { StoredSettings } from './settings/stored-settings.ts';
import { PendingConfirmations } from './tools/pending-confirmations.ts';
import { ToolEffects } from './tools/tool-effects.ts';

type NewSession = GoneVoicesSession & {
  readonly parts: Pick<SessionDependencies, 'clock' | 'spending'>;
  readonly queue: TurnQueue;
};

/** What each session begins anew with, whatever was before it. */
export function newSessionParts(
  session: NewSession,
  isCaptionsOnly: () => boolean,
  settings: Pick<StoredSettings, 'chosenVoiceAt'>,
) {
  const { channel, parts, queue, signal } = session;
  const { clock } = parts;
  const chosen = () => settings.chosenVoiceAt(channel.guildId, channel.channelId);
  const wakeup = new Wakeup(clock);
  const wake = () => wakeup.wake();
  const pauseNotices = openPauseNotices(channel, parts, { queue, isCaptionsOnly, wake });
  signal.addEventListener('abort', () => pauseNotices.close());
  return {
    confirmations: new PendingConfirmations(),
    cuePlayer: new CuePlayer(),
    effects: new ToolEffects(clock, signal),
    goneVoices: new GoneVoices(session, chosen),
    governed: new Wakeup(clock),
    talking: new LiveTalkers(),
    pauseHabits: new PauseHabits(),
    voice: new SessionVoice(),
    preemptiveBudget: new PreemptiveBudget(),
    wakeup,
    pauseNotices,
    withdrawals: new ConsentWithdrawals(),
  };
}
