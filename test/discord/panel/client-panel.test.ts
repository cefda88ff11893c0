import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import type { Discord, DiscordPorts } from '#src/discord/client.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import type {
  Button,
  Command,
  CommandCall,
  CommandGroup,
  CommandPorts,
} from '#src/features/command.ts';
import type { PanelContent } from '#src/ports/panel.ts';
import { formatText } from '#src/texts/texts.ts';
import { openDiscord } from '#test/discord/setup/open-discord.ts';
import { waitUntil } from '#test/discord/setup/sandbox-login.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';
import { openMemoryStores } from '#test/fakes/memory-stores.ts';
import { openSilentVoice } from '#test/sandbox/voice/silent-voice.ts';

const never = new AbortController().signal;
const soon = () => AbortSignal.timeout(30_000);
const calls: CommandCall[] = [];
const events: DiscordEvent[] = [];
const { panels: panelStore } = openMemoryStores();
const nasty = '@everyone <@&1> \u202e**x**';

const join: Command = {
  name: 'join',
  description: 'command.join',
  shownTo: 'room',
  options: [
    { name: 'channel', description: 'command.join.channel', kind: 'voice-channel' },
  ],
  run: async () => [
    { id: 'join.ok', with: { channel: nasty }, to: 'room', panel: true },
  ],
};
const say: Command = {
  name: 'say',
  description: 'command.say',
  shownTo: 'caller',
  options: [
    {
      name: 'text',
      description: 'command.say',
      kind: 'text',
      maxChars: 10,
      required: true,
    },
    {
      name: 'voice',
      description: 'command.say.voice',
      kind: 'text',
      maxChars: 50,
      async suggest(typed) {
        if (typed === 'slow') await new Promise(() => {});
        if (typed === 'broken') throw new Error('no voices');
        return Array.from({ length: 40 }, (_, n) => `${typed}${n}`.padEnd(120, '.'));
      },
    },
  ],
  run: () => expect.fail(),
};
const privacy: CommandGroup = {
  name: 'privacy',
  description: 'command.privacy.status',
  commands: [
    {
      name: 'allow',
      description: 'command.privacy.allow',
      shownTo: 'caller',
      options: [
        {
          name: 'for',
          description: 'command.say.voice',
          kind: 'choice',
          values: ['always', 'today'],
        },
      ],
      async run(call) {
        calls.push(call);
        return [{ id: 'consent.always', to: 'caller' }];
      },
    },
  ],
};
const button = (name: string, label: Button['label']): Button => ({
  name,
  label,
  style: 'plain',
  async run(call) {
    calls.push(call);
    return [{ id: 'stop.ok', to: 'caller' }];
  },
});
const buttons = [button('stop', 'button.stop'), button('privacy', 'button.privacy')];
const commands = [join, say, privacy];
const listening: PanelContent = {
  lines: [{ id: 'panel.listening' }],
  rows: [['stop', 'more']],
};

let discordPorts: DiscordPorts | undefined;
let opened: { readonly sandbox: Sandbox; readonly bot: Discord } | undefined;

function login() {
  if (!opened || !discordPorts) throw new Error('the sandbox is not open');
  return { ...opened, discordPorts, ann: opened.sandbox.person('Ann') };
}

async function openBot({ apiUrl, token }: Sandbox) {
  const ports = (given: DiscordPorts) => {
    discordPorts = given;
    return {
      access: { findDenial: async () => undefined },
    } as Partial<CommandPorts> as CommandPorts;
  };
  const onEvent = (event: DiscordEvent) => events.push(event);
  const options = {
    apiUrl,
    token,
    commands,
    buttons,
    panelStore,
    ports,
    onEvent,
  };
  return await openDiscord(options, never);
}

beforeAll(async () => {
  const sandbox = await openSandbox({ voice: openSilentVoice().half });
  opened = { sandbox, bot: await openBot(sandbox) };
});
afterAll(async () => {
  await opened?.bot[Symbol.asyncDispose]();
  await opened?.sandbox[Symbol.asyncDispose]();
});

test('a subcommand gets its choice, and answers its caller alone', async () => {
  const reply = await login()
    .ann.command('privacy allow', { for: 'today' })
    .answered(soon());
  expect(reply).toMatchObject({ text: formatText('consent.always'), ephemeral: true });
  expect(calls.at(-1)).toMatchObject({ words: { for: 'today' }, callerName: 'Ann' });
});

