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
import { openAccess, openDiscord } from '#test/discord/setup/open-discord.ts';
import { waitUntil } from '#test/discord/setup/sandbox-login.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';
import { openMemoryStores } from '#test/fakes/memory-stores.ts';
import { openSilentSandbox } from '#test/sandbox/voice/silent-voice.ts';

const never = new AbortController().signal;
const expireSoon = () => AbortSignal.timeout(30_000);
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
const makeButton = (name: string, label: Button['label']): Button => ({
  name,
  label,
  style: 'plain',
  async run(call) {
    calls.push(call);
    return [{ id: 'stop.ok', to: 'caller' }];
  },
});
const buttons = [
  makeButton('stop', 'button.stop'),
  makeButton('privacy', 'button.privacy'),
];
const commands = [join, say, privacy];
const listening: PanelContent = {
  lines: [{ id: 'panel.listening' }],
  rows: [['stop', 'more']],
};

let discordPorts: DiscordPorts | undefined;
let opened: { readonly sandbox: Sandbox; readonly bot: Discord } | undefined;

type Person = ReturnType<typeof getLogin>['ann'];

function getLogin() {
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
const callCommand = (...command: Parameters<Person['command']>) =>
  getLogin()
    .ann.command(...command)
    .waitForAnswer(expireSoon());

test('a subcommand gets its choice, and answers its caller alone', async () => {
  const reply = await callCommand('privacy allow', { mode: 'captions' });
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
    const choices = await getLogin()
      .ann.complete('say', { voice }, 'voice')
      .waitForSuggestions(expireSoon());
    expect(choices).toHaveLength(count);
    for (const { name } of (choices as Array<{ name: string }>).slice(0, 24))
      expect(name).toHaveLength(100);
  },
);

test('the answer to /join is the panel: its buttons work, it is edited in place, and moves to the next one', async () => {
  const { ann, sandbox, discordPorts: given } = getLogin();
  const stopped = await ann
    .press(await callCommand('join'), 'parley:stop')
    .waitForAnswer(expireSoon());
  expect(stopped).toMatchObject({ text: formatText('stop.ok'), ephemeral: true });
  const channelId = sandbox.channelId('Lounge');
  given.panels.show(sandbox.guildId, new Owned(listening, { channelId }));
  const listShown = () => sandbox.messages('general');
  const text = expect.stringContaining(formatText('panel.listening'));
  await expect.poll(listShown).toMatchObject([{ text }]);
  const { id } = await callCommand('join');
  await waitUntil(() => listShown().length === 1);
  expect(listShown()).toMatchObject([{ id, text, components: [expect.anything()] }]);
});

test('a button of a former run works, and one nobody knows is told so in private', async () => {
  const { ann, sandbox, bot } = getLogin();
  const panel = await callCommand('join');
  await bot[Symbol.asyncDispose]();
  opened = { sandbox, bot: await openBot(sandbox) };
  const pressed = await ann.press(panel, 'parley:privacy').waitForAnswer(expireSoon());
  expect(pressed.text).toBe(formatText('stop.ok'));
  const unknown = await ann.press(panel, 'parley:dance').waitForAnswer(expireSoon());
  expect(unknown).toMatchObject({ text: formatText('confirm.over'), ephemeral: true });
  const { id } = await callCommand('join');
  const listShownIds = () => sandbox.messages('general').map((message) => message.id);
  await expect.poll(listShownIds).not.toContain(panel.id);
  expect(listShownIds().at(-1)).toBe(id);
});

test('the bot knows a channel before it is entered', async () => {
  const { ann, sandbox, discordPorts } = getLogin();
  const { places } = discordPorts;
  const { guildId } = sandbox;
  const lounge = { guildId, channelId: sandbox.channelId('Lounge'), name: 'Lounge' };
  await ann.join('Lounge', expireSoon());
  const findFacts = (channelId = lounge.channelId) =>
    places.findChannelFacts({ ...lounge, channelId }, ann.id);
  await waitUntil(() => findFacts()?.members === 1);
  expect(findFacts()).toEqual(healthyFacts);
  expect(findFacts(toChannelId('1'))).toBeUndefined();
  expect(places.getBotName(guildId)).toBe('Nova');
  expect(places.getLocale(guildId)).toBe('en');
  expect(places.findChannel(guildId, lounge.channelId)).toEqual(lounge);
  expect(places.findChannel(guildId, sandbox.channelId('general'))).toBeUndefined();
  sandbox.guild().permit('Lounge', '@everyone', { deny: ['sendMessages'] });
  await waitUntil(() => findFacts()?.mayWrite === false);
  sandbox.guild().permit('Lounge', '@everyone', { allow: ['sendMessages'] });
  await waitUntil(() => findFacts()?.mayWrite === true);
  await ann.leave();
  sandbox.guild().permit('Lounge', '@everyone', { deny: ['connect'] });
  await waitUntil(() => findFacts()?.mayConnect === false);
  expect(findFacts()).toMatchObject({ callerMayEnter: false, mayView: true });
});

test('of all requests that carried words, none could have pinged anybody', () => {
  const bodies = getLogin()
    .sandbox.requests()
    .map(({ body }) => Object(body).data ?? Object(body))
    .filter(({ content }) => typeof content === 'string');
  expect(bodies.length).toBeGreaterThan(8);
  for (const body of bodies) {
    expect(body.allowed_mentions).toMatchObject({ parse: [] });
    expect(body.content).not.toMatch(/@everyone|\u202e/);
  }
});
