import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply, use, whispered } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  converse,
  eventually,
  hearAnswer,
  openOwnScenario,
  openScenario,
  type ScenarioSetup,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const replies = [{ match: /^/, text: 'Yes.' }];

scenario('/settings check tries everything, and whoever sits there hears a tone', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const adam = setup.sandbox.person('Adam');
  expect(() => adam.command('settings check')).toThrow('Adam may not use settings.');
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
  expect(
    await commandReply(olga, 'settings set', { key: 'pipeline', value: 'realtime' }),
  ).toMatchObject(whispered('settings.missing', { pipeline: 'realtime' }));
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
  expect(view.text.split('\n').at(-1)).toBe('Set in this server: pipeline, addressing.');
});

/** The panel of one person, as Discord shows it to them. */
async function openPanel({ sandbox }: ScenarioSetup, person: SandboxPerson) {
  const { id } = await commandReply(person, 'settings view');
  const now = () => {
    const message = sandbox.message(id);
    if (!message) throw new Error('The panel is gone.');
    return message;
  };
  const shows = (...words: readonly string[]) =>
    eventually(() => {
      for (const one of words) expect(now().text).toContain(one);
    });
  return {
    now,
    shows,
    /** Uses a part of it, which then shows these words. */
    async use(start: string, values: readonly string[] | undefined, ...words: readonly string[]) {
      await use(person, now(), start, values).acknowledged(soon());
      await shows(...words);
    },
    /** Types a value into the form. */
    async type(value: string, ...words: readonly string[]) {
      const opened = use(person, now(), 'settings.type');
      await opened.asked(soon());
      await person.submit(opened, { value }).acknowledged(soon());
      await shows(...words);
    },
  };
}

scenario('the panel of settings picks roles and channels, and gives a setting back', async () => {
  await using setup = await openScenario();
  const guild = setup.sandbox.guild();
  const [olga, adam] = [guild.person('Olga'), guild.person('Adam')];
  const roleId = guild.addRole('DJs');
  expect(() => adam.command('settings view')).toThrow('Adam may not use settings.');
  const panel = await openPanel(setup, olga);
  expect(panel.now()).toMatchObject({ ephemeral: true });
  expect(() => use(adam, panel.now(), 'settings.group')).toThrow('Adam cannot see that message.');
  await panel.use('settings.group', ['settings.group.sounds'], '**dj\\_role**: none (default)');
  await panel.use('settings.open', ['dj_role'], text('settings.about.dj_role'));
  await panel.use('settings.pick', ['DJs'], `**dj\\_role**: <@&${roleId}> (set in this server)`);
  await panel.use('settings.group', undefined, text('settings.about.read_channel'));
  await panel.use('settings.open', ['read_channel'], '**read\\_channel**: none (default)');
  expect(() => use(olga, panel.now(), 'settings.pick', ['Lounge'])).toThrow(
    'does not offer Lounge',
  );
  await panel.use('settings.pick', ['general'], '**read\\_channel**: <#');
  await panel.use('settings.reset', undefined, '**read\\_channel**: none (default)');
  await panel.use('settings.home', undefined, 'Set in this server: dj\\_role.');
  expect(setup.bot.complaints).toBe('');
});

scenario(
  'a value is typed into a form; a refused one, one that was changed meanwhile and a lost right leave it as it is',
  async () => {
    await using setup = await openScenario();
    const guild = setup.sandbox.guild();
    const [olga, mona] = [guild.person('Olga'), guild.person('Mona')];
    guild.addRole('Mods', ['manageServer']);
    guild.giveRole('Mona', 'Mods');
    const panel = await openPanel(setup, mona);
    await panel.use(
      'settings.group',
      ['settings.group.presence'],
      '**leave\\_after**: 60 (default)',
    );
    await panel.use('settings.open', ['leave_after'], text('settings.about.leave_after'));
    const typed = text('settings.typed', { typed: '3 days' });
    await panel.type('3 days', text('settings.bad.leave_after'), typed, ': 60 (default)');
    await panel.type('5m', '**leave\\_after**: 300 (set in this server)');
    await commandReply(olga, 'settings set', { key: 'leave_after', value: '90' });
    const changed = text('settings.changed', { key: 'leave\\_after' });
    await panel.use('settings.pick', ['30'], changed, ': 90 (set in this server)');
    guild.takeRole('Mona', 'Mods');
    const before = panel.now().text;
    expect(await use(mona, panel.now(), 'settings.reset').answered(soon())).toMatchObject(
      whispered('perm.manage'),
    );
    expect(panel.now().text).toBe(before);
    expect((await commandReply(olga, 'settings view')).text).toContain('leave\\_after');
  },
);
