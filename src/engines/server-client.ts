import { type ApiClient, openClient } from '#src/provider/client.ts';
import type { EngineContext, EngineSettings } from './engine.ts';

/** A client for the server of an engine. Bytes may come long before output does, so none of them are missed sooner than that. */
export function clientOf(
  { apiKey, baseUrl }: EngineSettings,
  { deadlines: { coldFirstMs, idleMs } }: EngineContext,
): ApiClient {
  const firstByteMs = Math.max(30_000, coldFirstMs);
  return openClient({
    baseUrl,
    apiKey,
    limits: { firstByteMs, idleMs: Math.max(15_000, coldFirstMs, idleMs) },
  });
}
