import {
  type ChannelId,
  type GuildId,
  type MessageId,
  type PersonId,
  type RoleId,
  toChannelId,
  toGuildId,
  toMessageId,
  toPersonId,
  toRoleId,
} from '#src/base/ids.ts';
import { mayOpen } from '#src/people/audience.ts';

const guild: GuildId = toGuildId('1');
const channel: ChannelId = toChannelId('2');
const person: PersonId = toPersonId('3');
const message: MessageId = toMessageId('4');
const role: RoleId = toRoleId('5');
const text = String('6');

const ofGuild = (id: GuildId) => id;
const ofChannel = (id: ChannelId) => id;
const ofPerson = (id: PersonId) => id;
const ofMessage = (id: MessageId) => id;
const ofRole = (id: RoleId) => id;

test('a text becomes an id of each kind where data enters, and an id stays a text', () => {
  const texts: readonly string[] = [guild, channel, person, message, role];
  expect(texts).toEqual(['1', '2', '3', '4', '5']);
});

// `npm run types` checks these: a line that compiles leaves its directive unused, which is an error.
test('a plain text is no id', () => {
  const taken = [
    // @ts-expect-error a text is no server
    ofGuild(text),
    // @ts-expect-error a literal is no server either
    ofGuild('1'),
    // @ts-expect-error a text is no channel
    ofChannel(text),
    // @ts-expect-error a text is no person
    ofPerson(text),
    // @ts-expect-error a text is no message
    ofMessage(text),
    // @ts-expect-error a text is no role
    ofRole(text),
  ];
  expect(taken).toHaveLength(6);
});

// `npm run types` checks these: a pair that compiles leaves its directive unused, which is an error.
test('no kind of id stands for another', () => {
  const swapped = [
    // @ts-expect-error a channel is no server
    ofGuild(channel),
    // @ts-expect-error a person is no server
    ofGuild(person),
    // @ts-expect-error a message is no server
    ofGuild(message),
    // @ts-expect-error a role is no server, although the role of everybody has its id
    ofGuild(role),
    // @ts-expect-error a server is no channel
    ofChannel(guild),
    // @ts-expect-error a person is no channel
    ofChannel(person),
    // @ts-expect-error a message is no channel
    ofChannel(message),
    // @ts-expect-error a role is no channel
    ofChannel(role),
    // @ts-expect-error a server is no person
    ofPerson(guild),
    // @ts-expect-error a channel is no person
    ofPerson(channel),
    // @ts-expect-error a message is no person
    ofPerson(message),
    // @ts-expect-error a role is no person
    ofPerson(role),
    // @ts-expect-error a server is no message
    ofMessage(guild),
    // @ts-expect-error a channel is no message
    ofMessage(channel),
    // @ts-expect-error a person is no message
    ofMessage(person),
    // @ts-expect-error a role is no message
    ofMessage(role),
    // @ts-expect-error a server is no role
    ofRole(guild),
    // @ts-expect-error a channel is no role
    ofRole(channel),
    // @ts-expect-error a person is no role
    ofRole(person),
    // @ts-expect-error a message is no role
    ofRole(message),
  ];
  expect(swapped).toHaveLength(20);
});

test('an id of a kind that a list or a key of another kind holds does not compile either', () => {
  const people: ReadonlySet<PersonId> = new Set([person]);
  const names: ReadonlyMap<ChannelId, string> = new Map();
  // @ts-expect-error a role is none of these people
  expect(people.has(role)).toBe(false);
  // @ts-expect-error a message has no name of a channel
  expect(names.get(message)).toBeUndefined();
});

test('the question who may know words takes each id in its place alone', () => {
  const deps = {
    captionChats: { mayOpen: async () => 'no' as const },
    places: { findSeat: () => undefined },
  };
  const pending = [
    mayOpen(guild, channel, person, deps),
    // @ts-expect-error the person and the channel are swapped
    mayOpen(guild, person, channel, deps),
    // @ts-expect-error plain texts
    mayOpen(text, text, text, deps),
  ];
  expect(pending).toHaveLength(3);
});
