import { BotError } from '#src/base/errors.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { RunningCalls } from './running-calls.ts';

/** Messages that Discord takes late, or refuses. */
export function slowMessages(
  messages: VoiceChannelChatPoster,
  { clock, luck }: Pick<RunningCalls, 'clock' | 'luck'>,
): VoiceChannelChatPoster {
  const late = async (signal: AbortSignal) => {
    const { fails, takesMs } = luck.call('message', 50, 300, 10_000);
    await clock.sleep(takesMs, signal);
    if (fails) throw new BotError('discord.forbidden', false, 'Not there.');
  };
  return {
    write: (...given) => late(given[2]).then(() => messages.write(...given)),
    notify: (...given) => late(given[2]).then(() => messages.notify(...given)),
    tell: (...given) => late(given[2]).then(() => messages.tell(...given)),
    offer: (...given) => late(given[3]).then(() => messages.offer(...given)),
  };
}
