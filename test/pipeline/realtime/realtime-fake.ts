import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { realClock } from '#src/base/clock.ts';
import { chatWithFallbacks } from '#src/chat/metered-chat.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { RealtimeTalk } from '#src/chat/realtime/realtime-talk.ts';
import { audioModel } from '#src/pipeline/audio-model/audio-model.ts';
import type { Pipeline, Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import {
  FakeHost,
  type ModelScript,
  drain as read,
  said,
  turnOf,
} from '#test/contracts/pipeline.ts';
import { chainOf } from '#test/fakes/fallbacks.ts';
import type { TalkCall, TalkReply, TalkSettings } from '#test/fakes/providers/realtime-call.ts';
import { openMockTalk } from '#test/fakes/providers/realtime-talk.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

type TalkOptions = Pick<TalkSettings, 'answer'> & Partial<TalkSettings>;

/** A pipeline and the server it talks to. */
export async function openTalking(settings: TalkOptions) {
  const server = await openMockTalk(settings);
  const talk = new RealtimeTalk({ baseUrl: server.baseUrl, model: 'mock', maxTokens: 4_000 });
  const synthesizer = new FakeSynthesizer();
  const open = (signal: AbortSignal) => {
    const { chain } = chainOf<ChatModel>('chat', [talk.begin(signal)], realClock);
    return chatWithFallbacks(chain);
  };
  const pipeline = audioModel({ open, synthesizer, input: 'audio' });
  return {
    server,
    synthesizer,
    pipeline,
    running: () => server.calls.reduce((sum, { active }) => sum + active, synthesizer.running),
    settled,
    [Symbol.asyncDispose]: async () => {
      talk[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Turns of the event loop in which client and server, both of this process, have read all that was sent. */
const settlingTurns = 100;

/** Nothing is under way any more: on a busy machine few turns go by in any time. */
async function settled() {
  await wait(60);
  for (let n = 0; n < settlingTurns; n++) await turn();
}

export function answering({ says, call, ends }: ModelScript): TalkSettings['answer'] {
  const first: TalkReply = { text: says, ...(call && { call: call.tool }), ends };
  return (_, request) => (request > 0 && call ? { text: call.afterwards } : first);
}

/** A host that lets tools run. */
export function releasedHost(): FakeHost {
  const host = new FakeHost();
  host.release();
  return host;
}

/** Somebody speaks, each sample another one. */
export function speaking(text: string): TurnUtterance {
  const samples = Int16Array.from({ length: 16_000 }, (_, n) => 3000 * Math.sin(n / 5));
  return { ...said(text), toMs: 1000, pcm: { samples, rateHz: 16_000, channels: 1 } };
}

/** Reads to the end, and tells how it ended. */
export async function drain(
  pipeline: Pipeline,
  turn: Turn = turnOf(said('hello')),
  host = releasedHost(),
) {
  return await read(
    pipeline.answer(turn, host, new AbortController().signal)[Symbol.asyncIterator](),
  );
}

/** Conversation items of the server: role and content. */
export function remembered(call: TalkCall | undefined): string[] {
  return (call?.items ?? []).map(({ type, role, text, sound }) => {
    const what = sound ? `sound ${Math.round((sound.length / 24_000) * 1000)}` : text;
    return `${role ?? type}: ${what}`;
  });
}
