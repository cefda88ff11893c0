import { once } from 'node:events';
import {
  Client,
  GatewayIntentBits,
  type RESTPostAPIChannelMessageJSONBody,
} from 'discord.js';
import { realClock } from '#src/base/clock.ts';
import { toChannelId, toGuildId, toMessageId, toPersonId } from '#src/base/ids.ts';
import { Outbox } from '#src/discord/outbox/outbox.ts';
import { ChannelMessages } from '#src/discord/panel/channel-messages.ts';
import type { Button } from '#src/features/command.ts';
import { Owned, toOpenText } from '#src/people/owned.ts';
import { openSilentSandbox } from '#test/sandbox/voice/silent-voice.ts';

/** discord.js, unmodified, logged in to a sandbox without sound. */
async function openBot() {
  const sandbox = await openSilentSandbox();
  const client = new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildVoiceStates,
      GatewayIntentBits.GuildMessages,
    ],
    rest: { api: sandbox.apiUrl, timeout: 5000 },
  });
  const ready = once(client, 'clientReady');
  await client.login(sandbox.token);
  await ready;
  const disposeBot = async () => {
    await client.destroy();
    await sandbox[Symbol.asyncDispose]();
  };
  return { client, sandbox, [Symbol.asyncDispose]: disposeBot };
}

function openMessages(client: Client<true>) {
  const outbox = new Outbox(client.rest, realClock, () => {});
  const panels = { placeIn: () => undefined };
  const places = { isNoWider: () => false };
  const mayOpen = async () => false;
  return new ChannelMessages({
    client,
    panels,
    buttons: new Map(),
    outbox,
    places,
    mayOpen,
  });
}

const never = new AbortController().signal;

/** A client that knows this channel, and what was sent there. */
function openClientFor(id: string, panelIn?: string, mayReadersOpen = false) {
  const sent: RESTPostAPIChannelMessageJSONBody[] = [];
  const channel = { id, isSendable: () => true, isVoiceBased: () => true };
  const postMessage = async (
    route: string,
    { body }: { body: RESTPostAPIChannelMessageJSONBody },
  ) => {
    expect(route).toContain(id);
    sent.push(body);
    return { id: 'm', content: body.content };
  };
  const client = {
    channels: { cache: new Map([[id, channel]]) },
    guilds: { cache: new Map([['g', { preferredLocale: 'de' }]]) },
    rest: { post: postMessage, patch: postMessage, delete: postMessage },
  } as unknown as Client<true>;
  const placeIn = () =>
    panelIn
      ? { channelId: toChannelId(panelIn), messageId: toMessageId('m') }
      : undefined;
  let atMs = 0;
  // Each look at the clock is seconds after the one before, so that no message waits.
  const timing = { nowMs: () => (atMs += 5_000), later: () => () => {} };
  const outbox = new Outbox(client.rest, timing, () => {});
  const buttons = new Map([[button.name, button]]);
  return {
    sent,
    scribe: new ChannelMessages({
      client,
      panels: { placeIn },
      buttons,
      outbox,
      places: { isNoWider: () => mayReadersOpen },
      mayOpen: async () => false,
    }),
  };
}

const button: Button = {
  name: 'confirm',
  label: 'button.confirm',
  style: 'main',
  run: async () => [{ id: 'confirm.over', to: 'caller' }],
};

const lounge = {
  guildId: toGuildId('g'),
  channelId: toChannelId('lounge'),
  name: 'Lounge',
};

const expectForbidden = (writing: Promise<unknown>) =>
  expect(writing).rejects.toMatchObject({ code: 'discord.forbidden' });

/** Signs without width, which are taken out. */
const unseen = ['', '\u200b', '\u2060', '\ufeff', '\u00ad', '\u202e', '\0'];
const forms: readonly ((gap: string) => string)[] = [
  (gap) => `[click]${gap}(https://evil.example)`,
  (gap) => `<${gap}@1> and <@${gap}&2> in <#${gap}3>`,
  (gap) => `<${gap}/join:${gap}4> <${gap}t:1> <id${gap}:guide> <a:b${gap}:5>`,
];

