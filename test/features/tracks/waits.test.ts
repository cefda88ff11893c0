import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  lounge,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import {
  byAdam,
  changeTrack,
  playSound,
} from '#test/conversation/setup/tracks-fixture.ts';

const kickBot = ({ linkOpener }: SessionFixture) =>
  linkOpener.link.lose(
    new BotError('link.lost', false, 'A person has kicked the bot.'),
  );
const endProcess = ({ sessions }: SessionFixture) => sessions[Symbol.asyncDispose]();
const removeFirst = (fixture: SessionFixture) =>
  void changeTrack(fixture, byAdam, { kind: 'remove', item: '1' });
const loopTrack = (on: boolean) => (fixture: SessionFixture) =>
  void changeTrack(fixture, byAdam, { kind: 'loop', on }, 'bg');
const bargeIn = ({ sessions }: SessionFixture) => {
  const { loop } = sessions.findSession(toGuildId('g')) ?? expect.fail();
  const reply = loop.state.turnQueue.current?.reply ?? 0;
  loop.post({ kind: 'barged', reply, action: 'yield' });
};
const drainSessions = ({ sessions }: SessionFixture) => void sessions.drainAll(5_000);
const awaitHundred = async (fixture: SessionFixture) => {
  for (let n = 0; n < 100; n++) await playSound(fixture, byAdam, { wait: true });
};
const rejoinLounge = ({ sessions }: SessionFixture) =>
  void sessions.join(lounge, toPersonId('adam'));

