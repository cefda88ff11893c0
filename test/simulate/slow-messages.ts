import { BotError } from '#src/base/errors.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { RunningCalls } from './running-calls.ts';

/** Messages that Discord takes late, or refuses. */
export function makeSlowMessages(
  messages: VoiceChannelChatPoster,
  { clock, luck }: Pick<RunningCalls, 'clock' | 'luck'>,
): VoiceChannelChatPoster {
  const delayMessage = async (signal: AbortSignal) => {
    const { fails, takesMs } = luck.callPort('message', 50, 300, 10_000);
    await clock.sleep(takesMs, signal);
    if (fails) throw new BotError('discord.forbidden', false, 'Not there.');
  };
  return {
    writeText: (...args) =>
      delayMessage(args[2]).then(() => messages.writeText(...args)),
    notifyPeople: (...args) =>
      delayMessage(args[2]).then(() => messages.notifyPeople(...args)),
    tellPerson: (...args) =>
      delayMessage(args[2]).then(() => messages.tellPerson(...args)),
    offerButtons: (...args) =>
      delayMessage(args[3]).then(() => messages.offerButtons(...args)),
  };
}
