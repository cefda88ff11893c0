import { once } from 'node:events';
import {
  Client,
  GatewayIntentBits,
  type RESTPostAPIChannelMessageJSONBody,
} from 'discord.js';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';
import { Outbox } from '#src/discord/outbox/outbox.ts';
import { openChannelMessages } from '#src/discord/panel/channel-messages.ts';
import type { Button } from '#src/features/command.ts';
import { ConfidentialText, toOpenText } from '#src/people/confidential-text.ts';
import { openSilentVoice } from '#test/sandbox/voice/silent-voice.ts';

/** discord.js, unmodified, logged in to a sandbox without sound. */
async function openBot() {
  const voice = openSilentVoice();
  const sandbox = await openSandbox({ voice: voice.half });
  const client = newClient(sandbox);
  const ready = once(client, 'clientReady');
  await client.login(sandbox.token);
  await ready;
  const dispose = async () => {
    await client.destroy();
    await sandbox[Symbol.asyncDispose]();
  };
  return { client, sandbox, voice, [Symbol.asyncDispose]: dispose };
}

function newClient(sandbox: Sandbox) {
  return new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildVoiceStates,
      GatewayIntentBits.GuildMessages,
    ],
    rest: { api: sandbox.apiUrl, timeout: 5000 },
  });
}

const never = new AbortController().signal;

/** A client that knows these channels, and what was sent there. */
function open(ids: readonly string[], panelIn?: string) {
  const sent: [string, unknown][] = [];
  const channels = ids.map((id) => {
    return [id, { id, isSendable: () => true, isVoiceBased: () => true }] as const;
  });
  const post = async (
    route: string,
    { body }: { body: RESTPostAPIChannelMessageJSONBody },
  ) => {
    const { content, components = [] } = body;
    const id = route.split('/')[2] ?? '';
    sent.push(components.length > 0 ? [id, { content, components }] : [id, content]);
    bodies.push(body);
    return { id: 'm', content };
  };
  const bodies: RESTPostAPIChannelMessageJSONBody[] = [];
  const rest = { post, patch: post, delete: post };
  const guilds = { cache: new Map([['g', { preferredLocale: 'de' }]]) };
  const client = {
    channels: { cache: new Map(channels) },
    guilds,
    rest,
  } as unknown as Client<true>;
  const placeIn = () => (panelIn ? { channelId: panelIn, messageId: 'm' } : undefined);
  let atMs = 0;
  // Each look at the clock is seconds after the one before, so that no message waits.
  const timing = { nowMs: () => (atMs += 5_000), later: () => () => {} };
  const outbox = new Outbox(client.rest, timing, () => {});
  const buttons = new Map([[button.name, button]]);
  return {
    sent,
    bodies,
    scribe: openChannelMessages(client, { placeIn }, buttons, outbox),
  };
}

const button: Button = {
  name: 'confirm',
  label: 'button.confirm',
  style: 'main',
  run: async () => [{ id: 'confirm.over', to: 'caller' }],
};

const lounge = { guildId: 'g', channelId: 'lounge', name: 'Lounge' };

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
    const { scribe: messages, sent } = open(['lounge']);
    for (const form of forms)
      await messages.writeText(lounge, toOpenText(form(gap)), never);
    expect(sent.map(([, text]) => text)).toEqual([
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
  const outbox = new Outbox(client.rest, realClock, () => {});
  const messages = openChannelMessages(
    client,
    { placeIn: () => undefined },
    new Map(),
    outbox,
  );
  const [adam, ben] = [sandbox.person('Adam').id, sandbox.person('Ben').id];
  const words = new ConfidentialText('Five, <@1>.', { onlyFor: adam });
  await messages.tellPerson(adam, words, never);
  const forbidden = { code: 'discord.forbidden' };
  await expect(messages.tellPerson(ben, words, never)).rejects.toMatchObject(forbidden);
  const path = '/channels/:channel/messages';
  sandbox.faults.rest({ method: 'POST', path, status: 403, code: 50_007 });
  await expect(messages.tellPerson(adam, words, never)).rejects.toMatchObject(
    forbidden,
  );
  expect(sandbox.directMessages()).toMatchObject([
    { to: 'Adam', text: 'Five, < @1>.' },
  ]);
});

test('personal lines and words of the channel are written in no other place', async () => {
  const { scribe: messages, sent } = open(['general'], 'general');
  const forbidden = { code: 'discord.forbidden' };
  const words = new ConfidentialText('Ben is to be dismissed.', {
    channelId: 'lounge',
  });
  await expect(messages.writeText(lounge, words, never)).rejects.toMatchObject(
    forbidden,
  );
  const lines = [{ personId: '1', text: 'Ben is to be dismissed.' }];
  await expect(messages.notifyPeople(lounge, lines, never)).rejects.toMatchObject(
    forbidden,
  );
  const offering = messages.offerButtons(lounge, { id: 'confirm.over' }, [], never);
  await expect(offering).rejects.toMatchObject(forbidden);
  expect(sent).toEqual([]);
});

test('a question with a button is asked in the language of the server, and its words are only shown', async () => {
  const { scribe, sent } = open(['lounge']);
  const line = {
    id: 'tool.external.ask',
    with: { name: '**Ana**', s: 60, tool: 'leave', given: 'now' },
  } as const;
  await scribe.offerButtons(lounge, line, ['confirm:tool:a1'], never);
  const content = '\\*\\*Ana\\*\\*, soll ich leave benutzen, mit all dem?\nnow';
  const button = expect.objectContaining({
    custom_id: 'parley:confirm:tool:a1',
    label: 'Bestätigen',
  });
  const row = expect.objectContaining({ components: [button] });
  expect(sent).toEqual([['lounge', { content, components: [row] }]]);
});

test('lines whose answer from Discord was lost are written once, however often they are written again', async () => {
  await using bot = await openBot();
  const { client, sandbox } = bot;
  if (!client.isReady()) return expect.fail();
  const channel = [...client.channels.cache.values()].find((one) => one.isVoiceBased());
  const place = {
    guildId: sandbox.guildId,
    channelId: channel?.id ?? '',
    name: 'Lounge',
  };
  const outbox = new Outbox(client.rest, realClock, () => {});
  const messages = openChannelMessages(
    client,
    { placeIn: () => undefined },
    new Map(),
    outbox,
  );
  const line = (id: string) => ({
    id,
    personId: sandbox.person('Adam').id,
    text: `Reminder ${id}.`,
  });
  const path = '/channels/:channel/messages';
  const times = Number.POSITIVE_INFINITY;
  sandbox.faults.rest({ method: 'POST', path, status: 'cut', tookEffect: true, times });
  const writing = messages.notifyPeople(place, [line('a'), line('b')], never);
  await expect.poll(() => sandbox.requests().length).toBeGreaterThan(0);
  sandbox.faults.heal();
  await writing;
  await messages.notifyPeople(place, [line('b'), line('a')], never);
  await messages.notifyPeople(place, [line('c')], never);
  const texts = sandbox.messages('Lounge').map(({ text }) => text.match(/Reminder ./g));
  expect(texts).toEqual([['Reminder a', 'Reminder b'], ['Reminder c']]);
});
