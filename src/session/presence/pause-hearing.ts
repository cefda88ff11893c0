import { pause, resume } from '#src/people/consent.ts';
import type { HearingControl } from '#src/session/ports/command-ports.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';

/** Stops and starts hearing whole rooms; what was heard before a pause is still answered. */
export class PauseHearing implements HearingControl {
  readonly #rooms: Pick<VoiceSessions, 'stays'>;

  constructor(rooms: Pick<VoiceSessions, 'stays'>) {
    this.#rooms = rooms;
  }

  pause(guildId: string): 'paused' | 'nowhere' {
    return this.#change(guildId, pause) ? 'paused' : 'nowhere';
  }

  resume(guildId: string): 'resumed' | 'nowhere' {
    return this.#change(guildId, resume) ? 'resumed' : 'nowhere';
  }

  #change(guildId: string, step: typeof pause): boolean {
    const stays = this.#rooms.stays(guildId);
    for (const { context: room } of stays) room.gate.change(step);
    return stays.length > 0;
  }
}
