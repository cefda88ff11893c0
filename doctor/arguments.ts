import { parseArgs } from 'node:util';
import type { Named } from '#doctor/probes/pick-models.ts';

export type Wishes = {
  /** Absent: what is configured is examined. */
  readonly provider?: string;
  /** The variable that holds the provider's key. */
  readonly keyEnv?: string;
  readonly isOffline: boolean;
  /** Voice channel to sit in for a moment; absent: the bot does not go online. */
  readonly channelId?: string;
  /** The report as one JSON object. */
  readonly isJson: boolean;
  readonly named: Named;
};

export const usage =
  'npm run doctor [-- --provider URL [--key-env NAME] [--chat MODEL] [--speech MODEL] [--transcription MODEL] [--voice NAME]] [--channel ID] [--offline] [--json]';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  provider: text,
  'key-env': text,
  channel: text,
  offline: flag,
  json: flag,
  chat: text,
  speech: text,
  transcription: text,
  voice: text,
} as const;

/** Undefined for what is not understood; what it was is never repeated, since it may be a key. */
export function readWishes(args: readonly string[]): Wishes | undefined {
  try {
    const { values } = parseArgs({ args: [...args], options });
    const { provider, 'key-env': keyEnv, ...others } = values;
    const {
      offline: isOffline = false,
      json: isJson = false,
      channel: channelId,
      ...named
    } = others;
    const needsProvider = keyEnv !== undefined || Object.keys(named).length > 0;
    if (provider === undefined && needsProvider) return undefined;
    if (provider !== undefined && !isAddress(provider)) return undefined;
    if (channelId !== undefined && !mayVisit(channelId, provider, isOffline)) return undefined;
    const place = channelId !== undefined && { channelId };
    return {
      isOffline,
      isJson,
      named,
      ...place,
      ...(provider && { provider }),
      ...(keyEnv && { keyEnv }),
    };
  } catch {
    return undefined;
  }
}

/** A visit to a voice channel is one of the configured bot, and needs Discord. */
function mayVisit(channelId: string, provider: string | undefined, isOffline: boolean): boolean {
  return /^\d{15,21}$/.test(channelId) && provider === undefined && !isOffline;
}

/** A name and a password in an address would be shown in too many places. */
function isAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, search } = new URL(value);
  return /^https?:$/.test(protocol) && `${username}${password}${search}` === '';
}
