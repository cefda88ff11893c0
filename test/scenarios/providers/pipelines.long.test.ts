import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { resample } from '#src/audio/resample.ts';
import { speech } from '#test/audio/speech.ts';
import { runToEnd } from '#test/fakes/bot-process.ts';
import { instantPace, openMockProviders } from '#test/fakes/providers/providers.ts';
import type { MockVoice } from '#test/fakes/providers/sound.ts';
import { commandReply, whispered } from '#test/scenarios/setup/asking.ts';
import { remote } from '#test/scenarios/setup/bot-setup.ts';
import {
  callIn,
  eventually,
  openOwnScenario,
  type ScenarioSetup,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const spoken = speech('human-goforward');
const text = 'Go forward ten meters.';
/** A man who can say one thing. */
const voice: MockVoice = (_text, rateHz) => resample(spoken, rateHz).samples;

scenario('the first run proves what a newcomer hears through a Realtime server', async () => {
  await using providers = await openMockProviders({
    pace: instantPace,
    voice,
    talk: { voice, answer: () => ({ text }) },
  });
  const { baseUrl } = providers;
  const folder = await mkdtemp(join(tmpdir(), 'parley-'));
  try {
    const { code, out, complaints } = await runToEnd(
      {
        PIPELINE: 'realtime',
        DATA_DIR: folder,
        ...remote(providers),
        REALTIME_BASE_URL: baseUrl.replace('http', 'ws'),
      },
      ['--once'],
    );
    expect(out).toMatch(/^ {2}Nova {3}Go forward ten meters\.$/m);
    expect(out).toMatch(/the received sound matches the synthesised one \(0\.[6-9]\d of 1\)/);
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

const question = speech('human-cards-001');
const answers = { chained: 'That is so.', 'audio-model': 'So it is.', realtime: 'It is so.' };
/** Longer than any pause in an answer, shorter than what somebody may go on after. */
const quietMs = 400;
const waitMs = 10_000;

/** Asks, and hears the answer out: that of the model which answers now. */
async function ask(person: SandboxPerson): Promise<void> {
  const { lastVoicedAtMs: sinceMs } = await person.say(question, soon());
  const heardMs = (): number =>
    20 * person.heard.frames.filter(({ audible, atMs }) => audible && atMs > sinceMs).length;
  await eventually(() => expect(heardMs()).toBeGreaterThan(300));
  await person.listen({ sinceMs, quietMs, timeoutMs: waitMs }, soon());
}

/** Text of the last request to a chat server, and the items of the Realtime server. */
function lastShown({ providers }: ScenarioSetup): string {
  return JSON.stringify(providers.requests.findLast(({ endpoint }) => endpoint === 'chat')?.body);
}
function inMind({ providers }: ScenarioSetup): readonly string[] {
  return providers.talk.calls.flatMap(({ items }) => items.map(({ text: words }) => words));
}

scenario('whatever answers from now on knows what was said before', async () => {
  await using setup = await openOwnScenario({
    environment: (_, { baseUrl }) => ({
      CHAT_COMPLETION_MODEL: 'writes',
      AUDIO_MODEL_NAME: 'hears',
      REALTIME_MODEL: 'talks',
      REALTIME_BASE_URL: baseUrl.replace('http', 'ws'),
    }),
    providers: {
      replies: [{ match: /^/, text: answers.chained }],
      talk: { answer: () => ({ text: answers.realtime }) },
    },
  });
  const olga = await callIn(setup, 'Olga');
  const change = async (pipeline: keyof typeof answers) => {
    const switched = whispered('pipeline.switched', { pipeline });
    const given = { key: 'pipeline', value: pipeline };
    expect(await commandReply(olga, 'settings set', given)).toMatchObject(switched);
  };
  await ask(olga);
  await ask(olga);
  await change('audio-model');
  setup.providers.set({ replies: [{ match: /^/, text: answers['audio-model'] }] });
  await ask(olga);
  const first = lastShown(setup);
  for (const words of ['"hears"', 'utterance 1!', 'utterance 2!', answers.chained])
    expect(first).toContain(words);
  await change('realtime');
  await ask(olga);
  expect(inMind(setup).join('\n')).toMatch(
    /utterance 1!\n.*That is so\.\n.*utterance 2!\n.*That is so\.\n.*\nSo it is\./,
  );
  expect(setup.bot.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});
