import { spokenLocale, spokenText } from '#src/conversation/languages/localized-text.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { VoiceSessions } from '#src/conversation/voice-sessions.ts';

/** Longest wait for a pause, in ms, in which a spoken request is confirmed. */
const longestReceiptMs = 10_000;

/** Pauses and resumes hearing in whole channels, from the next packet on; what was heard before a pause is still answered. */
export class PauseHearing {
  readonly #sessions: VoiceSessions;

  constructor(sessions: VoiceSessions) {
    this.#sessions = sessions;
    sessions.spokenCommands.set('pauseHearing', async (personId, context) =>
      pauseAloud(personId, context),
    );
  }

  pause(guildId: string): 'paused' | 'nowhere' {
    return this.#change(guildId, true) ? 'paused' : 'nowhere';
  }

  resume(guildId: string): 'resumed' | 'nowhere' {
    return this.#change(guildId, false) ? 'resumed' : 'nowhere';
  }

  #change(guildId: string, isPaused: boolean): boolean {
    const sessions = this.#sessions.sessions(guildId);
    for (const { context } of sessions) context.gate.paused = isPaused;
    return sessions.length > 0;
  }
}

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