playScripts({
  'a text that is talked down was interrupted, and one that waits when the process ends is left':
    [
      { pieces: 200, acts: { bargeIn, drain: drainSessions } },
      `
    with off, alone
    adam has read: Dinner is ready. > queued position 0, says "Dinner is ready."
    adam has read: Dinner is over. > queued position 1
    adam has read: Dinner is cold. > queued position 2
    500
    do bargeIn > text: interrupted, played voice: interrupted, says "Dinner is over."
    500
    do drain > text: left, played voice: left
    100 > writes seat.stopped
    6000
    `,
    ],
  'a wait for a text on voice ends with the last frame that leaves for the channel': [
    { pieces: 20 },
    `
    with off, alone
    adam has read: Dinner is ready. > queued position 0, says "Dinner is ready."
    1900 sounding
    200 > text: completed, played voice: completed
    1000 silent
    `,
  ],
  'a wait for a text on a named track ends with the last frame that leaves for the channel':
    [
      { pieces: 20 },
      `
    with off, alone
    adam has read on news: Dinner is ready.
    > playing title “…” track news place 0, says "Dinner is ready."
    1900 sounding
    200 > text: completed, played news: completed
    1000 silent
    `,
    ],
  'a wait for a sound ends with the last frame that leaves for the channel': `
    with off, alone
    adam awaits rain > playing title rain track main place 0
    9900 sounding
    200 > rain: completed, played main: completed
    1000 silent
    `,
  'there are as many waits as places on tracks, and no more': [
    { acts: { awaitHundred } },
    `
    with off, alone
    do awaitHundred
    adam awaits rain > full limit 100
    `,
  ],
  'a wait for a text on voice ends when that is skipped, stopped or left': [
    { pieces: 200, acts: { end: endProcess } },
    `
    with off, alone
    adam has read: Dinner. > queued position 0, says "Dinner."
    500
    adam skips voice > skipped track voice title “…”, text: skipped, played voice: skipped
    1000
    adam has read: Dinner. > queued position 0, says "Dinner."
    500
    adam stops voice
    > changed track voice change stop title “…”, text: stopped, played voice: stopped
    1000
    adam has read: Dinner. > queued position 0, says "Dinner."
    500
    leave > text: left, left channel Lounge, played voice: left, left asked
    1000
    adam joins > joined consent brief
    6000
    adam has read: Dinner. > queued position 0, says "Dinner."
    500
    do end > text: left, played voice: left, left stopped
    `,
  ],
  'a wait for a text on a named track ends when that is skipped, stopped or left': [
    { pieces: 200, acts: { end: endProcess } },
    `
    with off, alone
    adam has read on news: Dinner. > playing title “…” track news place 0, says "Dinner."
    500
    adam skips news > text: skipped, skipped track news title “…”, played news: skipped
    1000
    adam has read on news: Dinner. > playing title “…” track news place 0, says "Dinner."
    500
    adam stops news > text: stopped, changed track news change stop title “…”, played news: stopped
    1000
    adam has read on news: Dinner. > playing title “…” track news place 0, says "Dinner."
    500
    leave > text: left, left channel Lounge, played news: left, left asked
    1000
    adam joins > joined consent brief
    6000
    adam has read on news: Dinner. > playing title “…” track news place 0, says "Dinner."
    500
    do end > text: left, played news: left, left stopped
    `,
  ],
  'a wait for a sound ends when that is skipped, stopped or left': [
    { pieces: 200, acts: { end: endProcess } },
    `
    with off, alone
    adam awaits rain > playing title rain track main place 0
    500
    adam skips main > rain: skipped, skipped track main title rain, played main: skipped
    1000
    adam awaits rain > playing title rain track main place 0
    500
    adam stops main > rain: stopped, changed track main change stop title rain, played main: stopped
    1000
    adam awaits rain > playing title rain track main place 0
    500
    leave > rain: left, left channel Lounge, played main: left, left asked
    1000
    adam joins > joined consent brief
    6000
    adam awaits rain > playing title rain track main place 0
    500
    do end > rain: left, played main: left, left stopped
    `,
  ],
  'a sound that is removed from a queue, or waits there when all is stopped, ends for those who wait for it':
    [
      { acts: { removeFirst } },
      `
    with off, alone
    adam awaits rain > playing title rain track main place 0
    adam awaits sea > added title sea track main place 1
    adam awaits wind > added title wind track main place 2
    do removeFirst > sea: skipped, played main: skipped
    20
    adam stops
    > rain: stopped
    > wind: stopped
    > changed track main change stop title rain
    > played main: stopped x2
    20
    `,
    ],
  'a text ends when its owner is forgotten, when a moderator mutes the bot, and when there is no voice':
    [
      { pieces: 200 },
      `
    with off, alone
    adam has read: Dinner is ready. > queued position 0, says "Dinner is ready."
    500
    adam has read on news: Dinner is over.
    > playing title “…” track news place 0, says "Dinner is over."
    adam is forgotten
    > text: withdrawn x2, forgotten total 1, played news: withdrawn, played voice: withdrawn
    500
    adam has read: Dinner is ready. > queued position 0, says "Dinner is ready."
    500
    muted on > text: muted, played voice: muted, writes muted.server
    500
    muted off
    voice fails !provider.refused
    adam has read: Dinner is ready.
    > queued position 0
    > text: failed
    > failed speak provider.refused
    > played voice: failed
    > says "Dinner is ready."
    > writes "My voice is out, so I'm writing: Dinner is ready."
    adam has read on news: Dinner is ready.
    > playing title “…” track news place 0, says "Dinner is ready."
    15000 > text: failed, played news: failed
    `,
    ],
  'of a lost link a text that had begun is lost, and what waits or is a sound comes when the link is back':
    [
      { pieces: 100 },
      `
    with off, alone
    adam has read: Dinner is ready, and it stands on the table in the kitchen. Please come before it is cold.
    > queued position 0, says "Dinner is ready,"
    adam has read: Dinner is over. > queued position 1
    adam awaits rain > playing title rain track main place 0
    5500 > says "and it stands on the table in the kitchen."
    link lost discord.unreachable > text: lost, failed link discord.unreachable, played voice: lost
    40000
    > rain: completed
    > text: completed
    > played main: completed
    > played voice: completed
    > says "Dinner is over."
    `,
    ],
  'a link that never comes back ends all waits': [
    { pieces: 200, acts: { kicked: kickBot } },
    `
    with off, alone
    adam has read on news: Dinner is ready.
    > playing title “…” track news place 0, says "Dinner is ready."
    adam awaits rain > playing title rain track main place 0
    do kicked
    > text: left
    > rain: left
    > failed link link.lost
    > played news: left
    > played main: left
    > left sent-away
    2000
    `,
  ],
  'a track that repeats a sound is refused, and one that begins to ends the waits for all that is on it':
    [
      { acts: { loop: loopTrack(true), loopNoMore: loopTrack(false), loopRain } },
      `
    with off, alone
    adam awaits rain again and again > looping track main
    do loopRain
    adam awaits rain > looping track main
    adam has read on main: Hello. > looping track main
    adam awaits rain on bg > playing title rain track bg place 0
    adam awaits rain on bg > added title rain track bg place 1
    do loop > rain: looping x2
    20
    do loopNoMore
    25000 > played bg: completed x2
    `,
    ],
  'whoever calls the bot again keeps what plays: its wait goes on, and its end is told once':
    [
      { acts: { rejoin: rejoinLounge } },
      `
    with off, alone
    adam awaits rain > playing title rain track main place 0
    link lost > failed link link.lost
    20
    do rejoin > left moved
    1000
    15000 > rain: completed, played main: completed
    `,
    ],
  'a forgotten person still learns how their sound ended': `
    with off
    adam awaits rain > playing title rain track main place 0
    adam is forgotten > forgotten total 1
    eva skips > rain: skipped, skipped track main title rain, played main: skipped
    20
    `,
});

async function loopRain(fixture: SessionFixture) {
  await playSound(fixture, byAdam, { loop: true });
}
