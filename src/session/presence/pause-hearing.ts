import { pause, resume } from '#src/people/consent.ts';
import type { HearingControl } from '#src/session/ports/command-ports.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';

/** Stops and starts hearing in whole channels; what was heard before a pause is still answered. */
export class PauseHearing implements HearingControl {
  readonly #sessions: Pick<VoiceSessions, 'sessions'>;

  constructor(sessions: Pick<VoiceSessions, 'sessions'>) {
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
