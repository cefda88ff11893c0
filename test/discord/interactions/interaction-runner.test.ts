import { MessageFlags } from 'discord.js';
import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { Button, Replies } from '#src/conversation/command.ts';
import type { Form } from '#src/conversation/ports/form.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import {
  type AnswerableInteraction,
  InteractionRunner,
  type Invocation,
} from '#src/discord/interactions/interaction-runner.ts';
import type { MessageBody } from '#src/discord/interactions/rendering.ts';
import { text } from '#src/texts/texts.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

const stop: Button = {
  name: 'stop',
  label: 'button.stop',
  style: 'danger',
  run: async () => [{ id: 'stop.ok', to: 'caller' }],
};
const joined: Replies = [
  { id: 'join.ok', with: { channel: 'Lobby' }, to: 'room' },
  { id: 'join.consent', to: 'caller' },
];
type Flags = { readonly content?: string; readonly flags?: MessageFlags };

/** A desk, and a notebook of what was said to Discord. */
function open(failing: readonly string[] = []) {
  const timing = new SteppedTiming();
  const said: Array<readonly [string, string?]> = [];
  const messages: MessageBody[] = [];
  const panels: string[] = [];
  const events: DiscordEvent[] = [];
  const say =
    (how: string) =>
    async (message: Flags = {}) => {
      const isPrivate = message.flags === MessageFlags.Ephemeral;
      if (failing.includes(how)) throw new Error('Unknown interaction');
      if (message.content !== undefined) messages.push(message as MessageBody);
      const words = isPrivate ? ['(private)', message.content].join(' ').trim() : message.content;
      said.push(words === undefined ? [how] : [how, words]);
      return { channelId: 'c', messageId: how };
    };
  const runner = new InteractionRunner({
    buttons: new Map([['stop', stop]]),
    panels: {
      dressed: (_, head) => ({ content: `${head} with a face`, allowedMentions: { parse: [] } }),
      put: (guildId, { messageId }, head) => panels.push(`${guildId} ${messageId} ${head}`),
    },
    timing,
    report: (event) => events.push(event),
  });
  const asked = (id = '1'): AnswerableInteraction => ({
    id,
    reply: say('reply'),
    deferReply: say('defer'),
    update: say('update'),
    deferUpdate: say('defer update'),
    editReply: say('edit'),
    deleteReply: say('delete'),
    followUp: say('follow'),
    openForm: async ({ name }) => {
      if (failing.includes('form')) throw new Error('Unknown interaction');
      said.push(['form', name]);
    },
    replyExpired: async () => void said.push(['expired']),
  });
  const answer = (run: Invocation['run'], more: Partial<Invocation> = {}, id = '1') =>
    runner.answer(asked(id), {
      name: 'join',
      guildId: 'g',
      languages: { caller: 'en', room: 'en' },
      shownTo: 'room',
      run,
      ...more,
    });
  return { answer, timing, said, messages, panels, events };
}

test('the first reply answers the command, the others follow it, private ones privately', async () => {
  const { answer, said } = open();
  await answer(async () => joined);
  expect(said).toEqual([
    ['reply', text('join.ok', { channel: 'Lobby' })],
    ['follow', `(private) ${text('join.consent')}`],
  ]);
});

test('everybody reads the language of the server, the caller reads their own', async () => {
  const { answer, said } = open();
  await answer(async () => joined, { languages: { caller: 'de', room: 'en' } });
  expect(said).toEqual([
    ['reply', text('join.ok', { channel: 'Lobby' }, 'en')],
    ['follow', `(private) ${text('join.consent', {}, 'de')}`],
  ]);
});

test('a command that needs longer than 250 ms shows as thinking, and is answered in that place', async () => {
  const slow = Promise.withResolvers<Replies>();
  const { answer, timing, said } = open();
  const answering = answer(() => slow.promise);
  timing.passMs(249);
  expect(said).toEqual([]);
  timing.passMs(1);
  slow.resolve(joined);
  await answering;
  expect(said.map(([how]) => how)).toEqual(['defer', 'edit', 'follow']);
});

