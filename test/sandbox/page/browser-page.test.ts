import { formatText } from '#src/texts/texts.ts';
import { identifyBot, sendRequest } from '#test/sandbox/raw-bot.ts';
import { openSilentPage } from './browser-client.ts';

const samples = new Int16Array(960);
const pcm = new Uint8Array(samples.buffer);

test('a menu is shown with its choices and picked from, and a form is asked for and submitted', async () => {
  await using setup = await openSilentPage();
  const { sandbox } = setup;
  const body = [{ name: 'greet', description: 'x' }];
  await sendRequest(sandbox, `/applications/${sandbox.botId}/commands`, {
    method: 'PUT',
    body,
  });
  using bot = await identifyBot(sandbox);
  const answerInteraction = async (index: number, callback: object) => {
    const listInteractions = () =>
      bot.heard.filter(({ t }) => t === 'INTERACTION_CREATE');
    await expect.poll(() => listInteractions()[index]).toBeDefined();
    const { id, token, data } = listInteractions()[index]?.d ?? {};
    await sendRequest(sandbox, `/interactions/${id}/${token}/callback`, {
      body: callback,
    });
    return data;
  };
  const tab = await setup.open('a');
  await expect.poll(() => tab.ofKind('state').at(-1)).toMatchObject({ commands: body });
  const commanded = tab.ask({ kind: 'command', name: 'greet' });
  const options = [{ label: 'Red', value: 'red' }];
  const djs = [{ id: setup.sandbox.guild().addRole('DJs'), type: 'role' }];
  const menus = [
    {
      type: 1,
      components: [{ type: 3, custom_id: 'colour', placeholder: 'A colour', options }],
    },
    { type: 1, components: [{ type: 5, custom_id: 'who' }] },
    { type: 1, components: [{ type: 8, custom_id: 'where', channel_types: [0] }] },
    { type: 1, components: [{ type: 6, custom_id: 'role', default_values: djs }] },
  ];
  await answerInteraction(0, { type: 4, data: { content: 'Hi', components: menus } });
  const { messageId } = await commanded;
  expect(tab.ofKind('message')[0]?.menus).toMatchObject([
    {
      customId: 'colour',
      placeholder: 'A colour',
      minCount: 1,
      maxCount: 1,
      choices: options,
    },
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
  const picked = tab.ask({
    kind: 'press',
    messageId,
    customId: 'colour',
    values: ['red'],
  });
  const line = { type: 4, custom_id: 'name', style: 2, max_length: 9 };
  const modal = {
    custom_id: 'about',
    title: 'About you',
    components: [{ type: 18, label: 'Name', component: line }],
  };
  expect(await answerInteraction(1, { type: 9, data: modal })).toMatchObject({
    values: ['red'],
  });
  const { form } = (await picked) as unknown as {
    readonly form: { readonly id: string };
  };
  const field = {
    customId: 'name',
    label: 'Name',
    required: true,
    isLong: true,
    maxLength: 9,
  };
  expect(form).toMatchObject({ title: 'About you', fields: [field] });
  const submitted = tab.ask({
    kind: 'submit',
    form: form.id,
    fields: { name: 'Adam' },
  });
  expect(
    await answerInteraction(2, { type: 4, data: { content: 'Thanks' } }),
  ).toMatchObject({
    custom_id: 'about',
  });
  expect(await submitted).toMatchObject({ ok: true, text: 'Thanks' });
  const again = await tab.ask({ kind: 'submit', form: '1', fields: {} });
  const refused = { error: 'That did not work.', cause: 'Adam was asked nothing.' };
  expect(again).toMatchObject({ ok: false, ...refused });
});

test('a refusal comes in the language of the page, also after another one was chosen', async () => {
  await using setup = await openSilentPage();
  const tab = await setup.open('a');
  const press = { kind: 'press', messageId: '1', customId: 'x' };
  expect(await tab.ask(press)).toMatchObject({ error: 'That message is gone.' });
  expect(await tab.ask({ kind: 'language', locale: 'de' })).toMatchObject({ ok: true });
  expect(await tab.ask(press)).toMatchObject({
    error: 'Diese Nachricht gibt es nicht mehr.',
  });
  expect(await tab.ask({ kind: 'nonsense' })).toMatchObject({
    error: formatText('page.failed', undefined, 'de'),
  });
});

test('who comes gets the room and all that was said in one frame, so that nothing has to move', async () => {
  await using setup = await openSilentPage();
  for (const text of ['one', 'two']) setup.sandbox.person('Adam').write(text);
  const tab = await setup.open('a');
  await expect.poll(() => tab.frames.length).toBeGreaterThan(0);
  expect(tab.frames[0]).toMatchObject([
    { kind: 'state', you: 'Adam' },
    { kind: 'message', text: 'one' },
    { kind: 'message', text: 'two' },
  ]);
});

test('sound that is malformed or of 10 MB ends its own socket alone', async () => {
  await using setup = await openSilentPage();
  const tab = await setup.open('a');
  const wrong = await setup.openSound('a');
  wrong.send(7, pcm);
  const malformed = [1007, 'A frame of sound is 20 ms of 16 bit PCM, or the end.'];
  expect(await wrong.ended).toEqual(malformed);
  const text = await setup.openSound('a');
  text.sendRaw('hello');
  expect(await text.ended).toEqual(malformed);
  const big = await setup.openSound('a');
  big.sendRaw(Buffer.alloc(10_000_000));
  expect([1006, 1009]).toContain((await big.ended)[0]);
  expect(await tab.ask({ kind: 'write', text: 'Still here.' })).toMatchObject({
    ok: true,
  });
});

test('what the page asks about models reaches the process of the bot alone, and a key comes back in no reply', async () => {
  const requests: object[] = [];
  await using setup = await openSilentPage(async (request) => {
    requests.push(request);
    if (request.kind === 'models.find') return { servers: [] };
    throw new Error('OpenAI refused the key.');
  });
  const tab = await setup.open('a');
  expect(await tab.ask({ kind: 'models.find' })).toMatchObject({
    ok: true,
    servers: [],
  });
  const connect = { kind: 'models.connect', vendor: 'OpenAI', key: 'sk-canary' };
  expect(await tab.ask(connect)).toMatchObject({
    ok: false,
    cause: 'OpenAI refused the key.',
  });
  const wrong = await tab.ask({ ...connect, key: 'sk canary', baseUrl: 'http://x/v1' });
  expect(wrong).toMatchObject({ ok: false });
  expect(requests).toEqual([{ kind: 'models.find' }, connect]);
  expect(JSON.stringify(tab.frames)).not.toContain('canary');
});

test('a page that is opened again shows the commands of before and their private replies, and none to the terminal', async () => {
  await using setup = await openSilentPage();
  const { sandbox } = setup;
  const body = [{ name: 'greet', description: 'x' }];
  await sendRequest(sandbox, `/applications/${sandbox.botId}/commands`, {
    method: 'PUT',
    body,
  });
  using bot = await identifyBot(sandbox);
  const replyToInteraction = async (index: number, content: string) => {
    const listInteractions = () =>
      bot.heard.filter(({ t }) => t === 'INTERACTION_CREATE');
    await expect.poll(() => listInteractions()[index]).toBeDefined();
    const { id, token } = listInteractions()[index]?.d ?? {};
    const path = `/interactions/${id}/${token}/callback`;
    await sendRequest(sandbox, path, {
      body: { type: 4, data: { content, flags: 64 } },
    });
  };
  const first = await setup.open('a');
  sandbox.person('Adam').command('greet', {});
  await replyToInteraction(0, 'Hello, terminal.');
  const pending = first.ask({ kind: 'command', name: 'greet', line: '/greet' });
  await replyToInteraction(1, 'Hello, page.');
  await pending;
  const second = await setup.open('b');
  await expect.poll(() => second.ofKind('message')).toHaveLength(1);
  expect(second.ofKind('message')).toMatchObject([
    { text: 'Hello, page.', to: 'Adam' },
  ]);
  expect(second.ofKind('command')).toMatchObject([{ text: '/greet' }]);
});
