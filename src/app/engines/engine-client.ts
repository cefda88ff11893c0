import type { AlertChange } from '#src/base/alerts.ts';
import { realClock } from '#src/base/clock.ts';
import type { RemoteServer } from '#src/config/types.ts';
import type { Deadlines } from '#src/provider/deadlines.ts';
import type { Limits } from '#src/provider/guarded-fetch.ts';
import type { ModelNews } from '#src/provider/models/models.ts';
import type { ProviderNews, ProviderRole } from '#src/provider/provider-news.ts';
import { mostAnswerTokens } from '#src/spending/reservation.ts';

/** News for the operator while the engines are made ready. */
export type EngineNews =
  | {
      readonly kind: 'ready';
      readonly role: ProviderRole;
      readonly what: string;
      readonly tookMs: number;
      readonly advice?: string;
    }
  /** Models that are gone or about to go, once a day each. */
  | { readonly kind: 'models'; readonly news: readonly ModelNews[] }
  /** A background task of an engine fails, or works again. */
  | AlertChange
  /** Servers that fail, those that stand in for them, and when all is well again. */
  | ProviderNews;

export type OnEngineNews = (news: EngineNews) => void;

/** No answer takes more than is put aside for it. */
export function limited<T extends object>(options: T): T & { readonly maxTokens: number } {
  return { ...options, maxTokens: mostAnswerTokens };
}

/** A client for a server of a role; the operator is told of it. */
export async function clientOf(
  { baseUrl, model, apiKey }: RemoteServer,
  role: ProviderRole,
  report: OnEngineNews,
  within: Deadlines,
) {
  const { openClient } = await import('#src/provider/client.ts');
  stopwatch(role, `${model} at ${new URL(baseUrl).host}`, report)();
  return openClient({ baseUrl, limits: limitsOf(within), apiKey });
}

/** Bytes may come long before output does, so none of them are missed sooner than that. */
function limitsOf({ coldFirstMs, idleMs }: Deadlines): Partial<Limits> {
  return {
    firstByteMs: Math.max(30_000, coldFirstMs),
    idleMs: Math.max(15_000, coldFirstMs, idleMs),
  };
}

/** Tells that an engine is ready once it is called. */
export function stopwatch(role: ProviderRole, what: string, report: OnEngineNews): () => void {
  const startedMs = realClock.nowMs();
  return () => report({ kind: 'ready', role, what, tookMs: realClock.nowMs() - startedMs });
}

/** Opens it once; what could not be opened is tried anew when it is needed again. */
export function lazily<E>(open: () => Promise<E>): () => E | Promise<E> {
  let ready: { readonly engine: E } | undefined;
  let opening: Promise<E> | undefined;
  return () => {
    if (ready) return ready.engine;
    opening ??= open().then(
      (engine) => {
        ready = { engine };
        return engine;
      },
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  };
}
