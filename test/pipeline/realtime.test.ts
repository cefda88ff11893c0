import { setTimeout as wait } from 'node:timers/promises';

import { openRealtimeTalk } from '#src/chat/realtime-talk.ts';
import { realtime } from '#src/pipeline/realtime.ts';
import { pipelineContract, type Scene } from '#test/contracts/pipeline.ts';
import {
  openMockTalk,
  type TalkReply,
  type TalkSettings,
} from '#test/fakes/providers-realtime-talk.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

async function open(settings: Pick<TalkSettings, 'answer'> & Partial<TalkSettings>) {
  const server = await openMockTalk(settings);
  const talk = openRealtimeTalk({ baseUrl: server.baseUrl, model: 'mock', dialect: 'auto' });
  const synthesizer = new FakeSynthesizer();
  const pipeline = realtime({ talk, synthesizer });
  return {
    ...{ server, synthesizer, pipeline },
    running: () => server.calls.reduce((sum, { active }) => sum + active, synthesizer.running),
    [Symbol.asyncDispose]: async () => {
      pipeline[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

function answering({ says, call, ends }: Scene): (newest: string, request: number) => TalkReply {
  const { tool, afterwards = '' } = call ?? {};
  return (_, request) =>
    request > 0 && call
      ? { text: afterwards }
      : { text: says, ...(tool && { call: tool }), ...(ends && { ends }) };
}

for (const dialect of ['ga', 'beta'] as const) {
  pipelineContract(`realtime ${dialect}`, async (scene) => {
    const opened = await open({ dialect, answer: answering(scene) });
    return Object.assign(opened, { settled: () => wait(60) });
  });
}

  expect(1).toBe(1);
});
