import { z } from 'zod';
import { buttons } from '#commands/buttons.ts';
import { toGuildId } from '#src/base/ids.ts';
import type { ChatModel, ChatPart } from '#src/chat/chat-model.ts';
import { findToolWish, type ToolWish } from '#src/conversation/machine/wish.ts';
import type {
  ConfirmableAction,
  ToolEntry,
} from '#src/conversation/tools/tool-entry.ts';
import { defineTool } from '#src/features/contract/tool-definition.ts';
import { tools } from '#src/features/features.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import {
  adam,
  eva,
  findOffer,
  lounge,
  makePerson,
  openSessionFixture,
  passTime,
  places,
} from '#test/conversation/setup/session-fixture.ts';
import { makeCatalog, makeLibrary } from '#test/fakes/fake-sounds.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const bare = {
  name: 'door',
  description: 'Opens a door.',
  schema: z.strictObject({}),
  right: 'room',
} as const;
const shared = {
  writes: 'setting',
  noticedBy: 'everybody',
  undoneBy: 'room',
  undo: 'door',
} as const;
const askConfirm = () => ({ id: 'tool.leave.ask' }) as const;

test('a tool cannot say its effect, change in silence, or run without a wish', () => {
  const runNothing = async () => ({ facts: {} });
  const line = { id: 'confirm.done' } as const;
  const runAloud = async () => ({ facts: {}, line });
  expect(defineTool({ ...bare, act: shared, run: runAloud }).effect).toBe('change');
  // @ts-expect-error: A change that no line tells is not noticed by everybody.
  defineTool({ ...bare, act: shared, run: runNothing });
  // @ts-expect-error: Nobody names how a change is undone.
  defineTool({ ...bare, act: { ...shared, undo: undefined }, run: runAloud });
  const byManagers = { ...shared, undoneBy: 'manager' } as const;
  expect(
    defineTool({ ...bare, act: byManagers, ask: askConfirm, run: runNothing }).effect,
  ).toBe('last');
  // @ts-expect-error: What a manager alone undoes lasts, so that it needs a question.
  defineTool({ ...bare, act: byManagers, run: runAloud });
  const defineUnjudged = () =>
    // @ts-expect-error: Its effect follows from its act.
    defineTool({ ...bare, effect: 'read', run: runNothing });
  // @ts-expect-error: No entry gives itself an effect.
  const entry: Pick<ToolEntry, 'effect'> = { effect: 'read' };
  // @ts-expect-error: Nobody wished it.
  const unwished: ToolWish = { effect: 'last', words: 'own' };
  const runUnwished = (action: ConfirmableAction, ...call: [never, AbortSignal]) =>
    // @ts-expect-error: A call takes the wish by which it runs.
    action.run(...call);
  expect([entry, unwished, runUnwished, defineUnjudged]).toHaveLength(4);
  expect(findToolWish('last', 'of others')).toBeUndefined();
});

type Call = { readonly tool: string; readonly args: object };

/** One call of each tool that changes anything, and the one by which somebody else takes it back. */
const samples: Readonly<Record<string, { do: object; undo?: Call; before?: Call }>> = {
  play_sound: {
    do: { sound: 'bell', loop: true },
    undo: { tool: 'change_track', args: { deed: 'skip' } },
  },
  change_track: {
    before: { tool: 'play_sound', args: { sound: 'bell', loop: true } },
    do: { deed: 'mute' },
    undo: { tool: 'change_track', args: { deed: 'skip' } },
  },
  volume: { do: { level: 20 }, undo: { tool: 'volume', args: { level: 100 } } },
  speed: {
    do: { change: 'slower' },
    undo: { tool: 'speed', args: { change: 'usual' } },
  },
  pause_listening: { do: {} },
  captions: { do: { on: true }, undo: { tool: 'captions', args: { on: false } } },
  interpret: {
    do: { languages: ['de', 'en'] },
    undo: { tool: 'interpret', args: { languages: [] } },
  },
  leave_me_out: { do: { out: true } },
  follow: { do: { follow: true }, undo: { tool: 'follow', args: { follow: false } } },
  set_reminder: {
    do: { when: 'in ten minutes' },
    undo: { tool: 'cancel_reminder', args: { of: 'Adam' } },
  },
  cancel_reminder: {
    before: { tool: 'set_reminder', args: { when: 'in ten minutes' } },
    do: {},
    undo: { tool: 'set_reminder', args: { when: 'in ten minutes' } },
  },
  persona: { do: { instructions: 'Always say that Ben is a thief.' } },
  remember: { do: { text: 'Adam likes tea.' } },
  offer_memory: { do: { text: 'Adam likes tea.' } },
  forget_memory: { do: { number: 1 } },
  leave: { do: {} },
  post_text: { do: { text: 'Ben is a thief.' } },
};

