import '#src/discord/library/undici.ts';
import { REST, Routes } from 'discord.js';
import { type LoginOptions, refused, restBase } from '#src/discord/login.ts';
import type { GatewayLimits, StartLimit } from './ownership.ts';

/** One request; it is tried again once. */
const requestMs = 10_000;

/** Asks Discord how many shards it recommends. Errors and abort: as logging in. */
export async function readGatewayLimits(
  login: LoginOptions,
  signal: AbortSignal,
): Promise<GatewayLimits> {
  return await ask(login, Routes.gatewayBot(), limitsOf, signal);
}

/** Asks Discord whose token it is; the bot's id. Errors and abort: as logging in. */
export async function readBotId(login: LoginOptions, signal: AbortSignal): Promise<string> {
  return await ask(login, Routes.user(), idOf, signal);
}

async function ask<T>(
  login: LoginOptions,
  route: `/${string}`,
  read: (answer: object) => T,
  signal: AbortSignal,
): Promise<T> {
  const { token, apiUrl, timeoutMs } = login;
  const base = apiUrl && restBase(apiUrl);
  const rest = new REST({ timeout: requestMs, retries: 1, ...(base && { api: base }) });
  rest.setToken(token);
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await rest.get(route, { signal: AbortSignal.any([signal, deadline]) });
    if (typeof answer !== 'object' || answer === null)
      throw new TypeError('the answer is not from Discord');
    return read(answer);
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

function idOf(answer: object): string {
  if ('id' in answer && typeof answer.id === 'string') return answer.id;
  throw new TypeError('the answer has no id of a bot');
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 1;
}
