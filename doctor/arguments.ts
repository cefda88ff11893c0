import { parseArgs } from 'node:util';
import type { ModelNames } from '#doctor/pick-models.ts';
import { argumentMistake } from '#src/base/argument-mistake.ts';
import { isAddress } from '#src/config/settings.ts';

export type DoctorArguments = {
  /** Server to examine; absent: the configured ones are. */
  readonly provider?: string;
  /** The variable that holds the provider's key. */
  readonly keyEnv?: string;
  readonly isOffline: boolean;
  /** Live check of the bot in a voice channel; without an id, where the operator sits. */
  readonly live?: { readonly channelId?: string; readonly silenceMs: number };
  /** A test message goes to the operator, as a notice would. */
  readonly notifiesOperator: boolean;
  readonly named: ModelNames;
};

export const usage =
  'npm run doctor [-- --provider URL [--key-env NAME] [--chat MODEL] [--speech MODEL] [--transcription MODEL] [--voice NAME]] [--live [CHANNEL_LINK] [--silence 2m]] [--tell-operator] [--offline]';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  provider: text,
  'key-env': text,
  live: text,
  silence: text,
  'tell-operator': flag,
  offline: flag,
  chat: text,
  speech: text,
  transcription: text,
  voice: text,
} as const;

/** The sentence names a flag that is wrong, never its value, which may be a key. */
export function readArguments(args: readonly string[]): DoctorArguments | string {
  try {
    const { values } = parseArgs({ args: withLivePlace(args), options });
    const { provider, 'key-env': keyEnv, live: place, silence, ...others } = values;
    const live = liveOf(place, silence);
    const {
      offline: isOffline = false,
      'tell-operator': notifiesOperator = false,
      ...named
    } = others;
    const given = {
      isOffline,
      notifiesOperator,
      named,
      live,
      provider,
      keyEnv,
    };
    refuseWrong(given);
    return given;
  } catch (error) {
    return argumentMistake(error);
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
  /^(?:https:\/\/(?:\w+\.)?discord(?:app)?\.com\/channels\/)?(?:\d{15,21}\/)?(?<channelId>\d{15,21})$/;
const usualSilenceMs = 120_000;

/** Undefined without `--live`. Throws a plain Error for an invalid place or time. */
function liveOf(place: string | undefined, silence: string | undefined): DoctorArguments['live'] {
  if (place === undefined) {
    if (silence !== undefined) throw new Error('--silence: needs --live');
    return undefined;
  }
  const silenceMs = silence === undefined ? usualSilenceMs : silenceOf(silence);
  if (place === here) return { silenceMs };
  const { channelId } = livePlace.exec(place)?.groups ?? {};
  if (channelId === undefined)
    throw new Error('--live: must be a link or an id of a voice channel');
  return { channelId, silenceMs };
}

/** Up to an hour: `5s`, `2m`. */
function silenceOf(silence: string): number {
  const [, number = '', unit] = /^(\d{1,4})([sm])$/.exec(silence) ?? [];
  const ms = Number(number) * (unit === 'm' ? 60_000 : 1_000);
  if (number === '' || ms === 0 || ms > 3_600_000)
    throw new Error('--silence: must be a time like 5s or 2m, up to an hour');
  return ms;
}

/** Throws a plain Error for the first flag that cannot be meant so. */
function refuseWrong({
  isOffline,
  keyEnv,
  live,
  named,
  notifiesOperator,
  provider,
}: DoctorArguments): void {
  const [needy] = [...(keyEnv === undefined ? [] : ['key-env']), ...Object.keys(named)];
  if (provider === undefined && needy !== undefined)
    throw new Error(`--${needy}: needs --provider`);
  if (provider !== undefined && !isAddress(provider))
    throw new Error('--provider: must be an address like http://127.0.0.1:8000/v1');
  const online = live ? 'live' : notifiesOperator && 'tell-operator';
  if (online && (provider !== undefined || isOffline))
    throw new Error(`--${online}: goes with neither --provider nor --offline`);
  if (live && notifiesOperator) throw new Error('--live: goes with no other flag but --silence');
}
