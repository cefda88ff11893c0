import { buttons } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { indexCommandsByLine } from '#src/discord/interactions/command-entries.ts';
import type { FeaturePorts } from '#src/features/features.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import { interpretedLanguagesSetting } from '#src/settings/channel-settings.ts';
import { openCaptioned } from '#test/conversation/setup/captioned-session.ts';
import {
  lounge,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { byAdam, playSound } from '#test/conversation/setup/tracks-fixture.ts';
import type { StoreTrouble } from '#test/fakes/memory-stores.ts';
import { inLounge, makePorts } from './command-ports.ts';

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
    void sessions.join(lounge, toPersonId('adam'));
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

test.each(Object.entries(states))(
  'each of them is done at once, and answered soon, while %s',
  async (_, enter) => {
    for (const [line, { run }] of unlimited) {
      const fixture = await openCaptioned();
      await playSound(fixture, byAdam);
      await fixture.sessions.settings.setChannelValues(
        toGuildId('g'),
        lounge.channelId,
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
