import { buttons } from '#commands/buttons.ts';
import type { ChannelId } from '#src/base/ids.ts';
import { drawPanel } from '#src/discord/panel/panels.ts';
import type { Command } from '#src/features/command.ts';
import { describeTrackPanel } from '#src/features/tracks/session-tracks.ts';
import type { ListedTrack } from '#src/features/tracks/track-request-outcomes.ts';
import { Owned } from '#src/people/owned.ts';
import type { PanelContent } from '#src/ports/panel.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';
import { openSandboxBot } from '#test/discord/setup/open-discord.ts';

const known = new Map(buttons.map((button) => [button.name, button]));
const listening: PanelContent = {
  lines: [{ id: 'panel.listening' }],
  rows: [['ask', 'stop', 'more']],
};

const rain: ListedTrack = {
  name: 'bg',
  percent: 30,
  isPaused: false,
  isMuted: false,
  current: { title: 'rain', positionMs: 40_000, lengthMs: 125_000, loop: false },
  waiting: [],
};
const sea = { ...rain, name: 'main' };

test('the sentence of a panel stands until its content is known, and no longer', () => {
  const anew = { id: 'seat.returned.anew' } as const;
  const drawLines = (head: TextLine | undefined, content?: PanelContent) =>
    drawPanel(head, content, 'en', known).content.split('\n');
  expect(drawLines(anew)).toEqual([formatText('seat.returned.anew')]);
  expect(drawLines(anew, listening)).toEqual(['Listening']);
});

test('a second row of buttons steers the first track while there is one', () => {
  const rowsIn = (tracks: readonly ListedTrack[]) =>
    drawPanel(
      undefined,
      {
        ...listening,
        rows: [['stop'], describeTrackPanel(tracks, 'en').buttons ?? []],
      },
      'en',
      known,
    ).components?.map(({ components }) =>
      components.map(({ custom_id }) => custom_id.replace('parley:', '')),
    ) ?? [];
  expect(rowsIn([])).toHaveLength(1);
  expect(rowsIn([rain, sea])[1]).toEqual(['track.pause:bg', 'track.skip:bg']);
  expect(rowsIn([sea])[1]?.[0]).toBe('track.pause:main');
  for (const name of rowsIn([{ ...rain, name: '雨 '.repeat(37) }])[1] ?? [])
    expect(`parley:${name}`.length).toBeLessThanOrEqual(100);
});

test.each(['\n', '\r\n', '\v', '\u0085', '\u2028'])(
  'a name with a line break (%j) forges no line of the panel',
  (lineBreak) => {
    const forged = `Ann${lineBreak}I hear: Eve`;
    const drawSpeaking = (name: string) => {
      const lines = [{ id: 'panel.speaking', with: { name } } as const];
      return drawPanel(undefined, { ...listening, lines }, 'en', known).content.split(
        '\n',
      );
    };
    expect(drawSpeaking(forged)).toHaveLength(drawSpeaking('Ann').length);
  },
);

const expireSoon = () => AbortSignal.timeout(30_000);

/** `/join` as its reply becomes a panel, without a voice connection. */
const join: Command = {
  name: 'join',
  description: 'command.join',
  shownTo: 'room',
  options: [],
  run: async () => [{ id: 'panel.elsewhere', to: 'room', panel: true }],
};

const toContent = (channel: string): PanelContent => ({
  lines: [
    { id: 'join.ok', with: { channel } },
    { id: 'panel.heard', with: { name: 'Bob', words: 'the party' } },
    { id: 'panel.people.yes', with: { names: 'Bob' } },
  ],
  rows: [['stop', 'more'], ['consent.always', 'consent.never'], ['captions']],
});

/** A bot in a server with an open Lounge, a Workshop that only the bot and its people see, and #general. */
async function openBot() {
  const bot = await openSandboxBot([join], undefined, buttons);
  onTestFinished(() => bot[Symbol.asyncDispose]());
  const { guildId } = bot.lounge;
  const guild = bot.sandbox.guild();
  const showPrivate = (name: string) => {
    const rights = ['viewChannel', 'connect', 'sendMessages', 'readHistory'] as const;
    guild.permit(name, 'Nova', { allow: [...rights] });
    guild.permit(name, '@everyone', { deny: ['viewChannel'] });
  };
  showPrivate('Workshop');
  const toRef = (name: string) => ({
    guildId,
    channelId: bot.sandbox.channelId(name),
    name,
  });
  const [lounge, workshop] = [toRef('Lounge'), toRef('Workshop')];
  const isWider = () => !bot.places.isNoWider(toRef('general'), workshop);
  await expect.poll(isWider).toBe(true);
  const listMessages = (channel: string) => bot.sandbox.messages(channel);
  return {
    ...bot,
    guild,
    workshop,
    lounge,
    showPrivate,
    read: listMessages,
    /** The session shows its panel. */
    show: ({ channelId, name }: { channelId: ChannelId; name: string }) =>
      bot.panels.show(guildId, new Owned(toContent(name), { channelId })),
    joinFromGeneral: () =>
      bot.sandbox.person('Ann').command('join').waitForAnswer(expireSoon()),
  };
}

