import { parseArgs } from 'node:util';
import type { ModelNames } from '#doctor/probes/pick-models.ts';

export type DoctorArguments = {
  /** Server to examine; absent: the configured ones are. */
  readonly provider?: string;
  /** The variable that holds the provider's key. */
  readonly keyEnv?: string;
  readonly isOffline: boolean;
  /** Voice channel to sit in for a moment; absent: the bot does not go online. */
  readonly channelId?: string;
  /** A test message goes to the operator, as a notice would. */
  readonly notifiesOperator: boolean;
  /** The report as one JSON object. */
  readonly isJson: boolean;
  readonly named: ModelNames;
};

export const usage =
  'npm run doctor [-- --provider URL [--key-env NAME] [--chat MODEL] [--speech MODEL] [--transcription MODEL] [--voice NAME]] [--channel ID] [--tell-operator] [--offline] [--json]';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  provider: text,
  'key-env': text,
  channel: text,
  'tell-operator': flag,
  offline: flag,
  json: flag,
  chat: text,
  speech: text,
  transcription: text,
  voice: text,
} as const;

/** Undefined for invalid arguments; they are never repeated, since one may be a key. */
export function readArguments(args: readonly string[]): DoctorArguments | undefined {
  try {
    const { values } = parseArgs({ args: [...args], options });
    const { provider, 'key-env': keyEnv, ...others } = values;
    const {
      offline: isOffline = false,
      json: isJson = false,
      channel: channelId,
      'tell-operator': notifiesOperator = false,
      ...named
    } = others;
    const given = {
      isOffline,
      isJson,
      notifiesOperator,
      named,
      ...(channelId !== undefined && { channelId }),
      ...(provider !== undefined && { provider }),
      ...(keyEnv !== undefined && { keyEnv }),
    };
    return isPossible(given) ? given : undefined;
  } catch {
    return undefined;
  }
}

function isPossible(args: DoctorArguments): boolean {
  const { channelId, keyEnv, named, provider } = args;
  const needsProvider = keyEnv !== undefined || Object.keys(named).length > 0;
  if (provider === undefined && needsProvider) return false;
  if (provider !== undefined && !isAddress(provider)) return false;
  return channelId === undefined && !args.notifiesOperator ? true : mayAskDiscord(args);
}

/** A visit to a voice channel and a message to the operator are the configured bot's, and need Discord. */
function mayAskDiscord({
  channelId = '',
  isOffline,
  provider,
  notifiesOperator,
}: DoctorArguments): boolean {
  const isPlace = /^\d{15,21}$/.test(channelId) || (channelId === '' && notifiesOperator);
  return isPlace && provider === undefined && !isOffline;
}

/** A name and a password in an address would be shown in too many places. */
function isAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, search } = new URL(value);
  return /^https?:$/.test(protocol) && `${username}${password}${search}` === '';
}
