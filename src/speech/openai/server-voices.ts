import type { Clock } from '#src/base/clock.ts';
import { fieldsOf } from '#src/base/json.ts';
import { deadlineSignal } from '#src/base/waiting.ts';
import type { ApiClient } from '#src/provider/client.ts';
import type { VoiceNames } from '#src/speech/voice-names.ts';

/** After this time the server is asked again, and the former list holds meanwhile. */
const freshMs = 600_000;
const retryMs = 60_000;
/** A person is typing, or waiting for a reply. */
const longestMs = 2_000;
const mostNames = 2_000;

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

  known(): readonly string[] {
    return this.#names;
  }

  async load(): Promise<readonly string[]> {
    if (this.#clock.nowMs() >= this.#dueAtMs) {
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = undefined;
      });
      if (this.#names.length === 0) await this.#asking;
    }
    return this.#names;
  }

  /** Never throws. A server that does not answer keeps its names. */
  async #ask(): Promise<void> {
    using deadline = deadlineSignal(longestMs, this.#clock, () => new Error('late'));
    try {
      this.#names = await readServerVoices(this.#client, deadline.signal);
      this.#dueAtMs = this.#clock.nowMs() + freshMs;
    } catch {
      this.#dueAtMs = this.#clock.nowMs() + retryMs;
    }
  }
}

/** A list of another shape is empty. */
export async function readServerVoices(
  client: Pick<ApiClient, 'get'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answer = await client.get('/audio/voices', { signal });
  const { voices, data } = fieldsOf(answer);
  const list = Array.isArray(voices) ? voices : data;
  if (!Array.isArray(list)) return [];
  return [...new Set(list.slice(0, mostNames).flatMap((voice) => nameOf(voice) ?? []))];
}

function nameOf(voice: unknown): string | undefined {
  const { id, voice_id, name } = fieldsOf(voice);
  return [voice, id, voice_id, name].find(isName);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{C}]{1,100}$/u.test(value) && value.trim() !== '';
}
