import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '#src/base/clock.ts';
import type { RealtimeTalkLimits } from '#src/chat/realtime/realtime-ports.ts';
import { openRealtimeTalk } from '#src/chat/realtime/realtime-talk.ts';
import type { Pipeline, ReplyPart, Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import { realtime } from '#src/pipeline/realtime.ts';
import { FakeHost, type ModelScript, said, turnOf } from '#test/contracts/pipeline.ts';
import type { TalkCall, TalkReply, TalkSettings } from '#test/fakes/providers/realtime-call.ts';
import { type MockTalk, openMockTalk } from '#test/fakes/providers/realtime-talk.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

type TalkOptions = Pick<TalkSettings, 'answer'> &
  Partial<TalkSettings> & {
    readonly clock?: Clock;
    readonly limits?: Partial<RealtimeTalkLimits>;
  };

/** A pipeline and the server it talks to. */
export async function openTalking({ clock, limits, ...settings }: TalkOptions) {
  const server = await openMockTalk(settings);
  const talk = openRealtimeTalk({
    baseUrl: server.baseUrl,
    model: 'mock',
    clock,
    limits,
  });
  const synthesizer = new FakeSynthesizer();
  const pipeline = realtime({ talk, synthesizer });
  return {
    server,
    synthesizer,
    pipeline,
    running: () => server.calls.reduce((sum, { active }) => sum + active, synthesizer.running),
    settled,
    [Symbol.asyncDispose]: async () => {
      pipeline[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Turns of the event loop in which client and server, both of this process, have read all that was sent. */
const settlingTurns = 100;

/** Nothing is under way any more: on a busy machine few turns go by in any time. */
async function settled(): Promise<void> {
  await wait(60);
  for (let n = 0; n < settlingTurns; n++) await turn();
}

export function answering({ says, call, ends }: ModelScript): TalkSettings['answer'] {
  const first: TalkReply = { text: says, ...(call && { call: call.tool }), ends };
  return (_, request) => (request > 0 && call ? { text: call.afterwards } : first);
}

/** A stage on which somebody hears so much of the answer. */
export class PlayingHost extends FakeHost {
  heardMs = 0;

  constructor() {
    super();
    this.release();
  }

  override playedMs(): number {
    return this.heardMs;
  }
}

/** Somebody speaks, each sample another one. */
export function speaking(text: string, ms = 1000, speakerId = '1', fromMs = 0): TurnUtterance {
  const samples = Int16Array.from({ length: 16 * ms }, (_, n) => 3000 * Math.sin(n / (5 + fromMs)));
  const pcm = { samples, rateHz: 16_000, channels: 1 } as const;
  return { ...said(text), speakerId, fromMs, toMs: fromMs + ms, pcm };
}

/** Reads to the end, and tells how it ended. */
export async function drain(
  pipeline: Pipeline,
  turn: Turn = turnOf(said('hello')),
  host = new PlayingHost(),
  signal = new AbortController().signal,
) {
  const parts: ReplyPart[] = [];
  try {
    for await (const part of pipeline.answer(turn, host, signal)) parts.push(part);
  } catch (error) {
    return { parts, error };
  }
  return { parts, error: undefined };
}

/** Commands to the server over its connections, without the settings of sessions. */
export function commandsOf({ calls }: Pick<MockTalk, 'calls'>): string[] {
  return calls.flatMap(({ commands }) =>
    commands.map(({ type }) => type).filter((type) => type !== 'session.update'),
  );
}

/** Conversation items of the server: role and content. */
export function remembered(call: TalkCall | undefined): string[] {
  return (call?.items ?? []).map(({ type, role, text, sound }) => {
    const what = sound ? `sound ${Math.round((sound.length / 24_000) * 1000)}` : text;
    return `${role ?? type}: ${what}`;
  });
}
