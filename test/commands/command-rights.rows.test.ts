import { buttons } from '#commands/buttons.ts';
import { commands, helpCommand } from '#commands/commands.ts';
import { leave } from '#commands/leave.ts';
import { type ChannelId, toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { indexCommandsByLine } from '#src/discord/interactions/command-entries.ts';
import type { CommandCall } from '#src/features/command.ts';
import type { FeaturePorts } from '#src/features/features.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import { interpretedLanguagesSetting } from '#src/settings/channel-settings.ts';
import { openCaptioned } from '#test/conversation/setup/captioned-session.ts';
import {
  passTime,
  type SessionFixture,
  lounge as sessionLounge,
} from '#test/conversation/setup/session-fixture.ts';
import { byAdam, playSound } from '#test/conversation/setup/tracks-fixture.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';
import type { StoreTrouble } from '#test/fakes/memory-stores.ts';
import { listRows } from '#test/properties.ts';
import { callAs, den, inLounge, lounge, makePorts } from './command-ports.ts';

type GoesOn = (session: VoiceSession, features: FeaturePorts) => boolean | undefined;

const staysInCall: GoesOn = ({ isOver }) => !isOver;
const isSpeaking: GoesOn = ({ loop }) =>
  loop.state.turnQueue.current?.phase.kind === 'sounding';
const isPlaying: GoesOn = (session, { sessionTracks }) => {
  const [main] = sessionTracks.get(session).listedTracks;
  return main?.current && !main.isPaused && !main.isMuted;
};
const isWriting: GoesOn = (session, { sessionCaptions }) =>
  sessionCaptions.get(session).recorder !== undefined;
const isInterpreting: GoesOn = ({ voiceChannel }) =>
  voiceChannel.getSettings().getValue(interpretedLanguagesSetting).length > 0;
const canCaption: GoesOn = ({ consent }) => consent.canWrite(toPersonId('adam'));
const canHear: GoesOn = ({ consent }) => consent.mayHear(toPersonId('adam'));

/** All that is never limited, and what it ends; `/privacy forget` asks first, and here no offer waits for its No. */
const ends: Readonly<Record<string, GoesOn>> = {
  leave: staysInCall,
  stop: isSpeaking,
  'track pause': isPlaying,
  'track skip': isPlaying,
  'track stop': isPlaying,
  'track mute': isPlaying,
  'captions off': isWriting,
  'interpret off': isInterpreting,
  'privacy deny': canHear,
  'privacy pause': canHear,
  'privacy forget': () => false,
  'press stop': isSpeaking,
  'press pause': canHear,
  'press track.pause': isPlaying,
  'press track.skip': isPlaying,
  'press track.stop': isPlaying,
  'press captions': isWriting,
  'press captions.leave_out': canCaption,
  'press consent.never': canHear,
  'press confirm': canHear,
  'press tool.decline': () => false,
};

const pressed = buttons.map((button) => [`press ${button.name}`, button] as const);
const all = [...indexCommandsByLine(commands), ...pressed];
const unlimited = all.filter(([, one]) => one.isNeverLimited);

test('commands and buttons that end, silence or refuse something are never limited', () =>
  expect(unlimited.map(([line]) => line)).toEqual(Object.keys(ends)));

const hung = new Promise<never>(() => undefined);

/** States of a bot that speaks in the Lounge, where rain plays, captions are on, and people are interpreted. */
const states: Readonly<Record<string, (fixture: SessionFixture) => unknown>> = {
  'the store fails': (entry) => breakStores(entry, 'unreadable'),
  'the store hangs': (entry) => breakStores(entry, 'hung'),
  'a lost link does not close': (entry) => makeUnclosable(entry).linkOpener.link.lose(),
  'it leaves, and the link does not close': (entry) =>
    void makeUnclosable(entry).sessions.leave(toGuildId('g')),
  'it is moved, and the link does not close': (entry) =>
    void makeUnclosable(entry).sessions.moveSession(toGuildId('g'), toChannelId('den')),
  async 'it comes, and the link does not open'({ linkOpener, sessions }) {
    await sessions.leave(toGuildId('g'));
    linkOpener.openLink = () => hung;
    void sessions.join(sessionLounge, toPersonId('adam'));
  },
  'it drains': ({ sessions }) => void sessions.drainAll(5_000),
};

function breakStores({ stores }: SessionFixture, trouble: StoreTrouble) {
  const { consents, leftOutPeople, seats, settings } = stores;
  for (const item of [consents, leftOutPeople, seats, settings]) item.trouble = trouble;
}

function makeUnclosable(fixture: SessionFixture) {
  fixture.linkOpener.link[Symbol.asyncDispose] = () => hung;
  return fixture;
}

test.each(listRows(Object.entries(states)))(
  'each of them is done at once, and answered soon, while %s',
  async (_, enter) => {
    for (const [line, { run }] of unlimited) {
      const fixture = await openCaptioned();
      await playSound(fixture, byAdam);
      await fixture.sessions.settings.setChannelValues(
        toGuildId('g'),
        sessionLounge.channelId,
        new Map([[interpretedLanguagesSetting.key, 'de en']]),
      );
      fixture.talk.sayText(
        toGuildId('g'),
        'One long text. It goes on. And on. And on. And on.',
        'queue',
        {},
      );
      await passTime(fixture, 500);
      await enter(fixture);
      await passTime(fixture, 200);
      const { clock, featurePorts: features, sessions } = fixture;
      const inputs = { about: line === 'press confirm' ? 'forget' : 'main' };
      const reply = run(
        { ...inLounge, inputs },
        { ...makePorts(), ...fixture, features },
      );
      await clock.advance(100);
      const isOn = sessions
        .peekSessions(toGuildId('g'))
        .some((session) => ends[line]?.(session, features));
      await clock.advance(10_000); // what it waits for hangs
      expect([isOn, await Promise.race([reply, undefined])], line).toEqual([
        false,
        expect.anything(),
      ]);
    }
  },
);

test('a stop, a no and a leave are open to everybody, whatever roles the server asks for', () =>
  expect(all.filter(([, one]) => one.isForEverybody).map(([line]) => line)).toEqual(
    expect.arrayContaining([
      'stop',
      'leave',
      'privacy deny',
      'privacy pause',
      'privacy forget',
      'press stop',
      'press pause',
      'press consent.never',
      'press captions.leave_out',
    ]),
  ));

/** Words that fit most options. */
const inputs = {
  text: 'Hi',
  question: 'Why?',
  track: 'main',
  item: '1',
  to: '10',
  level: '50',
};
const outside: CommandCall = {
  ...callAs({ channel: den }),
  placeId: toChannelId('general'),
  inputs,
};
/** The bot sits in the Lounge with others, and the caller may not enter it. */
const makeClosedPorts = () =>
  makePorts({
    findChannelFacts: ({ channelId }) => ({
      ...healthyFacts,
      callerMayEnter: channelId !== 'lounge',
    }),
    join: async () => ({ kind: 'busy', other: lounge }),
    help: { talk: { people: [] } },
  });

test.each([...indexCommandsByLine(commands)])(
  '/%s does not tell the name of a channel that the caller may not enter',
  async (_line, command) => {
    const replies = await command.run(outside, makeClosedPorts());
    expect(JSON.stringify(replies)).not.toContain('Lounge');
  },
);

test.each(buttons.map((button) => [button.name, button]))(
  'a press on %s does not tell the name of a channel that the presser may not enter',
  async (_name, button) => {
    const press = { ...outside, inputs: { about: 'main' } };
    expect(JSON.stringify(await button.run(press, makeClosedPorts()))).not.toContain(
      'Lounge',
    );
  },
);

test('a person who may not enter the channel of the bot reads what they can do instead', async () => {
  const lines = indexCommandsByLine(commands);
  for (const line of ['join', 'say', 'stop', 'leave', 'track list', 'captions on']) {
    const [reply] = (await lines.get(line)?.run(outside, makeClosedPorts())) ?? [];
    expect(reply).toEqual({ id: 'perm.room.closed' });
  }
  expect((await helpCommand.run(outside, makeClosedPorts()))[0].id).toBe(
    'perm.room.closed',
  );
});

test('/leave is told to all who read it only where all of them may enter the channel that was left', async () => {
  const audienceIn = async (placeId: ChannelId, isNoWider: boolean) => {
    const ports = makePorts({ isNoWider: () => isNoWider });
    return (await leave.run({ ...inLounge, placeId }, ports))[0].to;
  };
  expect(await audienceIn(toChannelId('lounge'), false)).toBe('room');
  expect(await audienceIn(toChannelId('general'), true)).toBe('room');
  expect(await audienceIn(toChannelId('general'), false)).toBe('caller');
  const call = callAs({ channel: den, mayManage: true });
  expect(
    await leave.run({ ...call, placeId: toChannelId('general') }, makeClosedPorts()),
  ).toEqual([{ id: 'confirm.done' }]);
});
