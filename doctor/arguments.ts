import { parseArgs } from 'node:util';
import type { WantedPlace } from '#doctor/live/live-place.ts';
import type { ModelNames } from '#doctor/probes/pick-models.ts';
import { isAddress } from '#src/config/settings.ts';

export type DoctorArguments = {
  /** Server to examine; absent: the configured ones are. */
  readonly provider?: string;
  /** The variable that holds the provider's key. */
  readonly keyEnv?: string;
  readonly isOffline: boolean;
  /** Voice channel to sit in for a moment; absent: the bot does not go online. */
  readonly channelId?: string;
  /** Live check of the bot in that voice channel. */
  readonly live?: WantedPlace & { readonly silenceMs: number };
  /** A test message goes to the operator, as a notice would. */
  readonly notifiesOperator: boolean;
  /** The report as one JSON object. */
  readonly isJson: boolean;
  readonly named: ModelNames;
};

export const usage =
  'npm run doctor [-- --provider URL [--key-env NAME] [--chat MODEL] [--speech MODEL] [--transcription MODEL] [--voice NAME]] [--channel ID] [--live [SERVER_ID/CHANNEL_ID] [--silence 2m]] [--tell-operator] [--offline] [--json]';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  provider: text,
  'key-env': text,
  channel: text,
  live: text,
  silence: text,
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
    const { values } = parseArgs({ args: withLivePlace(args), options });
    const { provider, 'key-env': keyEnv, live: place, silence, ...others } = values;
    const live = liveOf(place, silence);
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
      ...(live && { live }),
      ...(provider !== undefined && { provider }),
      ...(keyEnv !== undefined && { keyEnv }),
    };
    return isPossible(given) ? given : undefined;
  } catch {
    return undefined;
  }
}

/** `--live` without a place means the place where the operator sits. */
const here = 'here';

function withLivePlace(args: readonly string[]): string[] {
  return args.flatMap((arg, n) =>
    arg === '--live' && (args[n + 1] ?? '--').startsWith('--') ? [arg, here] : [arg],
  );
}

/** An id, two with a slash between, or the link of a channel that Discord copies. */
const livePlace =
  /^(?:https:\/\/(?:\w+\.)?discord(?:app)?\.com\/channels\/)?(?:(?<guildId>\d{15,21})\/)?(?<channelId>\d{15,21})$/;
const usualSilenceMs = 120_000;

/** Undefined without `--live`. Throws a plain Error for an invalid place or time. */
function liveOf(place: string | undefined, silence: string | undefined): DoctorArguments['live'] {
  if (place === undefined) {
    if (silence !== undefined) throw new Error('--silence without --live');
    return undefined;
  }
  const silenceMs = silence === undefined ? usualSilenceMs : silenceOf(silence);
  if (place === here) return { silenceMs };
  const { guildId, channelId } = livePlace.exec(place)?.groups ?? {};
  if (channelId === undefined) throw new Error('--live without a channel');
  return { channelId, silenceMs, ...(guildId !== undefined && { guildId }) };
}

/** Up to an hour: `5s`, `2m`. */
function silenceOf(silence: string): number {
  const [, number = '', unit] = /^(\d{1,4})([sm])$/.exec(silence) ?? [];
  const ms = Number(number) * (unit === 'm' ? 60_000 : 1_000);
  if (number === '' || ms === 0 || ms > 3_600_000) throw new Error('--silence without a time');
  return ms;
}

function isPossible(args: DoctorArguments): boolean {
  const { channelId, keyEnv, named, provider } = args;
  const needsProvider = keyEnv !== undefined || Object.keys(named).length > 0;
  if (provider === undefined && needsProvider) return false;
  if (provider !== undefined && !isAddress(provider)) return false;
  if (args.live) return isLiveAlone(args);
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

/** A live check examines nothing else but this machine. */
function isLiveAlone({
  channelId,
  isOffline,
  notifiesOperator,
  provider,
}: DoctorArguments): boolean {
  return channelId === undefined && provider === undefined && !isOffline && !notifiesOperator;
}
