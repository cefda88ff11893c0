import type { SessionContext } from '#src/conversation/session-context.ts';
import { spokenLocale, spokenText } from '#src/notices/localized-text.ts';

/** Longest wait for a pause, in ms, in which a spoken request is confirmed. */
const longestReceiptMs = 10_000;

/** Hears nobody from the next packet on, and tells how that ends: aloud once it is quiet, and in the chat. */
export function pauseAloud(personId: string, context: SessionContext): void {
  const { channel, gate, languages, notice, parts, queue } = context;
  gate.paused = true;
  const line = { id: 'privacy.paused' } as const;
  notice(line);
  const language = spokenLocale(channel.guildId, parts, languages.of(personId));
  queue.put({
    language,
    longestWaitMs: longestReceiptMs,
    words: () => spokenText(line, channel.guildId, parts, language),
    ended: () => undefined,
  });
}
