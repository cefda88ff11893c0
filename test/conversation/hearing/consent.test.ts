import { BotError } from '#src/base/errors.ts';
import {
  type PersonId,
  type RoleId,
  toGuildId,
  toPersonId,
  toRoleId,
} from '#src/base/ids.ts';
import { formatText } from '#src/texts/texts.ts';
import { getTalk, openRoom } from '#test/conversation/setup/open-room.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  hearSpeech,
  lounge,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { RecordedUtterances } from '#test/fakes/speakers/recorded-utterances.ts';

const notice = { consent: { policy: 'notice' } } as const;
const rules = toRoleId('rules');
/** Roles that settings name have numbers. */
const mods = toRoleId('222222222222222222');
const byRole = {
  consent: { policy: 'role', roleId: rules },
  people: [adam, { ...eva, roleIds: [rules] }],
} as const;
/** Discord's ids of people are numbers. */
const dan = { ...adam, id: toPersonId('111111111111111111'), name: 'Dan' };

const giveRoles = (roleIds: readonly RoleId[]) => (fixture: SessionFixture) =>
  void fixture.linkOpener.link.roles.set(eva.id, roleIds);
const listRefreshed = ({ linkOpener }: SessionFixture) =>
  linkOpener.link.refreshed.join(' ');
const hangReads = ({ consents }: SessionFixture) =>
  void Object.assign(consents, { read: () => new Promise(() => undefined) });

