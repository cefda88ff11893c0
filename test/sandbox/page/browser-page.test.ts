import { expect, test } from 'vitest';
import { ask, identified } from '#test/sandbox/raw-bot.ts';
import { openSilentPage } from './browser-client.ts';

const samples = new Int16Array(960);
const pcm = new Uint8Array(samples.buffer);

test('a page that opens is told of the channel, and of each change', async () => {
  await using setup = await openSilentPage();
  const tab = await setup.open('a');
  const lounge = () => tab.ofKind('state').at(-1);
  await expect.poll(lounge).toMatchObject({
    people: [{ name: 'Adam', isYou: true, speaks: false }],
    channels: [
      { name: 'general', kind: 'text' },
      { name: 'Lounge', kind: 'voice' },
      { name: 'Workshop' },
    ],
    bot: { online: false, name: 'Nova' },
    commands: [],
    you: 'Adam',
  });
  expect(await tab.ask({ kind: 'join', channel: 'Lounge' })).toMatchObject({ ok: true });
  await expect.poll(lounge).toMatchObject({ people: [{ name: 'Adam', channel: 'Lounge' }] });
  expect(await tab.ask({ kind: 'join', channel: 'Lounge' })).toMatchObject({ ok: true });
  expect(setup.voice.admitted).toHaveLength(1);
  expect(await tab.ask({ kind: 'join', channel: 'Attic' })).toMatchObject({
    ok: false,
    error: 'There is no channel Attic here.',
  });
  expect(await tab.ask({ kind: 'leave' })).toMatchObject({ ok: true });
});

test('messages reach every page, and one that opens later', async () => {
  await using setup = await openSilentPage();
  const tab = await setup.open('a');
  const { messageId: id } = await tab.ask({ kind: 'write', text: 'Hello!', channel: 'general' });
  const message = {
    change: 'posted',
    id,
    author: 'Adam',
    channel: 'general',
    text: 'Hello!',
    buttons: [],
    embeds: [],
  };
  expect(tab.ofKind('message')).toMatchObject([message]);
  const later = await setup.open('b');
  await expect.poll(() => later.ofKind('message')).toMatchObject([message]);
});

test('a command is issued, completed and answered, and its button pressed', async () => {
  await using setup = await openSilentPage();
  const { sandbox } = setup;
  const options = [{ name: 'who', description: 'x', type: 3, autocomplete: true }];
  const body = { name: 'greet', description: 'x', options };
  await ask(sandbox, `/applications/${sandbox.botId}/commands`, { body });
  using bot = await identified(sandbox);
  const answer = async (place: number, callback: object) => {
    const interactions = () => bot.heard.filter(({ t }) => t === 'INTERACTION_CREATE');
    await expect.poll(() => interactions()[place]).toBeDefined();
    const { id, token } = interactions()[place]?.d ?? {};
    await ask(sandbox, `/interactions/${id}/${token}/callback`, { body: callback });
  };
  const tab = await setup.open('a');
  await expect
    .poll(() => tab.ofKind('state').at(-1))
    .toMatchObject({ commands: [{ name: 'greet' }] });
  const completed = tab.ask({
    kind: 'complete',
    name: 'greet',
    options: { who: 'A' },
    focused: 'who',
  });
  await answer(0, { type: 8, data: { choices: [{ name: 'Adam', value: 'Adam' }] } });
  expect(await completed).toMatchObject({ ok: true, choices: [{ name: 'Adam' }] });
  const commanded = tab.ask({ kind: 'command', name: 'greet', options: { who: 'Adam' } });
  const button = { type: 2, style: 4, label: 'Wave', custom_id: 'wave' };
  const components = [{ type: 1, components: [button] }];
  await answer(1, { type: 4, data: { content: 'Hi', flags: 64, components } });
  const { messageId } = await commanded;
  const buttons = [{ customId: 'wave', label: 'Wave', disabled: false, style: 4 }];
  expect(tab.ofKind('message')).toMatchObject([{ id: messageId, to: 'Adam', text: 'Hi', buttons }]);
  const pressed = tab.ask({ kind: 'press', messageId, customId: 'wave' });
  await answer(2, { type: 7, data: { content: 'Waved', components: [] } });
  expect(await pressed).toMatchObject({ ok: true, text: 'Waved' });
});