test.each([
  ['in time', 0, ['update']],
  ['late', 250, ['defer update', 'edit']],
])('an answer in place changes the message that was used, %s', async (_, ms, hows) => {
  const slow = Promise.withResolvers<Replies>();
  const { answer, timing, said } = open();
  const answering = answer(() => slow.promise, { inPlace: true });
  timing.passMs(ms);
  slow.resolve([{ id: 'stop.ok', to: 'caller', inPlace: true }]);
  await answering;
  expect(said.map(([how]) => how)).toEqual(hows);
});

test.each([
  ['in time', 0, ['reply']],
  ['late', 250, ['defer update', 'follow']],
])('a refusal leaves that message as it is, %s', async (_, ms, hows) => {
  const slow = Promise.withResolvers<Replies>();
  const { answer, timing, said } = open();
  const answering = answer(() => slow.promise, { inPlace: true });
  timing.passMs(ms);
  slow.resolve([{ id: 'perm.manage', to: 'caller' }]);
  await answering;
  expect(said.map(([how]) => how)).toEqual(hows);
  expect(said.at(-1)?.[1]).toBe(`(private) ${text('perm.manage')}`);
});

test('a command may say what it is about instead of showing as thinking', async () => {
  const slow = Promise.withResolvers<Replies>();
  const { answer, timing, said } = open();
  const meanwhile = () => ({ id: 'ask.thinking', with: { question: 'why?' } }) as const;
  const answering = answer(() => slow.promise, { meanwhile });
  timing.passMs(250);
  slow.resolve([{ id: 'ask.answer', with: { answer: 'so' }, to: 'room' }]);
  await answering;
  expect(said).toEqual([
    ['reply', text('ask.thinking', { question: 'why?' })],
    ['edit', 'so'],
  ]);
});

test('what only the caller may see is thought about in private', async () => {
  const slow = Promise.withResolvers<Replies>();
  const { answer, timing, said } = open();
  const answering = answer(() => slow.promise, { shownTo: 'caller' });
  timing.passMs(250);
  slow.resolve([{ id: 'join.none', to: 'caller' }]);
  await answering;
  expect(said).toEqual([
    ['defer', '(private)'],
    ['edit', text('join.none')],
  ]);
});

test.each(['room', 'caller'] as const)(
  'thinking that was shown to the %s is taken away when the answer is for somebody else',
  async (shownTo) => {
    const slow = Promise.withResolvers<Replies>();
    const { answer, timing, said } = open();
    const answering = answer(() => slow.promise, { shownTo });
    timing.passMs(250);
    slow.resolve([{ id: 'join.none', to: shownTo === 'room' ? 'caller' : 'room' }]);
    await answering;
    expect(said.map(([how]) => how)).toEqual(['defer', 'delete', 'follow']);
    expect(said[2]?.[1]?.includes('(private)')).toBe(shownTo === 'room');
  },
);

test('a private answer is not given at all where it would appear in public', async () => {
  const slow = Promise.withResolvers<Replies>();
  const { answer, timing, said, events } = open(['delete']);
  const answering = answer(() => slow.promise);
  timing.passMs(250);
  slow.resolve([{ id: 'join.none', to: 'caller' }]);
  await answering;
  expect(said.map(([how]) => how)).toEqual(['defer']);
  expect(events).toMatchObject([{ kind: 'command-failed', code: 'discord.unreachable' }]);
});

test('sentences stand under each other, and buttons under them', async () => {
  const { answer, messages } = open();
  const lines = [{ id: 'help.ask' }, { id: 'help.stop' }] as const;
  await answer(async () => [{ id: 'help.start', lines, buttons: ['stop'], to: 'room' }]);
  const [message] = messages;
  expect(message?.content.split('\n')).toEqual([
    text('help.start'),
    text('help.ask'),
    text('help.stop'),
  ]);
  expect(message?.components).toMatchObject([
    { components: [{ custom_id: 'parley:stop', label: text('button.stop'), style: 4 }] },
  ]);
});

test('the reply that is a panel gets its face at once, and is handed over', async () => {
  const { answer, messages, panels } = open();
  await answer(async () => [
    { id: 'join.ok', with: { channel: 'Lobby' }, to: 'room', panel: true },
    { id: 'join.consent', to: 'caller' },
  ]);
  const head = text('join.ok', { channel: 'Lobby' });
  expect(messages[0]?.content).toBe(`${head} with a face`);
  expect(panels).toEqual([`g reply ${head}`]);
});