playScripts({
  'who said yes earlier is heard, and not who said no or nothing': `
    with people adam eva ben cleo, eva always, ben never
    adam begins: five
    eva begins: five
    ben begins: five
    cleo begins: five
    9000
    > heard Adam: five, answered Adam: You said five., heard Eva: five, answered Eva: You said five.
    `,
  'where everybody is told, everybody is heard but who said no earlier': `
    with notice, people adam eva ben cleo, ben never
    eva begins: five
    ben begins: five
    9000 > heard Eva: five, answered Eva: You said five.
    `,
  'the sound of other bots is heard under no policy': [
    { ...notice, people: [adam, { ...eva, isBot: true }] },
    `
    eva says: Nova, play it again.
    `,
  ],
  'those with the role are heard, until it is taken away in the middle of a sentence': [
    { ...byRole, acts: { takeRole: giveRoles([]), read: listRefreshed } },
    `
    eva says: five > heard Eva: five, answered Eva: You said five.
    eva begins: five
    400
    do takeRole
    8000 > heard Eva: five, answered Eva (left out): You said five.
    eva says: five
    do read > adam eva adam eva adam eva adam eva adam eva
    `,
  ],
  'a role that is given during a call is noticed within two seconds a person': [
    { consent: byRole.consent, acts: { giveRole: giveRoles([rules]) } },
    `
    eva says: five
    do giveRole
    4100 > tells eva consent.policy, offers 2 buttons
    eva says: five > heard Eva: five, answered Eva: You said five.
    `,
  ],
  'roles that cannot be read stay as they were, and the operator is told once': [
    {
      ...byRole,
      acts: {
        failRefresh: ({ linkOpener }) =>
          void Object.assign(linkOpener.link, {
            refreshTrouble: new BotError('discord.unreachable', true, 'No answer.'),
          }),
      },
    },
    `
    do failRefresh
    9000 > failed link discord.unreachable
    eva says: five > heard Eva: five, answered Eva: You said five.
    `,
  ],
  'where hearing depends on no roles, or nobody is there, nobody is asked for theirs': [
    { ...notice, acts: { read: listRefreshed } },
    `
    6000
    do read > nothing
    `,
  ],
  'while the store cannot be read nobody is heard but who presses Hear me, and a call reads it again': `
    with notice, uncalled, eva always
    store unreadable
    adam joins > joined consent unasked unread true, failed store store.unreadable
    adam says: five > says join.spoken
    adam allows > isSaved false, failed store store.unwritable
    adam says: five > heard Adam: five, answered Adam: You said five.
    eva says: five
    store works
    eva joins > already consent always
    eva says: five > heard Eva: five, answered Eva: You said five.
    `,
  'a store that never answers holds a call up for five seconds only': [
    {
      isUncalled: true,
      acts: {
        hang: hangReads,
        join: ({ sessions }) => void sessions.join(lounge, adam.id),
      },
    },
    `
    do hang
    do join
    5000 > failed store store.unreadable
    at > Lounge
    `,
  ],
  'a yes works from the next packet on and is remembered, and one that could not be kept holds for the session': `
    eva begins: five
    400
    eva allows > isSaved true
    consents > eva always
    6000 > heard Eva: five, answered Eva: You said five.
    store unwritable
    eva denies > isSaved true
    eva allows > isSaved false, failed store store.unwritable
    eva says: five > heard Eva: five, answered Eva: You said five.
    `,
  'a no in the middle of a sentence drops all of it, and is kept': `
    adam begins: five
    600
    adam denies > isSaved true
    consents > adam never
    4000
    adam says: five
    `,
  'who is forgotten has nothing left but that they were, which is a no': `
    with notice, eva always
    eva is left out > isSaved true
    eva is forgotten > forgotten total 2
    consents > eva forgotten
    eva says: five
    store unwritable
    adam is forgotten > failed, failed store store.unwritable
    adam says: five
    `,
  'who is left out of captions is heard and answered': `
    adam is left out > isSaved true
    adam says: five > heard Adam: five (left out), answered Adam (left out): You said five.
    `,
  'who is blocked in mid-sentence is heard no more whatever they allow, until the list ends':
    [
      { ...notice, people: [adam, dan] },
      `
    dan begins: five
    600
    set blocked 111111111111111111 > set value 111111111111111111 isSaved true
    4000
    dan allows > denied access.blocked
    dan says: five
    set blocked none
    > set value none isSaved true, tells 111111111111111111 consent.policy, offers 2 buttons
    dan says: five > heard Dan: five
    `,
    ],
  'what is being recognised of a blocked person is dropped, and their answer falls silent':
    [
      { ...notice, people: [adam, dan], pieces: 'natural' },
      `
    recogniser takes 2000
    dan begins: five
    2500
    set blocked 111111111111111111 > set value 111111111111111111 isSaved true
    4000
    requests > 0 requests
    set blocked none
    > set value none isSaved true, tells 111111111111111111 consent.policy, offers 2 buttons
    recogniser takes 0
    model: It is a long story that goes on and on, for as long as anybody listens to it.
    dan begins: five
    3000
    set blocked 111111111111111111 > set value 111111111111111111 isSaved true
    1000 silent
    `,
    ],
  'where roles are set only their members are heard, as soon as the role is given': [
    { ...notice, acts: { giveRole: giveRoles([mods]) } },
    `
    set roles 222222222222222222 > set value 222222222222222222 isSaved true
    eva says: five
    do giveRole
    6000 > tells eva consent.policy, offers 2 buttons
    eva says: five > heard Eva: five, answered Eva: You said five.
    `,
  ],
  'a spoken no works as the press does: kept, no word of it shown, and one receipt': `
    adam says: Don't listen to me. > ignored Adam: interjection, says consent.no
    4000
    consents > adam never
    adam says: five
    `,
  'words that hold a no and are none are answered': `
    adam says: don't listen to me when I sing
    > heard Adam: don't listen to me when I sing, answered Adam: You said five.
    adam says: you don’t listen to me
    > heard Adam: you don’t listen to me x2, answered Adam: You said five.
    adam says: she said don't listen to me
    > heard Adam: she said don't listen to me x2, answered Adam: You said five.
    adam says: Don't. Listen to me!
    > heard Adam: Don't. Listen to me! x2, answered Adam: You said five.
    consents > nothing
    `,
  'a no is no no when it is said to another person': `
    with auto
    adam says: Ben, don't listen to me
    > heard Adam: Ben, don't listen to me
    > ignored Adam: not-named
    > heard Adam: Ben, don't listen to me
    > ignored Adam: not-named
    consents > nothing
    `,
  'who is deafened reads the receipt of a spoken no, which is stored whatever the database does':
    [
      { people: [{ ...adam, isDeaf: true }, eva] },
      `
    store unwritable
    adam says: Don't listen to me.
    > ignored Adam: interjection, tells adam consent.no, offers 2 buttons
    4000
    `,
    ],
  'where the bot is there for captions alone the receipt of a spoken no is written': [
    { listener: new RecordedUtterances() },
    `
    adam joins for captions > already consent brief, says captions.on
    adam says: Don't listen to me.
    > ignored Adam: interjection, played voice: completed, tells adam consent.no, offers 2 buttons
    4000
    `,
  ],
  '"stop listening" stops the bot, hears nobody from then on, and is told aloud and in the chat': `
    with natural
    read: La la la, and this is a long text that is read out to everybody who is there.
    > queued position 0
    > says "La la la, and this is a long text that is read out to everybody who is there."
    1000 sounding
    adam says: Nova, stop listening.
    > heard Adam: Nova, stop listening. (left out)
    > ignored Adam: interjection
    > played voice: stopped
    > says privacy.paused
    > writes privacy.paused
    4000
    adam says: What time is it?
    resume > resumed
    adam says: What time is it? > heard Adam: What time is it? x2, answered Adam: You said five.
    `,
  '"stop listening" to others, as a question, about something else or denied changes nothing': `
    with auto, eva always
    eva says: Stop listening. > heard Eva: Stop listening., ignored Eva: not-named
    eva says: Nova, did you stop listening?
    > heard Eva: Nova, did you stop listening?, answered Eva: You said five.
    eva says: Nova, stop listening to that music all day.
    > heard Eva: Nova, stop listening to that music all day., answered Eva: You said five.
    eva says: Nova, don't stop listening.
    > heard Eva: Nova, don't stop listening., answered Eva: You said five.
    `,
  'a call by a person who said no brings the bot, deaf to them': `
    with notice, uncalled
    eva denies > isSaved true
    eva joins > joined consent no, tells adam consent.policy, offers 2 buttons
    eva says: five > says join.spoken.heard
    eva allows > isSaved true
    eva says: five > heard Eva: five, answered Eva: You said five.
    `,
  'a session that comes back within 15 minutes keeps the yes of its caller, and later none': `
    leave > left channel Lounge, left asked
    840000
    eva joins > joined consent brief
    adam says: five > heard Adam: five, answered Adam: You said five.
    leave > left channel Lounge, left asked
    900000
    eva joins > joined consent brief
    adam says: five > says join.spoken
    `,
  'of a session that went on 15 minutes count from its own end': `
    leave > left channel Lounge, left asked
    840000
    eva joins > joined consent brief
    leave > left channel Lounge, left asked
    840000
    eva joins > joined consent brief
    adam says: five > heard Adam: five, answered Adam: You said five.
    `,
});

