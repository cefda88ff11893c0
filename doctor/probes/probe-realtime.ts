import {
  differs,
  type ExaminationResult,
  failed,
  missing,
  ok,
  type ReportLine,
} from '#doctor/finding.ts';
import { attempt, type ServerUnderTest, shownUrl } from '#doctor/server-under-test.ts';
import { within } from '#src/base/waiting.ts';
import { type JsonEvent, JsonSocket, socketUrl } from '#src/provider/json-socket.ts';
import { readTalk } from '#src/provider/realtime-reading.ts';
import { readHeard } from '#src/speech/realtime/realtime-events.ts';
import { noFault } from './mends.ts';

const greetingMs = 3000;

/** Connects twice and says nothing, which costs nothing. Usable where it may be talked with. */
export async function probeRealtime(
  server: ServerUnderTest,
  model: string,
): Promise<ExaminationResult> {
  const talk = await greet(server, talking, { model });
  const listen = await greet(server, 'realtime transcription', { intent: 'transcription' });
  const findings = [talk, listen];
  if (talk.verdict !== 'ok') return failed('absent', ...findings);
  const settings = [`REALTIME_BASE_URL=${shownUrl(server)}`, `REALTIME_MODEL=${model}`];
  return { findings, state: 'usable', settings };
}

const talking = 'realtime';
const refusedMend = 'set REALTIME_MODEL to a model that this key may use there';
const beta = 'beta names';
const betaMend = 'update that server: the bot no longer supports conversations with beta names';

async function greet(
  server: ServerUnderTest,
  what: string,
  query: Readonly<Record<string, string>>,
): Promise<ReportLine> {
  const { base, apiKey, clock } = server;
  const url = socketUrl(base.url, '/realtime', query);
  const first = Promise.withResolvers<JsonEvent>();
  first.promise.catch(() => {}); // A refusal is told by the opening.
  const listener = { event: first.resolve, lost: first.reject };
  const asked = await attempt(server, async (signal) => {
    const options = { baseUrl: base.url, clock, ...(apiKey && { apiKey }) };
    const socket = await JsonSocket.open(url, options, listener, signal);
    try {
      const silence = new Error('no greeting');
      return await within(first.promise, greetingMs, clock, () => silence).catch((cause) => {
        if (cause === silence) return undefined;
        throw cause;
      });
    } finally {
      socket.close();
    }
  });
  if (asked.kind === 'failed') return missing(what, `not offered: ${asked.error.message}`, noFault);
  if (!asked.value) return differs(what, 'it connects, but sends no first event', noFault);
  return readGreeting(what, asked.value);
}

function readGreeting(what: string, event: JsonEvent): ReportLine {
  const heard = readHeard(event);
  if (heard?.kind === 'created') {
    const talkEvent = readTalk(event);
    const isBeta = talkEvent?.kind === 'created' && talkEvent.isBeta;
    if (isBeta && what === talking) return missing(what, `it connects, but with ${beta}`, betaMend);
    const isGa = heard.dialect === 'ga' && !isBeta;
    return ok(what, `it connects, with ${isGa ? 'current names (GA)' : beta}`);
  }
  if (heard?.kind === 'failed')
    return missing(what, `it connects, then: ${heard.words}`, refusedMend);
  return differs(what, 'it connects, but its first event is not known', noFault);
}
