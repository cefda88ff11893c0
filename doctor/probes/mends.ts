import type { BotError } from '#src/base/errors.ts';

/** Beginning of the names of the settings of a role. */
export type MendedRole = 'CHAT_COMPLETION' | 'SPEECH' | 'TRANSCRIPTION' | 'REALTIME';

/** Remedy for a feature that a server need not have. */
export const noFault = 'nothing, unless you want it: then choose a server that has it';

/** Remedy for an answer that arrives in one piece although it was asked for as it is made. */
export const bufferMend =
  'switch off buffering in the proxy before that server (proxy_buffering off), or ask it directly';

/** Remedy for the owner, for a failed request to the server of this role. */
export function mendOf({ code }: BotError, role: MendedRole): string {
  switch (code) {
    case 'provider.unreachable':
      return `start that server, or correct ${role}_BASE_URL`;
    case 'provider.bad_key':
      return `put a key of that server into ${role}_API_KEY`;
    case 'provider.rate_limited':
      return 'wait a while, or raise the limits or the credit of that account';
    case 'provider.late':
      return 'ask again, as a model that was not used is loaded first; then choose a smaller one';
    default:
      return `correct ${role}_MODEL or ${role}_BASE_URL, or choose a server that has this`;
  }
}
