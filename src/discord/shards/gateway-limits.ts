import { REST, Routes } from 'discord.js';
import { type LoginOptions, refused, restBase } from '#src/discord/login.ts';
import type { GatewayLimits } from '#src/shards/ownership.ts';

/** One request; it is tried again once. */
const requestMs = 10_000;

/** Asks Discord how many shards it recommends. Errors and abort: as logging in. */
export async function readGatewayLimits(
  login: LoginOptions,
  signal: AbortSignal,
): Promise<GatewayLimits> {
  const { token, apiUrl, timeoutMs } = login;
  const rest = new REST({
    timeout: requestMs,
    retries: 1,
    ...(apiUrl && { api: restBase(apiUrl) }),
  });
  rest.setToken(token);
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    return limitsOf(
      await rest.get(Routes.gatewayBot(), { signal: AbortSignal.any([signal, deadline]) }),
    );
  } catch (cause) {
    signal.throwIfAborted();
    throw refused(deadline.aborted ? deadline.reason : cause, login);
  } finally {
    rest.clearHashSweeper();
    rest.clearHandlerSweeper();
  }
}

/** What other servers than Discord leave out counts as 1. */
function limitsOf(answer: unknown): GatewayLimits {
  if (typeof answer !== 'object' || answer === null || !('url' in answer)) {
    throw new TypeError('no address of a gateway');
  }
  const limit: unknown = 'session_start_limit' in answer ? answer.session_start_limit : undefined;
  const concurrency =
    typeof limit === 'object' && limit !== null && 'max_concurrency' in limit
      ? limit.max_concurrency
      : 1;
  return {
    recommendedShards: countOf('shards' in answer ? answer.shards : 1),
    maxConcurrency: countOf(concurrency),
  };
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 1;
}
