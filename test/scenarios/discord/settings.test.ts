import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply, whispered } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  converse,
  eventually,
  hearAnswer,
  openOwnScenario,
  openScenario,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const replies = [{ match: /^/, text: 'Yes.' }];

scenario('/settings check tries everything, and whoever sits there hears a tone', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const adam = setup.sandbox.person('Adam');
  expect(await commandReply(adam, 'settings check')).toMatchObject(whispered('perm.manage'));
  const olga = await callIn(setup, 'Olga');
  const checking = olga.command('settings check');
  const report = await checking.answered(soon());
  const lines = report.text.split('\n');
  expect([report.ephemeral, lines.at(-1)]).toEqual([true, text('check.done')]);
  for (const line of lines.slice(0, 8)) expect(line).toMatch(/^[a-z ]+: ok, \d+ ms/);
  expect(lines[2]).toContain('end to end');
  for (const line of lines.slice(8, -1)) expect(line).toContain('does not list the model');
  await eventually(() => {
    const { frames } = olga.heard;
    const tone = frames.filter(({ audible, atMs }) => audible && atMs > checking.sentAtMs);
    expect(tone.length).toBeGreaterThan(5);
  });
});

scenario('a switch of the pipeline keeps the conversation, over a restart too', async () => {
  await using setup = await openOwnScenario({
    environment: { AUDIO_MODEL_NAME: 'hears', CHAT_COMPLETION_MODEL: 'writes' },
    providers: { replies },
  });
  const olga = await callIn(setup, 'Olga');
  await converse(setup, olga, question);
  const missing = { pipeline: 'realtime', setting: 'REALTIME\\_BASE\\_URL / OPENAI\\_API\\_KEY' };
  expect(
    await commandReply(olga, 'settings set', { key: 'pipeline', value: 'realtime' }),
  ).toMatchObject(whispered('settings.missing', missing));
  const switched = whispered('pipeline.switched', { pipeline: 'audio-model' });
  const toAudioModel = { key: 'pipeline', value: 'audio-model' };
  expect(await commandReply(olga, 'settings set', toAudioModel)).toMatchObject(switched);
  const { firstPacketAtMs } = await olga.say(question, soon());
  await hearAnswer(olga, firstPacketAtMs);
  const chats = setup.providers.requests.filter(({ endpoint }) => endpoint === 'chat');
  expect(chats.at(-1)?.body).toMatchObject({ model: 'hears' });
  expect(JSON.stringify(chats.at(-1)?.body)).toContain('utterance 1');
  const set = await commandReply(olga, 'settings set', { key: 'addressing', value: 'name' });
  expect(set).toMatchObject(whispered('settings.addressing.name'));
  await setup.restart();
  const view = await commandReply(olga, 'settings view');
  expect(view.text.split('\n').slice(1, 4)).toEqual([
    'pipeline: audio-model',
    'addressing: name',
    'cues: soft (not set here)',
  ]);
});
