import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { EventLog } from '#src/console/event-log.ts';
import { runExchange, type SpokenExchange } from '#src/console/exchange.ts';
import { createConversationPrinter } from '#src/console/printer.ts';
import type { ConsoleRequest } from '#src/console/sandbox-process.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { IgnoreReason } from '#src/turn/decide-utterance.ts';
import { toLogged } from '#test/fakes/to-logged.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

type Answer = Readonly<Record<string, unknown>>;

/** A stage whose sandbox only does as `answer` says, on virtual time. */
function openSetup(answer: (request: ConsoleRequest) => Answer) {
  const clock = new VirtualClock();
  const events = new EventLog(clock);
  const sandbox = {
    sendRequest: async <Answer>(request: ConsoleRequest) => answer(request) as Answer,
    ready,
    gone: new AbortController().signal,
  };
  const deps = {
    sandbox,
    events,
    show: createConversationPrinter({ write: () => undefined }),
    botName: 'Nova',
    dataDir: 'none',
  };
  return { parts: deps, clock, witness: events };
}

const ready = {
  kind: 'ready' as const,
  apiUrl: 'http://127.0.0.1:1',
  cdnHost: 'localhost:1',
  token: 't',
  guildId: toGuildId('g'),
  ca: '-----BEGIN CERTIFICATE-----',
  recording: 'time.wav',
};

const never = new AbortController().signal;
const ben = { speakerId: toPersonId('b'), name: 'Ben' };
const words: SessionEvent = { kind: 'recognised', ...ben, text: 'what time is it' };
const ignoreSpeech = (why: IgnoreReason): SessionEvent => ({
  kind: 'ignored',
  ...ben,
  why,
});
const answered = {
  kind: 'answered',
  answerId: 1,
  ...ben,
  text: 'Five.',
  heardText: 'Five.',
  finish: 'completed',
  instants: { heardAtMs: 0, endedAtMs: 180, firstSentAtMs: 200 },
} satisfies SessionEvent;
let dataDir = '';

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-'));
});
afterAll(() => rm(dataDir, { recursive: true }));

/** Result and duration when Ben speaks and these events follow. */
async function reportExchange(...events: readonly SessionEvent[]) {
  const said = { firstPacketAtMs: 0, firstVoicedAtMs: 0, lastVoicedAtMs: 0 };
  const heard = { firstAudibleAtMs: 210 };
  const listened: ConsoleRequest[] = [];
  const { parts, clock, witness } = openSetup((request) => {
    if (request.do !== 'say') {
      listened.push(request);
      return heard;
    }
    saidAtMs = clock.nowMs();
    for (const event of events) witness.report(event);
    return said;
  });
  let result: SpokenExchange | undefined;
  let saidAtMs = -1;
  const run = runExchange('Ben', 'ben.wav', { ...parts, dataDir }, never);
  void run.then((came) => {
    result = came;
  });
  // The folder is made in real time: the clock stands until then.
  while (saidAtMs < 0) await breathe();
  for (let rounds = 0; !result && rounds < 2_000; rounds++) {
    await breathe();
    if (rounds % 2 === 1) await clock.advance(100);
  }
  return { result: await run, tookMs: clock.nowMs() - saidAtMs, listened };
}

test('an answer is listened for from the instant at which it left, until it is quiet', async () => {
  const { listened } = await reportExchange(words, answered);
  const wav = join(dataDir, 'sandbox', 'ben-heard.wav');
  const waits = { sinceMs: 198, quietMs: 300, timeoutMs: 20_000 };
  expect(listened).toEqual([{ do: 'listen', person: 'Ben', wav, ...waits }]);
});

test('an answer of which nothing left is not listened for, and says where it ended', async () => {
  const { firstSentAtMs: _, ...instants } = answered.instants;
  const { result, listened } = await reportExchange(words, { ...answered, instants });
  const why = 'nothing of the answer reached Ben';
  expect([result, listened]).toEqual([{ kind: 'failed', stage: 'hear', why }, []]);
});

test('when only noise came, no words were recognised', async () =>
  expect((await reportExchange(ignoreSpeech('empty'))).result).toEqual({
    kind: 'failed',
    stage: 'recognise',
    why: 'No words were recognised. Say it in one go, closer to the microphone.',
  }));

const failedAt = (stage: 'recognise' | 'think' | 'speak'): SessionEvent => {
  return {
    kind: 'failed',
    stage,
    code: 'provider.late',
    message: toLogged('Late.'),
  };
};

test.each(['think', 'speak'] as const)(
  'an answer that failed names %s as the stage, though its reason comes later',
  async (stage) => {
    const failed = { ...answered, finish: 'failed' } as const;
    const { result } = await reportExchange(words, failed, failedAt(stage));
    expect(result).toEqual({ kind: 'failed', stage, why: 'Late.', isShown: true });
  },
);
