import { openEngines } from '#src/app/engines/open-engines.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import type { ReplyPart, Turn } from '#src/pipeline/pipeline.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import {
  drainAnswer,
  FakeHost,
  joinTexts,
  makeTurn,
} from '#test/contracts/pipeline-contract.ts';
import {
  openRealtimeDialect,
  type RealtimeDialect,
} from '#test/fakes/dialects/realtime-dialect.ts';
import { refuseNamed, talkDialects } from '#test/fakes/dialects/realtime-dialects.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { makeSpokenTurn } from './talking-setup.ts';

const never = new AbortController().signal;
const four = 'Well, as you ask, it is four.';
const lamp = { name: 'lamp', argumentsJson: '{"on":true}' };
const nowhere = 'http://127.0.0.1:9/v1';
const history: readonly ChatMessage[] = [
  { role: 'user', name: 'Ben', content: 'good morning' },
  { role: 'assistant', content: 'Good morning, Ben.' },
];

type DialectReply = Parameters<typeof openRealtimeDialect>[1];

/** The bot's Realtime pipeline under settings for a server of a dialect. */
async function openTalk(
  dialect: RealtimeDialect,
  reply: DialectReply = () => ({ text: four }),
) {
  const server = await openRealtimeDialect(dialect, reply, makeTone);
  const isAzure = dialect.title.startsWith('Azure');
  const path = isAzure ? '/openai?api-version=2025-04-01-preview' : '/v1';
  const reported: { readonly kind: string; readonly what?: string }[] = [];
  const environment = {
    PIPELINE: 'realtime',
    REALTIME_BASE_URL: `${server.origin}${path}`,
    REALTIME_MODEL: 'talker',
    REALTIME_API_KEY: 'hunter22',
    TRANSCRIPTION_BASE_URL: nowhere,
    SPEECH_BASE_URL: nowhere,
    CHAT_COMPLETION_BASE_URL: nowhere,
  };
  const engines = await openEngines(readGoodSettings(environment), (news) =>
    reported.push(news as (typeof reported)[number]),
  );
  const { realtime = expect.fail() } = engines;
  return {
    server,
    listHabits: () =>
      reported.flatMap(({ kind, what }) => (kind === 'habit' ? [what] : [])),
    async askTurn(turn: Turn = makeTurn(makeSpokenTurn('how many'))) {
      const host = new FakeHost();
      host.release();
      const answer = realtime.answer(turn, host, never)[Symbol.asyncIterator]();
      return { host, ...(await drainAnswer(answer)) };
    },
    async [Symbol.asyncDispose]() {
      await engines[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

function measureSoundMs(replyParts: readonly ReplyPart[]) {
  return replyParts.reduce(
    (sum, part) => sum + (part.kind === 'audio' ? getDurationMs(part.pcm) : 0),
    0,
  );
}

const fourMs = makeTone(four, 24_000).length / 24;

test.each(talkDialects)(
  '$title: a question is heard at the right rate, and its answer is whole in words and sound',
  async (dialect) => {
    await using talk = await openTalk(dialect);
    for (let n = 0; n < 2; n++) {
      const { error, parts } = await talk.askTurn({
        ...makeTurn(makeSpokenTurn('how many')),
        history,
      });
      expect([error, joinTexts(parts)]).toEqual([undefined, four]);
      expect(Math.abs(measureSoundMs(parts) - fourMs)).toBeLessThan(20);
    }
    const commits = talk.server.calls.flatMap(({ commits }) => commits);
    expect(commits.map((ms) => Math.round(ms / 20))).toEqual([50, 50]);
  },
);

test.each(talkDialects)('$title: a tool that is called runs once', async (dialect) => {
  const replyAs: DialectReply = (question) =>
    question === 'done' ? { text: 'It is on.' } : { text: '', call: lamp };
  await using talk = await openTalk(dialect, replyAs);
  const { error, host, parts } = await talk.askTurn();
  expect([error, joinTexts(parts)]).toEqual([undefined, 'It is on.']);
  expect(host.ran).toMatchObject([lamp]);
});

const lateEnds = ['vLLM-Omni', 'a server with names of its own'];

test.each(talkDialects.filter(({ title }) => !lateEnds.includes(title)))(
  '$title: what the server taught is asked no more, and is reported once',
  async (dialect) => {
    await using talk = await openTalk(dialect);
    await talk.askTurn();
    const countRefusals = () =>
      talk.server.calls.flatMap((call) => call.refusals).length;
    const [before, connections] = [countRefusals(), talk.server.calls.length];
    for (let n = 0; n < 2; n++) await talk.askTurn();
    expect(countRefusals()).toBe(before);
    expect(talk.server.calls.length).toBeLessThanOrEqual(connections + 2);
    expect(new Set(talk.listHabits()).size).toBe(talk.listHabits().length);
    if (before > 0) expect(talk.listHabits()).not.toEqual([]);
  },
);

test.each<[string, string?]>([
  ['session.max_output_tokens'],
  ['session.tools'],
  ['session.tool_choice'],
  ['session.output_modalities.audio', 'lamp'],
])('without %s %s the rest of the session stays', async (param, tool) => {
  await using talk = await openTalk(refuseNamed(param, tool));
  const tools = ['bell', 'lamp', 'door'].map((name) => {
    return { name, description: '', parameters: { type: 'object' } };
  });
  for (let n = 0; n < 2; n++) {
    const turn = { ...makeTurn(makeSpokenTurn('how many')), tools };
    const { error, parts } = await talk.askTurn(turn);
    expect([error, joinTexts(parts)]).toEqual([undefined, four]);
  }
  const { calls } = talk.server;
  // The limit has two further names, which are tried.
  expect(calls.flatMap(({ refusals }) => refusals)).toHaveLength(
    param.includes('max') ? 3 : 1,
  );
  const last = JSON.stringify(calls.at(-1)?.commands);
  expect(last).toContain('Be brief.');
  expect(last.includes('"name":"bell"')).toBe(param !== 'session.tools');
  expect(last.includes('"name":"lamp"')).toBe(!tool && param !== 'session.tools');
  expect(talk.listHabits()).toEqual([expect.stringContaining('left out')]);
});
