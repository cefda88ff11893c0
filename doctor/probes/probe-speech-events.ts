import { differs, missing, ok, type ReportLine } from '#doctor/finding.ts';
import { attempt, type ServerUnderTest } from '#doctor/server-under-test.ts';
import { readEvents } from '#src/provider/event-stream.ts';
import { noFault } from './mends.ts';

/** Whether speech comes as events too, which have an end mark and usage. One clip. */
export async function probeSpeechEvents(
  server: ServerUnderTest,
  { model, voice }: { readonly model: string; readonly voice: string },
  input: string,
): Promise<ReportLine> {
  const what = 'speech sse';
  const body = { model, voice, input, response_format: 'pcm', stream_format: 'sse' } as const;
  const asked = await attempt(server, async (signal) => {
    const response = await server.client.audio.speech.create(body, { signal }).asResponse();
    const events = readEvents(response);
    const counted = { deltas: 0, isDone: false, hasUsage: false };
    for await (const event of events) {
      signal.throwIfAborted();
      count(event, counted);
    }
    return counted;
  });
  if (asked.kind === 'failed') {
    const isPlain = asked.error.code === 'provider.wrong_type';
    return missing(
      what,
      isPlain ? 'not offered: the server sends sound without events' : asked.error.message,
      noFault,
    );
  }
  const { deltas, isDone, hasUsage } = asked.value;
  if (deltas === 0) return missing(what, 'not offered: no event contains sound', noFault);
  const end = isDone ? '' : ', without an end mark';
  const usage = hasUsage ? 'usage reported' : 'no usage';
  const how = `${deltas} events with sound${end}, ${usage}`;
  return isDone ? ok(what, how) : differs(what, how, noFault);
}

function count(event: unknown, into: { deltas: number; isDone: boolean; hasUsage: boolean }): void {
  const { type, usage } = (event ?? {}) as Readonly<Record<string, unknown>>;
  if (type === 'speech.audio.delta') into.deltas++;
  if (type !== 'speech.audio.done') return;
  into.isDone = true;
  into.hasUsage = typeof usage === 'object' && usage !== null;
}
