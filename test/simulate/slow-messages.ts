import { BotError } from '#src/base/errors.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { RunningCalls } from './running-calls.ts';

/** Messages that Discord takes late, or refuses. */
export function makeSlowMessages(
  messages: VoiceChannelChatPoster,
  { clock, luck }: Pick<RunningCalls, 'clock' | 'luck'>,
): VoiceChannelChatPoster {
  const delayMessage = async (signal: AbortSignal) => {
    const { fails, takesMs } = luck.call('message', 50, 300, 10_000);
    await clock.sleep(takesMs, signal);
    if (fails) throw new BotError('discord.forbidden', false, 'Not there.');
  };
  return {
    writeText: (...given) =>
      delayMessage(given[2]).then(() => messages.writeText(...given)),
    notifyPeople: (...given) =>
      delayMessage(given[2]).then(() => messages.notifyPeople(...given)),
    tellPerson: (...given) =>
      delayMessage(given[2]).then(() => messages.tellPerson(...given)),
    offerButtons: (...given) =>
      delayMessage(given[3]).then(() => messages.offerButtons(...given)),
  };
}
