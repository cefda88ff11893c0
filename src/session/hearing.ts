import { pause, resume } from '#src/people/consent.ts';
import type { Hearing } from './command-ports.ts';
import type { VoiceRooms } from './rooms.ts';

/** Stops and starts hearing whole rooms; what was heard before a pause is still answered. */
export class RoomHearing implements Hearing {
  readonly #rooms: Pick<VoiceRooms, 'stay'>;

  constructor(rooms: Pick<VoiceRooms, 'stay'>) {
    this.#rooms = rooms;
  }

  pause(guildId: string): 'paused' | 'nowhere' {
    const stay = this.#rooms.stay(guildId);
    stay?.room.gate.change(pause);
    return stay ? 'paused' : 'nowhere';
  }

  resume(guildId: string): 'resumed' | 'nowhere' {
    const stay = this.#rooms.stay(guildId);
    stay?.room.gate.change(resume);
    return stay ? 'resumed' : 'nowhere';
  }
}
