import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { toRecord } from '#src/base/json.ts';
import type { ApiClient } from '#src/provider/api-client.ts';
import type { VoiceNames } from '#src/speech/voice-names.ts';

/** After this time the server is asked again, and the former list holds meanwhile. */
const maxListAgeMs = 600_000;
const retryAfterMs = 60_000;
/** A person is typing, or waiting for a reply. */
const requestTimeoutMs = 2_000;
const maxVoiceNames = 2_000;

/** Voices of a server that lists them at `GET /audio/voices`, such as Kokoro-FastAPI and speaches. */
export class ServerVoices implements VoiceNames {
  readonly isEnglishOnly = false;
  readonly #client;
  readonly #clock;
  #names: readonly string[] = [];
  #dueAtMs = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(client: Pick<ApiClient, 'get'>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  getKnown(): readonly string[] {
    return this.#names;
  }

  async load(): Promise<readonly string[]> {
    if (this.#clock.nowMs() >= this.#dueAtMs) {
      this.#asking ??= this.#refresh().finally(() => {
        this.#asking = undefined;
      });
      if (this.#names.length === 0) await this.#asking;
    }
    return this.#names;
  }

  /** Never throws. */
  async #refresh(): Promise<void> {
    using deadline = createDeadlineSignal(requestTimeoutMs, this.#clock, () => new Error('late'));
    try {
      this.#names = await fetchServerVoices(this.#client, deadline.signal);
      this.#dueAtMs = this.#clock.nowMs() + maxListAgeMs;
    } catch {
      // A server that does not answer keeps its names.
      this.#dueAtMs = this.#clock.nowMs() + retryAfterMs;
    }
  }
}

/** A list of another shape is empty. */
export async function fetchServerVoices(
  client: Pick<ApiClient, 'get'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answer = await client.get('/audio/voices', { signal });
  const { voices, data } = toRecord(answer);
  const list = Array.isArray(voices) ? voices : data;
  if (!Array.isArray(list)) return [];
  return [...new Set(list.slice(0, maxVoiceNames).flatMap((voice) => findVoiceName(voice) ?? []))];
}

function findVoiceName(voice: unknown): string | undefined {
  const { id, voice_id, name } = toRecord(voice);
  return [voice, id, voice_id, name].find(isVoiceName);
}

function isVoiceName(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{C}]{1,100}$/u.test(value) && value.trim() !== '';
}
