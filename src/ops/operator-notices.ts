import type { FeatureAlert } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { type ErrorCode, errorCodes } from '#src/base/errors.ts';
import { admitSetting } from '#src/base/logged-text.ts';
import type { Log } from './log.ts';

/** Code of an error, or name of a trouble without one. */
export type TroubleKind = ErrorCode | keyof typeof meanings;

/** Objects that notices need. */
export type OperatorNoticesDeps = {
  readonly clock: Pick<Clock, 'nowMs' | 'later'>;
  readonly log: Pick<Log, 'warn'>;
  /** Ends within seconds. Errors go to the log. */
  readonly send: (notice: string, signal: AbortSignal) => Promise<unknown>;
  readonly signal: AbortSignal;
};

/** Wait between two notices of one kind, and before a retry. */
const [minGapMs, retryMs] = [3_600_000, 60_000];

/** A fault lasts after this time. */
const lastingMs = 600_000;

const meanings = {
  bug: 'a bug of the bot interrupted an operation',
  'logins-spent':
    'Discord allows few more logins until its limit is reset, and the bot waits',
} as const;

/** By the kind, or by the part before its dot. A kind without a remedy is only logged. */
const remedies: Readonly<Record<string, string>> = {
  bug: 'Look for the error in the log, and report it with its stack.',
  store:
    'Check the disk, its free space and the rights of DATA_DIR, or the database of DATABASE_URL.',
  tool: 'Check the MCP servers and files of tools that you set up: npm run doctor tries each.',
  discord:
    "Check the bot's rights in that channel: npm run doctor lists what is missing.",
  'provider.bad_key':
    'Replace the key in the settings, then run npm run reload: npm run doctor tries each.',
  'provider.spent': 'Top up the account at that server: npm run doctor tries each.',
  'logins-spent':
    'Find in the log why the bot logs in repeatedly, and stop it until then.',
};

/**
 * Writes notices about faults to the operator: a kind with a remedy once an hour, a fault without one when it has lasted ten minutes and when it is
 * over. Fixed sentences, without words of people or keys. Never throws.
 */
export class OperatorNotices {
  readonly #deps;
  /** By text, since an alert may be about one of several models. */
  readonly #nextAtMs = new Map<string, number>();
  /** By key, the function that ends a fault. */
  readonly #faults = new Map<string, () => void>();
  #sending = Promise.resolve();

  constructor(deps: OperatorNoticesDeps) {
    this.#deps = deps;
  }

  /** Queues a notice, unless its trouble is only logged or was written within the hour. */
  report(trouble: TroubleKind | FeatureAlert): void {
    const kind = typeof trouble === 'string' ? trouble : trouble.name;
    const notice = toNotice(trouble);
    if (notice === undefined) return;
    const nowMs = this.#deps.clock.nowMs();
    if (nowMs < (this.#nextAtMs.get(notice) ?? Number.NEGATIVE_INFINITY)) return;
    this.#nextAtMs.set(notice, nowMs + minGapMs);
    this.#queueNotice(kind, notice);
  }

  /** Notes a fault, or its end. A fault that lasts ten minutes gives a notice, and its end another. */
  reportFault(key: string, fault?: FeatureAlert): void {
    const endFault = this.#faults.get(key);
    if (!fault) {
      endFault?.();
      this.#faults.delete(key);
    } else if (!endFault && fault.remedy === undefined) {
      const onLasting = () => this.#reportLastingFault(key, fault);
      this.#faults.set(key, this.#deps.clock.later(lastingMs, onLasting));
    }
  }

  #reportLastingFault(key: string, { action, meaning, name }: FeatureAlert) {
    this.#queueNotice(
      key,
      `Parley: for 10 minutes ${meaning} (${name}). ${action} The log has more.`,
    );
    this.#faults.set(key, () =>
      this.#queueNotice(key, `Parley: over: ${meaning} (${name}).`),
    );
  }

  #queueNotice(kind: string, notice: string) {
    if (this.#deps.signal.aborted) return;
    this.#sending = this.#sending.then(() => this.#sendNotice(kind, notice));
  }

  async #sendNotice(kind: string, notice: string) {
    const { clock, log, send, signal } = this.#deps;
    try {
      signal.throwIfAborted();
      await send(notice, signal);
    } catch (err) {
      if (signal.aborted) return;
      this.#nextAtMs.set(notice, clock.nowMs() + retryMs);
      log.warn(
        { err, notice: admitSetting(kind) },
        'the notice to the operator could not be sent',
      );
    }
  }
}

/** Builds the notice of a trouble. Undefined for a kind that is only logged. */
export function toNotice(trouble: TroubleKind | FeatureAlert): string | undefined {
  const { name, meaning, remedy } =
    typeof trouble === 'string' ? findKnownTrouble(trouble) : trouble;
  if (remedy === undefined) return undefined;
  return `Parley: ${meaning} (${name}). ${remedy} The log has more; the next notice of this kind comes in an hour at the earliest.`;
}

function findKnownTrouble(kind: TroubleKind) {
  const remedy = remedies[kind] ?? remedies[kind.split('.', 1)[0] ?? ''];
  return { name: kind, meaning: { ...errorCodes, ...meanings }[kind], remedy };
}
