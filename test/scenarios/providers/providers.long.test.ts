import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { realClock } from '#src/base/clock.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import type { Endpoint, MockSettings } from '#test/fakes/providers/mock-settings.ts';
import type { EndpointTrouble } from '#test/fakes/providers/trouble.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  chats,
  converse,
  eventually,
  madeTexts,
  openScenario,
  type ScenarioMessage,
  type ScenarioSetup,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const replies: MockSettings['replies'] = [{ match: /^/, text: 'Yes.' }];

function openTroubled(endpoint: Endpoint, trouble: EndpointTrouble): Promise<ScenarioSetup> {
  return openScenario({ providers: { replies, trouble: { [endpoint]: trouble } } });
}

/** The trouble is over: the very same bot answers as if nothing had been. */
async function expectMended(setup: ScenarioSetup, person: SandboxPerson): Promise<void> {
  setup.providers.set({ trouble: {} });
  const { uttered, heard, made } = await converse(setup, person, question);
  expect(madeTexts(setup).at(-1)).toBe('Yes.');
  await expectAlike(uttered, question);
  await expectAlike(heard.pcm, made);
}

/** Messages of the bot beside the voice channel. */
function written({ sandbox }: ScenarioSetup): string[] {
  return sandbox.messages('Lounge').map((message) => message.text);
}

scenario('when the recogniser answers with a web page, the room is asked to repeat', async () => {
  await using setup = await openTroubled('transcriptions', 'html');
  const adam = await callIn(setup, 'Adam');
  const { heard, made } = await converse(setup, adam, question);
  expect(new Set(madeTexts(setup))).toEqual(new Set([text('fail.stt')]));
  await expectAlike(heard.pcm, made);
  await expectMended(setup, adam);
});

scenario('when the model answers with a web page, the room hears who is silent', async () => {
  await using setup = await openTroubled('chat', 'html');
  const adam = await callIn(setup, 'Adam');
  const { heard, made } = await converse(setup, adam, question);
  const { host: provider } = new URL(setup.providers.baseUrl);
  const sorry = text('fail.llm', { provider });
  expect(new Set(madeTexts(setup))).toEqual(new Set([sorry]));
  await expectAlike(heard.pcm, made);
  await expectMended(setup, adam);
});

scenario('when the voice answers with a web page, the answer is written', async () => {
  await using setup = await openTroubled('speech', 'html');
  const adam = await callIn(setup, 'Adam');
  await adam.say(question, soon());
  await eventually(() => expect(written(setup)).toContain(`${text('fail.tts')} Yes.`));
  await expectMended(setup, adam);
});

scenario('when all providers are down, the room reads it', async () => {
  await using setup = await openScenario({
    providers: { replies, trouble: { transcriptions: 'error-500', speech: 'error-500' } },
  });
  const adam = await callIn(setup, 'Adam');
  await adam.say(question, soon());
  await eventually(() => expect(written(setup)).toContain(text('fail.stt')));
  await expectMended(setup, adam);
});

scenario('a voice that breaks off is heard so far, and the answer is written', async () => {
  const long = 'Yes, and there is more to say about that.';
  await using setup = await openScenario({
    providers: { replies: [{ match: /^/, text: long }], trouble: { speech: 'dropped' } },
  });
  const adam = await callIn(setup, 'Adam');
  const { heard, made } = await converse(setup, adam, question);
  await expectAlike(made, heard.pcm);
  await eventually(() => expect(written(setup)).toContain(`${text('fail.tts')} ${long}`));
  setup.providers.set({ replies });
  await expectMended(setup, adam);
});

scenario('a provider that hangs keeps nobody from sending the bot away', async () => {
  await using setup = await openTroubled('chat', 'stalled');
  const adam = await callIn(setup, 'Adam');
  await adam.say(question, soon());
  const asked = () => setup.providers.requests.find(({ endpoint }) => endpoint === 'chat');
  await eventually(() => expect(asked()?.firstByteAtMs).toBeDefined());
  const left = await adam.command('leave').answered(soon());
  expect(left.text).toMatch(/^Left Lounge/);
  await eventually(() => expect(asked()?.leftAtMs).toBeDefined());
});

/** Time that the bot waited for each recognition request before it gave up, in ms. */
function givenUpMs({ providers }: ScenarioSetup): readonly number[] {
  return providers.requests.flatMap(({ endpoint, atMs, leftAtMs }) =>
    endpoint === 'transcriptions' && leftAtMs !== undefined ? [leftAtMs - atMs] : [],
  );
}

/** Says it, and returns when the recogniser has been asked for all of it and is silent. */
async function sayInVain({ providers }: ScenarioSetup, person: SandboxPerson): Promise<void> {
  await person.say(question, soon());
  const saidAtMs = realClock.nowMs();
  await eventually(() => {
    const open = providers.requests.filter(
      ({ endpoint, endedAtMs, leftAtMs }) =>
        endpoint === 'transcriptions' && endedAtMs === undefined && leftAtMs === undefined,
    );
    expect(open).toHaveLength(1);
    expect(realClock.nowMs()).toBeGreaterThan(saidAtMs + 400);
  });
}

for (const trouble of ['silent', 'stalled'] as const) {
  scenario(
    `a recogniser that is ${trouble} over one question loses neither it nor the next`,
    async () => {
      await using setup = await openScenario({ providers: { replies } });
      const adam = await callIn(setup, 'Adam');
      await converse(setup, adam, question);
      const before = chats(setup).length;
      setup.providers.set({ trouble: { transcriptions: trouble } });
      await sayInVain(setup, adam);
      setup.providers.set({ trouble: {} });
      await adam.say(question, soon());
      const asked = () => new Set(chats(setup).slice(before).flatMap(newest));
      await eventually(() => expect(asked().size).toBe(2));
      expect(Math.max(...givenUpMs(setup))).toBeGreaterThan(2_400);
      expect(madeTexts(setup)).not.toContain(text('fail.stt'));
    },
  );
}

scenario(
  'a recogniser that stays silent is told after 5 s, and the next question answered',
  async () => {
    await using setup = await openScenario({ providers: { replies } });
    const adam = await callIn(setup, 'Adam');
    await converse(setup, adam, question);
    const before = chats(setup).length;
    setup.providers.set({ trouble: { transcriptions: 'silent' } });
    await sayInVain(setup, adam);
    await eventually(() => expect(madeTexts(setup)).toContain(text('fail.stt')));
    const longestMs = Math.max(...givenUpMs(setup));
    expect(longestMs).toBeGreaterThan(4_500);
    expect(longestMs).toBeLessThan(8_000); // 5 s, and what a busy machine takes
    setup.providers.set({ trouble: {} });
    await adam.say(question, soon());
    await eventually(() => expect(chats(setup).length).toBeGreaterThan(before));
  },
);

/** Questions of one request: both, where the words of the first came as the second ended. */
function newest(messages: readonly ScenarioMessage[]): readonly string[] {
  return messages.at(-1)?.content.split('\n') ?? [];
}
