import { attempt, type ServerUnderTest } from '#doctor/server-under-test.ts';
import { readServerVoices } from '#src/speech/openai/server-voices.ts';

/** The first voice a server lists, if it has such a list. */
export async function firstVoice(server: ServerUnderTest): Promise<string | undefined> {
  const asked = await attempt(server, (signal) => readServerVoices(server.client, signal));
  return asked.kind === 'done' ? asked.value[0] : undefined;
}
