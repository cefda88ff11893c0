import type { Pcm } from '#src/audio/pcm.ts';
import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError, type ErrorCode, getErrorMessage } from '#src/base/errors.ts';
import { formatFailure } from '#src/provider/models/error-text.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';

export type SpokenClip = { readonly pcm: Pcm; readonly text: string };

export type Finding = {
  readonly what: string;
  readonly why: string;
  /** The part could not be tried here. */
  readonly isIdle?: true;
  readonly error?: unknown;
  readonly clip?: SpokenClip;
} & (
  | { readonly verdict: 'ok'; readonly mend?: never }
  | {
      /** `differs` means it works, but not as expected. */
      readonly verdict: 'differs' | 'missing';
      readonly mend: string;
    }
);

/** One examination for `npm run doctor`, `npm run setup` and `/settings check`. */
export type Probe<Subject> = {
  readonly name: string;
  /** Default: the remedy for the code of the error. */
  readonly mend?: string;
  /** Tries the subject. `tryProbe` turns errors into a finding. */
  run(subject: Subject, clock: Clock, signal: AbortSignal): Promise<Finding>;
};

/** `role` is the first part of the names of settings. */
export type ProbeDeadline = {
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly role?: string;
  /** Includes cases that only a report on a server needs. */
  readonly isThorough?: boolean;
  /** Aborting makes `tryProbe` throw the reason. */
  readonly signal?: AbortSignal;
};

export function ok(what: string, why: string): Finding {
  return { what, verdict: 'ok', why };
}

export function differs(what: string, why: string, mend: string): Finding {
  return { what, verdict: 'differs', why, mend };
}

export function missing(what: string, why: string, mend: string): Finding {
  return { what, verdict: 'missing', why, mend };
}

/** `line` is the reason. */
export function notTried(what: string, line: TextLine): Finding {
  return { ...ok(what, `not tried. ${formatText(line.id, line.with)}`), isIdle: true };
}

/** Creates a finding about a failure. `line` is the reason and the next step. */
export function failing(what: string, line: TextLine): Finding {
  const [why = '', ...next] = formatText(line.id, line.with).split(/(?<=\.) /);
  return missing(what, why, next.join(' ') || why);
}

export function isUsable({ verdict }: Finding): boolean {
  return verdict !== 'missing';
}

/** Runs a probe. An error becomes a finding with its remedy. */
export async function tryProbe<Subject>(
  probe: Probe<Subject>,
  subject: Subject,
  { clock, deadlineMs, role, signal }: ProbeDeadline,
): Promise<Finding> {
  const over = new AbortController();
  const until = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  const seconds = deadlineMs / 1000;
  try {
    return await withTimeout(
      probe.run(subject, clock, until),
      deadlineMs,
      clock,
      () =>
        new BotError(
          'provider.late',
          true,
          `It took longer than the limit of ${seconds} s.`,
        ),
    );
  } catch (error) {
    signal?.throwIfAborted();
    return toFailureFinding(probe.name, error, role, probe.mend);
  } finally {
    over.abort(new Error('the probe is over'));
  }
}

export function toFailureFinding(
  what: string,
  error: unknown,
  role?: string,
  mend?: string,
): Finding {
  const why = error instanceof BotError ? formatFailure(error) : getErrorMessage(error);
  return { ...missing(what, why, mend ?? remedyFor(error, role)), error };
}

const update = 'run npm ci again, or update Parley';
const status = 'check https://discordstatus.com, then try again in some minutes';
const key = 'put a key of that server into {role}_API_KEY';

/** `{role}` is the first part of the names of settings. */
const remedies: Readonly<Partial<Record<ErrorCode, string>>> = {
  'audio.no_codec': update,
  'discord.bad_token': 'put a new token into DISCORD_TOKEN, or run npm run setup',
  'discord.too_few_shards': 'set SHARDS=auto',
  'discord.unreachable': status,
  'discord.unsent':
    'correct OPERATOR_WEBHOOK, or allow direct messages from a server that you share with the bot',
  'link.lost': 'find out who moved or removed the bot (audit log), then try again',
  'link.no_cipher': update,
  'link.no_end_to_end': update,
  'link.rate_limited': status,
  'link.timeout':
    "allow outgoing UDP and TCP from this machine or container (any port, to Discord's voice servers); check that the channel is not full",
  'provider.bad_key': key,
  'provider.late':
    'try again, because the server loads an unused model first; if it stays slow, choose a smaller one',
  'provider.rate_limited': 'wait, or raise the limits of that account',
  'provider.spent': 'top up that account',
  'provider.unreachable': 'start that server, or correct {role}_BASE_URL',
};

const general: Readonly<Record<string, string>> = {
  discord: status,
  link: status,
  provider: 'correct {role}_MODEL or {role}_BASE_URL, or choose another server',
  store: 'start the database, or correct DATABASE_URL',
};

function remedyFor(error: unknown, role = 'its') {
  if (!(error instanceof BotError)) return 'report it at the project, with this line';
  const [folder = ''] = error.code.split('.');
  const remedy =
    error.about.remedy ?? remedies[error.code] ?? general[folder] ?? update;
  return remedy.replaceAll('{role}', role);
}