test('no message pings anybody, whatever it says', async () => {
  const { answer, messages } = open();
  await answer(async () => [
    { id: 'ask.answer', with: { answer: '@everyone <@1> <@&2>' }, to: 'room' },
    { id: 'join.none', to: 'caller' },
  ]);
  for (const { allowedMentions } of messages) expect(allowedMentions).toEqual({ parse: [] });
  expect(messages[0]?.content).not.toContain('@everyone');
});

test('a command that fails is answered with a code and reported', async () => {
  const error = new BotError('link.lost', true, 'gone');
  const { answer, said, events } = open();
  await answer(() => {
    throw error;
  });
  expect(said).toEqual([['reply', `(private) ${text('generic', { code: 'link.lost' })}`]]);
  expect(events[0]).toEqual({ kind: 'command-failed', name: 'join', code: 'link.lost', error });
});

test('a reply with a button nobody knows is a defect, and told as one', async () => {
  const { answer, said } = open();
  await answer(async () => [{ id: 'help.start', buttons: ['dance'], to: 'room' }]);
  expect(said[0]?.[1]).toContain('internal');
});

test('a command that never ends is answered after a minute', async () => {
  const { answer, timing, said } = open();
  const answering = answer(() => new Promise(() => {}));
  timing.passMs(60_000);
  await answering;
  expect(said.at(-1)?.[1]).toContain('internal');
});

test('a command that may hold up the thread shows as thinking before it begins', async () => {
  const { answer, said } = open();
  const run = async (): Promise<Replies> => {
    said.push(['run']);
    return [{ id: 'join.none', to: 'caller' }];
  };
  await answer(run, { shownTo: 'caller', thinksFirst: true });
  expect(said.map(([how]) => how)).toEqual(['defer', 'run', 'edit']);
});

test('a command that says it may take longer is waited for that long', async () => {
  const slow = Promise.withResolvers<Replies>();
  const { answer, timing, said } = open();
  const answering = answer(() => slow.promise, { shownTo: 'caller', longestMs: 14 * 60_000 });
  timing.passMs(14 * 60_000 - 1);
  slow.resolve([{ id: 'recap.none', to: 'caller' }]);
  await answering;
  expect(said.at(-1)).toEqual(['edit', text('recap.none')]);
  const late = answer(() => new Promise(() => {}), { longestMs: 14 * 60_000 }, '2');
  timing.passMs(14 * 60_000);
  await late;
  expect(said.at(-1)?.[1]).toContain('internal');
});

test('an interaction delivered twice is answered once', async () => {
  const { answer, said } = open();
  const run = async (): Promise<Replies> => [{ id: 'join.none', to: 'caller' }];
  await Promise.all([answer(run), answer(run)]);
  expect(said).toHaveLength(1);
});

test('an answer Discord does not take is reported and throws nothing', async () => {
  const { answer, events } = open(['reply']);
  await answer(async () => joined);
  expect(events).toMatchObject([{ kind: 'command-failed', code: 'discord.unreachable' }]);
});

const form: Form = { name: 'persona', title: 'form.persona.edit', inputs: [] };

test('a form is the answer, and nothing else runs', async () => {
  const { answer, events, said } = open();
  let ran = 0;
  await answer(async () => [{ id: 'stop.ok', to: `${ran++ ? 'room' : 'caller'}` }], {
    form: async () => form,
  });
  expect([said, ran]).toEqual([[['form', 'persona']], 0]);
  expect(events).toMatchObject([{ kind: 'command', name: 'join' }]);
});

test.each<[string, Invocation['form'], readonly string[]]>([
  ['there is none', async () => undefined, []],
  ['it cannot be made', () => Promise.reject(new Error('no store')), []],
  ['Discord does not take it', async () => form, ['form']],
])('where %s, the command runs', async (_, find, failing) => {
  const { answer, said } = open(failing);
  await answer(async () => [{ id: 'stop.ok', to: 'caller' }], { ...(find && { form: find }) });
  expect(said).toEqual([['reply', `(private) ${text('stop.ok')}`]]);
});

test('a form that is late for Discord is not waited for', async () => {
  const { answer, said, timing } = open();
  const answering = answer(async () => [{ id: 'stop.ok', to: 'caller' }], {
    form: () => new Promise(() => undefined),
  });
  timing.passMs(1_500);
  await answering;
  expect(said).toEqual([['reply', `(private) ${text('stop.ok')}`]]);
});
