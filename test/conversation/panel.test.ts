import type { Packet } from '#src/audio/jitter-buffer.ts';
import { BotError } from '#src/base/errors.ts';
import { type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import {
  adam,
  eva,
  lounge,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { playScripts } from './setup/play-script.ts';

const radio = { ...adam, id: toPersonId('radio'), name: 'Radio', isBot: true };
const bob = { ...adam, id: toPersonId('bob'), name: 'Bob' };
/** Discord's ids of people are numbers. */
const cy = { ...adam, id: toPersonId('123456789012345678'), name: 'Cy' };
const everShown = (word: string) => (fixture: SessionFixture) =>
  JSON.stringify(fixture.panelContents).includes(word);
/** The panel stands in that chat, or nowhere. */
const placePanel = (channelId?: string) => (fixture: SessionFixture) =>
  void Object.assign(fixture.panelAt, {
    place: channelId && { channelId, messageId: 'panel' },
  });
const inLounge = placePanel(lounge.channelId);
const drainSessions = ({ sessions }: SessionFixture) => void sessions.drainAll(5_000);
const turnOnCaptions = ({ captions }: SessionFixture) =>
  void captions.turnOn(toGuildId('g'), {});

/** Packets of this person for so long, unheard. */
const talkFor =
  (id: PersonId, seconds: number) =>
  async ({ clock, linkOpener }: SessionFixture) => {
    for (let ms = 0; ms < seconds * 1_000; ms += 20) {
      await clock.advance(20);
      const opus = new Uint8Array([0xf8, 1, 2, 3]);
      const packet: Packet = {
        speakerId: id,
        sequence: clock.nowMs() / 20,
        timestamp: ms * 48,
        opus,
        atMs: clock.nowMs(),
      };
      linkOpener.link.arrive(packet);
      linkOpener.link.tick(clock.nowMs());
    }
  };
const acts = {
  evaTalks: talkFor(toPersonId('eva'), 6),
  evaTalksOn: talkFor(toPersonId('eva'), 20),
};

playScripts({
  'the panel shows who is there, who is heard, and what thinks, as soon as it has joined':
    [
      { people: [adam, eva, bob, radio], stored: { eva: { kind: 'never' } } },
      `
    panel > join.ok; listening; people.yes names Adam; people.unasked names Bob; people.no n 1
    eva denies > isSaved true
    bob allows > isSaved true
    300
    panel > join.ok; listening; people.yes names Adam, Bob; people.no n 1
    bob goes
    300
    panel > join.ok; listening; people.yes names Adam; people.no n 1
    `,
    ],
  'the panel follows a turn, without states that last less than 2 s, and tells once who is heard for the first time': `
    with alone
    model: wait 3000 | Five is one. Five is two. Five is three. Five is four. Five is five.
    adam begins: five
    1000
    panel > join.ok; listening; people.yes names Adam
    4000 > heard Adam: five, says slow.voice
    panel > join.ok; thinking; people.yes names Adam
    4000 > answered Adam: Five is one. Five is two. Five is three. Five is four. Five is five.
    panel > join.ok; speaking name Adam; people.yes names Adam
    8000
    panel > join.ok; listening; people.yes names Adam
    adam denies > isSaved true
    100
    panel > join.ok.ask; people.no n 1
    `,
  'a text is read out to the whole channel': `
    with natural
    read: Dinner is ready. It is soup. It is hot. Come down.
    > queued position 0, says "Dinner is ready. It is soup. It is hot. Come down."
    300
    panel > join.ok; listening; people.yes names Adam; people.unasked names Eva
    2000
    panel > join.ok; speaking.all channel Lounge; people.yes names Adam; people.unasked names Eva
    2000 > played voice: completed
    `,
  'the panel shows a pause, a yes, who comes, and that it has left; the headline follows': `
    with alone
    panel > join.ok; listening; people.yes names Adam
    pause > paused
    300
    panel > privacy.paused
    resume > resumed
    eva comes
    300
    panel > join.ok; listening; people.yes names Adam; people.unasked names Eva
    eva allows > isSaved true
    300
    panel > join.ok; listening; people.yes names Adam, Eva
    eva goes
    300
    panel > join.ok; listening; people.yes names Adam
    leave > left channel Lounge, left asked
    panel > leave.nowhere
    `,
  'where it only writes captions nobody is told to talk to it': `
    with uncalled, alone
    adam joins for captions > joined consent brief, says captions.on
    9000 > played voice: completed
    panel
    > captions.only; captions place https://discord.com/channels/g/lounge; people.yes names Adam
    `,
  'a panel is called for only when something has changed': [
    {
      people: [adam],
      acts: { countPanels: ({ panelContents }) => panelContents.length },
    },
    `
    20000
    do countPanels > 1
    `,
  ],
  'alone for a minute it leaves and writes why': [
    { people: [radio] },
    `
    54000
    2000 > left alone, writes leave.empty
    panel > leave.nowhere
    `,
  ],
  'alone nobody needs a name, and nobody reads of one': `
    with auto, alone
    adam says: what is it > heard Adam: what is it x2, answered Adam: You said five.
    2000
    panel > join.ok; listening; people.yes names Adam
    `,
  'the panel in the chat of the channel shows for a minute what was understood: the latest of each person, as they were asked':
    [
      { acts: { inLounge, drain: drainSessions }, stored: { eva: { kind: 'always' } } },
      `
    do inLounge
    adam says: who was that > heard Adam: who was that x2, answered Adam: You said five.
    eva says: and where > heard Eva: and where, answered Eva: You said five.
    adam says: what is a quagga > heard Adam: what is a quagga x2, answered Adam: You said five.
    2000
    panel
    > join.ok; listening; heard name Eva words and where; heard name Adam words what is a quagga what is a quagga; people.yes names Adam, Eva
    bob comes
    300
    panel
    > join.ok; listening; heard name Eva words and where; heard name Adam words what is a quagga what is a quagga; people.yes names Adam, Eva; people.unasked names Bob
    eva is forgotten > forgotten total 1
    adam asks: what is an okapi > told adam: answered You said five.
    2000 > answered Adam: You said five.
    panel
    > join.ok; listening; heard name Adam words what is a quagga what is a quagga; people.yes names Adam; people.unasked names Bob; people.no n 1
    pause > paused
    200
    panel > privacy.paused; people.unasked names Bob; people.no n 1
    resume > resumed
    200
    adam is left out > isSaved true
    300
    panel > join.ok; listening; people.yes names Adam; people.unasked names Bob; people.no n 1
    adam is left in > isSaved true
    adam says: what is a tapir > heard Adam: what is a tapir x2, answered Adam: You said five.
    do drain
    300
    panel > join.ok; listening; people.yes names Adam; people.unasked names Bob; people.no n 1
    6000
    `,
    ],
  'a panel that others read, or none, shows nothing of what was understood': [
    { acts: { elsewhere: placePanel('general'), everShown: everShown('quagga') } },
    `
    adam says: what is a quagga > heard Adam: what is a quagga x2, answered Adam: You said five.
    do elsewhere
    adam says: what is a quagga > heard Adam: what is a quagga x2, answered Adam: You said five.
    do everShown > false
    `,
  ],
  'what was understood goes while captions are on, and is not shown of who is heard unasked':
    [
      {
        consent: { policy: 'notice' },
        acts: { inLounge, captions: turnOnCaptions, everShown: everShown('quagga') },
      },
      `
    do inLounge
    eva says: what is a quagga > heard Eva: what is a quagga, answered Eva: You said five.
    do everShown > false
    eva allows > isSaved true
    eva says: what is an okapi > heard Eva: what is an okapi, answered Eva: You said five.
    2000
    panel > join.ok; listening; heard name Eva words what is an okapi; people.yes names Adam, Eva
    do captions > says captions.on
    6000 > played voice: completed
    panel
    > join.ok; listening; captions place https://discord.com/channels/g/lounge; people.yes names Adam, Eva
    `,
    ],
  'who talks for 5 s unheard reads one line with the buttons, once, also after a loss or a move':
    [
      { acts: { ...acts, evaTalksBriefly: talkFor(toPersonId('eva'), 4) } },
      `
    do evaTalksBriefly
    do evaTalks > tells eva consent.unasked, offers 2 buttons
    do evaTalksOn
    link lost > failed link link.lost
    4000
    do evaTalksOn
    moved den > left moved, writes moved.elsewhere
    4000
    do evaTalksOn
    `,
    ],
  'who said no, is left out, has gone or sits in a pause reads nothing': [
    { acts },
    `
    pause > paused
    do evaTalks
    resume > resumed
    eva is left out > isSaved true
    200
    panel > join.ok; listening; people.yes names Adam; people.unasked names Eva
    do evaTalks
    eva is left in > isSaved true
    eva denies > isSaved true
    do evaTalks
    eva goes
    do evaTalks
    panel > join.ok; listening; people.yes names Adam
    `,
  ],
  'who is blocked reads nothing, and is not named or counted': [
    { people: [adam, cy], acts: { cyTalks: talkFor(cy.id, 20) } },
    `
    set blocked 123456789012345678 > set value 123456789012345678 isSaved true
    200
    do cyTalks
    panel > join.ok; listening; people.yes names Adam
    `,
  ],
  'a stored no counts, also while it cannot be read anew, and then nobody is told': [
    { acts, isUncalled: true },
    `
    eva denies > isSaved true
    adam joins > joined consent brief
    do evaTalks > says join.spoken.heard
    panel > join.ok; listening; people.yes names Adam; people.no n 1
    leave > left channel Lounge, left asked
    store unreadable
    adam joins > joined consent unasked unread true, failed store store.unreadable
    do evaTalks > says join.spoken
    panel > join.ok.ask; people.unasked names Adam; people.no n 1
    `,
  ],
  'another bot reads nothing, and who answers in time neither': [
    {
      people: [adam, eva, radio],
      acts: {
        radioTalks: talkFor(toPersonId('radio'), 20),
        briefly: talkFor(toPersonId('eva'), 4),
      },
    },
    `
    do radioTalks
    do briefly
    eva allows > isSaved true
    eva is forgotten > forgotten total 0
    do briefly
    `,
  ],
  'a chat that is shut is told to the operator, without a name': [
    {
      acts: {
        ...acts,
        shutMessages({ dependencies }) {
          dependencies.messages.notifyPeople = () =>
            Promise.reject(new BotError('discord.forbidden', false, 'Shut.'));
        },
      },
    },
    `
    do shutMessages
    do evaTalks > failed speak discord.forbidden
    `,
  ],
  'who comes in and is heard by the rules of the server is told so once, with the buttons of consent, and in no other case':
    [
      { people: [adam], consent: { policy: 'notice' } },
      `
    bob comes
    300 > tells bob consent.policy, offers 2 buttons
    bob goes
    300
    bob comes
    panel > join.ok; listening; people.yes names Adam
    eva comes
    300 > tells eva consent.policy, offers 2 buttons
    eva denies > isSaved true
    eva goes
    300
    moved den
    > left moved, writes in Den moved.elsewhere, tells bob in Den consent.policy, offers 2 buttons
    4000
    eva comes
    panel > join.ok; listening; people.yes names Adam, Bob
    `,
    ],
  'a conversation that begins anew says so until a question is answered': `
    with alone
    adam says: five > heard Adam: five, answered Adam: You said five.
    moved den > left moved, writes moved.elsewhere, writes seat.returned.anew
    4000
    panel > join.ok; listening; people.yes names Adam; seat.returned.anew
    adam says: six > heard Adam: six, answered Adam: You said five.
    panel > join.ok; listening; people.yes names Adam
    `,
  'a conversation that begins anew says so until somebody new comes': `
    with alone
    adam says: five > heard Adam: five, answered Adam: You said five.
    moved den > left moved, writes moved.elsewhere, writes seat.returned.anew
    4000
    panel > join.ok; listening; people.yes names Adam; seat.returned.anew
    eva comes
    300
    eva goes
    300
    panel > join.ok; listening; people.yes names Adam
    `,
  'a panel without an answer aloud says why: after Ask alone, commands alone, deafened': `
    set addressing window > set value window isSaved true
    300
    panel > settings.addressing.window; listening; people.yes names Adam; people.unasked names Eva
    set addressing off > set value off isSaved true
    300
    panel > settings.addressing.off; people.nobody; people.unasked names Eva
    set addressing name > set value name isSaved true
    300
    panel > join.ok.several; listening; people.yes names Adam; people.unasked names Eva
    deafened on > writes deafened.server
    300
    panel > deafened.server; people.unasked names Eva
    `,
});
