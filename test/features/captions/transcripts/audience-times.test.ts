import { ask as askCommand } from '#commands/ask.ts';
import {
  type ChannelId,
  type PersonId,
  toChannelId,
  toGuildId,
  toPersonId,
} from '#src/base/ids.ts';
import type { CommandCall } from '#src/features/command.ts';
import { inLounge, makePorts } from '#test/commands/command-ports.ts';
import { turnCaptionsOn } from '#test/conversation/setup/captioned-session.ts';
import {
  askQuestion,
  ben,
  type Narration,
  openNarration,
  overheard,
  talkForAWhile,
} from '#test/conversation/setup/narration.ts';
import {
  adam,
  eva,
  lounge,
  passTime,
  places,
} from '#test/conversation/setup/session-fixture.ts';
import { insider, openReplies } from '#test/fakes/opened-replies.ts';

/** Answer that would be said again. */
function lastAnswer({ fixture }: Narration) {
  return fixture.sessions
    .findSession(toGuildId('g'))
    ?.loop.state.history.exchanges.at(-1)?.heard;
}

test.each(['adam', 'eva'])(
  'the last answer is not said again once %s is forgotten: the conversation begins anew',
  async (id) => {
    const setup = await talkForAWhile(await openNarration());
    expect(lastAnswer(setup)).toContain(overheard);
    await setup.fixture.privacy.forget(toGuildId('g'), toPersonId(id));
    expect(lastAnswer(setup)).toBeUndefined();
  },
);

test('an answer that is cut off by the no of its asker is not said again', async () => {
  const setup = await talkForAWhile(await openNarration());
  const { chat, fixture } = setup;
  chat.pace = { waitMs: 0, times: 20 };
  void fixture.talk.askQuestion(toGuildId('g'), 'What did you tell us?', adam, 'voice');
  await passTime(fixture, 3_000);
  await fixture.privacy.deny(toGuildId('g'), toPersonId('adam'));
  expect(lastAnswer(setup)).toBeUndefined();
});

test('an arrival ends nothing: what waits is said to a person who came meanwhile, and answers to them know of before', async () => {
  const setup = await openNarration();
  const { chat, fixture, say, synthesizer } = setup;
  await turnCaptionsOn(fixture);
  await say(eva, `the ${overheard} is decided`);
  chat.pace = { waitMs: 0, times: 3 };
  const answering = fixture.talk.askQuestion(
    toGuildId('g'),
    'What did you tell us?',
    adam,
    'voice',
  );
  await passTime(fixture, 1_000);
  fixture.linkOpener.link.present.push(ben);
  await passTime(fixture, 90_000);
  expect((await answering).kind).toBe('answered');
  expect(JSON.stringify(synthesizer.asked)).toContain(overheard);
  await askQuestion(setup, ben, 'What did you tell them?');
  expect(chat.prompts.at(-1)).toContain(overheard);
  expect(fixture.written.filter((text) => text.includes('Ben'))).toEqual([]);
});

test('a channel is open to a person who sits there, whatever their roles', async () => {
  const { fixture } = await openNarration({
    places: { ...places, findSeat: (_, id) => (id === 'ben' ? lounge : undefined) },
  });
  for (const id of ['adam', 'ben']) fixture.captionChats.barred.add(id);
  const mayOpen = (id: PersonId, channelId: ChannelId) =>
    fixture.sessions.canOpen(toGuildId('g'), channelId, id);
  expect([
    await mayOpen(toPersonId('ben'), toChannelId('lounge')),
    await mayOpen(toPersonId('ben'), toChannelId('den')),
  ]).toEqual([true, false]);
  expect(await mayOpen(toPersonId('adam'), toChannelId('lounge'))).toBe(false);
  fixture.captionChats.barred.clear();
  expect(await mayOpen(toPersonId('adam'), toChannelId('lounge'))).toBe(true);
});

test('words of the channel go to its chat, and to the caller of a command elsewhere alone', async () => {
  const { fixture, say } = await openNarration();
  await turnCaptionsOn(fixture);
  await say(eva, `the ${overheard} is decided`);
  const shownIn = async (placeId: ChannelId) => {
    const call: CommandCall = {
      ...inLounge,
      placeId,
      inputs: { question: 'What was decided?' },
    };
    const running = askCommand.run(call, {
      ...makePorts({ at: () => lounge }),
      features: fixture.featurePorts,
    });
    await passTime(fixture, 8_000);
    const reader = { ...insider, personId: call.caller.id, placeId };
    const [reply] = await openReplies(await running, reader);
    return [reply.to, JSON.stringify(reply).includes(overheard)];
  };
  expect(await shownIn(toChannelId('lounge'))).toEqual(['room', true]);
  expect(await shownIn(toChannelId('general'))).toEqual(['caller', true]);
});