test('a menu is shown with its choices and picked from, and a form is asked for and submitted', async () => {
  await using setup = await openSilentPage();
  const { sandbox } = setup;
  const body = { name: 'greet', description: 'x' };
  await ask(sandbox, `/applications/${sandbox.botId}/commands`, { body });
  using bot = await identified(sandbox);
  const answer = async (place: number, callback: object) => {
    const interactions = () => bot.heard.filter(({ t }) => t === 'INTERACTION_CREATE');
    await expect.poll(() => interactions()[place]).toBeDefined();
    const { id, token, data } = interactions()[place]?.d ?? {};
    await ask(sandbox, `/interactions/${id}/${token}/callback`, { body: callback });
    return data;
  };
  const tab = await setup.open('a');
  await expect.poll(() => tab.ofKind('state').at(-1)).toMatchObject({ commands: [body] });
  const commanded = tab.ask({ kind: 'command', name: 'greet' });
  const options = [{ label: 'Red', value: 'red' }];
  const djs = [{ id: setup.sandbox.guild().addRole('DJs'), type: 'role' }];
  const menus = [
    { type: 1, components: [{ type: 3, custom_id: 'colour', placeholder: 'A colour', options }] },
    { type: 1, components: [{ type: 5, custom_id: 'who' }] },
    { type: 1, components: [{ type: 8, custom_id: 'where', channel_types: [0] }] },
    { type: 1, components: [{ type: 6, custom_id: 'role', default_values: djs }] },
  ];
  await answer(0, { type: 4, data: { content: 'Hi', components: menus } });
  const { messageId } = await commanded;
  expect(tab.ofKind('message')[0]?.menus).toMatchObject([
    { customId: 'colour', placeholder: 'A colour', least: 1, most: 1, choices: options },
    { customId: 'who', choices: [{ label: 'Adam', value: 'Adam', chosen: false }] },
    { customId: 'where', choices: [{ label: 'general' }] },
    {
      customId: 'role',
      choices: [
        { label: 'Nova', chosen: false },
        { label: 'DJs', chosen: true },
      ],
    },
  ]);
  const picked = tab.ask({ kind: 'press', messageId, customId: 'colour', values: ['red'] });
  const line = { type: 4, custom_id: 'name', style: 2, max_length: 9 };
  const modal = {
    custom_id: 'about',
    title: 'About you',
    components: [{ type: 18, label: 'Name', component: line }],
  };
  expect(await answer(1, { type: 9, data: modal })).toMatchObject({ values: ['red'] });
  const { form } = (await picked) as unknown as { readonly form: { readonly id: string } };
  const field = { customId: 'name', label: 'Name', required: true, isLong: true, mostLength: 9 };
  expect(form).toMatchObject({ title: 'About you', fields: [field] });
  const submitted = tab.ask({ kind: 'submit', form: form.id, fields: { name: 'Adam' } });
  expect(await answer(2, { type: 4, data: { content: 'Thanks' } })).toMatchObject({
    custom_id: 'about',
  });
  expect(await submitted).toMatchObject({ ok: true, text: 'Thanks' });
  const again = await tab.ask({ kind: 'submit', form: '1', fields: {} });
  expect(again).toMatchObject({ ok: false, error: 'Adam was asked nothing.' });
});

test.each([
  ['no JSON', 'hello', null, 'The frame is not JSON'],
  ['another request', '{"id":1,"kind":"fly"}', 1, 'The request does not fit at kind'],
])('%s gets a reply of one sentence', async (_what, text, id, error) => {
  await using setup = await openSilentPage();
  const tab = await setup.open('a');
  tab.sendText(text);
  await expect
    .poll(() => tab.ofKind('reply'))
    .toEqual([{ kind: 'reply', id, ok: false, error: expect.stringMatching(`^${error}.*[.]$`) }]);
});

test('a flood of requests ends its page with a sentence', async () => {
  await using setup = await openSilentPage();
  const tab = await setup.open('a');
  for (let n = 0; n < 300; n++) tab.sendText('{}');
  expect(await tab.ended).toEqual([1008, 'Too many requests: at most 50 a second.']);
});

test('the microphone goes to the tab that asks last, and the first is told', async () => {
  await using setup = await openSilentPage();
  const [first, second] = [await setup.open('a'), await setup.open('b')];
  await first.ask({ kind: 'join', channel: 'Lounge' });
  const sound = await setup.openSound('a');
  sound.send(2, pcm);
  await expect.poll(() => setup.voice.lives).toEqual([samples]);
  expect(first.ofKind('microphone')).toEqual([{ kind: 'microphone', state: 'yours' }]);
  const other = await setup.openSound('b');
  expect(second.ofKind('microphone')).toEqual([]);
  await second.ask({ kind: 'microphone', on: true });
  await expect.poll(() => first.ofKind('microphone').at(-1)).toMatchObject({ state: 'taken' });
  expect(second.ofKind('microphone')).toEqual([{ kind: 'microphone', state: 'yours' }]);
  other.send(2, pcm);
  await expect.poll(() => setup.voice.lives).toEqual([samples, 'end', samples]);
  await second.ask({ kind: 'microphone', on: false });
  expect(setup.voice.lives.at(-1)).toBe('end');
});