const textsIn = (messages: readonly { readonly text: string }[]) =>
  messages.map(({ text }) => text).join('\n');
const buttonsOf = (message: { readonly components?: unknown } | undefined) =>
  JSON.stringify(message?.components ?? []);

test('the panel of a private channel stands in its chat, and a reply elsewhere names neither the channel nor its people', async () => {
  const bot = await openBot();
  bot.show(bot.workshop);
  await bot.joinFromGeneral();
  await expect.poll(() => textsIn(bot.read('Workshop'))).toContain('Hearing: Bob');
  const [reply] = bot.read('general');
  expect(reply?.text).toBe(formatText('panel.elsewhere'));
  for (const name of ['stop', 'consent.always', 'consent.never'])
    expect(buttonsOf(reply)).toContain(`parley:${name}`);
  expect(buttonsOf(reply)).not.toContain('captions');
  bot.panels.showLeft(bot.lounge.guildId);
  await expect
    .poll(() => textsIn([...bot.read('general'), ...bot.read('Workshop')]))
    .toBe([1, 2].map(() => formatText('leave.nowhere')).join('\n'));
});

test('where each reader may open the channel, the panel shows its people, but not what they asked', async () => {
  const bot = await openBot();
  bot.show(bot.lounge);
  await bot.joinFromGeneral();
  const text = textsIn(bot.read('general'));
  expect(text).toContain('In Lounge');
  expect(text).toContain('Hearing: Bob');
  expect(text).not.toContain('the party');
  expect(bot.read('Lounge')).toEqual([]);
});

test('a bot that is moved has a panel in the new chat, and the former one says where it went without buttons', async () => {
  const bot = await openBot();
  bot.show(bot.lounge);
  await bot.panels.postPanel(bot.lounge, { id: 'panel.elsewhere' });
  expect(textsIn(bot.read('Lounge'))).toContain('the party');
  bot.show(bot.workshop);
  await expect.poll(() => textsIn(bot.read('Workshop'))).toContain('In Workshop');
  await expect
    .poll(() => textsIn(bot.read('Lounge')))
    .toBe(formatText('moved.elsewhere'));
  expect(buttonsOf(bot.read('Lounge')[0])).toBe('[]');
  bot.show(bot.lounge);
  const named = formatText('moved', { channel: 'Lounge' });
  await expect.poll(() => textsIn(bot.read('Workshop'))).toBe(named);
  await expect.poll(() => bot.read('Lounge').length).toBe(2);
  expect(bot.read('Lounge')[1]?.text).toContain('the party');
  expect(bot.read('Lounge')[0]?.text).toBe(formatText('moved.elsewhere'));
});

test('where the bot may not write in the chat of a private channel, the panel elsewhere goes on with its buttons alone', async () => {
  const bot = await openBot();
  bot.guild.permit('Workshop', 'Nova', {
    allow: ['viewChannel'],
    deny: ['sendMessages'],
  });
  bot.show(bot.lounge);
  await bot.joinFromGeneral();
  bot.show(bot.workshop);
  await expect
    .poll(() => textsIn(bot.read('general')))
    .toBe(formatText('panel.elsewhere'));
  expect(buttonsOf(bot.read('general')[0])).toContain('parley:stop');
  expect(bot.read('Workshop')).toEqual([]);
});

test('names vanish from a panel elsewhere as soon as its channel becomes private', async () => {
  const bot = await openBot();
  bot.show(bot.lounge);
  await bot.joinFromGeneral();
  bot.showPrivate('Lounge');
  await expect
    .poll(() => textsIn(bot.read('general')))
    .toBe(formatText('panel.elsewhere'));
  await expect.poll(() => textsIn(bot.read('Lounge'))).toContain('Hearing: Bob');
});

test('a reason to stay away names the channel only to those who may open it', async () => {
  const bot = await openBot();
  bot.show(bot.lounge);
  await bot.joinFromGeneral();
  const line = { id: 'seat.outdated', with: { channel: 'Workshop' } } as const;
  bot.panels.showLeft(bot.lounge.guildId, new Owned(line, bot.workshop));
  await expect
    .poll(() => textsIn(bot.read('general')))
    .toBe(formatText('leave.nowhere'));
});
