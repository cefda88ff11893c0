import '#src/discord/library/undici.ts';
import { REST, Routes } from 'discord.js';
import { type LoginOptions, refused, restBase } from '#src/discord/login.ts';

/** Identifies that Discord still allows. */
export type StartLimit = {
  readonly total: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
};

/** Limits of Discord's gateway: recommended number of shards, and identifies at a time. */
export type GatewayLimits = {
  readonly recommendedShards: number;
  /** Shards whose ids differ modulo this number may identify at the same time. */
  readonly maxConcurrency: number;
  /** Absent where a server other than Discord leaves it out. */
  readonly startLimit?: StartLimit;
};

/** One request; it is tried again once. */
const requestMs = 10_000;

/** Asks Discord how many shards it recommends. Errors and abort: as logging in. */
export async function readGatewayLimits(
  login: LoginOptions,
  signal: AbortSignal,
): Promise<GatewayLimits> {
  const { token, apiUrl, timeoutMs } = login;
  const base = apiUrl && restBase(apiUrl);
  const rest = new REST({ timeout: requestMs, retries: 1, ...(base && { api: base }) });
  rest.setToken(token);
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const either = AbortSignal.any([signal, deadline]);
    const answer = await rest.get(Routes.gatewayBot(), { signal: either });
    if (typeof answer !== 'object' || answer === null)
      throw new TypeError('the answer is not from Discord');
    return limitsOf(answer);
  } catch (cause) {
    signal.throwIfAborted();
    throw refused(deadline.aborted ? deadline.reason : cause, login);
  } finally {
    rest.clearHashSweeper();
    rest.clearHandlerSweeper();
  }
}

/** Limits out of an answer: fields that servers other than Discord leave out count as 1; a limit of identifies as none. */
function limitsOf(answer: object): GatewayLimits {
  if (!('url' in answer)) throw new TypeError('the answer has no address of a gateway');
  const limit = new Map<string, unknown>(
    Object.entries(('session_start_limit' in answer && answer.session_start_limit) || {}),
  );
  const [total, remaining, resetAfterMs] = ['total', 'remaining', 'reset_after'].map((name) =>
    Number(limit.get(name)),
  );
  const startLimit = { total, remaining, resetAfterMs } as StartLimit;
  const isLimited = Object.values(startLimit).every((value) => value >= 0);
  return {
    recommendedShards: countOf('shards' in answer ? answer.shards : 1),
    maxConcurrency: countOf(limit.get('max_concurrency')),
    ...(isLimited && { startLimit }),
  };
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 1;
}
