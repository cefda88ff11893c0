import { type ApiRefusal, refusal } from '#src/web/api/refusal.ts';

/** Refusal of what needs a voice channel. */
export function nowhere(): ApiRefusal {
  const message = 'The bot is in no voice channel of this server: call it with /join.';
  return refusal(409, 'bot.nowhere', message);
}