test.each(unseen)(
  'what is written calls nobody and hides no link, also with %j inside',
  async (gap) => {
    const { scribe: messages, sent } = openClientFor('lounge');
    for (const form of forms)
      await messages.writeText(lounge, toOpenText(form(gap)), never);
    expect(sent.map(({ content }) => content)).toEqual([
      '[click] (https://evil.example)',
      '< @1> and < @&2> in < #3>',
      '< /join:4> < t:1> < id:guide> < a:b:5>',
    ]);
  },
);

test('words for one person go to them alone, and nowhere where they take no direct messages', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  if (!client.isReady()) return expect.fail();
  const messages = openMessages(client);
  const [adam, ben] = [sandbox.person('Adam').id, sandbox.person('Ben').id];
  const words = new Owned('Five, <@1>.', { onlyFor: adam });
  await messages.tellPerson(adam, words, never);
  await expectForbidden(messages.tellPerson(ben, words, never));
  const path = '/channels/:channel/messages';
  sandbox.faults.rest({ method: 'POST', path, status: 403, code: 50_007 });
  await expectForbidden(messages.tellPerson(adam, words, never));
  expect(sandbox.directMessages()).toMatchObject([
    { to: 'Adam', text: 'Five, < @1>.' },
  ]);
});

test('personal lines and words of the channel are written in no other place', async () => {
  const { scribe: messages, sent } = openClientFor('general', 'general');
  const text = 'Ben is to be dismissed.';
  const words = new Owned(text, { channelId: toChannelId('lounge') });
  await expectForbidden(messages.writeText(lounge, words, never));
  await expectForbidden(
    messages.notifyPeople(lounge, [{ personId: toPersonId('1'), text: words }], never),
  );
  const line = { id: 'confirm.over' } as const;
  await expectForbidden(messages.offerButtons(lounge, line, [], never));
  expect(sent).toEqual([]);
});

test('lines of which one may not be read where they stand are not written at all, nor does anybody get a ping', async () => {
  const { scribe: messages, sent } = openClientFor('lounge');
  const elsewhere = new Owned('from Bridge', { channelId: toChannelId('bridge') });
  const lines = [toOpenText('Five minutes.'), elsewhere].map((text, n) => ({
    personId: toPersonId(`${n}`),
    text,
  }));
  const notified = messages.notifyPeople(lounge, lines, never);
  await expect(notified).rejects.toMatchObject({ code: 'discord.unsent' });
  expect(sent).toEqual([]);
});

test('a question with a button is asked in the language of the server, and its words are only shown', async () => {
  const { scribe, sent } = openClientFor('lounge');
  const line = {
    id: 'tool.external.ask',
    with: { name: '**Ana**', s: 60, tool: 'leave', given: 'now' },
  } as const;
  const owned = new Owned(line, { channelId: lounge.channelId });
  await scribe.offerButtons(lounge, owned, ['confirm:tool:a1'], never);
  const content = '\\*\\*Ana\\*\\*, soll ich leave benutzen, mit all dem?\nnow';
  const button = { custom_id: 'parley:confirm:tool:a1', label: 'Bestätigen' };
  expect(sent).toMatchObject([{ content, components: [{ components: [button] }] }]);
});

test('lines whose answer from Discord was lost are written once, however often they are written again', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  if (!client.isReady()) return expect.fail();
  const channel = [...client.channels.cache.values()].find((one) => one.isVoiceBased());
  const place = {
    guildId: sandbox.guildId,
    channelId: toChannelId(channel?.id ?? ''),
    name: 'Lounge',
  };
  const messages = openMessages(client);
  const makeLine = (id: string) => ({
    id,
    personId: sandbox.person('Adam').id,
    text: toOpenText(`Reminder ${id}.`),
  });
  const path = '/channels/:channel/messages';
  const times = Number.POSITIVE_INFINITY;
  sandbox.faults.rest({ method: 'POST', path, status: 'cut', tookEffect: true, times });
  const writing = messages.notifyPeople(place, [makeLine('a'), makeLine('b')], never);
  await expect.poll(() => sandbox.requests().length).toBeGreaterThan(0);
  sandbox.faults.heal();
  await writing;
  await messages.notifyPeople(place, [makeLine('b'), makeLine('a')], never);
  await messages.notifyPeople(place, [makeLine('c')], never);
  const texts = sandbox.messages('Lounge').map(({ text }) => text.match(/Reminder ./g));
  expect(texts).toEqual([['Reminder a', 'Reminder b'], ['Reminder c']]);
});