test('who says no after a talk has no words in the one that goes on with it', async () => {
  for (const [answer, speakers] of [
    ['allow', ['adam']],
    ['deny', []],
  ] as const) {
    const fixture = await openRoom();
    await hearSpeech(fixture, 6_000);
    await fixture.sessions.leave(lounge.guildId);
    void fixture.privacy[answer](lounge.guildId, adam.id);
    await passTime(fixture, 2_000);
    await fixture.sessions.join(lounge, eva.id);
    const { exchanges } = getTalk(fixture).state.history;
    expect(exchanges.map(({ by }) => by)).toEqual(speakers);
  }
});

test('commands of people whom the server does not let use the bot are turned away with a reason', async () => {
  const { sessions, settings } = openSessionFixture();
  const g = toGuildId('g');
  const findDenial = async (id: PersonId, roleIds: readonly RoleId[] = []) =>
    (
      await sessions.settings.findDenial({
        guildId: g,
        caller: { id, roleIds, mayManage: false },
      })
    )?.id;
  expect(await findDenial(dan.id)).toBeUndefined();
  await settings.setSetting(g, 'roles', mods);
  await settings.setSetting(g, 'blocked', dan.id);
  expect(await findDenial(dan.id, [mods])).toBe('access.blocked');
  expect(await findDenial(eva.id)).toBe('access.role');
  const caller = { id: eva.id, roleIds: [], mayManage: false };
  const denial = await sessions.settings.findDenial({ guildId: g, caller });
  expect(denial && formatText(denial.id, denial.with)).toContain(`role ${mods}`);
  expect(await findDenial(eva.id, [mods])).toBeUndefined();
});
