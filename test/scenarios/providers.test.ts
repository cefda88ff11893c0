import { expect } from 'vitest';
import type { Person } from '#src/sandbox/person.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import type { Endpoint, MockSettings } from '#test/fakes/providers.ts';
import type { Trouble } from '#test/fakes/providers-trouble.ts';
import { expectAlike } from './likeness.ts';
import {
  callIn,
  converse,
  eventually,
  madeTexts,
  openScene,
  type Scene,
  scenario,
  soon,
} from './scene.ts';

const question = speech('human-cards-001');
const replies: MockSettings['replies'] = [{ match: /^/, text: 'Yes.' }];

function openTroubled(endpoint: Endpoint, trouble: Trouble): Promise<Scene> {
  return openScene({ providers: { replies, trouble: { [endpoint]: trouble } } });
}

/** The trouble is over: the very same bot answers as if nothing had been. */
async function expectMended(scene: Scene, person: Person): Promise<void> {
  scene.providers.set({ trouble: {} });
  const { uttered, heard, made } = await converse(scene, person, question);
  expect(madeTexts(scene).at(-1)).toBe('Yes.');
  await expectAlike(uttered, question);
  await expectAlike(heard.pcm, made);
}

/** What the bot wrote beside the voice channel. */
function written({ sandbox }: Scene): string[] {
  return sandbox.messages('Lounge').map((message) => message.text);
}

scenario('when the recogniser answers with a web page, the room is asked to repeat', async () => {
  await using scene = await openTroubled('transcriptions', 'html');
  const adam = await callIn(scene, 'Adam');
  const { heard, made } = await converse(scene, adam, question);
  expect(new Set(madeTexts(scene))).toEqual(new Set([text('fail.stt')]));
  await expectAlike(heard.pcm, made);
  await expectMended(scene, adam);
});

scenario('when the model answers with a web page, the room hears who is silent', async () => {
  await using scene = await openTroubled('chat', 'html');
  const adam = await callIn(scene, 'Adam');
  const { heard, made } = await converse(scene, adam, question);
  const { host: provider } = new URL(scene.providers.baseUrl);
  const sorry = text('fail.llm', { provider });
  expect(new Set(madeTexts(scene))).toEqual(new Set([sorry]));
  await expectAlike(heard.pcm, made);
  await expectMended(scene, adam);
});

scenario('when the voice answers with a web page, the answer is written', async () => {
  await using scene = await openTroubled('speech', 'html');
  const adam = await callIn(scene, 'Adam');
  await adam.say(question, soon());
  await eventually(() => expect(written(scene)).toContain(`${text('fail.tts')} Yes.`));
  await expectMended(scene, adam);
});

scenario('when all providers are down, the room reads it', async () => {
  await using scene = await openScene({
    providers: { replies, trouble: { transcriptions: 'error-500', speech: 'error-500' } },
  });
  const adam = await callIn(scene, 'Adam');
  await adam.say(question, soon());
  await eventually(() => expect(written(scene)).toContain(text('fail.stt')));
  await expectMended(scene, adam);
});

scenario('a voice that breaks off is heard so far, and the answer is written', async () => {
  const long = 'Yes, and there is more to say about that.';
  await using scene = await openScene({
    providers: { replies: [{ match: /^/, text: long }], trouble: { speech: 'dropped' } },
  });
  const adam = await callIn(scene, 'Adam');
  const { heard, made } = await converse(scene, adam, question);
  await expectAlike(made, heard.pcm);
  await eventually(() => expect(written(scene)).toContain(`${text('fail.tts')} ${long}`));
  scene.providers.set({ replies });
  await expectMended(scene, adam);
});

scenario('a provider that hangs keeps nobody from sending the bot away', async () => {
  await using scene = await openTroubled('chat', 'stalled');
  const adam = await callIn(scene, 'Adam');
  await adam.say(question, soon());
  const asked = () => scene.providers.requests.find(({ endpoint }) => endpoint === 'chat');
  await eventually(() => expect(asked()?.firstByteAtMs).toBeDefined());
  const left = await adam.command('leave').answered(soon());
  expect(left.text).toMatch(/^Left Lounge/);
  await eventually(() => expect(asked()?.leftAtMs).toBeDefined());
});
