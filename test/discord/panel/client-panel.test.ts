import type { Sandbox } from '#sandbox/sandbox.ts';
import { toChannelId } from '#src/base/ids.ts';
import type { Discord, DiscordPorts } from '#src/discord/client.ts';
import type {
  Button,
  Command,
  CommandCall,
  CommandGroup,
  CommandPorts,
} from '#src/features/command.ts';
import { Owned } from '#src/people/owned.ts';
import type { PanelContent } from '#src/ports/panel.ts';
import { formatText } from '#src/texts/texts.ts';
import { openDiscord } from '#test/discord/setup/open-discord.ts';
import { waitUntil } from '#test/discord/setup/sandbox-login.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';
import { openMemoryStores } from '#test/fakes/memory-stores.ts';
import { openAccess } from '#test/fakes/open-access.ts';
import { openSilentSandbox } from '#test/sandbox/voice/silent-voice.ts';

const never = new AbortController().signal;
const soon = () => AbortSignal.timeout(30_000);
const calls: CommandCall[] = [];
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
          name: 'mode',
          description: 'command.say.voice',
          kind: 'choice',
          values: ['captions'],
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

type Person = ReturnType<typeof login>['ann'];

function login() {
  if (!opened || !discordPorts) throw new Error('the sandbox is not open');
  return { ...opened, discordPorts, ann: opened.sandbox.person('Ann') };
}

async function openBot({ apiUrl, token }: Sandbox) {
  const createPorts = (given: DiscordPorts) => {
    discordPorts = given;
    return openAccess as CommandPorts;
  };
  const onEvent = () => undefined;
  const handlers = { commands, buttons };
  const options = { apiUrl, token, ...handlers, panelStore, createPorts, onEvent };
  return await openDiscord(options, never);
}

beforeAll(async () => {
  const sandbox = await openSilentSandbox();
  opened = { sandbox, bot: await openBot(sandbox) };
});
afterAll(async () => {
  await opened?.bot[Symbol.asyncDispose]();
  await opened?.sandbox[Symbol.asyncDispose]();
});

/** Ann runs a command, and it is answered. */
const call = (...command: Parameters<Person['command']>) =>
  login()
    .ann.command(...command)
    .waitForAnswer(soon());

test('a subcommand gets its choice, and answers its caller alone', async () => {
  const reply = await call('privacy allow', { mode: 'captions' });
  expect(reply).toMatchObject({ text: formatText('consent.always'), ephemeral: true });
  expect(calls.at(-1)).toMatchObject({
    inputs: { mode: 'captions' },
    caller: { name: 'Ann' },
  });
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
      .waitForSuggestions(soon());
    expect(choices).toHaveLength(count);
    for (const { name } of (choices as Array<{ name: string }>).slice(0, 24))
      expect(name).toHaveLength(100);
  },
);

test('the answer to /join is the panel: its buttons work, it is edited in place, and moves to the next one', async () => {
  const { ann, sandbox, discordPorts: given } = login();
  const stopped = await ann
    .press(await call('join'), 'parley:stop')
    .waitForAnswer(soon());
  expect(stopped).toMatchObject({ text: formatText('stop.ok'), ephemeral: true });
  const channelId = sandbox.channelId('Lounge');
  given.panels.show(sandbox.guildId, new Owned(listening, { channelId }));
  const shown = () => sandbox.messages('general');
  const text = expect.stringContaining(formatText('panel.listening'));
  await expect.poll(shown).toMatchObject([{ text }]);
  const { id } = await call('join');
  await waitUntil(() => shown().length === 1);
  expect(shown()).toMatchObject([{ id, text, components: [expect.anything()] }]);
});

test('a button of a former run works, and one nobody knows is told so in private', async () => {
  const { ann, sandbox, bot } = login();
  const panel = await call('join');
  await bot[Symbol.asyncDispose]();
  opened = { sandbox, bot: await openBot(sandbox) };
  const pressed = await ann.press(panel, 'parley:privacy').waitForAnswer(soon());
  expect(pressed.text).toBe(formatText('stop.ok'));
  const unknown = await ann.press(panel, 'parley:dance').waitForAnswer(soon());
  expect(unknown).toMatchObject({ text: formatText('confirm.over'), ephemeral: true });
  const { id } = await call('join');
  const shown = () => sandbox.messages('general').map((one) => one.id);
  await expect.poll(shown).not.toContain(panel.id);
  expect(shown().at(-1)).toBe(id);
});

test('the bot knows a channel before it is entered', async () => {
  const { ann, sandbox, discordPorts } = login();
  const { places } = discordPorts;
  const { guildId } = sandbox;
  const lounge = { guildId, channelId: sandbox.channelId('Lounge'), name: 'Lounge' };
  await ann.join('Lounge', soon());
  const facts = (channelId = lounge.channelId) =>
    places.findChannelFacts({ ...lounge, channelId }, ann.id);
  await waitUntil(() => facts()?.members === 1);
  expect(facts()).toEqual(healthyFacts);
  expect(facts(toChannelId('1'))).toBeUndefined();
  expect(places.getBotName(guildId)).toBe('Nova');
  expect(places.getLocale(guildId)).toBe('en');
  expect(places.findChannel(guildId, lounge.channelId)).toEqual(lounge);
  expect(places.findChannel(guildId, sandbox.channelId('general'))).toBeUndefined();
  sandbox.guild().permit('Lounge', '@everyone', { deny: ['sendMessages'] });
  await waitUntil(() => facts()?.mayWrite === false);
  sandbox.guild().permit('Lounge', '@everyone', { allow: ['sendMessages'] });
  await waitUntil(() => facts()?.mayWrite === true);
  await ann.leave();
  sandbox.guild().permit('Lounge', '@everyone', { deny: ['connect'] });
  await waitUntil(() => facts()?.mayConnect === false);
  expect(facts()).toMatchObject({ callerMayEnter: false, mayView: true });
});

test('of all requests that carried words, none could have pinged anybody', () => {
  const bodies = login()
    .sandbox.requests()
    .map(({ body }) => Object(body).data ?? Object(body))
    .filter(({ content }) => typeof content === 'string');
  expect(bodies.length).toBeGreaterThan(8);
  for (const body of bodies) {
    expect(body.allowed_mentions).toMatchObject({ parse: [] });
    expect(body.content).not.toMatch(/@everyone|\u202e/);
  }
});
