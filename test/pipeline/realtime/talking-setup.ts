import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { realClock } from '#src/base/clock.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { createChatChain } from '#src/chat/metered-chat.ts';
import { RealtimeConversation } from '#src/chat/realtime/realtime-conversation.ts';
import { createAudioModelPipeline } from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import type { Pipeline, Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import {
  FakeHost,
  type ModelScript,
  makeTurn,
  drainAnswer as read,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import { openMockTalk } from '#test/fakes/providers/mock-talk.ts';
import type {
  TalkCall,
  TalkReply,
  TalkSettings,
} from '#test/fakes/providers/realtime-call.ts';

type TalkOptions = Pick<TalkSettings, 'answer'> & Partial<TalkSettings>;

/** A pipeline and the server it talks to. */
export async function openTalking(settings: TalkOptions) {
  const server = await openMockTalk(settings);
  const talk = new RealtimeConversation({
    baseUrl: server.baseUrl,
    model: 'mock',
    maxTokens: 4_000,
  });
  const synthesizer = new FakeSynthesizer();
  const openChain = (signal: AbortSignal) => {
    const { chain } = makeChain<ChatModel>(
      'chat',
      [talk.openAnswer(signal)],
      realClock,
    );
    return createChatChain(chain);
  };
  const pipeline = createAudioModelPipeline({
    open: openChain,
    feed: (messages, tools, sound) => talk.feed(messages, tools, sound),
    synthesizer,
    input: 'audio',
  });
  return {
    server,
    talk,
    synthesizer,
    pipeline,
    countRunning: () =>
      server.calls.reduce((sum, { active }) => sum + active, synthesizer.running),
    settled: waitUntilSettled,
    [Symbol.asyncDispose]: async () => {
      talk[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Turns of the event loop in which client and server, both of this process, have read all that was sent. */
const settlingTurns = 100;

/** Nothing is under way any more: on a busy machine few turns go by in any time. */
async function waitUntilSettled() {
  await wait(60);
  for (let n = 0; n < settlingTurns; n++) await turn();
}

export function toTalkReply({ says, call, ends }: ModelScript): TalkSettings['answer'] {
  const first: TalkReply = { text: says, ...(call && { call: call.tool }), ends };
  return (_, request) => (request > 0 && call ? { text: call.afterwards } : first);
}

/** A host that lets tools run. */
export function makeReleasedHost() {
  const host = new FakeHost();
  host.release();
  return host;
}

/** Somebody speaks, each sample another one. */
export function makeSpokenTurn(text: string): TurnUtterance {
  const samples = Int16Array.from({ length: 16_000 }, (_, n) => 3000 * Math.sin(n / 5));
  return {
    ...toUtterance(text),
    pcm: { samples, rateHz: 16_000, channels: 1 },
  };
}

/** Reads to the end, and tells how it ended. */
export async function drainAnswer(
  pipeline: Pipeline,
  turn: Turn = makeTurn(toUtterance('hello')),
  host = makeReleasedHost(),
) {
  return await read(
    pipeline.answer(turn, host, new AbortController().signal)[Symbol.asyncIterator](),
  );
}

/** Conversation items of the server: role and content. */
export function toHistory(call: TalkCall | undefined) {
  return (call?.items ?? []).map(({ type, role, text, sound }) => {
    const what = sound ? `sound ${Math.round((sound.length / 24_000) * 1000)}` : text;
    return `${role ?? type}: ${what}`;
  });
}
