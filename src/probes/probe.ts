import type { Pcm } from '#src/audio/pcm.ts';
import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError, type ErrorCode, getErrorMessage } from '#src/base/errors.ts';
import { formatFailure } from '#src/provider/models/error-text.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';

/** Speech of a synthesizer, with the spoken text. */
export type SpokenClip = { readonly pcm: Pcm; readonly text: string };

/** Outcome of one examination. The doctor, setup and `/settings check` show it. */
export type Finding = {
  /** Name of the examined part. */
  readonly subject: string;
  readonly reason: string;
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
export interface Probe<Subject> {
  readonly name: string;
  /** Default: the remedy for the code of the error. */
  readonly mend?: string;
  /** Tries the subject. `tryProbe` turns errors into a finding. */
  run(subject: Subject, clock: Clock, signal: AbortSignal): Promise<Finding>;
}

/** How long a probe may take. `role` is the first part of the names of settings. */
export type ProbeDeadline = {
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly role?: string;
  /** Includes cases that only a report on a server needs. */
  readonly isThorough?: boolean;
  /** Aborting makes `tryProbe` throw the reason. */
  readonly signal?: AbortSignal;
};

/** Creates a finding about a part that works. */
export function toOkFinding(subject: string, reason: string): Finding {
  return { subject, verdict: 'ok', reason };
}

/** Creates a finding about a part that works, but not as expected. */
export function toDifferingFinding(
  subject: string,
  reason: string,
  mend: string,
): Finding {
  return { subject, verdict: 'differs', reason, mend };
}

/** Creates a finding about a part that does not work. `mend` is the next step. */
export function toMissingFinding(
  subject: string,
  reason: string,
  mend: string,
): Finding {
  return { subject, verdict: 'missing', reason, mend };
}

/** Creates a finding about a part that was not tried, for the reason in `reasonLine`. */
export function toUntriedFinding(subject: string, reasonLine: TextLine): Finding {
  const reason = `not tried. ${formatText(reasonLine.id, reasonLine.with)}`;
  return { ...toOkFinding(subject, reason), isIdle: true };
}

/** Creates a finding about a failure. `explanation` is the reason and the next step. */
export function explainFailure(subject: string, explanation: TextLine): Finding {
  const sentences = formatText(explanation.id, explanation.with).split(/(?<=\.) /);
  const [reason = '', ...nextSteps] = sentences;
  return toMissingFinding(subject, reason, nextSteps.join(' ') || reason);
}

/** Tests whether a part works, even if not as expected. */
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

/** Creates a finding about an error. Default of `mend`: the remedy for the code of the error. */
export function toFailureFinding(
  subject: string,
  error: unknown,
  role?: string,
  mend?: string,
): Finding {
  const reason =
    error instanceof BotError ? formatFailure(error) : getErrorMessage(error);
  const nextStep = mend ?? findRemedy(error, role);
  return { ...toMissingFinding(subject, reason, nextStep), error };
}

const updateRemedy = 'run npm ci again, or update Parley';
const statusRemedy = 'check https://discordstatus.com, then try again in some minutes';
const keyRemedy = 'put a key of that server into {role}_API_KEY';

/** `{role}` is the first part of the names of settings. */
const remediesByCode: Readonly<Partial<Record<ErrorCode, string>>> = {
  'audio.no_codec': updateRemedy,
  'discord.bad_token': 'put a new token into DISCORD_TOKEN, or run npm run setup',
  'discord.too_few_shards': 'set SHARDS=auto',
  'discord.unreachable': statusRemedy,
  'discord.unsent':
    'correct OPERATOR_WEBHOOK, or allow direct messages from a server that you share with the bot',
  'link.lost': 'find out who moved or removed the bot (audit log), then try again',
  'link.no_cipher': updateRemedy,
  'link.no_end_to_end': updateRemedy,
  'link.rate_limited': statusRemedy,
  'link.timeout':
    "allow outgoing UDP and TCP from this machine or container (any port, to Discord's voice servers); check that the channel is not full",
  'provider.bad_key': keyRemedy,
  'provider.late':
    'try again, because the server loads an unused model first; if it stays slow, choose a smaller one',
  'provider.loading': 'try again when the model has loaded',
  'provider.rate_limited': 'wait, or raise the limits of that account',
  'provider.spent': 'top up that account',
  'provider.unreachable': 'start that server, or correct {role}_BASE_URL',
};

const remediesByFolder: Readonly<Record<string, string>> = {
  discord: statusRemedy,
  link: statusRemedy,
  provider: 'correct {role}_MODEL or {role}_BASE_URL, or choose another server',
  store: 'start the database, or correct DATABASE_URL',
};

function findRemedy(error: unknown, role = 'its') {
  if (!(error instanceof BotError)) return 'report it at the project, with this line';
  const [folder = ''] = error.code.split('.');
  const remedy =
    error.about.remedy ??
    remediesByCode[error.code] ??
    remediesByFolder[folder] ??
    updateRemedy;
  return remedy.replaceAll('{role}', role);
}