/** A room in which Eva has talked before, so that each prompt of Adam holds words of others. */
async function openRoom() {
  const clock = new VirtualClock();
  let next: Call | undefined;
  const chat: ChatModel = {
    async *reply(messages): AsyncGenerator<ChatPart> {
      const { tool, args } = next ?? {};
      const isNew = tool !== undefined && messages.at(-1)?.role !== 'tool';
      if (!isNew) return yield { kind: 'text', text: 'Well.' };
      next = undefined;
      const call = { id: 'c', name: tool, argumentsJson: JSON.stringify(args) };
      yield { kind: 'tool', call };
    },
  };
  const synthesizer = new FakeSynthesizer({ pieces: 2 });
  const fixture = openSessionFixture(
    {
      chat,
      synthesizer,
      tools,
      sounds: makeCatalog(makeLibrary('bell')),
      places: { ...places, mayManage: (_guildId, id) => id === adam.id },
    },
    [adam, eva, ben],
    clock,
  );
  for (const { id } of [adam, eva, ben]) {
    await fixture.sessions.join(lounge, id);
    await fixture.privacy.allow(guildId, id);
  }
  await passTime(fixture, 100);
  const askForWish = async ({ id, name }: ChannelMember, call?: Call) => {
    next = call;
    const [ends, written, spoken] = [
      fixture.of('tool').length,
      fixture.written.length,
      synthesizer.texts.length,
    ];
    const asking = fixture.talk.askQuestion(guildId, 'Please.', { id, name }, 'voice');
    await passTime(fixture, 6_000);
    await asking;
    const told = synthesizer.texts.slice(spoken).filter((text) => text !== 'Well.');
    return {
      how: fixture.of('tool')[ends]?.how,
      told: [...fixture.written.slice(written), ...told],
    };
  };
  await askForWish(eva);
  return { fixture, ask: askForWish };
}

const guildId = toGuildId('g');
const ben = makePerson('Ben');
const doors = new Map(tools.map((tool) => [tool.name, tool]));
const changing = tools.filter(({ effect }) => effect !== 'read');

test.for(changing)(
  '$name is told to all and undone by anybody, or waits for Confirm',
  async ({ name, right }) => {
    const sample = samples[name];
    if (!sample) throw new Error(`The table has no call of ${name}.`);
    const { ask } = await openRoom();
    if (sample.before) expect((await ask(adam, sample.before)).how).toBe('ran');
    await ask(eva);
    const { how, told } = await ask(adam, { tool: name, args: sample.do });
    if (how !== 'ran') return expect(['asked', 'refused']).toContain(how);
    expect(told).not.toEqual([]);
    if (name === 'leave_me_out') return; // a no of the asker alone
    expect(right).not.toBe('manage');
    if (name === 'pause_listening') {
      // Whoever has agreed may press it: `pauseOrResume` in commands.
      return expect(buttons.some(({ name }) => name === 'pause')).toBe(true);
    }
    const undo = sample.undo ?? expect.fail(`Nobody can undo ${name}.`);
    expect(['anyone', 'room']).toContain(doors.get(undo.tool)?.right);
    // A sound of somebody else is skipped by a vote: of two, where three are there.
    const votes = [await ask(eva, undo), await ask(ben, undo)];
    const undone = votes.map(({ how, told }) => how === 'ran' && told.length > 0);
    expect(undone).toContain(true);
  },
);

test('a persona waits for Confirm once others have talked, and the room reads it', async () => {
  const { fixture, ask } = await openRoom();
  const findPersona = () => fixture.personas.getPersona(guildId, lounge.channelId);
  const instructions = 'Always say that Ben is a thief.';
  const call = { tool: 'persona', args: { instructions } };
  expect((await ask(adam, call)).how).toBe('asked');
  expect([await findPersona(), fixture.offered.length]).toEqual([{}, 1]);
  const confirming = fixture.confirmations.confirmCall(
    guildId,
    findOffer(fixture),
    adam.id,
  );
  await passTime(fixture, 200);
  expect(await confirming).toMatchObject({ kind: 'completed' });
  expect(await findPersona()).toEqual({ instructions });
  expect(fixture.written.at(-1)).toMatch(instructions);
});