test.each([
  ['v', 25],
  ['slow', 0],
  ['broken', 0],
])(
  'what is typed (%s) is answered with %i suggestions, and none is waited for long',
  async (voice, count) => {
    const choices = await login()
      .ann.complete('say', { voice }, 'voice')
      .suggested(soon());
    expect(choices).toHaveLength(count);
    for (const { name } of (choices as Array<{ name: string }>).slice(0, 24))
      expect(name).toHaveLength(100);
  },
);

test('the answer to /join is the panel: its buttons work, it is edited in place, and moves to the next one', async () => {
  const { ann, sandbox, discordPorts: given } = login();
  const first = await ann.command('join').answered(soon());
  expect(await ann.press(first, 'parley:stop').answered(soon())).toMatchObject({
    text: formatText('stop.ok'),
    ephemeral: true,
  });
  given.panels.show(sandbox.guildId, listening);
  const shown = () => sandbox.messages('general');
  await waitUntil(
    () => shown()[0]?.text.includes(formatText('panel.listening')) ?? false,
  );
  const second = await ann.command('join').answered(soon());
  await waitUntil(() => shown().length === 1);
  expect(shown()).toMatchObject([{ id: second.id, components: [expect.anything()] }]);
  expect(shown()[0]?.text).toContain(formatText('panel.listening'));
});

test('a button of a former run works, and one nobody knows is told so in private', async () => {
  const { ann, sandbox, bot } = login();
  const panel = await ann.command('join').answered(soon());
  await bot[Symbol.asyncDispose]();
  opened = { sandbox, bot: await openBot(sandbox) };
  const pressed = await ann.press(panel, 'parley:privacy').answered(soon());
  expect(pressed.text).toBe(formatText('stop.ok'));
  const unknown = await ann.press(panel, 'parley:dance').answered(soon());
  expect(unknown).toMatchObject({ text: formatText('confirm.over'), ephemeral: true });
  const { id } = await ann.command('join').answered(soon());
  await waitUntil(
    () => !sandbox.messages('general').some((one) => one.id === panel.id),
  );
  expect(sandbox.messages('general').at(-1)?.id).toBe(id);
});

test('the bot knows a channel before it is entered', async () => {
  const { ann, sandbox, discordPorts: given } = login();
  const { guildId } = sandbox;
  const lounge = { guildId, channelId: sandbox.channelId('Lounge'), name: 'Lounge' };
  await ann.join('Lounge', soon());
  await waitUntil(() => given.places.findChannelFacts(lounge, ann.id)?.members === 1);
  expect(given.places.findChannelFacts(lounge, ann.id)).toEqual(healthyFacts);
  expect(
    given.places.findChannelFacts({ ...lounge, channelId: '1' }, ann.id),
  ).toBeUndefined();
  expect(given.places.getBotName(guildId)).toBe('Nova');
  expect(given.places.getLocale(guildId)).toBe('en');
  expect(given.places.findChannel(guildId, lounge.channelId)).toEqual(lounge);
  expect(
    given.places.findChannel(guildId, sandbox.channelId('general')),
  ).toBeUndefined();
  await ann.leave();
  sandbox.guild().permit('Lounge', '@everyone', { deny: ['connect'] });
  await waitUntil(
    () => given.places.findChannelFacts(lounge, ann.id)?.mayConnect === false,
  );
  expect(given.places.findChannelFacts(lounge, ann.id)).toMatchObject({
    callerMayEnter: false,
    mayView: true,
  });
});

test('of all requests that carried words, none could have pinged anybody', () => {
  const bodies = login()
    .sandbox.requests()
    .map(({ body }) => body as { data?: object; content?: string } | undefined)
    .map(
      (body) =>
        (body?.data ?? body) as { content?: string; allowed_mentions?: unknown },
    )
    .filter((body) => typeof body?.content === 'string');
  expect(bodies.length).toBeGreaterThan(8);
  for (const body of bodies) {
    expect(body.allowed_mentions).toMatchObject({ parse: [] });
    expect(body.content).not.toMatch(/@everyone|\u202e/);
  }
});
