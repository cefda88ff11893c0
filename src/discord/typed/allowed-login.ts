import type { Client } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { LoginDeadline, type LoginOptions } from '#src/discord/login.ts';

type LogIn = (options: LoginOptions, tell: (event: DiscordEvent) => void) => Promise<Client<true>>;

/**
 * Logs in with the message content intent where it is wanted, and without it where Discord refuses it: then only messages
 * that mention the bot can be read, and a warning says so.
 *
 * What happens while that is not known is told once it is. Errors: as `logIn`.
 */
export async function logInAsAllowed(
  options: LoginOptions,
  logIn: LogIn,
  onEvent: (event: DiscordEvent) => void,
): Promise<Client<true>> {
  if (!options.messageContent) return await logIn(options, onEvent);
  const early: DiscordEvent[] = [];
  let tell = (event: DiscordEvent): void => void early.push(event);
  const settle = (events: readonly DiscordEvent[]) => {
    tell = onEvent;
    events.forEach(onEvent);
  };
  try {
    const client = await logIn(options, (event) => tell(event));
    settle(early);
    return client;
  } catch (cause) {
    if (!(cause instanceof BotError) || cause.code !== 'discord.intent_refused') {
      settle(early);
      throw cause;
    }
    settle([{ kind: 'warning', message: cause.message }]);
    const deadline = new LoginDeadline(options.timeoutMs);
    return await logIn({ ...options, messageContent: false, deadline }, onEvent);
  }
}
