import { attempt, type ServerUnderTest } from '#doctor/server-under-test.ts';

/** The first voice a server lists, if it has such a list (speaches and Kokoro-FastAPI do). */
export async function firstVoice(server: ServerUnderTest): Promise<string | undefined> {
  const asked = await attempt(server, (signal) => server.client.get('/audio/voices', signal));
  const { voices, data } = ((asked.kind === 'done' && asked.value) || {}) as Shape;
  const list = Array.isArray(voices) ? voices : data;
  return Array.isArray(list) ? list.map(nameOf).find((name) => name !== undefined) : undefined;
}

type Shape = { readonly voices?: unknown; readonly data?: unknown };

function nameOf(voice: unknown): string | undefined {
  if (typeof voice === 'string') return voice.slice(0, 100);
  const { id, voice_id, name } = (voice ?? {}) as Readonly<Record<string, unknown>>;
  const found = [id, voice_id, name].find((one) => typeof one === 'string');
  return typeof found === 'string' ? found.slice(0, 100) : undefined;
}
