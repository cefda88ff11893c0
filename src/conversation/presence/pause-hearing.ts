import type { VoiceSessions } from '#src/conversation/voice-sessions.ts';
import { pause, resume } from '#src/people/consent.ts';

/** Pauses and resumes hearing in whole channels, from the next packet on; what was heard before a pause is still answered. */
export class PauseHearing {
  readonly #sessions: VoiceSessions;

  constructor(sessions: VoiceSessions) {
    this.#sessions = sessions;
  }

  pause(guildId: string): 'paused' | 'nowhere' {
    return this.#change(guildId, pause) ? 'paused' : 'nowhere';
  }

  resume(guildId: string): 'resumed' | 'nowhere' {
    return this.#change(guildId, resume) ? 'resumed' : 'nowhere';
  }

  #change(guildId: string, step: typeof pause): boolean {
    const sessions = this.#sessions.sessions(guildId);
    for (const { context } of sessions) context.gate.change(step);
    return sessions.length > 0;
  }
}
