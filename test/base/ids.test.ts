import type { ChannelId, GuildId, MessageId, PersonId, RoleId } from '#src/base/ids.ts';

const guild: GuildId = '1';
const channel: ChannelId = '2';
const person: PersonId = '3';
const message: MessageId = '4';
const role: RoleId = '5';

const ofGuild = (id: GuildId) => id;
const ofChannel = (id: ChannelId) => id;
const ofPerson = (id: PersonId) => id;
const ofMessage = (id: MessageId) => id;
const ofRole = (id: RoleId) => id;

test('text from outside becomes an id of each kind, and an id stays a text', () => {
  const text: readonly string[] = [guild, channel, person, message, role];
  const [first = ''] = text;
  const ids = [
    ofGuild(first),
    ofChannel(first),
    ofPerson(first),
    ofMessage(first),
    ofRole(first),
  ];
  expect(new Set(ids)).toEqual(new Set(['1']));
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
