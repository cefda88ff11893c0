import type { BotError } from '#src/base/errors.ts';

/** Beginning of the names of the settings of a role. */
export type MendedRole = 'CHAT_COMPLETION' | 'SPEECH' | 'TRANSCRIPTION' | 'REALTIME';

/** Remedy for a feature that a server need not have. */
export const noFault = 'nothing to do; if you want it, choose a server that has it';

/** Remedy for an answer that arrives in one piece although it was asked for as it is made. */
export const bufferMend =
  'turn off buffering in the proxy of that server (proxy_buffering off), or use the server without the proxy';

/** Remedy for the owner, for a failed request to the server of this role. */
export function mendOf({ code }: BotError, role: MendedRole): string {
  switch (code) {
    case 'provider.unreachable':
      return `start that server, or correct ${role}_BASE_URL`;
    case 'provider.bad_key':
      return `put a key of that server into ${role}_API_KEY`;
    case 'provider.rate_limited':
      return 'wait, or raise the limits of that account';
    case 'provider.spent':
      return 'top up that account';
    case 'provider.late':
      return 'try again, because the server loads an unused model first; if it stays slow, choose a smaller one';
    default:
      return `correct ${role}_MODEL or ${role}_BASE_URL, or choose another server`;
  }
}
