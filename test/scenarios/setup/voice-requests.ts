import type { VoiceHalf } from '#sandbox/sandbox.ts';
import { connectVoice } from '#sandbox/voice-client/voice-client.ts';
import {
  openVoiceServer,
  type VoiceServer,
} from '#sandbox/voice-server/voice-server.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';

export type VoiceRequests = ReturnType<typeof openVoiceRequests>;

/** The sandbox's own voice, with what it knows about single servers. */
export function openVoiceRequests() {
  let noteExpelled: () => void = () => undefined;
  const seatings: string[] = [];
  let opened: VoiceServer | undefined;
  const half: VoiceHalf = {
    async open(options) {
      const server = await openVoiceServer(options);
      opened = server;
      return {
        ...server,
        admit(ticket) {
          seatings.push(`${ticket.guildId}/${ticket.userId}`);
          server.admit(ticket);
        },
        expel(guildId, userId, closeCode) {
          noteExpelled();
          server.expel(guildId, userId, closeCode);
        },
      };
    },
    connect: connectVoice,
    makeCodec: () => loadOpus(),
  };
  return {
    half,
    /** Number of times that this person was given a seat in a voice channel of this server. */
    countSeatings: (guildId: string, userId: string) =>
      seatings.filter((seating) => seating === `${guildId}/${userId}`).length,
    /** Ends this person's call in this server alone, as the voice server does: their seat stays. */
    closeCall: (guildId: GuildId, userId: PersonId, closeCode: number) =>
      opened?.expel(guildId, userId, closeCode),
    /** Told when the server ends somebody's call. */
    onExpel: (listener: () => void) => {
      noteExpelled = listener;
    },
  };
}