test('a page that tells the end of what was said ends it at once, and goes on when it speaks again', async () => {
  await using setup = await openSilentPage();
  const tab = await setup.open('a');
  await tab.ask({ kind: 'join', channel: 'Lounge' });
  const sound = await setup.openSound('a');
  sound.send(2, pcm);
  sound.send(5, Buffer.alloc(0));
  sound.send(2, pcm);
  await expect.poll(() => setup.voice.lives).toEqual([samples, 'end', samples]);
  await expect
    .poll(() => tab.ofKind('speaks').map(({ on }) => on))
    .toEqual([true, false, true, false]);
});

test('sound of the others reaches the page, and they are shown as speaking', async () => {
  await using setup = await openSilentPage();
  const tab = await setup.open('a');
  await tab.ask({ kind: 'join', channel: 'Lounge' });
  const sound = await setup.openSound('a');
  sound.send(2, pcm);
  await expect.poll(() => tab.ofKind('microphone')).toHaveLength(1);
  setup.voice.play({
    fromUserId: setup.sandbox.botId,
    atMs: 5,
    samples: new Int16Array(960).fill(500),
    audible: true,
    sealed: true,
  });
  await expect.poll(() => sound.heard).toHaveLength(1);
  expect([sound.heard[0]?.readUInt8(0), sound.heard[0]?.readInt16LE(13)]).toEqual([4, 500]);
  await expect
    .poll(() => tab.ofKind('speaks').filter(({ who }) => who === 'Nova'))
    .toEqual([
      { kind: 'speaks', who: 'Nova', on: true },
      { kind: 'speaks', who: 'Nova', on: false },
    ]);
});

test('a page that closes in mid-word ends its microphone and leaves the others alone', async () => {
  await using setup = await openSilentPage();
  const [tab, other] = [await setup.open('a'), await setup.open('b')];
  await tab.ask({ kind: 'join', channel: 'Lounge' });
  const sound = await setup.openSound('a');
  sound.send(2, pcm);
  await expect.poll(() => setup.voice.lives).toHaveLength(1);
  sound.close();
  tab.close();
  await expect.poll(() => setup.voice.lives.at(-1)).toBe('end');
  expect(await other.ask({ kind: 'write', text: 'Still here.' })).toMatchObject({ ok: true });
  expect(setup.bugs).toEqual([]);
});

test('sound faster than time, malformed or of 10 MB ends its own socket alone', async () => {
  await using setup = await openSilentPage();
  const tab = await setup.open('a');
  const fast = await setup.openSound('a');
  for (let n = 0; n < 500; n++) fast.send(2, pcm);
  expect(await fast.ended).toEqual([1008, 'Sound came faster than time.']);
  const wrong = await setup.openSound('a');
  wrong.send(7, pcm);
  expect(await wrong.ended).toEqual([1007, 'A frame of sound is of kind 2 (PCM) or 5 (the end).']);
  const text = await setup.openSound('a');
  text.sendRaw('hello');
  expect(await text.ended).toEqual([1003, 'Sound comes as binary frames.']);
  const big = await setup.openSound('a');
  big.sendRaw(Buffer.alloc(10_000_000));
  expect([1006, 1009]).toContain((await big.ended)[0]);
  expect(await tab.ask({ kind: 'write', text: 'Still here.' })).toMatchObject({ ok: true });
});

test('typed words are spoken by somebody who comes to where you are', async () => {
  await using setup = await openSilentPage();
  const tab = await setup.open('a');
  expect(await tab.ask({ kind: 'type', person: 'Bob', text: 'What time is it?' })).toMatchObject({
    ok: false,
    error: 'Join a voice channel first.',
  });
  await tab.ask({ kind: 'join', channel: 'Workshop' });
  expect(await tab.ask({ kind: 'type', person: 'Bob', text: 'What time is it?' })).toMatchObject({
    ok: true,
    firstPacketAtMs: 1,
  });
  const people = [{ name: 'Adam' }, { name: 'Bob', channel: 'Workshop' }];
  await expect.poll(() => tab.ofKind('state').at(-1)).toMatchObject({ people });
});

test('what the bot tells of its answers reaches the pages there are, and later ones', async () => {
  await using setup = await openSilentPage();
  const engines = { kind: 'engines', lines: ['chat: the stand-in'] } as const;
  const said = { kind: 'said', who: 'Adam', text: 'Hello', atMs: 5 } as const;
  setup.page.report(engines);
  const tab = await setup.open('a');
  setup.page.report(said);
  const instants = { heardAtMs: 1, endedAtMs: 2 };
  const words = { who: 'Adam', text: 'Hi', heardText: 'Hi', finish: 'completed' } as const;
  setup.page.report({ kind: 'answered', ...words, instants });
  await expect
    .poll(() => tab.ofKind('answered'))
    .toEqual([{ kind: 'answered', ...words, instants }]);
  const later = await setup.open('b');
  await expect.poll(() => later.ofKind('answered')).toHaveLength(1);
  expect([later.ofKind('engines'), later.ofKind('said')]).toEqual([[engines], [said]]);
});
